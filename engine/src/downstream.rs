//! What one downstream is asked to bear: so much at a time, so often, and nothing while it is down.
//!
//! A step whose [`Policy`](crate::Policy) names a downstream begins an attempt only with a [`Permit`] of it. Whoever
//! waits here has not begun: nothing was sent and no budget was used. Each downstream has a queue of its own, so one
//! that is dead or slow holds up nobody else. The memory of a breaker is this process's; a restart begins closed.
//!
//! ```text
//! Closed ──failures_max in a row──▶ Open ──open_for──▶ one probe ──answered──▶ Closed
//!                                    ▲                    └──failed──▶ Open
//! ```

mod gate;

pub(crate) use gate::{Downstream, Permit, Said};

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Attempts at a time where nothing else is set. A sixteenth of all that may be under way, so that several dead
/// downstreams, each holding as many attempts as it may until they time out, leave room for the others.
pub const AT_A_TIME: NonZeroU32 = NonZeroU32::new(64).expect("not zero");
/// Failures in a row that open a breaker where nothing else is set: more than one unlucky step makes by itself.
pub const FAILURES_MAX: NonZeroU32 = NonZeroU32::new(16).expect("not zero");
/// How long a breaker stays open where nothing else is set: short beside an order's patience, long beside a request.
pub const OPEN_FOR: Duration = Duration::from_secs(5);
/// Downstreams that are remembered; beyond it those that nobody uses and nobody has set are forgotten.
const KNOWN_MAX: usize = 10_000;

/// What a downstream is asked to bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts under way at a time.
    pub at_a_time: NonZeroU32,
    /// How often attempts may begin; none for as often as they like.
    pub rate: Option<Rate>,
    /// Failures in a row (no answer, an unknown outcome, "come back later") after which nothing is sent for a while.
    pub failures_max: NonZeroU32,
    /// For how long; then a single attempt probes.
    pub open_for: Duration,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Attempts a second, over any longer time.
    pub per_second: NonZeroU32,
    /// Attempts that may begin at once after a rest.
    pub burst: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { at_a_time: AT_A_TIME, rate: None, failures_max: FAILURES_MAX, open_for: OPEN_FOR }
    }
}

/// How a downstream stands in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownstreamInfo {
    /// Its name, as policies name it.
    pub name: String,
    /// What it is asked to bear.
    pub limits: Limits,
    /// Attempts under way.
    pub under_way: u32,
    /// Steps that wait to begin one.
    pub waiting: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Whether anything is sent to it.
    pub breaker: BreakerState,
}

/// Whether anything is sent to a downstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Yes.
    Closed,
    /// Not now.
    Open,
    /// One attempt, to see whether it is back.
    Probing,
}

/// Every downstream that a step has named or somebody has set limits for.
#[derive(Debug, Default)]
pub(crate) struct Downstreams(Mutex<BTreeMap<String, Arc<Downstream>>>);

impl Downstreams {
    pub(crate) fn new(limits: BTreeMap<String, Limits>) -> Self {
        let downstreams = Self::default();
        for (name, limits) in limits {
            downstreams.set(&name, limits);
        }
        downstreams
    }

    /// The downstream of that name.
    pub(crate) fn find(&self, name: &str) -> Arc<Downstream> {
        let mut known = self.0.lock().expect("no holder panics");
        if let Some(downstream) = known.get(name) {
            return Arc::clone(downstream);
        }
        if known.len() >= KNOWN_MAX {
            known.retain(|_, downstream| Arc::strong_count(downstream) > 1 || !downstream.forgettable());
        }
        Arc::clone(known.entry(name.to_owned()).or_default())
    }

    /// From now on `limits` hold; what is under way goes on.
    pub(crate) fn set(&self, name: &str, limits: Limits) {
        self.find(name).set(limits);
    }

    pub(crate) fn list(&self) -> Vec<DownstreamInfo> {
        let known = self.0.lock().expect("no holder panics");
        known.iter().map(|(name, downstream)| downstream.info(name)).collect()
    }
}
