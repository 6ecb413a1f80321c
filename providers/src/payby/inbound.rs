//! What PayBy and the payer's browser say to us.
//!
//! ```text
//! POST /payby/notify            a signed notification: a payment, a refund, a chargeback, a void
//! GET  /payby/return?order=…    the browser; nothing proves it, so it only makes us ask
//! ```

use super::request::checking_key;
use super::wire::{AcquireOrder, RefundOrder, SpokenMoney, header};
use super::{NOTIFY_PATH, RETURN_PATH};
use crate::call::Flag;
use crate::inbound::{About, InboundKind, Then, Trust, Verdict};
use crate::json::{object, word};
use crate::quoting::printable;
use crate::{Cx, Facts, Inbound, InboundError, InboundReply, Ingested};
use serde::Deserialize;
use serde_json::{Value, json};

/// Characters of an order's number; ours have 26 and a few.
const NUMBER_CHARS_MAX: usize = 64;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    match (message.method.as_str(), message.path.trim_end_matches('/')) {
        ("POST", NOTIFY_PATH) => notification(message, cx),
        ("GET", RETURN_PATH) => browser(message.query.expose()),
        _ => Err(InboundError::UnknownPath),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    #[serde(rename = "notify_id")]
    notify_id: Option<Value>,
    #[serde(rename = "notify_timestamp")]
    notify_timestamp: Option<Value>,
    #[serde(borrow)]
    acquire_order: Option<AcquireOrder<'a>>,
    #[serde(borrow)]
    refund_order: Option<RefundOrder<'a>>,
    #[serde(borrow)]
    acquire_chargeback: Option<Chargeback<'a>>,
    void_order: Option<VoidOrder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chargeback<'a> {
    merchant_order_no: String,
    #[serde(borrow)]
    chargeback_amount: SpokenMoney<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VoidOrder {
    origin_merchant_order_no: String,
}

fn notification(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let raw = message.body.expose();
    let key = checking_key(cx.account).map_err(|_| InboundError::Unauthenticated)?;
    let sign = header(&message.headers, "sign").ok_or(InboundError::Unauthenticated)?;
    if !key.has_signed(raw, sign) {
        return Err(InboundError::Unauthenticated);
    }
    let read = object::<Notification<'_>>(raw);
    let notification = read.ok_or_else(|| malformed("body", "is no notification of PayBy's"))?;
    let id = word(notification.notify_id.as_ref()).ok_or_else(|| malformed("notify_id", "is missing"))?;
    let seen = what(&notification, cx)?;
    let time = word(notification.notify_timestamp.as_ref()).map(|time| printable(&time, cx));
    let provider_time = seen.facts.provider_time.clone().or(time);
    Ok(Ingested {
        kind: InboundKind::Webhook,
        about: About::Order(number(&seen.order)?),
        trust: seen.trust,
        facts: Facts { provider_time, ..seen.facts },
        dedup: format!("notify_id:{}", printable(&id, cx)),
        dedup_is_weak: false,
        then: seen.then,
        label: seen.label.to_owned(),
        config: None,
    })
}

struct Seen {
    order: String,
    label: &'static str,
    facts: Facts,
    trust: Trust,
    then: Then,
}

/// The one thing that a notification is about.
fn what(notification: &Notification<'_>, cx: &Cx<'_>) -> Result<Seen, InboundError> {
    let Notification { acquire_order, refund_order, acquire_chargeback, void_order, .. } = notification;
    let seen = |order: &str, label, facts| {
        Ok(Seen { order: order.to_owned(), label, facts, trust: Trust::Verified, then: Then::Nothing })
    };
    match (acquire_order, refund_order, acquire_chargeback, void_order) {
        (Some(order), None, None, None) => {
            let facts =
                order.facts(cx).ok_or_else(|| malformed("acquireOrder", "has an unreadable amount"))?;
            seen(&order.merchant_order_no, "acquireOrder", facts)
        }
        (None, Some(refund), None, None) => {
            let about = refund.origin_merchant_order_no.as_deref();
            let about = about.ok_or_else(|| malformed("originMerchantOrderNo", "is missing"))?;
            let fact = refund
                .fact(cx)
                .ok_or_else(|| malformed("refundOrder", "has no readable status or amount"))?;
            seen(about, "refundOrder", Facts { operations: vec![fact], ..Facts::default() })
        }
        (None, None, Some(chargeback), None) => {
            let amount = chargeback.chargeback_amount.read();
            let amount = amount.ok_or_else(|| malformed("chargebackAmount", "is no amount"))?;
            let flags = vec![Flag::Disputed { amount: Some(amount) }];
            let facts = Facts { flags, ..Facts::default() };
            seen(&chargeback.merchant_order_no, "acquireChargeback", facts)
        }
        // Voids belong to pre-authorisations, which no order of ours has: PayBy is asked what became of it.
        (None, None, None, Some(void)) => Ok(Seen {
            order: void.origin_merchant_order_no.clone(),
            label: "voidOrder",
            facts: Facts::default(),
            trust: Trust::Hint,
            then: Then::Sync,
        }),
        _ => Err(malformed("body", "must be about one payment, refund, chargeback or void")),
    }
}

/// PayBy adds nothing to the link that we gave it, and signs nothing (docs: `redirectUrl`).
fn browser(query: &str) -> Result<Ingested, InboundError> {
    let order = query.split('&').find_map(|pair| pair.strip_prefix("order="));
    let order =
        number(order.ok_or(InboundError::Unauthenticated)?).map_err(|_| InboundError::Unauthenticated)?;
    Ok(Ingested {
        kind: InboundKind::Return,
        dedup: format!("return:{order}"),
        about: About::Order(order),
        trust: Trust::Hint,
        facts: Facts::default(),
        dedup_is_weak: true,
        then: Then::Sync,
        label: "return".to_owned(),
        config: None,
    })
}

fn number(text: &str) -> Result<String, InboundError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain && (1..=NUMBER_CHARS_MAX).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(malformed("merchantOrderNo", "is no order number"))
}

/// The answer to a message that the order's run has judged. What is kept is acknowledged, known order or not: PayBy
/// would only say the same again.
pub(super) fn answer(message: &Ingested, verdict: &Verdict<'_>) -> InboundReply {
    match (message.kind, verdict) {
        (_, Verdict::Unavailable) => respond(503, "FAIL"),
        (InboundKind::Return, Verdict::OrderUnknown) => page(404, "There is no such order."),
        (InboundKind::Return, _) => page(200, "Thank you. Your payment is being confirmed."),
        _ => respond(200, "SUCCESS"),
    }
}

/// The answer to a message that was refused at the door.
pub(super) fn reject(error: &InboundError) -> InboundReply {
    match error {
        InboundError::Unauthenticated => respond(401, "FAIL"),
        InboundError::Malformed { .. } => respond(422, "FAIL"),
        InboundError::UnknownPath => respond(404, "FAIL"),
    }
}

fn respond(status: u16, word: &str) -> InboundReply {
    let body = json!({ "response": word }).to_string().into_bytes();
    InboundReply { status, content_type: "application/json; charset=UTF-8", body: body.into() }
}

fn page(status: u16, text: &str) -> InboundReply {
    let body = text.as_bytes().to_vec().into();
    InboundReply { status, content_type: "text/plain; charset=utf-8", body }
}

fn malformed(field: &str, why: &str) -> InboundError {
    InboundError::Malformed { field: field.to_owned(), why: why.to_owned() }
}
