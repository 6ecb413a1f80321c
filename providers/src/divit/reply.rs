//! divit's replies: `{code, message, data}`, in an older document all of it inside `{value: …}`.
//!
//! A code that is not 0 is a no, unless it is of a kind after which it may have happened. What is not plainly understood
//! is [`Outcome::Unknown`] too.

use super::miles::Reward;
use super::table::REFUSALS;
use super::{SPEC, cents};
use crate::call::{AmountKind, Flag, RefundRequest, Retry, Standing};
use crate::json::Json;
use crate::quoting::{printable, quotable};
use crate::reply::redirect;
use crate::{Cx, Facts, Found, Op, OperationStanding, Outcome, Reply};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if let Some(outcome) = reply.settled(SPEC.name) {
        return outcome;
    }
    let said = Json::message(reply.body.expose()).unwrap_or(Json::Null);
    let answer = if matches!(said.at("value"), Json::Object(_)) { said.at("value") } else { &said };
    let message = answer.text("message");
    match (reply.status, answer.word("code")) {
        (http @ (401 | 403), _) => REFUSALS.outcome(http, None, message, cx),
        (200..=299, Some("0")) => done(op, answer.at("data"), cx),
        (_, Some("0")) => reply.unclear(SPEC.name),
        (http, Some(code)) => refusal(op, http, code, message, cx),
        (_, None) => reply.unreadable(SPEC.name),
    }
}

fn refusal(op: &Op, http: u16, code: &str, message: &str, cx: &Cx<'_>) -> Outcome {
    let is_missing = http == 404 || code == "404";
    match REFUSALS.outcome(http, Some(code), message, cx) {
        // Until the customer pays, divit may not know the order by its status.
        Outcome::Refused { retry: Retry::Never, .. } if is_missing && matches!(op, Op::Sync) => {
            Outcome::Done(Facts::standing(Standing::Unpaid))
        }
        outcome => outcome,
    }
}

fn done(op: &Op, said: &Json, cx: &Cx<'_>) -> Outcome {
    let read = match op {
        Op::Create => created(said, cx).map(Outcome::Done),
        Op::Sync => status(said, cx).map(Outcome::Done),
        Op::SyncRefund(refund) => status(said, cx).map(|facts| stands(refund, facts)),
        Op::VerifyAccount => Ok(Outcome::Done(profile(said, cx))),
        // Staff and the bank come after this; the counters tell when.
        _ => Ok(Outcome::Pending(Facts::default())),
    };
    read.unwrap_or_else(Outcome::unknown)
}

fn created(said: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    let (id, token) = (said.text("orderID"), said.text("token"));
    let mut url = said.text("redirectURI").to_owned();
    if !token.is_empty() {
        let joint = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{joint}token={token}");
    }
    let page = redirect(&escaped(&url)).filter(|_| !id.is_empty());
    let page = page.ok_or("divit's answer to a new order lacks its number or the way to its checkout")?;
    let reward = cx.order.and_then(|order| Some((order, Reward::of(order, cx).ok()?)));
    let alerts = reward.map(|(order, reward)| reward.alerts(order)).unwrap_or_default();
    let facts = Facts {
        next_action: Some(page),
        checkout_ends_at: token_end(token, id),
        flags: alerts.into_iter().map(|why| Flag::Alert { why }).collect(),
        ..Facts::standing(Standing::AwaitingCustomer)
    };
    Ok(facts.with_ref("order_id", Some(printable(id, cx))))
}

/// divit does not escape the names in an address: a browser would not send what stands behind a `#` of theirs, the token
/// among it. One before the parameters is the address's own.
fn escaped(url: &str) -> String {
    let (page, parameters) = url.split_once('?').unwrap_or((url, ""));
    let joint = if url.contains('?') { "?" } else { "" };
    format!("{page}{joint}{}", parameters.replace('#', "%23")).replace(' ', "%20")
}

/// When a token ends, by its own word: an hour after it was made, whatever the order's expiry. divit does not publish
/// the key to check it, and for this nothing depends on the check.
fn token_end(token: &str, divit_id: &str) -> Option<Timestamp> {
    let claims = Json::message(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?)?;
    Timestamp::from_second(claims.whole("exp")?).ok().filter(|_| claims.text("ord") == divit_id)
}

fn status(said: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    if let about @ Some(_) = said.word("merchantRef") {
        cx.expect_order(SPEC.name, about)?;
    }
    let status = said.word("status").ok_or("divit's answer has no status")?;
    let facts = Facts {
        standing: SPEC.standing(status),
        wire_status: Some(quotable(status, cx)),
        ..Facts::default()
    };
    let counter = |name| cents(said.at(name));
    if said.has("orderAmount") && counter("orderAmount").is_none() {
        return Err("divit's answer has an amount that is none in Hong Kong dollars".to_owned());
    }
    Ok(facts
        .with_amount(AmountKind::ProviderTotal, counter("orderAmount"))
        .with_amount(AmountKind::Refunded, counter("totalRefundCompleted"))
        .with_amount(AmountKind::RefundRequested, counter("totalRefundRequested"))
        .with_ref("order_id", said.word("orderID").map(|id| printable(id, cx))))
}

/// Whether a counter has grown by this refund since before it was asked for. One that grew by less was not grown by it.
fn counted(kind: AmountKind, refund: &RefundRequest, facts: &Facts) -> bool {
    let due = refund.refunded_before.plus(refund.amount);
    let counters = facts.amounts.iter().filter(|fact| fact.kind == kind);
    due.is_ok_and(|due| {
        counters.map(|fact| fact.amount).any(|now| now.currency == due.currency && now.minor >= due.minor)
    })
}

/// A counter that has not grown proves nothing, not even that a refund was called off.
fn stands(refund: &RefundRequest, facts: Facts) -> Outcome {
    if counted(AmountKind::Refunded, refund, &facts) { Outcome::Done(facts) } else { Outcome::Pending(facts) }
}

/// By the counters alone: the status names no refund.
pub(super) fn found(op: &Op, answer: &Facts) -> Found {
    match op {
        Op::Refund(refund) if counted(AmountKind::Refunded, refund, answer) => {
            Found::Happened(OperationStanding::Succeeded)
        }
        Op::Refund(refund) if counted(AmountKind::RefundRequested, refund, answer) => {
            Found::Happened(OperationStanding::Pending)
        }
        _ => Found::Absent,
    }
}

fn profile(said: &Json, cx: &Cx<'_>) -> Facts {
    let known = |name| said.word(name).map(|id| printable(id, cx));
    Facts::default().with_ref("branch_id", known("branchID")).with_ref("merchant_id", known("merchantID"))
}
