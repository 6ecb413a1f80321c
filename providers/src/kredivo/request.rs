//! Operations to DOKU: signed JSON, and one signed question.
//!
//! A retry must be the same request to the byte, or DOKU takes it for another: its Request-Id comes from the dice
//! recorded with the intent, and its minutes to live are counted from the order's making, not from now. For the same
//! reason fields stand in the order of their names, as they always have.

use super::SPEC;
use super::inbound::NOTIFICATION;
use super::signature::Signature;
use super::table::{RUPIAH, SIGNATURE};
use crate::content::Address;
use crate::country::alpha3;
use crate::hmac::hex_digest;
use crate::json::Json;
use crate::said::{Said, amount, list, object, private};
use crate::{Call, Cx, EncodeError, Facts, Line, LineKind, Op, OrderContent, Request};
use jiff::Timestamp;

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => send("POST", op, generate(cx.the_order()?, cx)?, cx),
        Op::Sync => send("GET", op, Said::default(), cx),
        Op::Fulfil(_) => Ok(Call::Local(Facts::default())),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// The path that is called, and signed.
pub(super) fn target(op: &Op, cx: &Cx<'_>) -> Result<String, EncodeError> {
    match op {
        Op::Create => Ok("/kredivo-peer-to-peer/v2/generate-order".to_owned()),
        Op::Sync => Ok(format!("/orders/v1/status/{}", cx.the_order()?.order_id)),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// One per step for what changes something, so that DOKU knows a retry again; one per attempt for a question, so that
/// nobody is answered with an earlier answer.
pub(super) fn request_id(op: &Op, cx: &Cx<'_>) -> String {
    let mut seed = cx.entropy.to_vec();
    if matches!(op, Op::Sync) {
        seed.extend(cx.now.as_nanosecond().to_be_bytes());
    }
    hex_digest(&seed).chars().take(32).collect()
}

fn send(method: &'static str, op: &Op, body: Said, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let client_id = cx.account.config("client_id")?;
    let (target, request_id) = (target(op, cx)?, request_id(op, cx));
    // Whole seconds of UTC with a literal Z.
    let time = cx.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let signed = Signature {
        client_id,
        request_id: &request_id,
        clock: "Request-Timestamp",
        time: &time,
        target: &target,
        body: (!body.is_absent()).then_some(body.sent.as_bytes()),
    };
    let signature = SIGNATURE.of(cx.account, signed.component().as_bytes())?;
    let headers = vec![
        ("client-id", client_id.to_owned().into()),
        ("request-id", request_id.into()),
        ("request-timestamp", time.into()),
        (SIGNATURE.header(), signature.into()),
        ("accept", "application/json".to_owned().into()),
    ];
    Request::json(method, &target, headers, body, cx)
}

fn generate(content: &OrderContent, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let (shop, told) = (cx.account.config("shop_url")?, content.json("items"));
    let told_of = |line: &Line| told.items("").iter().find(|item| item.text("line_id") == line.line_id);
    let lines = content.lines.iter().map(|line| item(line, told_of(line).unwrap_or(&Json::Null), shop));
    let back = |how| Said::from(cx.url(&format!("/doku/{how}/{}", content.order_id)));
    let who = content.customer.expose();
    Ok(object([
        ("additional_info", notified_here(cx)),
        ("billing_address", private(place(content, content.billing.expose()))),
        (
            "customer",
            private(object([
                ("address", content.billing.expose().lines.join(", ").into()),
                ("email", (&who.email).into()),
                ("first_name", (&who.first_name).into()),
                ("last_name", (&who.last_name).into()),
                ("phone", phone(&who.phone).into()),
            ])),
        ),
        (
            "order",
            object([
                ("amount", amount(RUPIAH, content.total)?),
                ("auto_redirect", content.option("auto_redirect").map(|flag| flag == "true").into()),
                ("callback_url", back("return")),
                ("callback_url_cancel", back("cancel")),
                ("descriptor", content.option("descriptor").into()),
                ("invoice_number", (&content.order_id).into()),
                ("line_items", list(lines.collect::<Result<Vec<_>, _>>()?)),
            ]),
        ),
        (
            "peer_to_peer_info",
            object([
                ("expired_time", minutes_to_live(content, cx).into()),
                ("merchant_unique_reference", (&content.order_id).into()),
            ]),
        ),
        ("sellers", sellers(content, cx)?),
        ("shipping_address", private(place(content, content.shipping_to.expose()))),
    ]))
}

/// Where DOKU notifies of this order, if not where its back office says.
fn notified_here(cx: &Cx<'_>) -> Said {
    let ours = object([("override_notification_url", cx.url(NOTIFICATION).into())]);
    ours.only_if(cx.account.setting("override_notification") == "true")
}

/// Who sells, as the account knows those whom the order names.
fn sellers(content: &OrderContent, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let named = content.json("sellers");
    if !named.is_truthy() {
        return Ok(Said::default());
    }
    let known = cx.account.json_secret("sellers")?;
    let seller = |name: &Json| {
        let found = name.as_word().map(|name| known.field(name)).filter(|seller| seller.is_truthy());
        let why = "has a name that is none in the account's `sellers`";
        found
            .map(private)
            .ok_or_else(|| EncodeError::inexpressible("order.provider_options[\"sellers\"]", why))
    };
    Ok(list(named.items("").iter().map(seller).collect::<Result<Vec<_>, _>>()?))
}

fn item(line: &Line, told: &Json, shop: &str) -> Result<Said, EncodeError> {
    let kind = match line.kind {
        LineKind::Product => "PRODUCT",
        LineKind::Service => "SERVICE",
        LineKind::Shipping => "SHIPPING",
        _ => "FEE",
    };
    let pieces = line.quantity.pieces().filter(|pieces| *pieces > 0);
    let quantity =
        pieces.ok_or_else(|| EncodeError::inexpressible("order.lines.quantity", "must be whole"))?;
    Ok(object([
        ("id", (&line.sku).into()),
        ("image_url", line.image_url.as_ref().into()),
        ("name", (&line.name).into()),
        ("parent_id", told.word("parent_id").into()),
        ("parent_type", told.word("parent_type").into()),
        ("price", amount(RUPIAH, line.unit_price)?),
        ("quantity", quantity.into()),
        ("type", told.word("type").unwrap_or(kind).into()),
        ("url", told.word("url").unwrap_or(shop).into()),
    ]))
}

fn place(content: &OrderContent, to: &Address) -> Said {
    let who = content.customer.expose();
    object([
        ("address", to.lines.join(", ").into()),
        ("city", (&to.town).into()),
        ("country_code", alpha3(&to.country_code).unwrap_or_default().into()),
        ("first_name", (&who.first_name).into()),
        ("last_name", (&who.last_name).into()),
        ("phone", phone(&who.phone).into()),
        ("postal_code", (&to.postcode).into()),
    ])
}

/// `6285694566147`, however the shop wrote it; nothing for a number that names another country.
pub(super) fn phone(given: &str) -> Option<String> {
    let digits: String = given.chars().filter(char::is_ascii_digit).collect();
    let dialled = digits.strip_prefix("00");
    let rest = dialled.unwrap_or(&digits);
    let names_a_country = dialled.is_some() || given.trim_start().starts_with('+');
    let local = match rest.strip_prefix("62") {
        Some(local) => local,
        None if names_a_country => return None,
        None => rest,
    };
    // `+62 (0)856…` is written too.
    Some(format!("62{}", local.strip_prefix('0').unwrap_or(local)))
}

/// From the making of the order to its expiry, in whole minutes: the same for every attempt. DOKU's page may close before
/// ours, and not after: nobody would expect what is paid there then.
fn minutes_to_live(content: &OrderContent, cx: &Cx<'_>) -> Option<i64> {
    let from = made_at(&content.order_id).unwrap_or(cx.now);
    let seconds = cx.expires_at?.as_second().saturating_sub(from.as_second());
    Some((seconds / 60).max(1))
}

/// Our numbers begin with the milliseconds at which they were made, ten characters of Crockford's base32.
fn made_at(order_id: &str) -> Option<Timestamp> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut letters = order_id.get(..26)?.chars();
    let ms = letters.by_ref().take(10).try_fold(0_i64, |ms, letter| {
        let value = ALPHABET.find(letter.to_ascii_uppercase())?;
        ms.checked_mul(32)?.checked_add(i64::try_from(value).ok()?)
    })?;
    Timestamp::from_millisecond(ms).ok()
}
