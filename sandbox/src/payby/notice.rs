//! Notifications: which there are, how they are signed, how often they are tried.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::Event as Own;
use super::order::{Order, RefundAsked, here, twisted};
use super::state::PayBy;
use crate::simulator::OrderKey;
use crate::state::Event;
use crate::webhook::{Letter, Notice, Webhook};

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// The waits before the seven retries (docs `payment-result-notification`).
pub(crate) const BACKOFF: [Duration; 7] =
    [minutes(2), minutes(10), minutes(10), minutes(60), minutes(120), minutes(360), minutes(900)];

const PAID: &str = "acquireOrder";
const REFUNDED: &str = "refundOrder";
const CHARGED_BACK: &str = "acquireChargeback";

/// That an order is paid, if its shop wants to be told.
pub(crate) fn paid(order: &Order) -> Option<Event<Own>> {
    of_order(order, PAID, Value::Null)
}

/// That a refund has ended, if its shop wants to be told.
pub(crate) fn refunded(key: &OrderKey, asked: &RefundAsked) -> Option<Event<Own>> {
    let notice = Notice::about(key, REFUNDED, json!({"number": asked.number}));
    asked.notify_url.is_some().then(|| Event::webhook(notice))
}

/// That the payer's bank took money back, if the order's shop wants to be told.
pub(crate) fn charged_back(order: &Order, amount: i64, at: Timestamp) -> Option<Event<Own>> {
    of_order(order, CHARGED_BACK, json!({"amount": amount, "at": at.as_millisecond()}))
}

fn of_order(order: &Order, kind: &str, content: Value) -> Option<Event<Own>> {
    order.text("notifyUrl").map(|_| Event::webhook(Notice::about(&order.key, kind, content)))
}

/// Writes and signs a notification; None where a reset has removed what it is about, or nobody wants it.
pub(crate) fn letter(state: &PayBy, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
    let key = webhook.notice.key()?;
    let (merchant, order) = (state.merchants.get(&key.account)?, state.orders.get(&key)?);
    let (content, twist) = (&webhook.notice.content, webhook.twist());
    let (url, said) = match webhook.notice.kind.as_str() {
        PAID => (order.text("notifyUrl")?, order.shown(twist)),
        REFUNDED => {
            let refund = state.refunds.get(&(key.account.clone(), content["number"].as_str()?.to_owned()))?;
            (refund.asked.notify_url.as_deref()?, refund.shown(twist))
        }
        CHARGED_BACK => {
            let said = json!({
                "chargebackTime": content["at"], "merchantOrderNo": key.order, "orderNo": order.placed.order_no,
                "payAmount": twisted(order.placed.total, twist),
                "chargebackAmount": twisted(content["amount"].as_i64()?, twist),
                "caseType": "dispute", "partnerId": key.account,
            });
            (order.text("notifyUrl")?, said)
        }
        _ => return None,
    };
    let mut body = json!({
        "_input_charset": "UTF-8",
        "notify_id": notify_id(&order.placed.token, webhook.id),
        "notify_time": here(now).strftime("%Y%m%d%H%M%S").to_string(),
        "notify_timestamp": now.as_millisecond(),
    });
    body[webhook.notice.kind.as_str()] = said;
    let body = body.to_string().into_bytes();
    Some(Letter { url: url.to_owned(), headers: vec![("Sign", merchant.signer(twist).sign(&body))], body })
}

/// The same for every try and copy of one notification, and for no other one: not even after the files of a
/// simulator were thrown away and its counters began again.
fn notify_id(token: &str, id: u64) -> String {
    let random = u32::from_str_radix(token.get(..8).unwrap_or_default(), 16).unwrap_or_default();
    format!("{random:010}{id:08}")
}

/// Whether a shop took it: the documented JSON, or the plain word of PayBy's own sample servlet.
pub(crate) fn is_taken(status: u16, body: &[u8]) -> bool {
    let said = serde_json::from_slice::<Value>(body).ok();
    let word = said.as_ref().and_then(|said| said["response"].as_str());
    let plain = std::str::from_utf8(body).unwrap_or_default();
    (200..300).contains(&status) && word.unwrap_or(plain).trim().eq_ignore_ascii_case("SUCCESS")
}
