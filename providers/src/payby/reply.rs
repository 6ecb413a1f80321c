//! PayBy's replies: verified over their raw bytes, then `applyStatus` and `code`, then what they are about.
//!
//! Only SUCCESS with the code `0` is a success; SUCCESS with another code is a refusal. What nobody signed counts for
//! nothing, but for the few codes that PayBy's gateway says in its own name.

use super::codes::{Meaning, UNSIGNED, is_decline, meaning};
use super::options::Options;
use super::request::{checking_key, signing_key};
use super::scene::Shows;
use super::wire::{AcquireOrder, RefundOrder, SpokenMoney, header, refund_number};
use crate::call::{AmountFact, AmountKind, NextAction, RefundRequest, Retry, Standing};
use crate::json::{object, word};
use crate::question::Findings;
use crate::quoting::{printable, quotable};
use crate::{Cx, Facts, Op, OperationStanding, Outcome, Private, Reply};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of a statement's name that are kept.
const NAME_CHARS_MAX: usize = 120;

#[derive(Deserialize)]
struct Answer<'a> {
    head: Head,
    #[serde(borrow)]
    body: Option<Body<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    apply_status: String,
    code: Option<Value>,
    msg: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    acquire_order: Option<AcquireOrder<'a>>,
    // The documents say `interactionParams`, the wire and the samples `interActionParams`.
    #[serde(alias = "interactionParams")]
    inter_action_params: Option<Interaction>,
    #[serde(borrow)]
    refund_order: Option<RefundOrder<'a>>,
    #[serde(borrow)]
    refund_summary: Option<RefundSummary<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interaction {
    token_url: Option<String>,
    deep_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundSummary<'a> {
    #[serde(borrow)]
    acquire_amount: SpokenMoney<'a>,
    #[serde(borrow)]
    remain_refund_amount: SpokenMoney<'a>,
}

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    match reply.status {
        429 => refused(Facts::default(), "429", "too many requests", Retry::Later),
        200..=299 if matches!(op, Op::Ask(_)) && header(&reply.headers, "content-disposition").is_some() => {
            document(reply, cx)
        }
        200..=299 | 400..=407 | 409..=499 => answer(op, reply, cx),
        http => unknown(format!("PayBy answered with HTTP status {http}")),
    }
}

fn answer(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let Some(answer) = object::<Answer<'_>>(reply.body.expose()) else {
        return if reply.status < 300 {
            unknown("PayBy's answer cannot be read".to_owned())
        } else {
            // Not PayBy's own words, so something in front of it: a wrong address, an IP that it does not know.
            let code = reply.status.to_string();
            refused(Facts::default(), &code, "the answer is not PayBy's", Retry::AfterAccountFix)
        };
    };
    let code = word(answer.head.code.as_ref()).unwrap_or_default();
    if let Err(why) = verify(reply, &code, cx) {
        return unknown(why.to_owned());
    }
    let message = answer.head.msg.as_deref().unwrap_or_default();
    match (answer.head.apply_status.as_str(), code.as_str()) {
        ("SUCCESS", "0") => {
            let body = answer.body.ok_or("PayBy says SUCCESS and shows nothing");
            body.and_then(|body| done(op, &body, cx)).unwrap_or_else(|why| unknown(why.to_owned()))
        }
        // PayBy could not verify our signature: every call of this account fares alike.
        ("ERROR", _) => {
            refused(Facts::default(), &quotable(&code, cx), &quotable(message, cx), Retry::AfterAccountFix)
        }
        (_, "0") => unknown("PayBy's answer contradicts itself".to_owned()),
        _ => refusal(op, &code, message, cx),
    }
}

