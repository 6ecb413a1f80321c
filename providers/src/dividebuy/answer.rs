//! What we answer DivideBuy and the customer's browser.
//!
//! The guide wants HTTP 200 for what went well and an error status for the rest. DivideBuy's own extension answers 200
//! even then and puts a code into the body; we send both, because a shop that says 200 to a failure gets no retry.

use super::details::details;
use super::wire::Credentials;
use crate::inbound::{InboundKind, Verdict};
use crate::{Cx, InboundError, InboundReply, Ingested};
use serde_json::json;

/// The answer to a message that the order's run has judged.
pub(super) fn answer(message: &Ingested, verdict: &Verdict<'_>, cx: &Cx<'_>) -> InboundReply {
    match (message.kind, verdict) {
        (InboundKind::Return, _) => page(message, verdict),
        (_, Verdict::Unavailable) => failure(503, "503", "temporarily unavailable, please try again"),
        (_, Verdict::OrderUnknown) => failure(404, "403", "order not found"),
        (InboundKind::Pull, Verdict::Accepted(content)) => {
            let known = Credentials::of(cx.account).ok();
            let bytes = content.zip(known).and_then(|(content, known)| details(content, &known));
            bytes.map_or_else(
                || failure(503, "406", "no order details available"),
                |bytes| InboundReply { status: 200, content_type: "application/json", body: bytes.into() },
            )
        }
        (InboundKind::Pull, Verdict::Refused { .. }) => failure(409, "405", "order is not open for checkout"),
        // Received and kept. That the order no longer takes it would be no different the second time.
        (InboundKind::Webhook, Verdict::Accepted(_) | Verdict::Refused { .. }) => {
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

/// What a person reads for a moment, where nobody built a page.
fn page(message: &Ingested, verdict: &Verdict<'_>) -> InboundReply {
    let (status, text) = match (verdict, message.facts.wire_status.as_deref()) {
        (Verdict::Unavailable, _) => {
            (503, "Temporarily unavailable. Please load this page again in a minute.")
        }
        (Verdict::OrderUnknown, _) => (404, "There is no such order."),
        (_, Some("success")) => (200, "Thank you. Your payment is being confirmed."),
        _ => (200, "The checkout was not completed. You can go back and choose how to pay."),
    };
    InboundReply::text(status, text)
}

fn failure(status: u16, code: &str, why: &str) -> InboundReply {
    InboundReply::json(status, &json!({"error": 1, "success": 0, "status": code, "message": why}))
}
