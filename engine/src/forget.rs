//! Forgetting runs that are over, with history, row, names and data key in one transaction, and messages that found none.

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
        self.delete(runs.iter().copied().map(Write::Forget)).await
    }

    /// Deletes these messages that found no run ([`Engine::keep_inbound`]). Returns when it is so.
    ///
    /// # Errors
    /// The engine is stopping: some may be gone and others not.
    pub async fn forget_inbound(&self, messages: &[RunId]) -> Result<(), CallError> {
        self.delete(messages.iter().copied().map(Write::ForgetInbound)).await
    }

    async fn delete(&self, deletions: impl Iterator<Item = Write> + Send) -> Result<(), CallError> {
        let (mut writes, mut verdicts) = (Vec::new(), Vec::new());
        for write in deletions {
            let (reply, verdict) = oneshot::channel();
            writes.push(CommitRequest { write, then: Then::Caller(reply) });
            verdicts.push(verdict);
        }
        self.hand_over(Handed::Writes(writes))?;
        for verdict in verdicts {
            verdict.await.map_err(|_| CallError::Unavailable)?;
        }
        Ok(())
    }
}
