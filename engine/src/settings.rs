//! What a host may choose when it opens an engine; the default is right for a test and for a single node.

use crate::downstream::Limits;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// One record in so many is replayed where nothing else is set: a history of 200 records costs a fifth of a turn then.
const SAMPLED: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

/// What a host may choose.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What downstreams are asked to bear, by name; others begin with [`Limits::default`].
    pub limits: BTreeMap<String, Limits>,
    /// How often runs are replayed to see whether their code decides the same again.
    pub shadow: Shadow,
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
