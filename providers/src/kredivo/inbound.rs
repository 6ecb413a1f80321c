//! What DOKU and the customer's browser say to us.

use super::signature::Signature;
use super::state::{facts, repeats_reference, total};
use super::table::{ORDER_ID_CHARS_MAX, SIGNATURE};
use crate::inbound::{is_order_id, order_id_in};
use crate::json::Json;
use crate::quoting::printable;
use crate::{Cx, Inbound, InboundError, Ingested};
use jiff::Timestamp;

pub(super) const NOTIFICATION: &str = "/doku/notification";
/// How far a notification's time may be from ours to be believed; an older one may be a replay, and is asked about.
const FRESH_S: u64 = 300;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let path = message.path.trim_end_matches('/');
    let parts = path.strip_prefix("/doku/").and_then(|rest| rest.split_once('/'));
    match (message.method.as_str(), parts) {
        ("POST", _) if path == NOTIFICATION => notification(message, cx),
        ("GET", Some((how @ ("return" | "cancel"), id))) if is_order_id(id, ORDER_ID_CHARS_MAX) => {
            Ok(Ingested::browser_return(id, how, how).gave_up_if(how == "cancel"))
        }
        _ => Err(InboundError::UnknownPath),
    }
}

fn notification(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let (request_id, time) = genuine(message, cx).ok_or(InboundError::Unauthenticated)?;
    let said = Json::body(message.body.expose())?;
    let number = "order.invoice_number";
    let order_id = order_id_in(said.word(number), number, ORDER_ID_CHARS_MAX)?;
    let total = total(&said).ok().flatten();
    let facts = facts(&said, total, cx);
    let label = format!("notification {}", facts.wire_status.as_deref().unwrap_or("without a status"));
    let dedup = format!("notification:{}", printable(request_id, cx));
    let fresh = cx.now.as_second().abs_diff(time.as_second()) <= FRESH_S;
    // Paid without a word of how much is asked about. Money that went back is booked from DOKU's own answer alone, and
    // nobody asks about a paid order of himself.
    let settles = total.is_some() && facts.operations.is_empty() && repeats_reference(&said, order_id);
    Ok(Ingested::webhook(order_id, dedup, &label).saying(facts).believed_if(fresh && settles))
}

/// Its Request-Id and time, if DOKU signed it for this account. The target is the path of our URL as DOKU knows it.
fn genuine<'a>(message: &'a Inbound, cx: &Cx<'_>) -> Option<(&'a str, Timestamp)> {
    let (client_id, request_id) = (message.header("client-id")?, message.header("request-id")?);
    let (time, header) = (message.header("request-timestamp")?, message.header(SIGNATURE.header())?);
    let target = format!("{}{NOTIFICATION}", path_of(&cx.account.store_url));
    let body = Some(message.body.expose().as_slice());
    let signed = Signature { client_id, request_id, clock: "Request-Timestamp", time, target: &target, body };
    let is_ours = Some(client_id) == cx.account.config("client_id").ok();
    let proven = is_ours && signed.is(header, cx.account);
    time.parse().ok().filter(|_| proven).map(|time| (request_id, time))
}

/// `/a/acc1` of `https://host/a/acc1`.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}
