//! Operations to PayBy: signed JSON, `requestTime` from the clock of the attempt, everything else from the order.

use super::options::Options;
use super::table::scenes::{EMAIL, REDIRECT_URL};
use super::table::{CHECKOUT_HOURS_MAX, EXTENSION_HOURS_MAX, REASON_CHARS_MAX};
use super::wire::{checking_key, refund_number, signing_key};
use super::{NOTIFY_PATH, PAYBY, RETURN_PATH, SPEC};
use crate::call::RefundRequest;
use crate::question::Question;
use crate::rsa::RecordedDice;
use crate::rules::ValueForm;
use crate::said::{Said, list, major, object, pairs, private, serialized};
use crate::{Call, Currency, Cx, EncodeError, Facts, Money, Op, OrderContent, Request};
use jiff::{Timestamp, ToSpan};

/// An order that never was: PayBy's signed answer that it has none proves both keys and the partner's number.
const NO_ORDER: &str = "ordain-verify-account";

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let number = || Ok(Said::from(&cx.the_order()?.order_id));
    let by_order = || Ok(object([("merchantOrderNo", number()?)]));
    let (path, content) = match op {
        Op::Create => ("/acquire2/placeOrder", place_order(cx)?),
        Op::Sync => ("/acquire2/getOrder", by_order()?),
        Op::VerifyAccount => ("/acquire2/getOrder", object([("merchantOrderNo", NO_ORDER.into())])),
        Op::Cancel(cancel) if !cancel.full => {
            return Err(EncodeError::inexpressible("cancellation.lines", "PayBy gives up whole orders only"));
        }
        Op::Cancel(_) => ("/acquire2/cancelOrder", by_order()?),
        Op::Revoke => ("/acquire2/revokeOrder", by_order()?),
        Op::ExtendExpiry { expires_at } => {
            let ends = within(*expires_at, cx.now, EXTENSION_HOURS_MAX)?;
            let fields = [("merchantOrderNo", number()?), ("expiredTime", ends.into())];
            ("/acquire2/updateExpiredTime", object(fields))
        }
        Op::Refund(refund) => ("/acquire2/refund/placeOrder", refund_of(refund, cx)?),
        Op::SyncRefund(refund) => {
            let number = refund_number(&cx.the_order()?.order_id, &refund.id);
            ("/acquire2/refund/getOrder", object([("refundMerchantOrderNo", number.into())]))
        }
        Op::Ask(Question::Statement { id }) => {
            ("/acquire2/download/getOrderStatement", object([("statementDate", day(id)?.into())]))
        }
        // PayBy is not told of parcels.
        Op::Fulfil(_) => return Ok(Call::Local(Facts::default())),
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    let body = object([("requestTime", cx.now.as_millisecond().into()), ("bizContent", content)]);
    let headers = vec![
        ("content-language", "en".to_owned().into()),
        ("partner-id", cx.account.config("partner_id")?.to_owned().into()),
        ("sign", signing_key(cx.account)?.sign(body.sent.as_bytes()).into()),
    ];
    Request::json("POST", path, headers, body, cx)
}

fn place_order(cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let content = sayable(cx)?;
    let options = Options::of(content);
    // One that has passed is PayBy's to refuse: an order that it knows already is answered with as it stands.
    let ends = cx.expires_at.map(|ends| within(ends, cx.now, CHECKOUT_HOURS_MAX)).transpose()?;
    let shares = shares(&options, cx)?;
    let text = |option| content.option(option).map(private).unwrap_or_default();
    Ok(object([
        ("merchantOrderNo", (&content.order_id).into()),
        ("subject", options.subject().into()),
        ("totalAmount", amount(content.total)),
        ("expiredTime", ends.into()),
        ("paySceneCode", options.scene.code.into()),
        ("paySceneParams", scene_parameters(&options, cx)),
        ("sharingParamList", list(shares).only_if(!options.sharing.is_empty())),
        ("promotionInfoList", serialized(&options.promotions).only_if(!options.promotions.is_empty())),
        ("notifyUrl", cx.url(NOTIFY_PATH).into()),
        ("accessoryContent", private(serialized(&options.accessory)).only_if(!options.accessory.is_empty())),
        ("subjectAr", text("subject_ar")),
        ("payeeMid", text("payee_mid")),
        ("secondaryMerchantId", text("secondary_merchant_id")),
        ("deviceId", text("device_id")),
        ("reserved", text("reserved")),
    ]))
}

fn amount(money: Money) -> Said {
    object([("currency", money.currency.code().into()), ("amount", major(money))])
}

