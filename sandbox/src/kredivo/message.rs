//! The notifications DOKU sends, and what the status query answers, which is shaped alike.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::account::Account;
use super::event::Event as Own;
use super::order::{Order, Placed};
use super::signature::{Component, written};
use crate::faults::Twist;
use crate::state::Event;
use crate::webhook::{Letter, Notice, Webhook};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// DOKU tries again 30 minutes, 6 hours and 12 hours after the first time.
pub(crate) const BACKOFF: [Duration; 3] = [
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(5 * HOUR + 30 * MINUTE),
    Duration::from_secs(6 * HOUR),
];

/// A notification of a status, with what its repeats keep: the Request-Id, and which of several failures it is about.
pub(crate) fn told(order: &Order, status: &str) -> Event<Own> {
    let failures = order.failed_at.len();
    let content = json!({"request_id": uuid::Uuid::new_v4().to_string(), "failures_before": failures});
    Event::webhook(Notice::about(&order.key, status, content))
}

/// A notification, signed now.
pub(crate) fn letter(account: &Account, order: &Order, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
    let (notice, twist) = (&webhook.notice, webhook.twist());
    let url = order.placed.notification_url.as_ref().unwrap_or(&account.notification_url);
    let target = reqwest::Url::parse(url).ok()?.path().to_owned();
    let failures = notice.content["failures_before"].as_u64().and_then(|failures| failures.try_into().ok());
    let since = order.since(&notice.kind, failures.unwrap_or_default());
    let body = body(order, (&notice.kind, twist), since).to_string();
    let (request_id, timestamp) = (notice.content["request_id"].as_str()?, written(now));
    let component = Component {
        client_id: &account.client_id,
        request_id,
        clock: "Request-Timestamp",
        timestamp: &timestamp,
        target: &target,
        body: body.as_bytes(),
    };
    let signature = component.signature(&twist.key(&account.secret_key));
    let headers = vec![
        ("client-id", account.client_id.clone()),
        ("request-id", request_id.to_owned()),
        ("request-timestamp", timestamp),
        ("signature", signature),
    ];
    Some(Letter { url: url.clone(), headers, body: body.into_bytes() })
}

/// How an order stands and since when, with every member that the published samples show.
pub(crate) fn body(order: &Order, (status, twist): (&str, Twist), since: Timestamp) -> Value {
    let status = twist.status(status);
    let mut info = info(&order.placed, status);
    info["virtual_account_number"] = json!("");
    json!({
        "service": {"id": "PEER_TO_PEER"},
        "acquirer": {"id": "KREDIVO"},
        "channel": {"id": "PEER_TO_PEER_KREDIVO"},
        "order": {"invoice_number": order.key.order, "amount": twist.amount(order.placed.amount)},
        "transaction": {
            "status": status,
            "date": written(since),
            "original_request_id": order.placed.request_id,
        },
        "peer_to_peer_info": info,
        "payment": {"merchant_unique_reference": order.placed.unique_reference},
    })
}

/// `peer_to_peer_info`, as in the answer to generate-order.
pub(crate) fn info(placed: &Placed, status: &str) -> Value {
    json!({
        "status": status,
        "identifier": [{"name": "KREDIVO_TRANSACTION_ID", "value": placed.request_id}],
        "created_date": local(placed.created_at),
        "expired_date": local(placed.expires_at),
        "created_date_utc": compact(&placed.created_at.to_zoned(TimeZone::UTC)),
        "expired_date_utc": compact(&placed.expires_at.to_zoned(TimeZone::UTC)),
        "merchant_unique_reference": placed.unique_reference,
    })
}

/// In Jakarta's time, which carries no mark of being that.
fn local(at: Timestamp) -> String {
    compact(&at.to_zoned(TimeZone::fixed(Offset::constant(7))))
}

fn compact(at: &Zoned) -> String {
    at.strftime("%Y%m%d%H%M%S").to_string()
}
