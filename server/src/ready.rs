//! Whether this node should be given work: it comes and goes with the store, and ends when the node is told to stop.
//! Being alive is another thing, and asks nobody.

use ordain_engine::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the store is asked; a balancer asks us about as often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A store that takes longer is not there for whoever waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// Keeps `ready` true while the store answers, until `stop`.
pub async fn keep(store: Arc<dyn Store>, ready: watch::Sender<bool>, stop: CancellationToken) {
    let watching = async {
        loop {
            let answers = matches!(tokio::time::timeout(PATIENCE, store.heads(&[])).await, Ok(Ok(_)));
            if ready.send_replace(answers) != answers {
                tracing::warn!(answers, "the store answers, or does not any more");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = watching => {}
        () = stop.cancelled() => {}
    }
    ready.send_replace(false);
}
