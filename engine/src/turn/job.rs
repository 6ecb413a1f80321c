//! What a turn hands to whoever carries steps out. It never goes into a record.

use crate::clock::Micros;
use crate::run_id::RunId;

/// A step to perform.
#[derive(Debug, Clone)]
pub(crate) struct StepJob {
    pub(crate) run: RunId,
    pub(crate) op: u64,
    pub(crate) kind: String,
    pub(crate) input: Vec<u8>,
    /// Attempts made before.
    pub(crate) attempts: u32,
    pub(crate) seed: Vec<u8>,
    /// From when on its overall deadline counts.
    pub(crate) since: Micros,
    /// Another process began it, and nobody knows how far it came.
    pub(crate) orphaned: bool,
    /// It was intended before, by this process or another, and is begun now.
    pub(crate) taken_over: bool,
    /// Of this process's beats, when the step was found to be its own.
    pub(crate) epoch: u64,
}
