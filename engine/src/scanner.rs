//! Looking for runs that are due though nothing arrives for them: timers of runs that nobody has in memory, and steps
//! whose performer may be gone.
//!
//! Runs in memory do not wait for this; it is what drives on everything that a crash left behind.

use crate::clock::{Clock, Micros};
use crate::lane::{Arrival, LaneMessage, Lanes};
use crate::run_id::RunId;
use crate::store::{Claim, Store};
use crate::turn::STEP_LOOK;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How often the store is asked which runs are due.
const SCAN_EVERY: Micros = 1_000_000;
/// Runs that one claim takes.
const CLAIM_MAX: u32 = 1_000;
/// How long whoever claimed a run has before it is given to somebody else.
const CLAIM_PUSH: Micros = 5_000_000;
/// Runs on their way to be looked at. After a restart a million may be due: what somebody waits for must not queue
/// behind them.
const LOOKS_MAX: usize = 256;

/// Wakes the runs that are due.
pub(crate) struct Scanner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lanes: Lanes,
    /// The workflows of this build with their versions.
    pub(crate) knows: Vec<(String, u32)>,
}

impl Scanner {
    /// Runs until it is stopped.
    pub(crate) async fn run(self, stop: CancellationToken) {
        // At the start: steps under way when the process before ended are due within that time.
        let mut ahead = STEP_LOOK;
        let looks = Arc::new(Semaphore::new(LOOKS_MAX));
        loop {
            let until = self.clock.now() + ahead;
            tokio::select! {
                () = stop.cancelled() => return,
                swept = self.sweep(until, &looks) => if swept { ahead = 0 },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep_until(self.clock.now() + SCAN_EVERY) => {}
            }
        }
    }

    /// Claims and wakes everything that is due until then. False if the store does not answer.
    async fn sweep(&self, until: Micros, looks: &Arc<Semaphore>) -> bool {
        loop {
            // Pushed beyond `until`, so that one sweep meets each run once.
            let (pushed_to, knows) = (until.max(self.clock.now()) + CLAIM_PUSH, self.knows.clone());
            match self.store.claim(&Claim { until, pushed_to, limit: CLAIM_MAX, knows }).await {
                Ok(due) => {
                    let full = due.len() >= CLAIM_MAX as usize;
                    self.wake(due, looks).await;
                    if !full {
                        return true;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "cannot ask the store which runs are due");
                    return false;
                }
            }
        }
    }

    async fn wake(&self, due: Vec<RunId>, looks: &Arc<Semaphore>) {
        for run in due {
            let look = Arc::clone(looks).acquire_owned().await.expect("it is never closed");
            self.lanes.send(run, LaneMessage::Arrived { run, arrival: Arrival::Look(look) });
        }
    }
}