/// What the shop gave, with our own address to come back to where it gave none.
fn scene_parameters(options: &Options<'_>, cx: &Cx<'_>) -> Said {
    let mut given = options.scene_parameters.clone();
    if options.form(REDIRECT_URL).is_some() {
        let ours = || cx.url(&format!("{RETURN_PATH}?order={}", options.content.order_id));
        given.entry(REDIRECT_URL.to_owned()).or_insert_with(ours);
    }
    pairs(given.iter().map(|(name, value)| {
        let said = match options.form(name) {
            Some(EMAIL) => private(&options.content.customer.expose().email),
            Some(ValueForm::Text(_)) if name != REDIRECT_URL => private(value),
            _ => value.into(),
        };
        (name.as_str(), said)
    }))
}

/// Who gets a part of the payment. Identities are encrypted for PayBy, padded from what was recorded with the intent.
fn shares(options: &Options<'_>, cx: &Cx<'_>) -> Result<Vec<Said>, EncodeError> {
    const FIELD: &str = "order.provider_options[\"sharing\"]";
    if options.sharing.is_empty() {
        return Ok(Vec::new());
    }
    let (known, key) = (Options::identities(cx.account)?, checking_key(cx.account)?);
    let share = |(seq_id, share): (i64, &super::options::Share)| {
        let named = share.to.as_ref().and_then(|name| known.get(name));
        let unknown = || EncodeError::inexpressible(FIELD, "`to` is no name in `sharing_identities`");
        let member = share.member.as_ref().or(named).ok_or_else(unknown)?;
        let mut dice = RecordedDice::new(&cx.entropy, &format!("payby sharing {seq_id}"));
        let sealed = key.encrypt(member.identity.as_bytes(), &mut dice);
        let part = Money::from_major(Currency::Aed, &share.amount);
        Ok(object([
            ("sharingIdentitySeqId", seq_id.into()),
            ("sharingIdentityType", (&member.kind).into()),
            (
                "sharingIdentity",
                private(sealed.map_err(|_| EncodeError::AccountIncomplete { field: "payby_public_key" })?),
            ),
            ("sharingMemo", private(&share.memo)),
            (
                "sharingAmount",
                amount(part.map_err(|error| EncodeError::inexpressible(FIELD, &error.to_string()))?),
            ),
            ("withholdAndRemitFee", share.pays_fee.into()),
        ]))
    };
    (1..).zip(&options.sharing).map(share).collect()
}

fn refund_of(refund: &RefundRequest, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    sayable(cx)?;
    let content = cx.order_to_refund(refund)?;
    let shared = content.option("sharing").is_some_and(|_| !Options::of(content).sharing.is_empty());
    let reason: String = refund.reason.chars().take(REASON_CHARS_MAX).collect();
    Ok(object([
        ("refundMerchantOrderNo", refund_number(&content.order_id, &refund.id).into()),
        ("originMerchantOrderNo", (&content.order_id).into()),
        ("amount", amount(refund.amount)),
        ("refundSharingAmount", Said::from(content.option("refund_sharing") == Some("true")).only_if(shared)),
        ("notifyUrl", cx.url(NOTIFY_PATH).into()),
        ("reason", private(&reason).only_if(!reason.is_empty())),
    ]))
}

/// The order, if nothing is wrong with it: what its options say is read without asking again.
fn sayable<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    let content = cx.the_order()?;
    match PAYBY.check(content).into_iter().next() {
        None => Ok(content),
        Some(fault) => Err(EncodeError::NotExpressible { field: fault.field, why: fault.description }),
    }
}

/// Milliseconds since 1970, unless that is later than PayBy lets a checkout live.
fn within(ends: Timestamp, now: Timestamp, hours_max: i64) -> Result<i64, EncodeError> {
    let latest = now.checked_add(hours_max.hours()).unwrap_or(Timestamp::MAX);
    if ends <= latest {
        return Ok(ends.as_millisecond());
    }
    let why = format!("must be at most {hours_max} hours from now");
    Err(EncodeError::inexpressible("order.expire_time", &why))
}

/// A day as PayBy writes it, `20261121`, from `2026-11-21`.
fn day(id: &str) -> Result<String, EncodeError> {
    let date: Result<jiff::civil::Date, _> = id.parse();
    let named = |_| EncodeError::inexpressible("statement", "PayBy has one a day: name it `2026-11-21`");
    Ok(date.map_err(named)?.strftime("%Y%m%d").to_string())
}
