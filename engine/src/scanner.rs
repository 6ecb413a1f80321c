//! Looking for runs that are due though nothing arrives for them: timers of runs that nobody has in memory, and steps
//! whose performer may be gone.
//!
//! Runs in memory do not wait for this; it is what drives on everything that a crash left behind.

use crate::clock::{Clock, Micros};
use crate::lane::Lanes;
use crate::peers::{Peers, StoreClock};
use crate::run_id::RunId;
use crate::store::{Claim, RunQuery, Store};
use crate::turn::STEP_LOOK;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How often the store is asked which runs are due.
const SCAN_EVERY: Micros = 1_000_000;
/// Runs that one claim takes.
pub(crate) const CLAIM_MAX: u32 = 1_000;
/// How long whoever claimed a run has before it is given to somebody else.
pub(crate) const CLAIM_PUSH: Micros = 5_000_000;

/// Wakes the runs that are due.
pub(crate) struct Scanner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<StoreClock>,
    pub(crate) lanes: Lanes,
    pub(crate) peers: Peers,
    /// The workflows of this build with their versions.
    pub(crate) knows: Vec<(String, u32)>,
}

impl Scanner {
    /// Runs until it is stopped.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut until = tokio::select! {
            () = stop.cancelled() => return,
            until = self.first() => until,
        };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                swept = self.sweep(until) => if swept { until = Micros::MIN },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.pause(SCAN_EVERY) => {}
            }
            until = until.max(self.clock.now());
        }
    }

    /// Until when the first sweep looks. Who is alone takes everything over at once: what the process before had under
    /// way is due within [`STEP_LOOK`] of its last record, by whatever its clock said then.
    async fn first(&self) -> Micros {
        self.peers.introduced().await;
        if !self.peers.alone() {
            return self.clock.now();
        }
        let newest = self.store.runs(&RunQuery { limit: 1, ..RunQuery::default() }).await;
        let updated = newest.ok().and_then(|rows| rows.first().map(|row| row.updated));
        updated.unwrap_or(Micros::MIN).max(self.clock.now()) + STEP_LOOK
    }

    /// Claims and wakes everything that is due until then. False if the store does not answer.
    async fn sweep(&self, until: Micros) -> bool {
        loop {
            // Pushed beyond `until`, so that one sweep meets each run once.
            let (pushed_to, knows) = (until.max(self.clock.now()) + CLAIM_PUSH, self.knows.clone());
            let claim = Claim { until, pushed_to, limit: CLAIM_MAX, knows, ..Claim::default() };
            match self.store.claim(&claim).await {
                Ok(due) => {
                    let full = due.len() >= CLAIM_MAX as usize;
                    self.wake(due).await;
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

    async fn wake(&self, due: Vec<RunId>) {
        for run in due {
            self.lanes.look(run).await;
        }
    }
}
