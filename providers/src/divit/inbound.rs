//! What divit and the customer's browser say to us.
//!
//! divit's documents call three URLs webhooks and promise events at one of them; a signed event counts at each, and the
//! same event at two of them is one. A browser at the other two proves nothing and makes us ask.

use super::table::{EVENT_PROOF, EVENTS, ORDER_ID_CHARS_MAX};
use super::{SPEC, cents, signature};
use crate::call::{AmountKind, OperationFact, OperationKind};
use crate::inbound::{is_order_id, order_id_in};
use crate::json::Json;
use crate::quoting::printable;
use crate::{Cx, Facts, Inbound, InboundError, Ingested};

/// How far an event's time may be from ours to be believed; an older one may be a replay, and is asked about.
const FRESH_S: u64 = 300;
/// What the order's amount is called, by the age of the API.
const TOTAL: [&str; 2] = ["orderAmount", "totalAmount"];

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let parts = message.path.trim_end_matches('/').strip_prefix("/divit/");
    let parts = parts.map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    match (message.method.as_str(), parts) {
        ("POST", Some(("events", "") | ("success" | "failure", _))) => event(message, cx),
        ("GET", Some((how @ ("success" | "failure"), id))) if is_order_id(id, ORDER_ID_CHARS_MAX) => {
            let returned = Ingested::browser_return(id, &format!("return:{how}"), &format!("return {how}"));
            Ok(returned.gave_up_if(how == "failure"))
        }
        _ => Err(InboundError::UnknownPath),
    }
}

fn event(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let body = message.body.expose();
    let signed_at = message.header(EVENT_PROOF.header());
    let signed_at = signed_at.and_then(|header| signature::signed_at(header, cx.account, body));
    let signed_at = signed_at.ok_or(InboundError::Unauthenticated)?;
    let said = Json::body(body)?;
    let id = said.need("event.eventId")?;
    let data = EventData(said.at("eventData"));
    let order_id = data.get(&["merchantRef", "partnerRef"]).as_word();
    let order_id = order_id_in(order_id, "eventData.merchantRef", ORDER_ID_CHARS_MAX)?;
    let fresh = cx.now.as_second().abs_diff(signed_at) <= FRESH_S;
    let (name, facts) = facts(id, &data, cx);
    let whom = facts.refs.get("order_id").map_or(order_id, String::as_str);
    // Two refunds of one order may end in the same second, and events have no number of their own.
    let refund = facts.operations.iter().find_map(|fact| fact.amount);
    let amount_part = refund.map(|amount| format!(":{}", amount.minor)).unwrap_or_default();
    let dedup = format!("event:{}:{whom}:{signed_at}{amount_part}", printable(id, cx));
    let message = Ingested::webhook(order_id, dedup, &format!("event {name}")).saying(facts);
    // An amount of another currency, or none, is no amount of ours: the status has to say it.
    let readable = cents(data.get(&TOTAL)).is_some();
    Ok(message.believed_if(id == "2001" && fresh && readable))
}

fn facts(id: &str, said: &EventData<'_>, cx: &Cx<'_>) -> (&'static str, Facts) {
    let row = EVENTS.iter().find(|(known, ..)| *known == id);
    let refund = row.and_then(|(.., refund)| *refund).map(|standing| OperationFact {
        kind: OperationKind::Refund,
        id: None,
        provider_id: None,
        amount: cents(said.get(&["refundAmount"])),
        standing,
        failure: None,
    });
    let facts = Facts {
        wire_status: SPEC.standing(id).map(|_| id.to_owned()),
        standing: SPEC.standing(id),
        operations: refund.into_iter().collect(),
        ..Facts::default()
    };
    let facts = facts
        .with_amount(AmountKind::ProviderTotal, cents(said.get(&TOTAL)))
        .with_ref("order_id", said.get(&["orderID"]).as_word().map(|id| printable(id, cx)));
    (row.map_or("unknown", |(_, name, _)| *name), facts)
}

/// `eventData`. Its spelling depends on the product and the year: `orderID` and `OrderID` are one.
struct EventData<'a>(&'a Json);

impl<'a> EventData<'a> {
    fn get(&self, names: &[&str]) -> &'a Json {
        let Json::Object(fields) = self.0 else { return &Json::Null };
        let spelled = |name: &&str| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        names.iter().find_map(spelled).map_or(&Json::Null, |(_, value)| value)
    }
}
