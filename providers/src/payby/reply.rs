//! PayBy's replies: verified over their raw bytes, then `applyStatus` and `code`, then what they are about.
//!
//! Only SUCCESS with the code `0` is a success; SUCCESS with another code is a refusal. What nobody signed counts for
//! nothing, but for the few codes that PayBy's gateway says in its own name.

use super::SPEC;
use super::options::scene;
use super::table::codes::{CODES, FINDINGS, Meaning, UNSIGNED};
use super::table::scenes::Shows;
use super::table::{DIRHAMS, SIGNATURE, STATEMENTS};
use super::wire::{is_decline, order_facts, refund_fact, refund_number};
use crate::call::{AmountKind, NextAction, OperationFact, RefundRequest, Retry, Standing};
use crate::json::Json;
use crate::question::Findings;
use crate::quoting::quotable;
use crate::reply::redirect;
use crate::{Cx, Facts, Found, Op, OperationStanding, OrderContent, Outcome, Private, Reply};
use std::collections::BTreeMap;

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if let Some(outcome) = reply.settled(SPEC.name) {
        return outcome;
    }
    if let (true, Op::Ask(_), Some(named)) = (reply.is_success(), op, reply.header("content-disposition")) {
        return STATEMENTS.outcome(reply.body.expose(), named, cx);
    }
    let said = Json::message(reply.body.expose()).filter(|answer| answer.has("head.applyStatus"));
    let Some(answer) = said else { return reply.unreadable(SPEC.name) };
    let code = answer.word("head.code").unwrap_or_default();
    if let Err(why) = verify(reply, code, cx) {
        return Outcome::unknown(why.to_owned());
    }
    let message = answer.text("head.msg");
    match (answer.text("head.applyStatus"), code) {
        ("SUCCESS", "0") => done(op, answer.at("body"), cx).unwrap_or_else(Outcome::unknown),
        // PayBy could not verify our signature: every call of this account fares alike.
        ("ERROR", _) => Outcome::refused(&quotable(code, cx), &quotable(message, cx), Retry::AfterAccountFix),
        (_, "0") => Outcome::unknown("PayBy's answer contradicts itself".to_owned()),
        _ => refusal(op, code, message, cx),
    }
}

