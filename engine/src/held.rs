//! Runs that change nothing outside until somebody says so.
//!
//! A store that was brought back as it was before has forgotten what its runs did since. Their steps that only read go
//! on; the others wait, unsent, until the host has found out how things stand and lets the run go. Then they are settled
//! as steps are that a lost process may have carried out.

use crate::run_id::RunId;
use crate::turn::StepJob;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// Which runs are held. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// All that were held at first: what the store says of their steps may be old.
    forgetful: BTreeSet<RunId>,
    held: Mutex<BTreeSet<RunId>>,
    fewer: Notify,
}

impl Held {
    /// Holds these.
    #[must_use]
    pub fn of(runs: impl IntoIterator<Item = RunId>) -> Self {
        let forgetful: BTreeSet<RunId> = runs.into_iter().collect();
        let held = Mutex::new(forgetful.clone());
        Self(Arc::new(Inner { forgetful, held, fewer: Notify::new() }))
    }

    /// Lets a run go.
    pub fn release(&self, run: RunId) {
        if self.held().remove(&run) {
            self.0.fewer.notify_waiters();
        }
    }

    /// Whether it is held now.
    #[must_use]
    pub fn holds(&self, run: RunId) -> bool {
        self.held().contains(&run)
    }

    /// Those that are held now.
    #[must_use]
    pub fn left(&self) -> Vec<RunId> {
        self.held().iter().copied().collect()
    }

    /// Whether the store may have forgotten what the run did.
    pub(crate) fn forgot(&self, run: RunId) -> bool {
        self.0.forgetful.contains(&run)
    }

    /// Whether a step that the store calls untried may have been tried all the same: it was intended before, or is
    /// decided on without knowing how things stand, as it may have been decided on once already.
    pub(crate) fn doubts(&self, job: &StepJob) -> bool {
        self.forgot(job.run) && (job.taken_over || self.holds(job.run))
    }

    /// Ends when the run is not held.
    pub(crate) async fn released(&self, run: RunId) {
        // Nearly always nothing was ever held.
        if self.0.forgetful.is_empty() {
            return;
        }
        loop {
            let mut fewer = std::pin::pin!(self.0.fewer.notified());
            fewer.as_mut().enable();
            if !self.holds(run) {
                return;
            }
            fewer.await;
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<RunId>> {
        self.0.held.lock().expect("no holder panics")
    }
}
