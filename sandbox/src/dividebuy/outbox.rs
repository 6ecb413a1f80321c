//! The outbox: webhooks written down with what caused them, and sent until a shop takes them.
//!
//! A message is in the journal before it is sent and marked after, so that a
//! crash between the two sends it again: at least once, as from the real host.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::event::{Event, Then};
use super::host::{Host, later_than_now};
use super::order::OrderKey;
use super::state::State;
use super::webhook::{Method, Webhook, backoff, order_cancel, order_success, retailer_configurations};
use crate::journal::Broken;

/// Deliveries at once. Enough for a busy test, few enough not to look like an attack to a shop.
const SENDING_MAX: usize = 32;
/// How long a shop may take to answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest sleep without a look, in case a clock was set back.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Sends what is due until the host stops. What is under way then is sent again after the restart.
pub(crate) async fn run(host: Arc<Host>, mut stop: watch::Receiver<bool>) {
    let mut sending: JoinSet<u64> = JoinSet::new();
    let mut under_way = HashSet::new();
    loop {
        let now = Timestamp::now();
        for id in due(&host, &under_way, now) {
            under_way.insert(id);
            let host = host.clone();
            sending.spawn(async move {
                if let Err(error) = attempt(&host, id).await {
                    tracing::error!(%error, id, "what became of a webhook cannot be written down");
                }
                id
            });
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(done) = sending.join_next() => {
                if let Ok(id) = done {
                    under_way.remove(&id);
                }
            }
            () = host.outbox.notified() => {}
            () = tokio::time::sleep(until_next(&host, &under_way, now)) => {}
        }
    }
    sending.shutdown().await;
}

/// The messages to send now, oldest first, as many as there are places.
fn due(host: &Host, under_way: &HashSet<u64>, now: Timestamp) -> Vec<u64> {
    let state = host.state();
    let waiting = state.due.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id);
    let places = SENDING_MAX.saturating_sub(under_way.len());
    waiting.filter(|id| !under_way.contains(id)).take(places).collect()
}

fn until_next(host: &Host, under_way: &HashSet<u64>, now: Timestamp) -> Duration {
    // With every place taken, the end of a delivery wakes the loop.
    if under_way.len() >= SENDING_MAX {
        return LOOK_EVERY;
    }
    let state = host.state();
    let next = state.due.iter().find(|(_, id)| !under_way.contains(id)).map(|(due, _)| *due);
    let wait = next.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO));
    wait.map_or(LOOK_EVERY, |wait| wait.min(LOOK_EVERY))
}

/// A message ready to go.
struct Letter {
    url: String,
    body: Value,
    webhook: Webhook,
}

async fn attempt(host: &Host, id: u64) -> Result<(), Broken> {
    let Some(letter) = host.read(|state| letter(state, id)).await? else { return Ok(()) };
    let mut status = None;
    for _ in 0..letter.webhook.copies {
        status = posted(host, &letter).await;
    }
    let delivered = status.is_some_and(|status| (200..300).contains(&status));
    let then = match backoff(letter.webhook.tries + 1, host.config.webhook_speed) {
        _ if delivered => Then::Delivered,
        Some(wait) => Then::TryAgain { due: later_than_now(wait) },
        None => Then::GiveUp,
    };
    tracing::debug!(id, ?status, ?then, "webhook sent");
    host.commit(None, |_| (vec![Event::WebhookTried { id, status, then }], ())).await
}

/// The answer's status, or None where there was no answer.
async fn posted(host: &Host, letter: &Letter) -> Option<u16> {
    let sent = host.shops.post(&letter.url).timeout(SEND_TIMEOUT).json(&letter.body).send().await;
    sent.map(|answer| answer.status().as_u16())
        .inspect_err(|error| tracing::debug!(is_timeout = error.is_timeout(), "no answer to a webhook"))
        .ok()
}

/// Builds a message from the state; None where a reset has removed what it is about.
fn letter(state: &State, id: u64) -> Option<Letter> {
    let webhook = state.webhooks.get(&id)?.clone();
    let retailer = state.retailers.get(&webhook.retailer_id)?;
    let body = match (webhook.method, &webhook.order_id) {
        (Method::RetailerConfigurations, _) => retailer_configurations(retailer),
        (Method::OrderCancel, Some(order_id)) => order_cancel(retailer, order_id),
        (Method::OrderSuccess, Some(order_id)) => {
            let key = OrderKey { retailer_id: retailer.id, order_id: order_id.clone() };
            let order = state.orders.get(&key)?;
            order_success(retailer, order, &order.decided?)
        }
        (_, None) => return None,
    };
    Some(Letter { url: format!("{}/dividebuy/api/response", retailer.store_url), body, webhook })
}