/// Whether PayBy signed these very bytes, or need not have.
fn verify(reply: &Reply, code: &str, cx: &Cx<'_>) -> Result<(), &'static str> {
    match reply.header(SIGNATURE.header()) {
        Some(sign) if SIGNATURE.holds(cx.account, reply.body.expose(), sign) => Ok(()),
        Some(_) => Err("PayBy's answer is not signed with its key for this account"),
        None if UNSIGNED.contains(&code) || code.starts_with("58") => Ok(()),
        None => Err("PayBy's answer carries no signature"),
    }
}

fn refusal(op: &Op, code: &str, message: &str, cx: &Cx<'_>) -> Outcome {
    let row = FINDINGS.iter().find(|row| row.code == code && (row.asked)(op));
    let declined = (matches!(op, Op::Create) && is_decline(code)).then_some(Standing::Declined);
    let done = row.is_some_and(|row| row.done);
    let facts = Facts {
        standing: row.map_or(declined, |row| row.standing),
        // A day on which nothing was paid has no statement, which is as good as an empty one.
        answer: (done && matches!(op, Op::Ask(_))).then(|| Findings::Statement { lines: Vec::new() }),
        ..Facts::default()
    };
    let (code, said) = (quotable(code, cx), quotable(message, cx));
    match meaning(&code, message) {
        _ if done => Outcome::Done(facts),
        Meaning::Refused(retry) => Outcome::Refused { facts, code, message: said, retry },
        Meaning::Unknown => Outcome::unknown(format!("PayBy answered {code} {said}")),
    }
}

/// What a code means; three share the number 400 and are told apart by their message.
fn meaning(code: &str, message: &str) -> Meaning {
    let mut of_code = CODES.iter().filter(|(known, ..)| *known == code).peekable();
    let first = of_code.peek().map_or(Meaning::Unknown, |(.., meaning)| *meaning);
    of_code.find(|(_, word, _)| message.contains(word)).map_or(first, |(.., meaning)| *meaning)
}

fn done(op: &Op, body: &Json, cx: &Cx<'_>) -> Result<Outcome, String> {
    match op {
        Op::Refund(refund) => refunded(refund, body, cx),
        Op::SyncRefund(refund) => Ok(Outcome::Done(refund_facts(refund, body, cx)?)),
        Op::Ask(_) => Err("PayBy sent an answer in place of a document".to_owned()),
        Op::VerifyAccount => Ok(Outcome::Done(Facts::default())),
        _ => about_order(op, body, cx),
    }
}

fn about_order(op: &Op, body: &Json, cx: &Cx<'_>) -> Result<Outcome, String> {
    let order = body.at("acquireOrder");
    if !body.has("acquireOrder") {
        return Err("PayBy's answer shows no order".to_owned());
    }
    cx.expect_order(SPEC.name, order.word("merchantOrderNo"))?;
    let mut facts = order_facts(order, cx)?;
    let ended = order.text("status") == "FAILURE";
    match op {
        Op::Create if ended => return Ok(failed(facts, order, cx)),
        Op::Create if order.text("status") == "CREATED" => facts.next_action = next_action(body, cx)?,
        Op::Cancel(_) if !ended => {
            return Err("PayBy took a cancellation and did not close the order".to_owned());
        }
        // We asked for its end, so it is nobody's refusal and no matter of time.
        Op::Cancel(_) => facts.standing = Some(Standing::Cancelled),
        Op::Revoke if order.text("status") == "CREATED" => return Ok(Outcome::Pending(facts)),
        _ => {}
    }
    Ok(Outcome::Done(facts))
}

/// A payment or a refund that PayBy tried and gave up.
fn failed(facts: Facts, tried: &Json, cx: &Cx<'_>) -> Outcome {
    let code = quotable(tried.word("failCode").unwrap_or("FAILURE"), cx);
    Outcome::Refused { facts, code, message: quotable(tried.text("failDes"), cx), retry: Retry::Never }
}

/// Where the payer goes, as the scene says. The links are there only while the order is open. The documents call their
/// place `interactionParams`, the wire and the samples `interActionParams`.
fn next_action(body: &Json, cx: &Cx<'_>) -> Result<Option<Private<NextAction>>, String> {
    let content = cx.the_order().map_err(|error| error.to_string())?;
    let said = |name| {
        let places = ["interActionParams", "interactionParams"].iter();
        let link = places.map(|place| body.at(place).text(name)).find(|link| !link.is_empty());
        link.map(str::to_owned).ok_or("PayBy opened a checkout and does not say where")
    };
    Ok(Some(Private::new(match scene(content).shows {
        Shows::Nothing => return Ok(None),
        Shows::Page => {
            let page = redirect(&said("tokenUrl")?).map(Some);
            return page.ok_or_else(|| "PayBy opened a checkout at what is no address of a page".to_owned());
        }
        Shows::Wallet => NextAction::Redirect { url: said("deepLink")? },
        Shows::Code => NextAction::Qr { content: said("tokenUrl")? },
        Shows::App => app(content, said("tokenUrl")?, cx)?,
    })))
}

/// What PayBy's software in an app wants: its four values, and the merchant's signature over them in order of name.
fn app(content: &OrderContent, token: String, cx: &Cx<'_>) -> Result<NextAction, String> {
    let of_scene = content.json("pay_scene_params");
    let mut parameters = BTreeMap::from([
        ("iapAppId".to_owned(), of_scene.text("appId").to_owned()),
        ("iapDeviceId".to_owned(), of_scene.text("iapDeviceId").to_owned()),
        ("iapPartnerId".to_owned(), cx.account.setting("partner_id").to_owned()),
        ("token".to_owned(), token),
    ]);
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let sign = SIGNATURE.of(cx.account, pairs.join("&").as_bytes()).map_err(|error| error.to_string())?;
    parameters.insert("sign".to_owned(), sign);
    Ok(NextAction::App { parameters })
}

fn refunded(refund: &RefundRequest, body: &Json, cx: &Cx<'_>) -> Result<Outcome, String> {
    let facts = refund_facts(refund, body, cx)?;
    Ok(match facts.operations.first().map(|fact| fact.standing) {
        Some(OperationStanding::Pending) => Outcome::Pending(facts),
        Some(OperationStanding::Failed) => failed(facts, body.at("refundOrder"), cx),
        _ => Outcome::Done(facts),
    })
}

fn refund_facts(refund: &RefundRequest, body: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    let order = body.at("refundOrder");
    let ours = cx.order.map(|ours| refund_number(&ours.order_id, &refund.id));
    if ours.is_none() || ours.as_deref() != order.word("refundMerchantOrderNo") {
        return Err("PayBy's answer is about another refund".to_owned());
    }
    // Its number is ours by every character, whether or not the answer repeats which order it is of.
    let fact = OperationFact { id: Some(refund.id.clone()), ..refund_fact(order, cx)? };
    if fact.amount != Some(refund.amount) {
        return Err("PayBy's answer is about another amount".to_owned());
    }
    let sum = |name| body.at("refundSummary").money(name, DIRHAMS).ok();
    let left = sum("acquireAmount").zip(sum("remainRefundAmount"));
    let requested = left.and_then(|(whole, remaining)| whole.minus(remaining).ok());
    let facts = Facts { operations: vec![fact], ..Facts::default() };
    Ok(facts.with_amount(AmountKind::RefundRequested, requested))
}

/// Refunds are found by their number; whether an order was given up or revoked, by how it stands.
pub(super) fn found(op: &Op, answer: &Facts) -> Found {
    let happened = match (op, answer.standing) {
        (Op::Cancel(_) | Op::Revoke, Some(Standing::Cancelled | Standing::Declined | Standing::Expired)) => {
            OperationStanding::Succeeded
        }
        (Op::Cancel(_), Some(Standing::Captured | Standing::Completed)) => OperationStanding::Failed,
        (Op::Revoke, Some(_)) if !answer.operations.is_empty() => OperationStanding::Succeeded,
        _ => return crate::found_by_id(op, answer),
    };
    Found::Happened(happened)
}