/// Whether PayBy signed these very bytes, or need not have.
fn verify(reply: &Reply, code: &str, cx: &Cx<'_>) -> Result<(), &'static str> {
    let key =
        checking_key(cx.account).map_err(|_| "the account has no key of PayBy's to verify replies with")?;
    match header(&reply.headers, "sign") {
        Some(sign) if key.has_signed(reply.body.expose(), sign) => Ok(()),
        Some(_) => Err("PayBy's answer is not signed with its key for this account"),
        None if UNSIGNED.contains(&code) || code.starts_with("58") => Ok(()),
        None => Err("PayBy's answer carries no signature"),
    }
}

fn refusal(op: &Op, code: &str, message: &str, cx: &Cx<'_>) -> Outcome {
    let found = |standing| Facts { standing: Some(standing), ..Facts::default() };
    let facts = match (op, code) {
        // The number that the check of an account asks for exists nowhere: this answer is the proof.
        (Op::VerifyAccount, "62004") => return Outcome::Done(Facts::default()),
        (Op::Sync, "62004" | "62035") => return Outcome::Done(found(Standing::Unpaid)),
        (Op::SyncRefund(_), "62007") => return Outcome::Done(Facts::default()),
        // Our number, and paid: the checkout was opened by an attempt that nobody heard of. A sync says the rest.
        (Op::Create, "62001" | "62003") => return Outcome::Done(found(Standing::AwaitingCustomer)),
        (Op::Create, "62002") => found(Standing::Cancelled),
        (Op::Create, code) if is_decline(code) => found(Standing::Declined),
        // Closed already, and that was what we wanted.
        (Op::Cancel(_), "62002") => return Outcome::Done(found(Standing::Cancelled)),
        (Op::Cancel(_), "62001") => found(Standing::Captured),
        (Op::Cancel(_), "62003") => found(Standing::Completed),
        _ => Facts::default(),
    };
    let (code, said) = (quotable(code, cx), quotable(message, cx));
    match meaning(&code, message) {
        Meaning::Refused(retry) => refused(facts, &code, &said, retry),
        Meaning::Unknown => unknown(format!("PayBy answered {code} {said}")),
    }
}

fn done(op: &Op, body: &Body<'_>, cx: &Cx<'_>) -> Result<Outcome, &'static str> {
    match op {
        Op::Refund(refund) => refunded(refund, body, cx),
        Op::SyncRefund(refund) => Ok(Outcome::Done(refund_facts(refund, body, cx)?.0)),
        Op::Ask(_) => Err("PayBy sent an answer in place of a document"),
        Op::VerifyAccount => Ok(Outcome::Done(Facts::default())),
        _ => about_order(op, body, cx),
    }
}

fn about_order(op: &Op, body: &Body<'_>, cx: &Cx<'_>) -> Result<Outcome, &'static str> {
    let order = body.acquire_order.as_ref().ok_or("PayBy's answer shows no order")?;
    if cx.order.map(|ours| ours.order_id.as_str()) != Some(order.merchant_order_no.as_str()) {
        return Err("PayBy's answer is about another order");
    }
    let mut facts = order.facts(cx).ok_or("an amount in PayBy's answer cannot be read")?;
    let ended = order.status == "FAILURE";
    match op {
        Op::Create if ended => {
            let (code, why) = order.fail_code().unwrap_or(("FAILURE".to_owned(), ""));
            return Ok(refused(facts, &quotable(&code, cx), &quotable(why, cx), Retry::Never));
        }
        Op::Create => facts.next_action = next_action(&order.status, body, cx)?.map(Private::new),
        Op::Cancel(_) if !ended => return Err("PayBy took a cancellation and did not close the order"),
        // We asked for its end, so it is nobody's refusal and no matter of time.
        Op::Cancel(_) => facts.standing = Some(Standing::Cancelled),
        Op::Revoke if facts.standing == Some(Standing::AwaitingCustomer) => {
            return Ok(Outcome::Pending(facts));
        }
        _ => {}
    }
    Ok(Outcome::Done(facts))
}

/// Where the payer goes, as the scene says. The links are there only while the order is open.
fn next_action(status: &str, body: &Body<'_>, cx: &Cx<'_>) -> Result<Option<NextAction>, &'static str> {
    let content = cx.order.ok_or("there is no order to go on with")?;
    let (options, _) = Options::read(content);
    let link = body.inter_action_params.as_ref();
    let token = link.and_then(|link| link.token_url.clone());
    let none = "PayBy opened a checkout and does not say where";
    Ok(match options.scene.shows {
        _ if status != "CREATED" => None,
        Shows::Nothing => None,
        Shows::Page => Some(NextAction::Redirect { url: token.ok_or(none)? }),
        Shows::Wallet => {
            Some(NextAction::Redirect { url: link.and_then(|link| link.deep_link.clone()).ok_or(none)? })
        }
        Shows::Code => Some(NextAction::Qr { content: token.ok_or(none)? }),
        Shows::App => Some(app(&options, token.ok_or(none)?, cx)?),
    })
}

