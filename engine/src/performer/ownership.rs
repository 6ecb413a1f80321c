//! Whose a step is: asking the store after a gap, and letting go of a step when the process stops.

use super::{Performer, Tried};
use crate::clock::Micros;
use crate::history::{self, History, StoredRun};
use crate::registry::Registry;
use crate::replay;
use crate::store::StoreError;
use crate::turn::StepJob;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Between questions to a store that does not answer.
const ASK_PAUSE: Micros = 1_000_000;

/// What a step leaves behind if it is dropped now.
pub(super) struct Trail {
    /// None of the attempts so far can have had its effect without this process knowing it.
    clear: AtomicBool,
    attempts: AtomicU32,
}

impl Trail {
    pub(super) fn new(job: &StepJob) -> Self {
        Self { clear: AtomicBool::new(!job.orphaned), attempts: AtomicU32::new(job.attempts) }
    }

    /// So far it came, and no attempt is under way.
    pub(super) fn leads_to(&self, tried: &Tried) {
        self.attempts.store(tried.attempt, Ordering::Relaxed);
        self.clear.store(!tried.unknown, Ordering::Relaxed);
    }

    /// An attempt is under way.
    pub(super) fn is_lost(&self) {
        self.clear.store(false, Ordering::Relaxed);
    }
}

impl Performer {
    /// Waits until this process may begin attempts again, and finds out whether the step is still its own.
    pub(super) async fn still_ours(&self, job: &StepJob, tried: &mut Tried) -> bool {
        let (peers, clock) = (&self.0.parts.peers, &self.0.parts.clock);
        loop {
            peers.fresh().await;
            let epoch = peers.epoch();
            if peers.alone() || epoch == tried.epoch {
                return true;
            }
            match self.performs(job).await {
                Ok(true) => tried.epoch = epoch,
                Ok(false) => {
                    tracing::warn!(run = %job.run, step = job.op, "a step was taken over meanwhile");
                    self.0.under_way.disown(job.run, job.op);
                    self.arrives(job.run, crate::lane::Arrival::Wake);
                    return false;
                }
                Err(error) => {
                    tracing::warn!(run = %job.run, %error, "cannot ask whose a step is");
                    clock.pause(ASK_PAUSE).await;
                }
            }
        }
    }

    /// Whether the history says that this process performs the step.
    async fn performs(&self, job: &StepJob) -> Result<bool, StoreError> {
        let parts = &self.0.parts;
        let StoredRun { since, records, .. } = history::load(parts.store.as_ref(), job.run, false).await?;
        let records = history::decode(&parts.vault, job.run, since, &records);
        // No code is asked anything here: it may be why the run stands still.
        let nothing = Registry::new();
        let replayed = records
            .and_then(|records| replay::replay(&nothing, job.run, History { since, records: &records }));
        // A history that cannot be says nothing: then nothing is done that must not be done twice.
        let fold = replayed.map_err(|corrupt| StoreError::Corrupt(corrupt.to_string()))?.fold;
        let step = fold.steps.get(&job.op);
        Ok(step.is_some_and(|step| step.parked.is_none() && step.performer == parts.peers.incarnation()))
    }

    /// The process stops. A step of which nothing is unknown is given back on record; any other the next process finds
    /// as this one left it, and takes over with doubt.
    pub(super) fn released(&self, job: &StepJob, trail: &Trail) {
        if trail.clear.load(Ordering::Relaxed) {
            let attempt = trail.attempts.load(Ordering::Relaxed);
            self.over(job, Input::StepReleased(wire::StepReleased { op: job.op, attempt }));
        }
    }
}
