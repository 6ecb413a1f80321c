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
pub(crate) const GROUP_MAX: usize = 256;
/// Bytes of one group's records, beyond which it takes no further one: what is sent again is kept in memory till then.
pub(crate) const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Between attempts while the store does not answer.
const STORE_PAUSE: Micros = 250_000;

/// What the committer is handed.
pub(crate) enum Handed {
    /// To write.
    Writes(Vec<CommitRequest>),
    /// Told when whatever was handed over before has its verdict, and the verdicts are on their way.
    Barrier(oneshot::Sender<()>),
}

/// A write and who waits for its verdict.
pub(crate) struct CommitRequest {
    pub(crate) write: Write,
    pub(crate) then: Then,
}

/// Who is told.
pub(crate) enum Then {
    /// The lane that takes this run's turns.
    Lane(OfLane),
    /// Somebody else.
    Caller(oneshot::Sender<Verdict>),
}

/// Whose record it is: a lane's shift may end before its verdict comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLane {
    pub(crate) run: RunId,
    pub(crate) shift: u64,
}

/// Writes, and tells.
pub(crate) struct Committer {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lanes: Lanes,
    /// A store that does not answer is waited for no longer.
    pub(crate) cut: CancellationToken,
}

/// What was handed over and has no verdict yet.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<CommitRequest>,
    handed: u64,
    written: u64,
    /// With how much must be written before.
    barriers: Vec<(u64, oneshot::Sender<()>)>,
}

impl Queue {
    fn take(&mut self, handed: Handed) {
        match handed {
            Handed::Writes(writes) => {
                self.handed += writes.len() as u64;
                self.waiting.extend(writes);
            }
            Handed::Barrier(caller) => self.barriers.push((self.handed, caller)),
        }
        self.let_through();
    }

    /// As much as one transaction takes.
    fn group(&mut self) -> (Vec<Write>, Vec<Then>) {
        let mut bytes = 0;
        let fits = |request: &&CommitRequest| {
            let fits = bytes < GROUP_BYTES_MAX;
            bytes += size(&request.write);
            fits
        };
        let count = self.waiting.iter().take(GROUP_MAX).take_while(fits).count();
        self.waiting.drain(..count).map(|request| (request.write, request.then)).unzip()
    }

    fn told(&mut self, writes: usize) {
        self.written += writes as u64;
        self.let_through();
    }

    fn let_through(&mut self) {
        let written = self.written;
        for (_, caller) in self.barriers.extract_if(.., |(before, _)| *before <= written) {
            // Whoever asked may have been given up in its turn.
            let _ = caller.send(());
        }
    }
}

fn size(write: &Write) -> usize {
    match write {
        Write::Append(append) => append.record.len() + append.row.as_ref().map_or(0, |row| row.view.len()),
        Write::Inbound(row) => row.body.len(),
        Write::Forget(_) | Write::ForgetInbound(_) => 0,
    }
}

impl Committer {
    /// Runs until it is stopped and what was handed over before is written.
    pub(crate) async fn run(self, mut requests: mpsc::UnboundedReceiver<Handed>, stop: CancellationToken) {
        let mut queue = Queue::default();
        loop {
            if queue.waiting.is_empty() {
                tokio::select! {
                    received = requests.recv() => match received {
                        Some(handed) => queue.take(handed),
                        None => return,
                    },
                    () = stop.cancelled(), if !requests.is_closed() => requests.close(),
                }
            }
            while queue.waiting.len() < GROUP_MAX
                && let Ok(more) = requests.try_recv()
            {
                queue.take(more);
            }
            let (group, thens) = queue.group();
            if group.is_empty() {
                continue;
            }
            let verdicts = tokio::select! {
                biased;
                verdicts = self.commit(&group, &stop) => verdicts,
                // Nobody is told anything, which is the truth.
                () = self.cut.cancelled() => None,
            };
            let Some(verdicts) = verdicts else { return };
            self.tell(thens, verdicts);
            queue.told(group.len());
        }
    }

    fn tell(&self, thens: Vec<Then>, verdicts: Vec<Verdict>) {
        let mut of_runs = Vec::with_capacity(thens.len());
        for (then, verdict) in thens.into_iter().zip(verdicts) {
            match then {
                Then::Lane(of) => of_runs.push((of, verdict)),
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
