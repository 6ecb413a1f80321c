//! DOKU's replies. What it affirms is signed; what it refuses comes in three shapes and may not be.
//!
//! ```text
//! {"error": {"code": …, "message": …}}     {"message": […], "response": {…}}     {"status": "FAILED", "response_code": …}
//! ```

use super::request::{request_id, target};
use super::signature::{self, Signature};
use super::state::Message;
use crate::call::{NextAction, Retry, Standing};
use crate::json::{object, word};
use crate::quoting::quotable;
use crate::{Cx, Facts, Op, Outcome, Private, Reply};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Codes that are about the account.
const ACCOUNT_CODES: [&str; 3] = ["INVALID_TOKEN", "MERCHANT_NOT_ACTIVE", "INVALID_SIGNATURE"];

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let message = object(reply.body.expose()).map(Message);
    match (reply.status, message) {
        (429, _) => Outcome::refused("429", "too many requests", Retry::Later),
        // 409 is how DOKU repeats its first answer to a Request-Id that it knows.
        (200..=299 | 409, Some(message)) if !says_no(&message) => affirmed(op, &message, reply, cx)
            .map_or_else(|why| Outcome::unknown(why.to_owned()), Outcome::Done),
        (409, _) => Outcome::unknown("DOKU knows the order by another request".to_owned()),
        (404, Some(_)) if matches!(op, Op::Sync) => {
            Outcome::Done(Facts { standing: Some(Standing::Unpaid), ..Facts::default() })
        }
        (http @ (200..=299 | 400..=407 | 410..=499), Some(message)) if says_no(&message) => {
            refusal(&message, http, cx)
        }
        // Not DOKU's own words, so something in front of it: a wrong address, a firewall. It got no further.
        (http @ (400..=407 | 410..=499), _) => {
            Outcome::refused(&http.to_string(), "the answer is not DOKU's", Retry::AfterAccountFix)
        }
        (http, _) => Outcome::unknown(format!("DOKU's answer of HTTP status {http} is neither yes nor no")),
    }
}

fn says_no(message: &Message) -> bool {
    let has = |name| message.at(&[name]).is_some_and(|value| !value.is_null());
    has("error") || has("response_code") || has("message") && !has("order")
}

fn refusal(message: &Message, http: u16, cx: &Cx<'_>) -> Outcome {
    let code = message.word(&["error", "code"]).or_else(|| message.word(&["response_code"]));
    let code = code.map_or_else(|| http.to_string(), |code| quotable(&code, cx));
    let mut said = Vec::new();
    for path in [&["error", "message"][..], &["error"], &["message"], &["response_message"]] {
        texts(message.at(path), &mut said);
    }
    let retry = match code.as_str() {
        _ if matches!(http, 401 | 403) => Retry::AfterAccountFix,
        code if ACCOUNT_CODES.contains(&code) => Retry::AfterAccountFix,
        "TOO_MANY_REQUESTS" | "MAINTENANCE_MODE" => Retry::Later,
        "SERVER_ERROR" | "DUPLICATE_TRANSACTION" => {
            return Outcome::unknown(format!("DOKU says {code}, which may mean that it has the order"));
        }
        _ => Retry::Never,
    };
    Outcome::refused(&code, &quotable(&said.join(" "), cx), retry)
}

fn texts(value: Option<&Value>, said: &mut Vec<String>) {
    match value {
        Some(Value::Array(list)) => said.extend(list.iter().filter_map(|item| word(Some(item)))),
        one => said.extend(word(one)),
    }
}

fn affirmed(op: &Op, message: &Message, reply: &Reply, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    if !is_signed(op, reply, cx) {
        return Err("DOKU's answer is not signed with this account's key");
    }
    let ours = cx.order.map(|order| order.order_id.as_str());
    if message.word(&["order", "invoice_number"]).as_deref() != ours {
        return Err("DOKU's answer is about another order");
    }
    let facts = message.facts(cx);
    if !matches!(op, Op::Create) {
        facts.wire_status.as_ref().ok_or("DOKU's answer has no status")?;
        return Ok(facts);
    }
    let url = message.word(&["payment", "url"]).unwrap_or_default();
    let is_link = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if !is_link || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err("DOKU's answer to a new order lacks its page");
    }
    Ok(Facts {
        next_action: Some(Private::new(NextAction::Redirect { url })),
        checkout_ends_at: message
            .word(&["peer_to_peer_info", "expired_date_utc"])
            .and_then(|text| utc(&text)),
        ..facts
    })
}

fn is_signed(op: &Op, reply: &Reply, cx: &Cx<'_>) -> bool {
    let (Ok(key), Ok(client_id), Ok(target)) =
        (signature::key(cx.account), cx.account.config("client_id"), target(op, cx))
    else {
        return false;
    };
    let said = reply.header("response-timestamp").zip(reply.header("signature"));
    said.is_some_and(|(time, header)| {
        let (request_id, body) = (request_id(op, cx), Some(reply.body.expose().as_slice()));
        let clock = "Response-Timestamp";
        // Our own id and number, not those of the reply: an answer to another question has another signature.
        Signature { client_id, request_id: &request_id, clock, time, target: &target, body }.is(header, key)
    })
}

/// `yyyyMMddHHmmss`. Four fields look like it, and only those that end in `_utc` say which zone they mean.
fn utc(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
