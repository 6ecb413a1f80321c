//! What Divido and the customer's browser say to us.
//!
//! How a webhook proves itself is the account's choice: by the shared secret if one is set; else by its sender's
//! address, if addresses are listed; else not at all, and then it only makes us ask.

use super::SPEC;
use super::application::{flags, number_in, standing};
use super::table::ORDER_ID_CHARS_MAX;
use crate::call::Standing;
use crate::hmac::hex_digest;
use crate::inbound::{Then, Trust, Verdict, is_order_id};
use crate::json::Json;
use crate::{Cx, Facts, Inbound, InboundError, InboundReply, Ingested};
use serde_json::json;

/// Verifies, then parses.
pub(super) fn ingest(message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let path = message.path.trim_end_matches('/');
    let parts = path.strip_prefix("/divido/").and_then(|rest| rest.split_once('/'));
    match (message.method.as_str(), parts) {
        ("POST", _) if path == "/divido/webhook" => webhook(message, trust(message, cx)?, cx),
        ("GET", Some((how @ ("return" | "checkout"), id))) if is_order_id(id, ORDER_ID_CHARS_MAX) => {
            Ok(Ingested::browser_return(id, how, &format!("browser {how}")).gave_up_if(how == "checkout"))
        }
        _ => Err(InboundError::UnknownPath),
    }
}

fn trust(message: &Inbound, cx: &Cx<'_>) -> Result<Trust, InboundError> {
    match SPEC.wire.inbound.iter().find(|proof| proof.is_agreed(cx.account)) {
        None => Ok(Trust::Hint),
        Some(proof) if proof.proves(message, cx.account) => Ok(Trust::Verified),
        Some(_) => Err(InboundError::Unauthenticated),
    }
}

fn webhook(message: &Inbound, trust: Trust, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
    let body = message.body.expose();
    let said = Json::body(body)?;
    let quoted = |name| said.printable(name, cx);
    let event = quoted("event").unwrap_or_else(|| "application-status-update".to_owned());
    let ours = number_in(&said).filter(|id| is_order_id(id, ORDER_ID_CHARS_MAX)).map(str::to_owned);
    // A genuine message about something that is not ours is kept under Divido's own name for it.
    let about = ours.or_else(|| quoted("proposal")).or_else(|| quoted("application"));
    let about =
        about.ok_or_else(|| InboundError::malformed("reference", "is missing or no order of ours"))?;
    let facts = facts(&event, quoted("status"), cx)
        .with_ref("application", quoted("application"))
        .with_ref("proposal", quoted("proposal"));
    let whom = quoted("application").unwrap_or_default();
    let status = facts.wire_status.clone().unwrap_or_default();
    // From the approval on the amounts decide, and they do not stand here.
    let complete = facts.standing.is_some_and(|standing| standing < Standing::Authorized)
        || facts.standing == Some(Standing::Declined);
    let dedup = format!("{event}:{whom}:{status}:{}", hex_digest(body));
    let label = format!("{event} {status}");
    Ok(Ingested {
        trust,
        dedup_is_weak: true,
        then: if complete && status != "ACCEPTED" { Then::Nothing } else { Then::Sync },
        ..Ingested::webhook(&about, dedup, label.trim_end()).saying(facts)
    })
}

fn facts(event: &str, status: Option<String>, cx: &Cx<'_>) -> Facts {
    if event == "proposal-new-session" {
        return Facts::standing(Standing::CustomerArrived);
    }
    let standing = status.as_deref().and_then(|word| standing(word, false, cx));
    let amounts_decide = [Standing::Captured, Standing::Completed, Standing::Cancelled];
    Facts {
        standing: standing.filter(|standing| !amounts_decide.contains(standing)),
        flags: status.as_deref().map(|word| flags(word, &Json::Null, cx)).unwrap_or_default(),
        wire_status: status,
        ..Facts::default()
    }
}

/// The answer to a message that the order's run has judged, in the shape of the official plugins.
pub(super) fn answer(_: &Ingested, verdict: &Verdict<'_>, _: &Cx<'_>) -> InboundReply {
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
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({"status": word, "message": message, "platform": SPEC.id, "plugin_version": version});
    InboundReply::json(status, &body)
}