/// What PayBy's software in an app wants: its four values, and the merchant's signature over them in order of name.
fn app(options: &Options<'_>, token: String, cx: &Cx<'_>) -> Result<NextAction, &'static str> {
    let of_scene = |name: &str| options.scene_parameters.get(name).cloned().unwrap_or_default();
    let partner = cx.account.config("partner_id").map_err(|_| "the account has no `partner_id`")?;
    let mut parameters = BTreeMap::from([
        ("iapAppId".to_owned(), of_scene("appId")),
        ("iapDeviceId".to_owned(), of_scene("iapDeviceId")),
        ("iapPartnerId".to_owned(), partner.to_owned()),
        ("token".to_owned(), token),
    ]);
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let key = signing_key(cx.account).map_err(|_| "the account has no `private_key`")?;
    parameters.insert("sign".to_owned(), key.sign(pairs.join("&").as_bytes()));
    Ok(NextAction::App { parameters })
}

fn refunded(refund: &RefundRequest, body: &Body<'_>, cx: &Cx<'_>) -> Result<Outcome, &'static str> {
    let (facts, standing) = refund_facts(refund, body, cx)?;
    Ok(match standing {
        OperationStanding::Pending => Outcome::Pending(facts),
        OperationStanding::Succeeded => Outcome::Done(facts),
        OperationStanding::Failed => {
            let (code, why) =
                body.refund_order.as_ref().map_or(("FAILURE".to_owned(), ""), RefundOrder::failure);
            refused(facts, &quotable(&code, cx), &quotable(why, cx), Retry::Never)
        }
    })
}

fn refund_facts(
    refund: &RefundRequest,
    body: &Body<'_>,
    cx: &Cx<'_>,
) -> Result<(Facts, OperationStanding), &'static str> {
    let order = body.refund_order.as_ref().ok_or("PayBy's answer shows no refund")?;
    let ours = cx.order.map(|ours| refund_number(&ours.order_id, &refund.id));
    if ours.as_deref() != Some(order.refund_merchant_order_no.as_str()) {
        return Err("PayBy's answer is about another refund");
    }
    let fact = order.fact(cx).ok_or("a status or an amount in PayBy's answer cannot be read")?;
    if fact.amount != Some(refund.amount) {
        return Err("PayBy's answer is about another amount");
    }
    let standing = fact.standing;
    let summary = body
        .refund_summary
        .as_ref()
        .and_then(|summary| summary.acquire_amount.read()?.minus(summary.remain_refund_amount.read()?).ok());
    let requested = summary.map(|amount| AmountFact { kind: AmountKind::RefundRequested, amount });
    let amounts = requested.into_iter().collect();
    Ok((Facts { operations: vec![fact], amounts, ..Facts::default() }, standing))
}

/// A statement: a zip with CSV files, kept as it came (T23). Only TLS vouches for it: files are not signed.
fn document(reply: &Reply, cx: &Cx<'_>) -> Outcome {
    let bytes = reply.body.expose();
    if !bytes.starts_with(b"PK") {
        return unknown("PayBy sent a file that is no zip".to_owned());
    }
    let disposition = header(&reply.headers, "content-disposition").unwrap_or_default();
    let name = disposition.split("filename=").nth(1).unwrap_or("statement.zip").trim_matches('"');
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = printable(name, cx).chars().filter(is_plain).take(NAME_CHARS_MAX).collect();
    let answer = Some(Findings::Document { name, bytes: bytes.clone().into() });
    Outcome::Done(Facts { answer, ..Facts::default() })
}

fn refused(facts: Facts, code: &str, message: &str, retry: Retry) -> Outcome {
    Outcome::Refused { facts, code: code.to_owned(), message: message.to_owned(), retry }
}

const fn unknown(why: String) -> Outcome {
    Outcome::Unknown { why }
}
