//! Operations to DOKU: signed JSON, and one signed question.
//!
//! A retry must be the same request to the byte, or DOKU takes it for another: its Request-Id comes from the dice
//! recorded with the intent, and its minutes to live are counted from the order's making, not from now.

use super::SPEC;
use super::signature::{self, Signature};
use crate::content::Address;
use crate::country::alpha3;
use crate::quoting::HIDDEN;
use crate::{Call, Cx, EncodeError, Facts, Line, LineKind, Money, Op, OrderContent, Private, Request};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Where an order is generated.
pub(super) const GENERATE: &str = "/kredivo-peer-to-peer/v2/generate-order";

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    match op {
        Op::Create => {
            let body = generate(order(cx)?, cx)?;
            let shown = without_people(body.clone()).to_string();
            send(op, Some(body.to_string().into_bytes()), &shown, cx)
        }
        Op::Sync => send(op, None, "", cx),
        Op::Fulfil(_) => Ok(Call::Local(Facts::default())),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// The path that is called, and signed.
pub(super) fn target(op: &Op, cx: &Cx<'_>) -> Result<String, EncodeError> {
    match op {
        Op::Create => Ok(GENERATE.to_owned()),
        Op::Sync => Ok(format!("/orders/v1/status/{}", order(cx)?.order_id)),
        _ => Err(EncodeError::Unsupported { provider: SPEC.id }),
    }
}

/// One per step for what changes something, so that DOKU knows a retry again; one per attempt for a question, so that
/// nobody is answered with an earlier answer.
pub(super) fn request_id(op: &Op, cx: &Cx<'_>) -> String {
    let mut seed = Sha256::new();
    seed.update(cx.entropy);
    if matches!(op, Op::Sync) {
        seed.update(cx.now.as_nanosecond().to_be_bytes());
    }
    seed.finalize().iter().take(16).fold(String::new(), |mut id, byte| {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Whole seconds of UTC with a literal Z.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn send(op: &Op, body: Option<Vec<u8>>, shown: &str, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let (client_id, key) = (cx.account.config("client_id")?, signature::key(cx.account)?);
    let (target, request_id, time) = (target(op, cx)?, request_id(op, cx), seconds(cx.now));
    let signed = Signature {
        client_id,
        request_id: &request_id,
        clock: "Request-Timestamp",
        time: &time,
        target: &target,
        body: body.as_deref(),
    };
    let signature = signed.value(key);
    let method = if body.is_some() { "POST" } else { "GET" };
    let mut headers: Vec<(&'static str, Private<String>)> = vec![
        ("client-id", client_id.to_owned().into()),
        ("request-id", request_id.into()),
        ("request-timestamp", time.into()),
        ("signature", signature.into()),
        ("accept", "application/json".to_owned().into()),
    ];
    if body.is_some() {
        headers.push(("content-type", "application/json".to_owned().into()));
    }
    Ok(Call::Http(Request {
        method,
        url: format!("{}{target}", cx.account.config("api_url")?.trim_end_matches('/')).into(),
        headers,
        body: body.unwrap_or_default().into(),
        redacted: format!("{method} {target}\n{shown}"),
    }))
}

fn generate(content: &OrderContent, cx: &Cx<'_>) -> Result<Value, EncodeError> {
    let shop = cx.account.config("shop_url")?;
    let items: Vec<Value> = content.lines.iter().map(|line| item(line, shop)).collect::<Result<_, _>>()?;
    let back = |how| format!("{}/doku/{how}/{}", cx.account.store_url, content.order_id);
    let who = content.customer.expose();
    let mut body = json!({
        "order": {
            "invoice_number": content.order_id, "line_items": items, "amount": rupiah(content.total)?,
            "callback_url": back("return"), "callback_url_cancel": back("cancel"),
        },
        "peer_to_peer_info": {"merchant_unique_reference": content.order_id},
        "customer": {
            "first_name": who.first_name, "last_name": who.last_name, "phone": phone(&who.phone), "email": who.email,
            "address": content.billing.expose().lines.join(", "),
        },
        "shipping_address": place(content, content.shipping_to.expose()),
        "billing_address": place(content, content.billing.expose()),
    });
    if let Some(minutes) = minutes_to_live(content, cx) {
        body["peer_to_peer_info"]["expired_time"] = minutes.into();
    }
    Ok(body)
}

fn item(line: &Line, shop: &str) -> Result<Value, EncodeError> {
    let kind = match line.kind {
        LineKind::Product => "PRODUCT",
        LineKind::Service => "SERVICE",
        LineKind::Shipping => "SHIPPING",
        _ => "FEE",
    };
    let pieces = line.quantity.pieces().filter(|pieces| *pieces > 0);
    let quantity =
        pieces.ok_or_else(|| EncodeError::inexpressible("order.lines.quantity", "must be whole"))?;
    let mut item = json!({
        "id": line.sku, "name": line.name, "price": rupiah(line.unit_price)?, "quantity": quantity,
        "type": kind, "url": shop,
    });
    if let Some(picture) = &line.image_url {
        item["image_url"] = picture.as_str().into();
    }
    Ok(item)
}

/// Whole rupiah. ISO 4217 gives the rupiah hundredths, DOKU takes none: what has some is refused, never rounded.
pub(super) fn rupiah(money: Money) -> Result<i64, EncodeError> {
    if money.minor >= 0 && money.minor % 100 == 0 {
        Ok(money.minor / 100)
    } else {
        Err(EncodeError::inexpressible("amount", "must be whole rupiah, not below zero"))
    }
}

fn place(content: &OrderContent, to: &Address) -> Value {
    let who = content.customer.expose();
    json!({
        "first_name": who.first_name, "last_name": who.last_name, "address": to.lines.join(", "), "city": to.town,
        "postal_code": to.postcode, "phone": phone(&who.phone),
        "country_code": alpha3(&to.country_code).unwrap_or_default(),
    })
}

/// `6285694566147`, however the shop wrote it.
pub(super) fn phone(given: &str) -> String {
    let digits: String = given.chars().filter(char::is_ascii_digit).collect();
    digits.strip_prefix('0').map_or_else(|| digits.clone(), |rest| format!("62{rest}"))
}

/// From the making of the order to its expiry, in minutes rounded up: the same for every attempt.
fn minutes_to_live(content: &OrderContent, cx: &Cx<'_>) -> Option<i64> {
    let from = made_at(&content.order_id).unwrap_or(cx.now);
    let seconds = cx.expires_at?.as_second().saturating_sub(from.as_second());
    Some(seconds.saturating_add(59).max(60) / 60)
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

fn without_people(mut body: Value) -> Value {
    for part in ["customer", "shipping_address", "billing_address"] {
        body[part] = HIDDEN.into();
    }
    body
}

pub(super) fn order<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    cx.order.ok_or_else(|| EncodeError::inexpressible("order", "this operation is about an order"))
}
