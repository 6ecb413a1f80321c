//! What DOKU and the customer's browser say to us.

use super::signature::{self, Signature};
use super::state::Message;
use crate::inbound::{About, InboundKind, Then, Trust};
use crate::json::object;
use crate::quoting::printable;
use crate::{Cx, Facts, Inbound, InboundError, Ingested};
use jiff::Timestamp;

const NOTIFICATION: &str = "/doku/notification";
/// How far a notification's time may be from ours to be believed; an older one may be a replay, and is asked about.
const FRESH_S: u64 = 300;
/// Bytes of an order id; ours have 26 and a number.
const ORDER_ID_BYTES_MAX: usize = 64;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let path = message.path.trim_end_matches('/');
    let back = ["return", "cancel"].iter().find_map(|how| {
        let order_id = path.strip_prefix("/doku/")?.strip_prefix(how)?.strip_prefix('/')?;
        Some((*how, order_id)).filter(|(_, id)| is_order_id(id))
    });
    match (message.method.as_str(), back) {
        ("POST", None) if path == NOTIFICATION => notification(message, cx),
        ("GET", Some((how, order_id))) => Ok(browser(how, order_id)),
        _ => Err(InboundError::UnknownPath),
    }
}

fn is_order_id(id: &str) -> bool {
    let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !id.is_empty() && id.len() <= ORDER_ID_BYTES_MAX && id.chars().all(sane)
}

fn browser(how: &str, order_id: &str) -> Ingested {
    Ingested {
        kind: InboundKind::Return,
        about: About::Order(order_id.to_owned()),
        trust: Trust::Hint,
        facts: Facts::default(),
        dedup: format!("{how}:{order_id}"),
        dedup_is_weak: true,
        then: Then::Sync,
        label: how.to_owned(),
        config: None,
    }
}

fn notification(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let (request_id, time) = genuine(message, cx).ok_or(InboundError::Unauthenticated)?;
    let said = object(message.body.expose()).map(Message);
    let said = said.ok_or_else(|| InboundError::malformed("body", "is no JSON object"))?;
    let order_id = said.word(&["order", "invoice_number"]).filter(|id| is_order_id(id));
    let order_id = order_id
        .ok_or_else(|| InboundError::malformed("order.invoice_number", "is missing or no order of ours"))?;
    let facts = said.facts(cx);
    let fresh = cx.now.as_second().abs_diff(time.as_second()) <= FRESH_S;
    Ok(Ingested {
        kind: InboundKind::Webhook,
        about: About::Order(order_id),
        trust: if fresh { Trust::Verified } else { Trust::Hint },
        dedup: format!("notification:{}", printable(request_id, cx)),
        dedup_is_weak: false,
        then: if fresh { Then::Nothing } else { Then::Sync },
        label: format!("notification {}", facts.wire_status.as_deref().unwrap_or("without a status")),
        facts,
        config: None,
    })
}

/// Its Request-Id and time, if DOKU signed it for this account. The target is the path of our URL as DOKU knows it.
fn genuine<'a>(message: &'a Inbound, cx: &Cx<'_>) -> Option<(&'a str, Timestamp)> {
    let (client_id, request_id) = (message.header("client-id")?, message.header("request-id")?);
    let (time, header) = (message.header("request-timestamp")?, message.header("signature")?);
    let target = format!("{}{NOTIFICATION}", path_of(&cx.account.store_url));
    let body = Some(message.body.expose().as_slice());
    let signed = Signature { client_id, request_id, clock: "Request-Timestamp", time, target: &target, body };
    let is_ours = Some(client_id) == cx.account.config("client_id").ok();
    let proven = is_ours && signed.is(header, signature::key(cx.account).ok()?);
    time.parse().ok().filter(|_| proven).map(|time| (request_id, time))
}

/// `/a/acc1` of `https://host/a/acc1`.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}
