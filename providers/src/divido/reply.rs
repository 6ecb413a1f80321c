//! Divido's replies. A no comes with HTTP 200 as well: `{"status":"error","error":"…"}`.
//!
//! What is not plainly understood is [`Outcome::Unknown`], because it may have happened.

use super::application::{facts_of, is_ours};
use super::{SPEC, findings};
use crate::call::{NextAction, OperationKind, OperationStanding, Retry, Standing};
use crate::json::{object, word};
use crate::quoting::{printable, quotable};
use crate::{Cx, Facts, Found, Op, Outcome, Private, Provider, Reply};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Words in a refusal that make it the account's trouble and not the order's.
const ACCOUNT_WORDS: [&str; 7] =
    ["api key", "apikey", "unauthori", "authenticat", "signature", "invalid merchant", "merchant not found"];

#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    status: Option<Value>,
    error: Option<Value>,
    id: Option<Value>,
    url: Option<Value>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    record: Option<&'a RawValue>,
    #[serde(borrow)]
    records: Option<Vec<&'a RawValue>>,
}

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let http = reply.status;
    let body = reply.body.expose();
    // Payment batches have a number of that name where applications have a list.
    let answer = match op {
        Op::Ask(_) | Op::VerifyAccount => object::<Head>(body).map(Head::into_answer),
        _ => object::<Answer<'_>>(body),
    };
    match (http, answer) {
        (429, _) => Outcome::refused("429", "too many requests", Retry::Later),
        (200..=299, Some(answer)) if answer.says_yes() => done(op, &answer, body, cx),
        (200..=299 | 400..=407 | 409..=499, Some(answer)) if answer.says_no() => refusal(&answer, http, cx),
        (401 | 403, _) => {
            Outcome::refused(&http.to_string(), "Divido does not know the account", Retry::AfterAccountFix)
        }
        // Not Divido's own words, so something in front of it: a wrong address, a firewall. It got no further.
        (400..=407 | 409..=499, None) => {
            Outcome::refused(&http.to_string(), "the answer is not Divido's", Retry::AfterAccountFix)
        }
        (200..=499, _) => Outcome::unknown(format!(
            "Divido's answer of HTTP status {http} can be read neither as yes nor as no"
        )),
        _ => Outcome::unknown(format!("Divido answered with HTTP status {http}")),
    }
}

/// What every answer has.
#[derive(Deserialize)]
struct Head {
    status: Option<Value>,
    error: Option<Value>,
}

impl Head {
    fn into_answer<'a>(self) -> Answer<'a> {
        let Self { status, error } = self;
        Answer { status, error, id: None, url: None, result: None, record: None, records: None }
    }
}

impl Answer<'_> {
    fn complains(&self) -> bool {
        !matches!(&self.error, None | Some(Value::Null | Value::Bool(false)))
    }

    fn says_yes(&self) -> bool {
        self.status.as_ref().is_some_and(|word| word == "ok") && !self.complains()
    }

    fn says_no(&self) -> bool {
        let word = self.status.as_ref();
        word.is_some_and(|word| word == "error") || self.complains() && word.is_none_or(|word| word != "ok")
    }
}

fn refusal(answer: &Answer<'_>, http: u16, cx: &Cx<'_>) -> Outcome {
    let error = answer.error.as_ref();
    let part = |name: &str| word(error.and_then(|error| error.get(name)));
    let said = word(error).or_else(|| part("message")).unwrap_or_default();
    let code = part("code").map_or_else(|| http.to_string(), |code| quotable(&code, cx));
    let lower = said.to_lowercase();
    let account = matches!(http, 401 | 403) || ACCOUNT_WORDS.iter().any(|part| lower.contains(part));
    let retry = match code.as_str() {
        "rate_limit" => Retry::Later,
        _ if account => Retry::AfterAccountFix,
        _ => Retry::Never,
    };
    Outcome::refused(&code, &quotable(&said, cx), retry)
}

