//! Learning what other processes wrote: for whoever watches a run, and for callers whose answer somebody else's turn
//! has produced.
//!
//! A poll, one query for all runs that anybody here waits on. What is written here is told at once and does not wait
//! for it; a store that hears of other nodes' commits sooner lets its host call [`Engine::moved`](crate::Engine::moved).

use crate::clock::Clock;
use crate::lane::{LaneMessage, Lanes};
use crate::notifier::Notifier;
use crate::peers::{Peers, StoreClock};
use crate::run_id::RunId;
use crate::store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How often the store is asked. The safety net behind notifications, and the only way through some poolers.
const POLL_EVERY: i64 = 500_000;

/// Watches the heads of runs.
pub(crate) struct Follower {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<StoreClock>,
    pub(crate) lanes: Lanes,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) peers: Peers,
}

impl Follower {
    /// Runs until it is stopped; `moved` names runs that somebody has heard of.
    pub(crate) async fn run(self, mut moved: mpsc::UnboundedReceiver<Vec<RunId>>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = self.peers.introduced() => {}
        }
        // Who is alone need not ask what others wrote.
        while !self.peers.alone() {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = moved.recv() => Some(heard.unwrap_or_default()),
                () = self.clock.pause(POLL_EVERY) => None,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.look(heard) => {}
            }
        }
    }

    /// Looks at the watched ones among some runs, or at all that are watched.
    async fn look(&self, heard: Option<Vec<RunId>>) {
        let heard = heard.map(BTreeSet::from_iter);
        let mut watched = self.notifier.watched();
        watched.retain(|run| heard.as_ref().is_none_or(|heard| heard.contains(run)));
        if watched.is_empty() {
            return;
        }
        match self.store.heads(&watched).await {
            Ok(heads) => {
                for (run, head) in heads.into_iter().filter(|(run, head)| self.notifier.tell(*run, *head)) {
                    self.lanes.send(run, LaneMessage::Moved { run, head });
                }
            }
            Err(error) => tracing::warn!(%error, "cannot ask the store how far watched runs have come"),
        }
    }
}
