//! divit's replies: `{code, message, data}`, in an older document all of it inside `{value: …}`.
//!
//! A code that is not 0 is a no. What is not plainly understood is [`Outcome::Unknown`], because it may have happened.

use super::miles::Reward;
use super::{SPEC, inbound::amount};
use crate::call::{AmountFact, AmountKind, Flag, NextAction, RefundRequest, Retry, Standing};
use crate::json::{object, word};
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Money, Op, Outcome, Private, Reply};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let answer = Answer::read(reply.body.expose());
    match (reply.status, answer) {
        (429, _) => Outcome::refused("429", "too many requests", Retry::Later),
        (401 | 403, answer) => {
            let said = answer.map_or_else(String::new, |answer| quotable(&answer.message, cx));
            Outcome::refused(&reply.status.to_string(), &said, Retry::AfterAccountFix)
        }
        (200..=299, Some(answer)) if answer.code == 0 => done(op, &answer.content, cx),
        // Until the customer pays, divit may not know the order by its status.
        (404, Some(_)) if matches!(op, Op::Sync) => {
            Outcome::Done(Facts { standing: Some(Standing::Unpaid), ..Facts::default() })
        }
        (200..=299 | 400..=407 | 409..=499, Some(answer)) if answer.code != 0 => {
            Outcome::refused(&answer.code.to_string(), &quotable(&answer.message, cx), Retry::Never)
        }
        // Not divit's own words, so something in front of it: a wrong address, a firewall. It got no further.
        (400..=407 | 409..=499, None) => {
            let code = reply.status.to_string();
            Outcome::refused(&code, "the answer is not divit's", Retry::AfterAccountFix)
        }
        (status @ 200..=499, _) => Outcome::unknown(format!(
            "divit's answer of HTTP status {status} can be read neither as yes nor as no"
        )),
        (status, _) => Outcome::unknown(format!("divit answered with HTTP status {status}")),
    }
}

struct Answer {
    code: i64,
    message: String,
    content: Value,
}

impl Answer {
    fn read(body: &[u8]) -> Option<Self> {
        let mut fields: Map<String, Value> = object(body)?;
        if let Some(Value::Object(inner)) = fields.remove("value") {
            fields = inner;
        }
        let message = fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        let content = fields.remove("data").unwrap_or_default();
        Some(Self { code: fields.get("code")?.as_i64()?, message, content })
    }
}

fn done(op: &Op, content: &Value, cx: &Cx<'_>) -> Outcome {
    let read = match op {
        Op::Create => created(content, cx).map(Outcome::Done),
        Op::Sync => status(content, cx).map(Outcome::Done),
        Op::SyncRefund(refund) => status(content, cx).map(|facts| stands(refund, facts)),
        Op::VerifyAccount => Ok(Outcome::Done(profile(content, cx))),
        // Staff and the bank come after this; the counters tell when.
        _ => Ok(Outcome::Pending(Facts::default())),
    };
    read.unwrap_or_else(|why| Outcome::unknown(why.to_owned()))
}

fn created(content: &Value, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let text = |name| content.get(name).and_then(Value::as_str).unwrap_or_default();
    let (url, id, token) = (text("redirectURI"), text("orderID"), text("token"));
    let is_link = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if !is_link || url.chars().any(char::is_control) || id.is_empty() {
        return Err("divit's answer to a new order lacks its number or the way to its checkout");
    }
    let mut url = url.replace(' ', "%20");
    if !token.is_empty() {
        let joint = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{joint}token={token}");
    }
    let reward = cx.order.and_then(|order| Some((order, Reward::of(order, cx).ok()?)));
    let alerts = reward.map(|(order, reward)| reward.alerts(order, cx)).unwrap_or_default();
    Ok(Facts {
        standing: Some(Standing::AwaitingCustomer),
        refs: [("order_id".to_owned(), printable(id, cx))].into(),
        next_action: Some(Private::new(NextAction::Redirect { url })),
        checkout_ends_at: token_end(token, id),
        flags: alerts.into_iter().map(|why| Flag::Alert { why }).collect(),
        ..Facts::default()
    })
}

/// When a token ends, by its own word: an hour after it was made, whatever the order's expiry. divit does not publish
/// the key to check it, and for this nothing depends on the check.
fn token_end(token: &str, divit_id: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = object(&claims)?;
    let is_ours = claims.get("ord").and_then(Value::as_str) == Some(divit_id);
    Timestamp::from_second(claims.get("exp")?.as_i64()?).ok().filter(|_| is_ours)
}

fn status(content: &Value, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let said = |name| word(content.get(name));
    let about = said("merchantRef");
    if about.is_some() && about.as_deref() != cx.order.map(|order| order.order_id.as_str()) {
        return Err("divit's answer is about another order");
    }
    let wire_status = said("status").ok_or("divit's answer has no status")?;
    let counters = [
        (AmountKind::ProviderTotal, "orderAmount"),
        (AmountKind::Refunded, "totalRefundCompleted"),
        (AmountKind::RefundRequested, "totalRefundRequested"),
    ];
    let total = content.get("orderAmount").filter(|total| !total.is_null());
    if total.is_some_and(|total| counter(total).is_none()) {
        return Err("divit's answer has an amount that is none in Hong Kong dollars");
    }
    let fact = |(kind, name)| Some(AmountFact { kind, amount: counter(content.get(name)?)? });
    Ok(Facts {
        standing: SPEC.standing(&wire_status),
        wire_status: Some(quotable(&wire_status, cx)),
        amounts: counters.into_iter().filter_map(fact).collect(),
        refs: said("orderID").map(|id| ("order_id".to_owned(), printable(&id, cx))).into_iter().collect(),
        ..Facts::default()
    })
}

/// Cents, bare or beside their currency.
fn counter(value: &Value) -> Option<Money> {
    value.as_i64().map(|minor| Money::of(Currency::Hkd, minor)).or_else(|| amount(value))
}

/// Whether a counter has grown by this refund since before it was asked for.
pub(super) fn counted(kind: AmountKind, refund: &RefundRequest, facts: &Facts) -> bool {
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

fn profile(content: &Value, cx: &Cx<'_>) -> Facts {
    let known = [("branch_id", "branchID"), ("merchant_id", "merchantID")];
    let named =
        |(ours, theirs): (&str, &str)| Some((ours.to_owned(), printable(&word(content.get(theirs))?, cx)));
    Facts { refs: known.into_iter().filter_map(named).collect(), ..Facts::default() }
}
