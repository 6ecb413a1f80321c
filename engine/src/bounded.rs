//! Replays for whoever looks at a run: workflow code that is polled off the lanes, a few at a time, and not for ever.

use crate::lane::count_left_behind;
use crate::whereabouts;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Replays at a time. One that never comes back keeps its place, so no more than so many threads are left behind here.
const AT_A_TIME: usize = 4;

/// Where replays are made.
pub(crate) struct Replays {
    at_a_time: Arc<Semaphore>,
    /// How long one may take; none to make it here and now, without a thread.
    within: Option<Duration>,
}

/// A replay that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GaveUp {
    /// The run's code loops, or waits for something that is not its ctx's.
    #[error("the run's code did not come back within {within:?}{after}")]
    Stuck {
        /// How long it had.
        within: Duration,
        /// Which line it was last seen on, as ` after file:line`.
        after: String,
    },
    /// As many as may be under way at a time, or never came back. Come again.
    #[error("{AT_A_TIME} replays are under way or stuck in this process")]
    Busy,
    /// The engine panicked over it.
    #[error("the engine panicked over it")]
    Panicked,
}

impl Replays {
    pub(crate) fn new(within: Option<Duration>) -> Self {
        Self { at_a_time: Arc::new(Semaphore::new(AT_A_TIME)), within }
    }

    /// Whether one could begin at once.
    pub(crate) fn have_room(&self) -> bool {
        self.at_a_time.available_permits() > 0
    }

    /// Makes one.
    pub(crate) async fn make<T: Send + 'static>(
        &self,
        replay: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GaveUp> {
        let permit = Arc::clone(&self.at_a_time).acquire_owned();
        let Some(within) = self.within else {
            let _permit = permit.await.map_err(|_| GaveUp::Busy)?;
            return Ok(replay());
        };
        let permit = tokio::time::timeout(within, permit)
            .await
            .map_err(|_| GaveUp::Busy)?
            .map_err(|_| GaveUp::Busy)?;
        let (came, coming) = oneshot::channel();
        let seen = Arc::new(OnceLock::new());
        let sees = Arc::clone(&seen);
        let body = move || {
            drop(sees.set(whereabouts::of_this_thread()));
            let came_to = replay();
            drop(permit);
            // Whoever asked may have given it up.
            drop(came.send(came_to));
        };
        std::thread::Builder::new().name("replay".into()).spawn(body).map_err(|_| GaveUp::Busy)?;
        match tokio::time::timeout(within, coming).await {
            Ok(came) => came.map_err(|_| GaveUp::Panicked),
            Err(_) => {
                count_left_behind();
                let after = seen.get().map(|seen| seen.after()).unwrap_or_default();
                Err(GaveUp::Stuck { within, after })
            }
        }
    }
}
