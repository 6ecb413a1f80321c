//! Letting go: finishing what is under way, giving back what was not begun, and ending even if the store hangs.

use super::Engine;
use crate::clock::{Clock, Micros};
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a stopping process waits for the record that gives its steps back. A healthy store needs milliseconds; one
/// that does not answer leaves them to be taken over.
const RELEASE_PATIENCE: Micros = 2_000_000;
/// How long it waits for the rest to end by itself; what is then not written is not acknowledged either.
const END_PATIENCE: Micros = 3_000_000;
/// How long it waits for the store's leave, and for what was cut off.
const CUT_PATIENCE: Micros = 1_000_000;

/// What ends when, in this order.
#[derive(Clone, Default)]
pub(super) struct Stops {
    /// Attempts at steps, and looking for due runs.
    pub(super) work: CancellationToken,
    /// Everything, when it has written what was handed to it.
    pub(super) all: CancellationToken,
    /// Whoever waits for the store.
    pub(super) waiting: CancellationToken,
}

impl Engine {
    /// Begins no more steps, and waits for those under way to end and be recorded, but no longer than `patience`. What
    /// was handed over and not begun is given back by [`Engine::stop`].
    pub async fn drain(&self, patience: Duration) {
        let done = async {
            self.0.performer.drained().await;
            self.0.performer.under_way().told().await;
        };
        // What does not end in time is taken over by the next process.
        drop(tokio::time::timeout(patience, done).await);
    }

    /// Stops: no new step begins, steps of which nothing is unknown are given back on record, attempts under way are
    /// dropped and taken over by the next process, what was handed to the store is written. Returns when everything
    /// has ended; a store that does not answer delays that by a few seconds and no more.
    pub async fn stop(&self) {
        let inner = &self.0;
        inner.peers.stop_taking();
        inner.stops.work.cancel();
        self.no_longer_than(RELEASE_PATIENCE, self.given_back()).await;
        inner.stops.all.cancel();
        inner.tasks.close();
        if !self.no_longer_than(END_PATIENCE, inner.tasks.wait()).await {
            tracing::error!("the store does not answer; stopping without it");
            inner.stops.waiting.cancel();
            self.no_longer_than(CUT_PATIENCE, inner.tasks.wait()).await;
        }
        if let Some(file) = &inner.poll_file {
            file.empty();
        }
        let leave = async {
            if let Err(error) = inner.store.leave(inner.peers.incarnation()).await {
                tracing::warn!(%error, "cannot tell the store that this process is gone");
            }
        };
        self.no_longer_than(CUT_PATIENCE, leave).await;
        self.no_longer_than(CUT_PATIENCE, inner.store.close()).await;
    }

    /// Ends when no step is being tried, and what that came to is on record.
    async fn given_back(&self) {
        self.0.performer.idle().await;
        self.0.performer.under_way().told().await;
    }

    /// Whether it ended in time.
    async fn no_longer_than(&self, patience: Micros, end: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = end => true,
            () = self.0.clock.pause(patience) => false,
        }
    }
}
