//! The outbox: webhooks written down with what caused them, and sent until a shop takes them.
//!
//! A message is in the journal before it is sent and marked after, so that a
//! crash between the two sends it again: at least once, as from the real host.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::later;
use crate::faults::{Kind, by_clock, spoilt};
use crate::host::Host;
use crate::journal::Broken;
use crate::simulator::Simulator;
use crate::state::State;
use crate::webhook::{Letter, Then, Webhook, backoff};

/// Deliveries at once. Enough for a busy test, few enough not to look like an attack to a shop.
const SENDING_MAX: usize = 32;
/// How long a shop may take to answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a shop's answer is looked at. Where a provider reads it, one word is expected.
const ANSWER_MAX: usize = 4_096;
/// The longest sleep without a look, in case a clock was set back.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Sends what is due until the host stops. What is under way then is sent again after the restart.
pub(crate) async fn run<S: Simulator>(host: Arc<Host<S>>, mut stop: watch::Receiver<bool>) {
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
fn due<S: Simulator>(host: &Host<S>, under_way: &HashSet<u64>, now: Timestamp) -> Vec<u64> {
    let state = host.state();
    let in_real_time = state.clocks.is_empty();
    let waiting = state.due.iter().take_while(|(due, _)| !in_real_time || *due <= now);
    let waiting = waiting.filter(|(due, id)| in_real_time || state.is_due(*id, *due)).map(|(_, id)| *id);
    let places = SENDING_MAX.saturating_sub(under_way.len());
    waiting.filter(|id| !under_way.contains(id)).take(places).collect()
}

fn until_next<S: Simulator>(host: &Host<S>, under_way: &HashSet<u64>, now: Timestamp) -> Duration {
    // With every place taken, the end of a delivery wakes the loop.
    if under_way.len() >= SENDING_MAX {
        return LOOK_EVERY;
    }
    let state = host.state();
    // Whoever moves a clock rings the outbox.
    let own_clock = |id: &u64| state.webhooks.get(id).is_some_and(|it| state.clocks.has(&it.notice.account));
    let next =
        state.due.iter().find(|(_, id)| !under_way.contains(id) && !own_clock(id)).map(|(due, _)| *due);
    let wait = next.map(|due| Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO));
    wait.map_or(LOOK_EVERY, |wait| wait.min(LOOK_EVERY))
}

async fn attempt<S: Simulator>(host: &Host<S>, id: u64) -> Result<(), Broken> {
    let Some((webhook, letter)) = host.read(|state| ready(state, id)).await? else {
        // It has nowhere to go. Left as it is it would be due for ever, and take a place from those that have.
        return host.tried(id, None, Then::GiveUp).await;
    };
    let (mut status, mut delivered) = (None, false);
    for _ in 0..webhook.copies {
        (status, delivered) = posted(host, &letter).await;
    }
    let then = match backoff(S::BACKOFF, webhook.tries + 1, host.config.webhook_speed) {
        _ if delivered => Then::Delivered,
        Some(wait) => Then::TryAgain { due: later(host.now(|_| Some(webhook.notice.account.clone())), wait) },
        None => Then::GiveUp,
    };
    tracing::debug!(provider = S::ID, id, ?status, ?then, "webhook sent");
    host.tried(id, status, then).await
}

/// The message as it goes out now; None where a reset has removed what it is about, or nobody is to be told.
fn ready<S: Simulator>(state: &State<S>, id: u64) -> Option<(Webhook, Letter)> {
    let webhook = state.webhooks.get(&id)?;
    let now = state.clocks.now(&webhook.notice.account);
    let mut letter = state.own.letter(webhook, by_clock(webhook.fault, now))?;
    if webhook.fault.is_some_and(|fault| fault.kind == Kind::BadSignature) {
        for (name, value) in &mut letter.headers {
            if S::SIGNATURES.contains(&name.to_ascii_lowercase().as_str()) {
                *value = spoilt(value);
            }
        }
    }
    Some((webhook.clone(), letter))
}

/// The answer's status, or None where there was no answer, and whether the shop took the message.
async fn posted<S: Simulator>(host: &Host<S>, letter: &Letter) -> (Option<u16>, bool) {
    let mut request = host.shops.post(&letter.url).timeout(SEND_TIMEOUT);
    request = request.header(CONTENT_TYPE, "application/json").body(letter.body.clone());
    for (name, value) in &letter.headers {
        request = request.header(*name, value);
    }
    let sent = request.send().await;
    let sent =
        sent.inspect_err(|error| tracing::debug!(is_timeout = error.is_timeout(), "no answer to a webhook"));
    let Ok(mut answer) = sent else { return (None, false) };
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX {
            break;
        }
    }
    (Some(status), S::is_taken(status, &body))
}
