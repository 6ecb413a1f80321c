//! What the engine asks of a database: twelve verbs.
//!
//! A store keeps histories append-only and lets a sequence number of a run be written once; that refusal is the
//! only lock there is. Every record goes through [`Store::commit`], a whole group in one transaction, called by nobody
//! but the committer. Besides, a [`Store::claim`] moves a row's `wake_at`, and [`Store::beat`] says who lives; the rest
//! only reads. Every store must pass [`conformance`].

pub mod conformance;
pub mod mark;
pub mod memory;
pub mod moving;
pub mod postgres;
mod sql;
pub mod sqlite;

use crate::clock::Micros;
use crate::run_id::RunId;
use crate::vault::RecordMac;
use async_trait::async_trait;
use std::path::PathBuf;

/// A database that keeps runs.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Writes the group in one transaction and tells of each item what became of it, in order. When this returns
    /// `Ok`, everything accepted is on disk. When it fails, nothing may be concluded: send the same bytes again.
    async fn commit(&self, group: &[Write]) -> Result<Vec<Verdict>, StoreError>;

    /// The records of a run after a sequence, oldest first, as stored.
    async fn history(&self, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError>;

    /// The row of a run.
    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError>;

    /// Rows by what they hold, newest run first.
    async fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError>;

    /// Which run was started under this key.
    async fn started(&self, tenant: &str, key: &StartedBy) -> Result<Option<Started>, StoreError>;

    /// Runs to look at by `claim.until`, of whichever clock, the most overdue first. Their `wake_at` is set to `claim.pushed_to` and nothing
    /// else of them is touched, so that nobody else is given them meanwhile.
    async fn claim(&self, claim: &Claim) -> Result<Vec<RunId>, StoreError>;

    /// The number of the newest record of each of these runs; of one that does not exist, nothing. In any order.
    async fn heads(&self, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError>;

    /// Says that this process lives, by adding one to its counter (the first time, it begins at one), and tells who
    /// else does.
    async fn beat(&self, incarnation: u64) -> Result<Pulse, StoreError>;

    /// Says that this process is gone for good: nobody is told of it any more.
    async fn leave(&self, incarnation: u64) -> Result<(), StoreError>;

    /// A run's data key, wrapped.
    async fn data_key(&self, run: RunId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Messages that found no run, oldest first.
    async fn inbound(&self, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError>;

    /// Lets go of the database; what was committed stays.
    async fn close(&self);
}

/// Which runs a process wants to look at.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// Those whose `wake_at` is no later; with a clock, those whose `timer_at` is.
    pub until: Micros,
    /// Only runs on this clock, by its time; empty for all runs, by the store's.
    pub clock: String,
    /// Their new `wake_at`; after `until`, or they would be given again at once.
    pub pushed_to: Micros,
    /// At most so many.
    pub limit: u32,
    /// Of these workflows only: each with the newest version of it that the process knows. A run of a later version is
    /// left to a newer build.
    pub knows: Vec<(String, u32)>,
}

/// What a store says of the processes that work on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// The store's own clock, if it has one that every process shares.
    pub now: Option<Micros>,
    /// No other process can be on this store: whoever else was is gone.
    pub alone: bool,
    /// Incarnation and counter of every process that has said it lives and not left, this one too. In any order.
    pub peers: Vec<(u64, u64)>,
}

/// One thing to write.
#[derive(Debug, Clone)]
pub enum Write {
    /// The next record of a run, and what goes with it.
    Append(Box<Append>),
    /// A genuine message for a run that does not exist.
    Inbound(InboundRow),
    /// Everything of a closed run is deleted: its history, its row, what started it, its data key. Of one that is not
    /// closed, nothing. Accepted either way; comes after everything else of its group.
    Forget(RunId),
    /// A message that found no run is deleted, by its id. Accepted whether or not it is there.
    ForgetInbound(RunId),
}

/// The next record of a run.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose.
    pub run: RunId,
    /// Its number; refused if the run has one with this number.
    pub seq: u64,
    /// Chains it to the one before.
    pub mac: RecordMac,
    /// The encoded record.
    pub record: Vec<u8>,
    /// The run's row, if anything in it changed.
    pub row: Option<RunRow>,
    /// With the first record only.
    pub start: Option<StartKey>,
}

/// What makes a start happen once.
#[derive(Debug, Clone)]
pub struct StartKey {
    /// Within which the two keys are unique.
    pub tenant: String,
    /// The caller's id of the request.
    pub request_id: String,
    /// The caller's name of the thing.
    pub label: String,
    /// Tells the same request from another one under the same id.
    pub fingerprint: Vec<u8>,
    /// The run's data key, wrapped.
    pub data_key: Vec<u8>,
}

/// How to find a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedBy {
    /// By the caller's id of the request.
    RequestId(String),
    /// By the caller's name of the thing.
    Label(String),
}

