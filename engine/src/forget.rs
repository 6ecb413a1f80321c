//! Forgetting runs that are over: history, row, names and data key, in one transaction.

use crate::call::CallError;
use crate::committer::{CommitRequest, Handed, Then};
use crate::engine::Engine;
use crate::run_id::RunId;
use crate::store::Write;
use tokio::sync::oneshot;

impl Engine {
    /// Deletes everything that is stored of these runs, if they are closed; what is sealed in them is unreadable from
    /// then on, wherever a copy is. One that is not closed, or not there, is left as it is. Returns when it is so.
    ///
    /// # Errors
    /// The engine is stopping: some may be gone and others not.
    pub async fn forget(&self, runs: &[RunId]) -> Result<(), CallError> {
        let (mut writes, mut verdicts) = (Vec::with_capacity(runs.len()), Vec::with_capacity(runs.len()));
        for run in runs {
            let (reply, verdict) = oneshot::channel();
            writes.push(CommitRequest { write: Write::Forget(*run), then: Then::Caller(reply) });
            verdicts.push(verdict);
        }
        self.hand_over(Handed::Writes(writes))?;
        for verdict in verdicts {
            verdict.await.map_err(|_| CallError::Unavailable)?;
        }
        Ok(())
    }
}
