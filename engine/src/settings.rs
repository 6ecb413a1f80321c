//! What a host may choose when it opens an engine; the default is right for a test and for a single node.

use crate::downstream::Limits;
use crate::held::Held;
use crate::lane::PollFile;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// How long workflow code may take to come back where nothing else is set: a thousand times what a turn takes, so that
/// a busy machine is not taken for a loop.
pub const POLL_MAX: Duration = Duration::from_secs(2);
/// Runs kept in memory where nothing else is set: a waiting one takes some KiB, so that they fit a small machine.
pub(crate) const LIVE_MAX: usize = 40_000;
/// One record in so many is replayed where nothing else is set: a history of 200 records costs a fifth of a turn then.
const SAMPLED: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

/// What a host may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What downstreams are asked to bear, by name; others begin with [`Limits::default`].
    pub limits: BTreeMap<String, Limits>,
    /// How often runs are replayed to see whether their code decides the same again.
    pub shadow: Shadow,
    /// How long workflow code may take to come back when it is polled. A run whose code takes longer is quarantined,
    /// and its thread is left behind.
    pub poll_max: Duration,
    /// The folder of this process's own in which it notes whose code it is polling, so that a run that takes processes
    /// down with it is quarantined and not polled for ever; none to do without.
    pub notes_in: Option<PathBuf>,
    /// Runs that are kept in memory, about; beyond it the longest untouched idle ones are forgotten, and replayed when
    /// they are needed.
    pub live_max: usize,
    /// Runs whose steps change nothing outside until the host lets them go.
    pub held: Held,
}

impl Default for Settings {
    fn default() -> Self {
        let (limits, shadow) = (BTreeMap::new(), Shadow::default());
        Self { limits, shadow, poll_max: POLL_MAX, notes_in: None, live_max: LIVE_MAX, held: Held::default() }
    }
}

impl Settings {
    /// Whether another process has the notes; an engine that is opened now does without.
    #[must_use]
    pub fn notes_are_held(&self) -> bool {
        self.notes_in.as_deref().is_some_and(PollFile::is_held)
    }
}

/// How often a run is replayed from the store after a record, and compared with the live one. A run that differs is
/// paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shadow {
    /// After every record; for tests.
    Always,
    /// After one record in so many.
    Sampled(NonZeroU32),
    /// Never.
    Off,
}

impl Default for Shadow {
    fn default() -> Self {
        Self::Sampled(SAMPLED)
    }
}
