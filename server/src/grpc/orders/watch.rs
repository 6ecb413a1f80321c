//! Following an order: every event of it, in order, from where the caller left off.

use super::super::answer;
use super::{Api, refusal};
use ordain_engine::inspect::EventInfo;
use ordain_engine::{Engine, RunId};
use ordain_proto::orders::v1 as proto;
use ordain_proto::orders::v1::watch_order_response::Message;
use ordain_workflows::order::OrderState;
use ordain_workflows::time::timestamp;
use serde::Deserialize;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// A stream that says nothing for this long says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Besides being woken: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events that wait for a slow reader; then the follower waits too.
const AHEAD_MAX: usize = 64;

/// The stream of one watcher.
pub type Events = Pin<Box<dyn Stream<Item = Result<proto::WatchOrderResponse, Status>> + Send>>;

pub(super) async fn watch(api: &Api, request: &proto::WatchOrderRequest) -> Result<Events, Status> {
    let shown = api.shown("name", &request.name).await?;
    let after = u64::try_from(request.resume_after_sequence)
        .map_err(|_| refusal::field("resume_after_sequence", "zero or more"))?;
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    tokio::spawn(follow(api.engine.clone(), shown.run, after, sender));
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

/// Ends when the watcher goes away, or the history cannot be read.
async fn follow(
    engine: Engine,
    run: RunId,
    mut after: u64,
    watcher: mpsc::Sender<Result<proto::WatchOrderResponse, Status>>,
) {
    let mut changes = engine.watch(run);
    let mut spoke = tokio::time::Instant::now();
    loop {
        let told = match engine.events(run, 0).await {
            Ok((events, head)) => {
                let fresh = told(&events, after);
                after = after.max(head);
                fresh
            }
            Err(error) => {
                drop(watcher.send(Err(refusal::from_inspect(&run.to_string(), &error))).await);
                return;
            }
        };
        let quiet = told.is_empty() && spoke.elapsed() >= HEARTBEAT;
        let heartbeat = || Message::Heartbeat(proto::Heartbeat { sequence: signed(after) });
        for message in told.into_iter().map(Message::Event).chain(quiet.then(heartbeat)) {
            spoke = tokio::time::Instant::now();
            if watcher.send(Ok(proto::WatchOrderResponse { message: Some(message) })).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = watcher.closed() => return,
            // Woken or not, the loop looks again.
            _ = tokio::time::timeout(LOOK_EVERY, changes.changed()) => {}
        }
    }
}

/// The events after a sequence, each with the state that it left the order in.
fn told(events: &[EventInfo], after: u64) -> Vec<proto::Event> {
    #[derive(Deserialize)]
    struct Change {
        to: OrderState,
    }
    let mut state = OrderState::Creating;
    let mut told = Vec::new();
    for event in events {
        if let Ok(change) = serde_json::from_slice::<Change>(&event.data) {
            state = change.to;
        }
        if event.sequence > after {
            told.push(proto::Event {
                sequence: signed(event.sequence),
                time: Some(answer::time(timestamp(event.time))),
                r#type: event.kind.clone(),
                actor: event.actor.clone(),
                data_json: String::from_utf8_lossy(&event.data).into_owned(),
                state: answer::state(state).into(),
            });
        }
    }
    told
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).expect("a sequence stays below 2^63")
}
