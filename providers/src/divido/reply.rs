//! Divido's replies. A no comes with HTTP 200 as well: `{"status":"error","error":"…"}`.
//!
//! What is not plainly understood is [`Outcome::Unknown`], because it may have happened.

use super::application::{facts_of, is_ours};
use super::table::REFUSALS;
use super::{SPEC, findings};
use crate::call::{OperationStanding, Retry, Standing};
use crate::json::Json;
use crate::quoting::printable;
use crate::reply::redirect;
use crate::{Cx, Facts, Found, Op, Outcome, Reply};

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if let Some(outcome) = reply.settled(SPEC.name) {
        return outcome;
    }
    let Some(said) = Json::message(reply.body.expose()) else { return reply.unreadable(SPEC.name) };
    let complains = said.at("error").is_truthy();
    match said.text("status") {
        "ok" if !complains && reply.is_success() => done(op, &said, cx),
        word if word == "error" || word != "ok" && complains && !reply.is_success() => {
            refusal(op, &said, reply.status, cx)
        }
        _ if matches!(reply.status, 401 | 403) => reply.unreadable(SPEC.name),
        _ => reply.unclear(SPEC.name),
    }
}

fn refusal(op: &Op, said: &Json, http: u16, cx: &Cx<'_>) -> Outcome {
    let message = said.word("error").or_else(|| said.word("error.message")).unwrap_or_default();
    match REFUSALS.outcome(http, said.word("error.code"), message, cx) {
        // Words are no documented answer to a question: only 404 says that there is no such application.
        Outcome::Refused { retry: Retry::Never, code, message, .. } if *op == Op::Sync && http != 404 => {
            Outcome::refused(&code, &message, Retry::Later)
        }
        outcome => outcome,
    }
}

fn done(op: &Op, said: &Json, cx: &Cx<'_>) -> Outcome {
    match op {
        Op::Create => {
            let opened = opened(said, "proposal", cx);
            Outcome::of(opened.map(|facts| Facts { standing: Some(Standing::AwaitingCustomer), ..facts }))
        }
        Op::Ack => Outcome::of(opened(said, "application", cx)),
        Op::Sync => Outcome::of(sync(said, cx)),
        Op::Fulfil(_) | Op::Cancel(_) | Op::Refund(_) => acted(op, said, cx),
        Op::VerifyAccount => Outcome::Done(Facts::default()),
        Op::Ask(question) => Outcome::of(findings::read(question, said, cx)),
        _ => Outcome::unknown("Divido has no such operation".to_owned()),
    }
}

/// A new proposal, or a finalized application: where the customer goes now.
fn opened(said: &Json, what: &str, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let page = redirect(said.text("url")).filter(|_| !said.text("id").is_empty());
    let page = page.ok_or("Divido's answer lacks its id or the way to its pages")?;
    let facts = Facts { next_action: Some(page), ..Facts::default() };
    Ok(facts.with_ref(what, Some(printable(said.text("id"), cx))))
}

fn sync(said: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    if said.has("record") {
        let record = said.at("record");
        return if is_ours(record, cx) {
            facts_of(record, cx)
        } else {
            Err("Divido's answer is about another order".to_owned())
        };
    }
    let Json::List(records) = said.at("records") else {
        return Err("Divido's answer holds neither a record nor records".to_owned());
    };
    match records.iter().find(|record| is_ours(record, cx)) {
        Some(record) => facts_of(record, cx),
        // Asked for by its proposal: nobody has entered it yet.
        None if records.is_empty() && cx.known("proposal").is_some() => {
            Ok(Facts::standing(Standing::AwaitingCustomer))
        }
        None => Err("none of Divido's newest applications is ours".to_owned()),
    }
}

/// Accepted; the lender confirms later, unless the application says otherwise.
fn acted(op: &Op, said: &Json, cx: &Cx<'_>) -> Outcome {
    let Ok(facts) = facts_of(said.at("result"), cx) else {
        return Outcome::unknown("Divido's answer does not show the application".to_owned());
    };
    match crate::found_by_id(op, &facts) {
        Found::Happened(OperationStanding::Succeeded) => Outcome::Done(facts),
        Found::Happened(OperationStanding::Failed) => {
            Outcome::refused("FAILED", "the lender refused it", Retry::Never)
        }
        Found::Happened(OperationStanding::Pending) => Outcome::Pending(facts),
        // Divido says yes and lists something else: what it did is not what we asked.
        Found::Absent => Outcome::unknown("Divido's answer does not list what it says it did".to_owned()),
    }
}
