//! The one place that writes: a task of its own that no caller can cancel.
//!
//! It takes whatever waits, writes it as one group, and tells each run what became of its record. Requests come and
//! verdicts go many at a time, because waking a thread costs more than writing a row. There is no timer:
//! while one group is being synced the next one gathers. A group that got no answer is sent again with the same
//! bytes until it gets one, because only the store knows whether the first one counted.

use crate::clock::{Clock, Micros};
use crate::lane::Lanes;
use crate::run_id::RunId;
use crate::store::{Store, StoreError, Verdict, Write};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Items of one group: enough that a sync is shared by many, few enough that nobody waits long for the others.
const GROUP_MAX: usize = 256;
/// Between attempts while the store does not answer.
const STORE_PAUSE: Micros = 250_000;

/// A write and who waits for its verdict.
pub(crate) struct CommitRequest {
    pub(crate) write: Write,
    pub(crate) then: Then,
}

/// Who is told.
pub(crate) enum Then {
    /// The lane that takes this run's turns.
    Lane(RunId),
    /// Somebody else.
    Caller(oneshot::Sender<Verdict>),
}

/// Writes, and tells.
pub(crate) struct Committer {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lanes: Lanes,
    /// A store that does not answer is waited for no longer.
    pub(crate) cut: CancellationToken,
}

impl Committer {
    /// Runs until it is stopped and what was handed over before is written.
    pub(crate) async fn run(
        self,
        mut requests: mpsc::UnboundedReceiver<Vec<CommitRequest>>,
        stop: CancellationToken,
    ) {
        let mut waiting: VecDeque<CommitRequest> = VecDeque::new();
        loop {
            if waiting.is_empty() {
                tokio::select! {
                    received = requests.recv() => match received {
                        Some(some) => waiting.extend(some),
                        None => return,
                    },
                    () = stop.cancelled(), if !requests.is_closed() => requests.close(),
                }
            }
            while waiting.len() < GROUP_MAX
                && let Ok(more) = requests.try_recv()
            {
                waiting.extend(more);
            }
            if waiting.is_empty() {
                continue;
            }
            let (group, thens): (Vec<Write>, Vec<Then>) = waiting
                .drain(..waiting.len().min(GROUP_MAX))
                .map(|request| (request.write, request.then))
                .unzip();
            let verdicts = tokio::select! {
                biased;
                verdicts = self.commit(&group, &stop) => verdicts,
                // Nobody is told anything, which is the truth.
                () = self.cut.cancelled() => None,
            };
            let Some(verdicts) = verdicts else { return };
            self.tell(thens, verdicts);
        }
    }

    fn tell(&self, thens: Vec<Then>, verdicts: Vec<Verdict>) {
        let mut of_runs = Vec::with_capacity(thens.len());
        for (then, verdict) in thens.into_iter().zip(verdicts) {
            match then {
                Then::Lane(run) => of_runs.push((run, verdict)),
                // A caller that went away no longer cares; what it asked for is stored all the same.
                Then::Caller(caller) => drop(caller.send(verdict)),
            }
        }
        self.lanes.send_verdicts(of_runs);
    }

    /// None if the store did not answer until the engine shut down: then nobody was told anything, which is the truth.
    async fn commit(&self, group: &[Write], stop: &CancellationToken) -> Option<Vec<Verdict>> {
        loop {
            match self.store.commit(group).await {
                Ok(verdicts) => return Some(verdicts),
                Err(StoreError::Unavailable(error)) => {
                    tracing::error!(%error, "the store does not answer; trying again")
                }
                Err(error) => tracing::error!(%error, "the store refuses to write; trying again"),
            }
            if stop.is_cancelled() {
                return None;
            }
            tokio::select! {
                () = self.clock.sleep_until(self.clock.now() + STORE_PAUSE) => {}
                // Once more at once, and no more: what cannot be written now is not acknowledged either.
                () = stop.cancelled() => {}
            }
        }
    }
}
