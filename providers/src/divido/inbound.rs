//! What Divido and the customer's browser say to us.
//!
//! How a webhook proves itself is the account's choice: by the shared secret if one is set; else by its sender's
//! address, if addresses are listed; else not at all, and then it only makes us ask.

use super::application::{flags, standing};
use super::{SPEC, signature};
use crate::call::Standing;
use crate::inbound::{About, InboundKind, Then, Trust, Verdict};
use crate::json::{object, word};
use crate::quoting::printable;
use crate::{Cx, Facts, Inbound, InboundError, InboundReply, Ingested};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::net::IpAddr;

/// Characters of an order id; ours have 26 and a number.
const ORDER_ID_CHARS_MAX: usize = 64;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let path = message.path.trim_end_matches('/');
    let back = ["/divido/return/", "/divido/checkout/"].into_iter().find_map(|way| path.strip_prefix(way));
    match (message.method.as_str(), back) {
        ("POST", None) if path == "/divido/webhook" => webhook(message, trust(message, cx)?, cx),
        ("GET", Some(order_id)) if is_order_id(order_id) => Ok(browser(path, order_id)),
        _ => Err(InboundError::UnknownPath),
    }
}

fn trust(message: &Inbound, cx: &Cx<'_>) -> Result<Trust, InboundError> {
    if let Some(secret) = signature::secret(cx) {
        let signed = message.header(signature::HEADER);
        let genuine = signed.is_some_and(|code| signature::is_genuine(secret, code, message.body.expose()));
        return if genuine { Ok(Trust::Verified) } else { Err(InboundError::Unauthenticated) };
    }
    let listed = cx.account.config.get("allowed_ips").map_or("", |list| list.trim());
    if listed.is_empty() {
        return Ok(Trust::Hint);
    }
    let sender = message.sender.map(|sender| sender.to_canonical());
    let mut known = listed.split(',').filter_map(|address| address.trim().parse::<IpAddr>().ok());
    if known.any(|address| Some(address) == sender) {
        Ok(Trust::Verified)
    } else {
        Err(InboundError::Unauthenticated)
    }
}

fn is_order_id(id: &str) -> bool {
    let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !id.is_empty() && id.len() <= ORDER_ID_CHARS_MAX && id.chars().all(sane)
}

fn browser(path: &str, order_id: &str) -> Ingested {
    let how = if path.starts_with("/divido/return/") { "return" } else { "checkout" };
    Ingested {
        kind: InboundKind::Return,
        about: About::Order(order_id.to_owned()),
        trust: Trust::Hint,
        facts: Facts::default(),
        dedup: format!("{how}:{order_id}"),
        dedup_is_weak: true,
        then: Then::Sync,
        label: format!("browser {how}"),
        config: None,
    }
}

fn webhook(message: &Inbound, trust: Trust, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let body = message.body.expose();
    let fields: Map<String, Value> =
        object(body).ok_or_else(|| InboundError::malformed("body", "is no JSON object"))?;
    let said = |name: &str| word(fields.get(name)).map(|text| printable(&text, cx));
    let event = said("event").unwrap_or_else(|| "application-status-update".to_owned());
    let ours = word(fields.get("reference"))
        .or_else(|| word(fields.get("metadata").and_then(|metadata| metadata.get("Ordain Order"))))
        .filter(|id| is_order_id(id));
    // A genuine message about something that is not ours is kept under Divido's own name for it.
    let about = ours.or_else(|| said("proposal")).or_else(|| said("application"));
    let about =
        about.ok_or_else(|| InboundError::malformed("reference", "is missing or no order of ours"))?;
    let facts = facts(&event, &said, cx);
    let whom = said("application").unwrap_or_default();
    let status = facts.wire_status.clone().unwrap_or_default();
    // From the first activation on, the amounts decide, and they do not stand here.
    let complete = facts.standing.is_some_and(|standing| standing < Standing::Captured)
        || facts.standing == Some(Standing::Declined);
    Ok(Ingested {
        kind: InboundKind::Webhook,
        about: About::Order(about),
        trust,
        dedup: format!("{event}:{whom}:{status}:{}", hex(&Sha256::digest(body))),
        dedup_is_weak: true,
        then: if complete && status != "ACCEPTED" { Then::Nothing } else { Then::Sync },
        label: format!("{event} {status}").trim_end().to_owned(),
        facts,
        config: None,
    })
}

fn facts(event: &str, said: &impl Fn(&str) -> Option<String>, cx: &Cx<'_>) -> Facts {
    let refs = [("application", said("application")), ("proposal", said("proposal"))];
    let refs = refs.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?))).collect();
    if event == "proposal-new-session" {
        return Facts { standing: Some(Standing::CustomerArrived), refs, ..Facts::default() };
    }
    let status = said("status");
    let amounts_decide = |standing: &Standing| {
        matches!(standing, Standing::Captured | Standing::Completed | Standing::Cancelled)
    };
    let standing = status.as_deref().and_then(|word| standing(word, false, cx));
    Facts {
        standing: standing.filter(|standing| !amounts_decide(standing)),
        flags: status.as_deref().map(|word| flags(word, None, cx)).unwrap_or_default(),
        wire_status: status,
        refs,
        ..Facts::default()
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The answer to a message that the order's run has judged, in the shape of the official plugins.
pub(super) fn answer(message: &Ingested, verdict: &Verdict<'_>) -> InboundReply {
    if message.kind == InboundKind::Return {
        return InboundReply::receipt(verdict);
    }
    match verdict {
        Verdict::Accepted(_) | Verdict::Refused { .. } => said(200, "ok", ""),
        Verdict::OrderUnknown => said(400, "error", "no such order"),
        Verdict::Unavailable => said(500, "error", "temporarily unavailable, please try again"),
    }
}

/// The answer to a message that was refused at the door.
pub(super) fn reject(error: &InboundError) -> InboundReply {
    match error {
        InboundError::UnknownPath => said(404, "error", "no such path"),
        error => said(400, "error", &error.to_string()),
    }
}

fn said(status: u16, word: &str, message: &str) -> InboundReply {
    let body = json!({
        "status": word, "message": message, "platform": SPEC.id, "plugin_version": env!("CARGO_PKG_VERSION"),
    });
    InboundReply { status, content_type: "application/json", body: body.to_string().into_bytes().into() }
}
