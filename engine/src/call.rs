//! What can be asked of the engine, and why it may come to nothing.

#[cfg(doc)]
use crate::bounds::REASON_MAX;
use crate::bounds::{UNSHOWN_BYTES_MAX, UNSHOWN_MAX};
use crate::history::Corrupt;
use crate::run_id::RunId;
use crate::store::Started;
use crate::vault::DataKey;
use serde::Serialize;

/// Bytes of one message or start, its names and keys included; larger ones are refused before anything is stored.
pub const PAYLOAD_MAX: usize = 512 * 1024;

/// A run to start.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Made with [`Engine::new_run_id`](crate::Engine::new_run_id).
    pub run: RunId,
    /// Which workflow.
    pub workflow: String,
    /// Its version.
    pub workflow_version: u32,
    /// Its input, as JSON.
    pub input: Vec<u8>,
    /// The run's data key, made with [`Engine::new_data_key`](crate::Engine::new_data_key).
    pub data_key: DataKey,
    /// Within which the next two are unique.
    pub tenant: String,
    /// The same id again is the same start.
    pub request_id: String,
    /// The caller's name of it.
    pub label: String,
    /// Tells the same request from another one under the same id.
    pub fingerprint: Vec<u8>,
    /// Who asks.
    pub actor: String,
    /// The run that is its clock; the store's clock if none. See [`clocks`](crate::clocks).
    pub clock: Option<RunId>,
}

/// What came of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartOutcome {
    /// It began.
    Began,
    /// Nothing new happened: this one holds the request id or the label.
    Exists(Started),
}

/// A message to a run.
#[derive(Debug, Clone)]
pub struct MessageRequest {
    /// To whom.
    pub run: RunId,
    /// The same key again is the same message.
    pub key: String,
    /// Tells the same message from another one under the same key.
    pub fingerprint: Vec<u8>,
    /// What it says, as JSON.
    pub payload: Vec<u8>,
    /// Who says it.
    pub actor: String,
    /// Only if the run still shows what it showed in this record ([`RunRow::seq`](crate::store::RunRow::seq)).
    pub only_at: Option<u64>,
}

impl MessageRequest {
    /// A message whose key says it all: under the same key the same thing is said, wherever the run stands.
    ///
    /// # Panics
    /// When the message does not serialise, which plain data always does.
    #[must_use]
    pub fn keyed(run: RunId, key: String, message: &impl Serialize, actor: &str) -> Self {
        let payload = serde_json::to_vec(message).expect("messages are plain data and always serialise");
        Self { run, key, fingerprint: Vec::new(), payload, actor: actor.to_owned(), only_at: None }
    }
}

/// Why a call came to nothing, by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no such run.
    #[error("there is no such run")]
    NotFound,
    /// The run is over.
    #[error("the run is closed")]
    Closed,
    /// The run only receives for now; nothing was stored.
    #[error("the run is stopped: {0}")]
    Stopped(String),
    /// The key was used for something else.
    #[error("this request id was used for another request")]
    KeyReused,
    /// The run shows something newer than the caller has seen; nothing was stored.
    #[error("the run has moved on")]
    Moved,
    /// The step does not wait for a person.
    #[error("this step is not parked")]
    NotParked,
    /// What the person wrote down is no result of such a step; nothing was stored.
    #[error("this is no result of such a step: {0}")]
    BadResult(String),
    /// The workflow's code failed on the start; nothing was stored.
    #[error("the run cannot start: {0}")]
    Faulted(String),
    /// Larger than [`PAYLOAD_MAX`], or a reason larger than [`REASON_MAX`]; nothing was stored.
    #[error("it has {bytes} bytes, more than {max}")]
    TooLarge {
        /// How many.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
    /// The run has received more than it was shown, and somebody must let it go on first; nothing was stored.
    #[error(
        "the run has {UNSHOWN_MAX} inputs, or {UNSHOWN_BYTES_MAX} bytes of them, that it was not shown: let it go on first"
    )]
    Full,
    /// The run has too long a history; nothing was stored.
    #[error("the run's history has reached its limit")]
    TooLong,
    /// Too many calls are waiting; nothing was stored. Come back.
    #[error("too many calls are waiting")]
    Overloaded,
    /// The decision cannot be taken back, and why; nothing was stored.
    #[error("the run cannot be reset: {0}")]
    ResetRefused(String),
    /// Nobody can say whether it was stored: ask again with the same key.
    #[error("the engine cannot answer now")]
    Unavailable,
    /// The history is damaged.
    #[error("the history is damaged: {0}")]
    Corrupt(Corrupt),
}
