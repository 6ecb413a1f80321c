//! What we answer DivideBuy and the customer's browser.
//!
//! The guide wants HTTP 200 for what went well and an error status for the rest. DivideBuy's own extension answers 200
//! even then and puts a code into the body; we send both, because a shop that says 200 to a failure gets no retry.

use super::credentials::Credentials;
use super::details::details;
use crate::inbound::{InboundKind, Verdict};
use crate::{Cx, InboundError, InboundReply, Ingested};
use serde_json::json;

/// The answer to a message that the order's run has judged.
pub(super) fn answer(message: &Ingested, verdict: &Verdict<'_>, cx: &Cx<'_>) -> InboundReply {
    match (message.kind, verdict) {
        (_, Verdict::Unavailable) => failure(503, "503", "temporarily unavailable, please try again"),
        (_, Verdict::OrderUnknown) => failure(404, "403", "order not found"),
        (InboundKind::Pull, Verdict::Accepted(content)) => {
            let known = content.zip(Credentials::of(cx.account).ok());
            let details = known.and_then(|(content, known)| details(content, &known));
            details.map_or_else(|| failure(503, "406", "no order details available"), InboundReply::content)
        }
        (InboundKind::Pull, Verdict::Refused { .. }) => failure(409, "405", "order is not open for checkout"),
        // Received and kept. That the order no longer takes it would be no different the second time.
        (InboundKind::Webhook | InboundKind::Return, Verdict::Accepted(_) | Verdict::Refused { .. }) => {
            InboundReply::json(200, &json!({"error": 0, "success": 1, "status": "ok"}))
        }
    }
}

/// The answer to a message that was refused at the door.
pub(super) fn reject(error: &InboundError) -> InboundReply {
    match error {
        InboundError::Unauthenticated => failure(401, "401", "Store Authentication Failed"),
        InboundError::Malformed { field, why } => failure(422, "422", &format!("`{field}` {why}")),
        InboundError::UnknownPath => failure(404, "404", "no such path"),
    }
}

fn failure(status: u16, code: &str, why: &str) -> InboundReply {
    InboundReply::json(status, &json!({"error": 1, "success": 0, "status": code, "message": why}))
}