/// A start that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// The id of the request that started it.
    pub request_id: String,
    /// The request's fingerprint.
    pub fingerprint: Vec<u8>,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is on disk and the run's newest record: its effects may be released.
    Accepted,
    /// It is on disk from an earlier try whose answer was lost, and the run has gone on since: reload it, and release
    /// nothing, since whoever went on may have done so already.
    Overtaken,
    /// The run has another record with this number: reload it and judge again.
    Refused,
    /// This start happened before, or its label is taken.
    Exists(Started),
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number.
    pub seq: u64,
    /// Its keyed hash, 16 bytes.
    pub mac: Vec<u8>,
    /// The encoded record.
    pub record: Vec<u8>,
}

/// Where a run stands with the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunStatus {
    /// Takes turns.
    Open,
    /// Takes turns, and a step of it waits for a person.
    Parked,
    /// Only receives: replay disagreed, or a person stopped it.
    Paused,
    /// Only receives: its code panicked or waited for something that is not the engine's.
    Quarantined,
    /// Over.
    Closed,
}

impl RunStatus {
    const ALL: [Self; 5] = [Self::Open, Self::Parked, Self::Paused, Self::Quarantined, Self::Closed];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Open => 1,
            Self::Parked => 2,
            Self::Paused => 3,
            Self::Quarantined => 4,
            Self::Closed => 5,
        }
    }

    /// From what is stored.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether the workflow may be shown anything.
    #[must_use]
    pub const fn takes_turns(self) -> bool {
        matches!(self, Self::Open | Self::Parked)
    }
}

/// What a run can be found by. Holds no personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Whose it is: `merchants/demo`.
    pub tenant: String,
    /// What it belongs to: the account.
    pub owner: String,
    /// The caller's name of it.
    pub label: String,
    /// The workflow's own word for where it stands.
    pub state: String,
    /// Conditions, each one word.
    pub flags: Vec<String>,
}

impl Attributes {
    /// What the workflow itself says: without tenant and label, which are those of the run's start.
    pub(crate) fn own(self) -> Self {
        Self { tenant: String::new(), label: String::new(), ..self }
    }
}

/// A run's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Whose.
    pub run: RunId,
    /// Which workflow.
    pub workflow: String,
    /// Version of the workflow's code that wrote the row.
    pub version: u32,
    /// With the engine.
    pub status: RunStatus,
    /// Why it is parked, paused or quarantined.
    pub reason: String,
    /// The record that wrote the row.
    pub seq: u64,
    /// The newest record in which the workflow continued with a new input: the history may be read from there. 0 if
    /// there is none, and it must be read from its beginning.
    pub since: u64,
    /// To be found by.
    pub attributes: Attributes,
    /// Whose time `timer_at` is in; empty for the store's.
    pub clock: String,
    /// When it started.
    pub created: Micros,
    /// When the row was written.
    pub updated: Micros,
    /// Lower bound of the next look.
    pub wake_at: Option<Micros>,
    /// The workflow's next timer, of a run with a clock of its own and that takes turns.
    pub timer_at: Option<Micros>,
    /// What the workflow shows of itself, as JSON.
    pub view: Vec<u8>,
}

/// Which rows to read.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this owner.
    pub owner: Option<String>,
    /// With this label.
    pub label: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// With this flag.
    pub flag: Option<String>,
    /// Only runs on this clock that have a timer: not the newest first, but whose timer comes first.
    pub timer_on: Option<String>,
    /// Only runs on this clock that must be looked at by the store's: a step is under way, or something waits to be
    /// shown.
    pub awake_on: Option<String>,
    /// Only runs that wait for a person: parked, paused, quarantined.
    pub waiting_for_a_person: bool,
    /// Only runs to be looked at by then, whatever else is asked for but [`RunQuery::before`].
    pub wake_by: Option<Micros>,
    /// Older than this run (the page before ended with it).
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

/// Which messages that found no run to read.
#[derive(Debug, Clone, Default)]
pub struct InboundQuery {
    /// Of this account only.
    pub owner: Option<String>,
    /// Received before the time of this id.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

/// A genuine message that found no run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRow {
    /// Ordered by time.
    pub id: RunId,
    /// The account that it came to.
    pub owner: String,
    /// The same message again has the same key, within its owner.
    pub dedup: String,
    /// When.
    pub received: Micros,
    /// What it calls itself.
    pub label: String,
    /// Sealed.
    pub body: Vec<u8>,
}

/// Why a store did not answer, by what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may answer later: try again with the same bytes.
    #[error("the store does not answer now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be: stop and look.
    #[error("the store holds something that cannot be: {0}")]
    Corrupt(String),
    /// Another process has the store's file open. It may be gone in a moment, if it was killed.
    #[error("cannot open the store: another process has {} open; stop it, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// The store cannot be opened by this process.
    #[error("cannot open the store: {0}")]
    Unusable(String),
}