fn done(op: &Op, answer: &Answer<'_>, body: &[u8], cx: &Cx<'_>) -> Outcome {
    let read = match op {
        Op::Create => opened(answer, "proposal", cx),
        Op::Ack => opened(answer, "application", cx),
        Op::Sync => sync(answer, cx),
        Op::Fulfil(_) | Op::Cancel(_) | Op::Refund(_) => return acted(op, answer, cx),
        Op::VerifyAccount => Ok(Facts::default()),
        Op::Ask(question) => findings::read(question, body, cx),
        _ => Err("Divido has no such operation"),
    };
    read.map_or_else(|why| Outcome::unknown(why.to_owned()), Outcome::Done)
}

/// A new proposal, or a finalized application: where the customer goes now.
fn opened(answer: &Answer<'_>, what: &str, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, url) = (text(&answer.id), text(&answer.url));
    let is_link = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if id.is_empty() || !is_link || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err("Divido's answer lacks its id or the way to its pages");
    }
    Ok(Facts {
        standing: (what == "proposal").then_some(Standing::AwaitingCustomer),
        refs: BTreeMap::from([(what.to_owned(), printable(&id, cx))]),
        next_action: Some(Private::new(NextAction::Redirect { url })),
        ..Facts::default()
    })
}

fn sync(answer: &Answer<'_>, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    if let Some(record) = answer.record {
        return match is_ours(record, cx) {
            Some(true) => facts_of(record, cx),
            Some(false) => Err("Divido's answer is about another order"),
            None => Err("`record` is no application"),
        };
    }
    let records = answer.records.as_ref().ok_or("Divido's answer holds neither a record nor records")?;
    match records.iter().find(|record| is_ours(record, cx) == Some(true)) {
        Some(record) => facts_of(record, cx),
        // Asked for by its proposal: nobody has entered it yet.
        None if records.is_empty() && cx.refs.contains_key("proposal") => {
            Ok(Facts { standing: Some(Standing::AwaitingCustomer), ..Facts::default() })
        }
        None => Err("none of Divido's newest applications is ours"),
    }
}

/// Accepted; the lender confirms later, unless the application says otherwise.
fn acted(op: &Op, answer: &Answer<'_>, cx: &Cx<'_>) -> Outcome {
    let Some(facts) = answer.result.and_then(|result| facts_of(result, cx).ok()) else {
        return Outcome::unknown("Divido's answer does not show the application".to_owned());
    };
    match super::Divido.found(op, &facts) {
        Found::Happened(OperationStanding::Succeeded) => Outcome::Done(facts),
        Found::Happened(OperationStanding::Failed) => {
            Outcome::refused("FAILED", "the lender refused it", Retry::Never)
        }
        Found::Happened(OperationStanding::Pending) => Outcome::Pending(facts),
        // Divido says yes and lists something else: what it did is not what we asked.
        Found::Absent => Outcome::unknown("Divido's answer does not list what it says it did".to_owned()),
    }
}

/// How a listed activation, cancellation or refund stands. The documents show PENDING and AWAITING-ACTIVATION; an entry
/// without a word stands as its application does, and a word that nobody knows is not the end.
pub(super) fn standing_of(kind: OperationKind, entry: Option<&str>, application: &str) -> OperationStanding {
    use OperationKind::{Cancellation, Fulfilment, Refund};
    use OperationStanding::{Failed, Pending, Succeeded};

    match (kind, entry, application) {
        (_, Some("DECLINED" | "REJECTED" | "FAILED"), _) => Failed,
        (Fulfilment | Refund, Some("CANCELLED" | "CANCELED"), _) => Failed,
        (Fulfilment, _, "ACTIVATED" | "FULFILLED" | "COMPLETED" | "REFUNDED") => Succeeded,
        (Refund, _, "REFUNDED") => Succeeded,
        (Cancellation, _, "CANCELLED" | "CANCELED") => Succeeded,
        (_, Some("COMPLETED" | "CONFIRMED" | "SUCCESS" | "PAID"), _) => Succeeded,
        (Fulfilment, Some("ACTIVATED" | "FULFILLED"), _) => Succeeded,
        (Refund, Some("REFUNDED"), _) => Succeeded,
        (Cancellation, Some("CANCELLED" | "CANCELED"), _) => Succeeded,
        (_, None, word) if SPEC.standing(word).is_some() && !word.starts_with("AWAITING-") => Succeeded,
        _ => Pending,
    }
}
