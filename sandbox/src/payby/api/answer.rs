//! How PayBy answers: `head` and `body`, signed over the bytes as they leave.

use axum::http::{HeaderName, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Event, Said};
use crate::call::Answer;
use crate::exact::Fault;
use crate::faults::Twist;
use crate::payby::account::Merchant;
use crate::payby::event::Event as Own;
use crate::payby::order::{Order, Refund, RefundStatus, money};
use crate::payby::state::PayBy;

/// Who is answered, and how what is said differs from what is so.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub(super) merchant: &'a Merchant,
    pub(super) twist: Twist,
}

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not signed with the merchant's key.
    Signature,
    /// A field cannot be used.
    Field(Fault),
    /// A rule of the documents: code and message.
    Code(&'static str, &'static str),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Field(fault)
    }
}

/// A caller without an account: nobody's key could sign this, so it is said as the gateway says it.
pub(super) fn stranger() -> Answer {
    Answer::json(StatusCode::OK, head("FAIL", "403", "UNAUTHORIZED").to_string())
}

/// A refusal. `ERROR` is the documents' word for a signature that does not fit; they name no code for it.
pub(super) fn refused(voice: Voice<'_>, refusal: &Refusal) -> Answer {
    let head = match refusal {
        Refusal::Signature => head("ERROR", "401", "SIGN_CHECK_FAIL"),
        Refusal::Field(fault) => head("FAIL", "400", &format!("INVALID_PARAMETER {fault}")),
        // The documents' own sample of a failed download says SUCCESS.
        Refusal::Code(code @ ("62013" | "62014"), message) => head("SUCCESS", code, message),
        Refusal::Code(code, message) => head("FAIL", code, message),
    };
    signed(voice, &head)
}

fn head(status: &str, code: &str, message: &str) -> Value {
    let trace = Timestamp::now().as_millisecond() % 1_000_000;
    json!({"head": {"applyStatus": status, "code": code, "msg": message, "traceCode": trace.to_string()}})
}

fn signed(voice: Voice<'_>, body: &Value) -> Answer {
    let body = body.to_string().into_bytes();
    let headers = vec![(HeaderName::from_static("sign"), voice.merchant.signer(voice.twist).sign(&body))];
    Answer { status: StatusCode::OK, headers, body }
}

/// What was asked for, as it stands after `events`.
pub(super) fn said(
    state: &PayBy,
    voice: Voice<'_>,
    (events, said): (&[Event], &Said),
    (host, now): (&str, Timestamp),
) -> Answer {
    let body = match said {
        Said::File { name, bytes } => return file(name, bytes),
        Said::Fresh(order) => order_shown(&after(order, events, now), voice.twist, host),
        Said::Order(key) => {
            let order = state.orders.get(key);
            order.map_or(Value::Null, |order| order_shown(&after(order, events, now), voice.twist, host))
        }
        Said::Refund(number) => refund_shown(state, voice, events, number),
    };
    let mut answer = head("SUCCESS", "0", "SUCCESS");
    answer["head"]["success"] = json!(true);
    answer["body"] = body;
    signed(voice, &answer)
}

fn file(name: &str, bytes: &[u8]) -> Answer {
    let headers = vec![
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename={name}")),
    ];
    Answer { status: StatusCode::OK, headers, body: bytes.to_vec() }
}

fn order_shown(order: &Order, twist: Twist, host: &str) -> Value {
    let at_first = twist.is_stale().then(|| order.at_first());
    let order = at_first.as_ref().unwrap_or(order);
    let mut body = json!({"acquireOrder": order.shown(twist)});
    if let Some(interaction) = order.interaction(host) {
        body["interActionParams"] = interaction;
    }
    body
}

/// The order once these events have happened to it.
fn after(order: &Order, events: &[Event], now: Timestamp) -> Order {
    let mut order = order.clone();
    for event in events {
        if let Event::Own(own) = event {
            order.take(own, now, 0);
        }
    }
    order
}

fn refund_shown(state: &PayBy, voice: Voice<'_>, events: &[Event], number: &str) -> Value {
    let merchant = voice.merchant;
    let known = state.refunds.get(&(merchant.partner_id.clone(), number.to_owned())).cloned();
    let asked = events.iter().find_map(|event| match event {
        Event::Own(Own::RefundAsked { key, asked, .. }) => {
            let at_once = merchant.refund_ms == 0;
            let status = if at_once { RefundStatus::Success } else { RefundStatus::Created };
            Some(Refund { key: key.clone(), asked: asked.clone(), status })
        }
        _ => None,
    });
    let Some((refund, added)) = known.map(|refund| (refund, 0)).or(asked.map(|refund| {
        let amount = refund.asked.amount;
        (refund, amount)
    })) else {
        return Value::Null;
    };
    let order = state.orders.get(&refund.key);
    let (total, remains) = order.map_or((0, 0), |order| (order.placed.total, order.remaining() - added));
    json!({
        "refundOrder": refund.shown(voice.twist),
        "refundSummary": {"acquireAmount": money(total), "remainRefundAmount": money(remains)},
    })
}
