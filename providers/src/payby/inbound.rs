//! What PayBy and the payer's browser say to us.
//!
//! ```text
//! POST /payby/notify            a signed notification: a payment, a refund, a chargeback, a void
//! GET  /payby/return?order=…    the browser; nothing proves it, so it only makes us ask
//! ```

use super::table::{DIRHAMS, NUMBER_CHARS_MAX, SIGNATURE};
use super::wire::{order_facts, refund_fact};
use super::{NOTIFY_PATH, RETURN_PATH};
use crate::call::Flag;
use crate::inbound::{Verdict, is_order_id, order_id_in};
use crate::json::{Json, Unread, unread};
use crate::quoting::printable;
use crate::{Cx, Facts, Inbound, InboundError, InboundReply, Ingested};
use serde_json::json;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    match (message.method.as_str(), message.path.trim_end_matches('/')) {
        ("POST", NOTIFY_PATH) => notification(message, cx),
        ("GET", RETURN_PATH) => browser(message.query.expose()),
        _ => Err(InboundError::UnknownPath),
    }
}

fn notification(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let raw = message.body.expose();
    if !SIGNATURE.proves(message, cx.account) {
        return Err(InboundError::Unauthenticated);
    }
    let said = Json::body(raw)?;
    let id = said.need("notify_id")?;
    let (label, number, mut facts) = what(&said, cx)?;
    let order_id = order_id_in(Some(number), "merchantOrderNo", NUMBER_CHARS_MAX)?;
    let time = said.word("notify_timestamp").map(|time| printable(time, cx));
    facts.provider_time = facts.provider_time.or(time);
    let dedup = format!("notify_id:{}", printable(id, cx));
    // Voids belong to pre-authorisations, which no order of ours has: PayBy is asked what became of it.
    Ok(Ingested::webhook(order_id, dedup, label).saying(facts).believed_if(label != "voidOrder"))
}

/// The one thing that a notification is about: its name, the order's number, and what it says.
fn what<'a>(said: &'a Json, cx: &Cx<'_>) -> Result<(&'static str, &'a str, Facts), Unread> {
    let kinds = ["acquireOrder", "refundOrder", "acquireChargeback", "voidOrder"];
    let mut about = kinds.into_iter().filter(|kind| said.has(kind));
    let (Some(kind), None) = (about.next(), about.next()) else {
        return Err(unread("body", "must be about one payment, refund, chargeback or void"));
    };
    let (number, facts) = match (kind, said.at(kind)) {
        ("acquireOrder", order) => (order.need("merchantOrderNo"), order_facts(order, cx)),
        ("refundOrder", refund) => {
            let facts = |fact| Facts { operations: vec![fact], ..Facts::default() };
            (refund.need("originMerchantOrderNo"), refund_fact(refund, cx).map(facts))
        }
        ("acquireChargeback", chargeback) => {
            let flag = |amount| Flag::Disputed { amount: Some(amount) };
            let facts = |amount| Facts { flags: vec![flag(amount)], ..Facts::default() };
            (chargeback.need("merchantOrderNo"), chargeback.money("chargebackAmount", DIRHAMS).map(facts))
        }
        (_, void) => (void.need("originMerchantOrderNo"), Ok(Facts::default())),
    };
    Ok((kind, number.map_err(|why| why.below(kind))?, facts.map_err(|why| why.below(kind))?))
}

/// PayBy adds nothing to the link that we gave it, and signs nothing (docs: `redirectUrl`).
fn browser(query: &str) -> Result<Ingested, InboundError> {
    let order_id = query.split('&').find_map(|pair| pair.strip_prefix("order="));
    let order_id = order_id.filter(|id| is_order_id(id, NUMBER_CHARS_MAX));
    let order_id = order_id.ok_or(InboundError::Unauthenticated)?;
    Ok(Ingested::browser_return(order_id, "return", "return"))
}

/// The answer to a message that the order's run has judged. What is kept is acknowledged, known order or not: PayBy
/// would only say the same again.
pub(super) fn answer(_: &Ingested, verdict: &Verdict<'_>, _: &Cx<'_>) -> InboundReply {
    match verdict {
        Verdict::Unavailable => respond(503, "FAIL"),
        _ => respond(200, "SUCCESS"),
    }
}

/// The answer to a message that was refused at the door.
pub(super) fn reject(error: &InboundError) -> InboundReply {
    let status = match error {
        InboundError::Unauthenticated => 401,
        InboundError::Malformed { .. } => 422,
        InboundError::UnknownPath => 404,
    };
    respond(status, "FAIL")
}

fn respond(status: u16, word: &str) -> InboundReply {
    let content_type = "application/json; charset=UTF-8";
    InboundReply { content_type, ..InboundReply::json(status, &json!({ "response": word })) }
}
