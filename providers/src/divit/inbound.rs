//! What divit and the customer's browser say to us.
//!
//! divit's documents call three URLs webhooks and promise events at one of them; a signed event counts at each, and the
//! same event at two of them is one. A browser at the other two proves nothing and makes us ask.

use super::{SPEC, signature};
use crate::call::{AmountFact, AmountKind, OperationFact, OperationKind, OperationStanding};
use crate::inbound::{About, InboundKind, Then, Trust};
use crate::json::{object, word};
use crate::quoting::printable;
use crate::{Currency, Cx, Facts, Inbound, InboundError, Ingested, Money};
use serde_json::{Map, Value};

/// How far an event's time may be from ours to be believed; an older one may be a replay, and is asked about.
const FRESH_S: u64 = 300;
/// Characters of an order id; ours have 26 and a number.
const ORDER_ID_CHARS_MAX: usize = 36;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let path = message.path.trim_end_matches('/');
    let back = ["/divit/success/", "/divit/failure/"].iter().find_map(|way| path.strip_prefix(way));
    match (message.method.as_str(), back) {
        ("POST", Some(_)) => event(message, cx),
        ("POST", None) if path == "/divit/events" => event(message, cx),
        ("GET", Some(order_id)) if is_order_id(order_id) => Ok(browser(path, order_id)),
        _ => Err(InboundError::UnknownPath),
    }
}

fn is_order_id(id: &str) -> bool {
    let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !id.is_empty() && id.len() <= ORDER_ID_CHARS_MAX && id.chars().all(sane)
}

fn browser(path: &str, order_id: &str) -> Ingested {
    let how = if path.starts_with("/divit/success/") { "success" } else { "failure" };
    Ingested {
        kind: InboundKind::Return,
        about: About::Order(order_id.to_owned()),
        trust: Trust::Hint,
        facts: Facts::default(),
        dedup: format!("return:{how}:{order_id}"),
        dedup_is_weak: true,
        then: Then::Sync,
        label: format!("return {how}"),
        config: None,
    }
}

fn event(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let body = message.body.expose();
    let key = cx.account.secret("signature_key").ok().filter(|key| !key.is_empty());
    let signed_at = message
        .header("x-divit-signature")
        .zip(key)
        .and_then(|(header, key)| signature::signed_at(header, key, body))
        .ok_or(InboundError::Unauthenticated)?;
    let parsed: Map<String, Value> =
        object(body).ok_or_else(|| InboundError::malformed("body", "is no JSON object"))?;
    let id = word(parsed.get("event").and_then(|event| event.get("eventId")))
        .ok_or_else(|| InboundError::malformed("event.eventId", "is missing"))?;
    let said = Said(parsed.get("eventData").and_then(Value::as_object));
    let order_id = said.word(&["merchantRef", "partnerRef"]).filter(|id| is_order_id(id));
    let order_id = order_id
        .ok_or_else(|| InboundError::malformed("eventData.merchantRef", "is missing or no order of ours"))?;
    let fresh = cx.now.as_second().abs_diff(signed_at) <= FRESH_S;
    let facts = facts(&id, &said, cx);
    // An amount of another currency, or none, is no amount of ours: the status has to say it.
    let readable = said.get(&TOTAL).is_none_or(|total| amount(total).is_some());
    let believed = id == "2001" && fresh && readable;
    let whom = facts.refs.get("order_id").cloned().unwrap_or_else(|| order_id.clone());
    Ok(Ingested {
        kind: InboundKind::Webhook,
        about: About::Order(order_id),
        trust: if believed { Trust::Verified } else { Trust::Hint },
        dedup: format!("event:{}:{whom}:{signed_at}", printable(&id, cx)),
        dedup_is_weak: false,
        then: if believed { Then::Nothing } else { Then::Sync },
        label: format!("event {}", name(&id)),
        facts,
        config: None,
    })
}

/// What the order's amount is called, by the age of the API.
const TOTAL: [&str; 2] = ["orderAmount", "totalAmount"];

fn name(id: &str) -> &'static str {
    match id {
        "2001" => "2001 paid",
        "2100" => "2100 refunded",
        "4000" => "4000 cancelled",
        "4001" => "4001 expired",
        "4100" => "4100 refund cancelled",
        _ => "unknown",
    }
}

fn facts(id: &str, said: &Said<'_>, cx: &Cx<'_>) -> Facts {
    let refund_standing = match id {
        "2100" => Some(OperationStanding::Succeeded),
        "4100" => Some(OperationStanding::Failed),
        _ => None,
    };
    let refund = |standing| OperationFact {
        kind: OperationKind::Refund,
        id: None,
        provider_id: None,
        amount: said.get(&["refundAmount"]).and_then(amount),
        standing,
    };
    let total = said.get(&TOTAL).and_then(amount);
    let total = total.map(|amount| AmountFact { kind: AmountKind::ProviderTotal, amount });
    let divit_id = said.word(&["orderID"]).map(|id| ("order_id".to_owned(), printable(&id, cx)));
    Facts {
        wire_status: SPEC.standing(id).map(|_| id.to_owned()),
        standing: SPEC.standing(id),
        amounts: total.into_iter().collect(),
        refs: divit_id.into_iter().collect(),
        operations: refund_standing.map(refund).into_iter().collect(),
        ..Facts::default()
    }
}

/// `eventData`. Its spelling depends on the product and the year: `orderID` and `OrderID` are one.
struct Said<'a>(Option<&'a Map<String, Value>>);

impl Said<'_> {
    fn get(&self, names: &[&str]) -> Option<&Value> {
        let fields = self.0?;
        names.iter().find_map(|name| {
            fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })
    }

    fn word(&self, names: &[&str]) -> Option<String> {
        word(self.get(names))
    }
}

/// `{amount, currency}`, whole cents of Hong Kong dollars.
pub(super) fn amount(value: &Value) -> Option<Money> {
    let minor = value.get("amount")?.as_i64()?;
    (value.get("currency")?.as_str()? == Currency::Hkd.code()).then(|| Money::of(Currency::Hkd, minor))
}
