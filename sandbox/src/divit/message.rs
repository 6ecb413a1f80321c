//! The events divit tells a shop: who is told, in which spelling, and how they are signed.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::CURRENCY;
use super::account::Account;
use super::event::Event as Own;
use super::order::{Generation, Order};
use crate::faults::Twist;
use crate::mac;
use crate::state::Event;
use crate::webhook::{Letter, Notice, Webhook};

/// The waits after the first, second, … failed try. divit documents no retries, and a client of its own counts on
/// some: these bridge a restart of the shop.
pub(crate) const BACKOFF: [Duration; 4] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3_600)];

/// An order was paid.
pub(crate) const PAID: u32 = 2001;
/// A refund was carried out.
pub(crate) const REFUND_COMPLETED: u32 = 2100;
/// The shopper gave the order up.
pub(crate) const CANCELLED_BY_USER: u32 = 4000;
/// Nobody paid in time.
pub(crate) const EXPIRED: u32 = 4001;
/// A refund was turned down.
pub(crate) const REFUND_CANCELLED: u32 = 4100;

/// An event that no document has.
const SURPRISE: u32 = 2999;

fn description(event: u32) -> &'static str {
    match event {
        PAID => "Order is paid",
        REFUND_COMPLETED => "Refund is completed",
        CANCELLED_BY_USER => "Order is cancelled",
        EXPIRED => "Order is expired",
        _ => "Refund is cancelled",
    }
}

/// Whom divit tells: one address, or all three where the branch is set up so.
pub(crate) fn told(account: &Account, order: &Order, event: u32, refund: Option<usize>) -> Vec<Event<Own>> {
    let placed = &order.placed;
    // The documents promise these two for orders that a call made, and for no others.
    if placed.by_link && matches!(event, CANCELLED_BY_USER | EXPIRED) {
        return Vec::new();
    }
    let callback = refund.and_then(|number| order.refunds.get(number)?.callback.as_ref());
    let mut urls = vec![callback.unwrap_or(&placed.webhook_events)];
    if account.events_everywhere {
        urls.push(if event == PAID { &placed.webhook_success } else { &placed.webhook_failure });
    }
    let notice = |url: &String| {
        let content = json!({"url": url, "refund": refund});
        Event::webhook(Notice::about(&order.key, event.to_string(), content))
    };
    urls.into_iter().filter(|url| !url.is_empty()).map(notice).collect()
}

/// An event, signed now.
pub(crate) fn letter(account: &Account, order: &Order, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
    let (notice, twist) = (&webhook.notice, webhook.twist());
    let event: u32 = notice.kind.parse().ok()?;
    let refund = notice.content["refund"].as_u64().and_then(|number| usize::try_from(number).ok());
    let body = json!({
        "event": {"eventId": said(event, twist), "eventDescription": description(event)},
        "eventData": content(order, event, refund, twist)?,
    });
    let body = body.to_string();
    let (t, key) = (now.as_second(), twist.key(&account.signature_key));
    let signature = mac::base64_hmac(key.as_bytes(), format!("{t}.{body}").as_bytes());
    let headers = vec![("x-divit-signature", format!("t={t},s1={signature}"))];
    Some(Letter { url: notice.content["url"].as_str()?.to_owned(), headers, body: body.into_bytes() })
}

/// The number of an event; events have numbers for words.
fn said(event: u32, twist: Twist) -> u32 {
    if twist.status("").is_empty() { event } else { SURPRISE }
}

/// `eventData`, as the generation of the order spells it.
fn content(order: &Order, event: u32, refund: Option<usize>, twist: Twist) -> Option<Value> {
    let (placed, id) = (&order.placed, &order.key.order);
    let money = |amount: i64| json!({"amount": twist.amount(amount), "currency": twist.currency(CURRENCY)});
    if matches!(event, REFUND_COMPLETED | REFUND_CANCELLED) {
        let status = if event == REFUND_COMPLETED { "completed" } else { "cancelled" };
        let amount = money(order.refunds.get(refund?)?.amount);
        let reference = &placed.merchant_ref;
        return Some(
            json!({"orderID": id, "partnerRef": reference, "refundAmount": amount, "status": status}),
        );
    }
    Some(match placed.generation {
        Generation::Directpay => {
            json!({"OrderID": id, "OrderAmount": money(placed.amount), "MerchantRef": placed.merchant_ref})
        }
        _ => json!({
            "orderID": id,
            "customerID": placed.customer_id,
            "totalAmount": money(placed.amount),
            "partnerRef": placed.merchant_ref,
        }),
    })
}
