//! DOKU's replies. What it affirms is signed; what it refuses comes in three shapes and may not be.
//!
//! ```text
//! {"error": {"code": …, "message": …}}     {"message": […], "response": {…}}     {"status": "FAILED", "response_code": …}
//! ```

use super::SPEC;
use super::request::{request_id, target};
use super::signature::Signature;
use super::state::{facts, repeats_reference, total};
use super::table::{REFUSALS, SIGNATURE};
use crate::call::Standing;
use crate::json::Json;
use crate::reply::redirect;
use crate::{Cx, Facts, Op, Outcome, Reply};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if let Some(outcome) = reply.settled(SPEC.name) {
        return outcome;
    }
    match (reply.status, Json::message(reply.body.expose())) {
        // 409 is how DOKU repeats its first answer to a Request-Id that it knows.
        (200..=299 | 409, Some(said)) if !says_no(&said) && !said.has("error") => {
            Outcome::of(affirmed(op, &said, reply, cx))
        }
        (409, _) => Outcome::unknown("DOKU knows the order by another request".to_owned()),
        // In DOKU's own words: a gateway's 404 says nothing about the order.
        (404, Some(said)) if matches!(op, Op::Sync) && says_no(&said) => {
            Outcome::Done(Facts::standing(Standing::Unpaid))
        }
        // Whether it opened the order all the same, only the same request again can tell.
        (200..=299, Some(_)) if matches!(op, Op::Create) => reply.unclear(SPEC.name),
        (_, Some(said)) if says_no(&said) => refusal(&said, reply.status, cx),
        _ => reply.unreadable("DOKU"),
    }
}

/// Whether it has one of the three shapes of a no. Fields are added without notice: an answer about an order that has a
/// code of success beside it is none.
fn says_no(said: &Json) -> bool {
    let is_direct = said.has("error.code") || said.has("error.message");
    let is_checkout = said.list("message").is_ok() && said.has("response");
    is_direct || !said.has("order") && (said.has("response_code") || is_checkout)
}

fn refusal(said: &Json, http: u16, cx: &Cx<'_>) -> Outcome {
    let code = said.word("error.code").or_else(|| said.word("response_code"));
    let places = ["error.message", "error", "message", "response_message"];
    let words = |place: &&str| {
        let listed = said.items(place).iter().filter_map(Json::as_word);
        listed.chain(said.word(place)).map(str::to_owned).collect::<Vec<_>>()
    };
    let message = places.iter().flat_map(words).collect::<Vec<_>>().join(" ");
    REFUSALS.outcome(http, code, &message, cx)
}

fn affirmed(op: &Op, said: &Json, reply: &Reply, cx: &Cx<'_>) -> Result<Facts, String> {
    if !is_signed(op, reply, cx) {
        return Err("DOKU's answer is not signed with this account's key".to_owned());
    }
    let number = said.word("order.invoice_number");
    cx.expect_order("DOKU", number.filter(|number| repeats_reference(said, number)))?;
    let facts = facts(said, total(said)?, cx);
    if !matches!(op, Op::Create) {
        facts.wire_status.as_ref().ok_or("DOKU's answer has no status")?;
        return Ok(facts);
    }
    let page = redirect(said.text("payment.url")).ok_or("DOKU's answer to a new order lacks its page")?;
    let checkout_ends_at = said.word("peer_to_peer_info.expired_date_utc").and_then(utc);
    Ok(Facts { next_action: Some(page), checkout_ends_at, ..facts })
}

fn is_signed(op: &Op, reply: &Reply, cx: &Cx<'_>) -> bool {
    let (Ok(client_id), Ok(target)) = (cx.account.config("client_id"), target(op, cx)) else { return false };
    let said = reply.header("response-timestamp").zip(reply.header(SIGNATURE.header()));
    said.is_some_and(|(time, header)| {
        let (request_id, body) = (request_id(op, cx), Some(reply.body.expose().as_slice()));
        let clock = "Response-Timestamp";
        // Our own id and number, not those of the reply: an answer to another question has another signature.
        let signed = Signature { client_id, request_id: &request_id, clock, time, target: &target, body };
        signed.is(header, cx.account)
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
