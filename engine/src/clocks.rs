//! Clocks of their own: runs that live by a clock which somebody moves, and not by the store's.
//!
//! Such a clock is a run too, so that its history tells how it was moved: its workflow shows where it stands, as a
//! [`ClockFace`] among whatever else it shows. A run that was started on it ([`StartRequest::clock`]) is told its time
//! by [`Ctx::now`](crate::Ctx::now), and its timers count by it. How long a step may take, retries, claims and beats
//! stay on the store's clock.
//!
//! ```text
//! run:    read the clock ─▶ turn ─▶ commit, the next timer in the row ─▶ read the clock again
//! mover:  commit where the clock stands ─▶ find the rows whose timer is due ─▶ wake them
//! ```
//! The run looks at the clock again after each of its records, so that either it sees where the clock has moved to, or
//! whoever moved it sees the run's timer. Nobody keeps the time in memory: any process may move a clock.

#[cfg(doc)]
use crate::call::StartRequest;
use crate::clock::Micros;
use crate::engine::Engine;
use crate::fold::Fold;
use crate::run_id::RunId;
use crate::scanner::{CLAIM_MAX, CLAIM_PUSH};
use crate::store::{Claim, RunQuery, RunRow, Store, StoreError};
use serde::{Deserialize, Serialize};

/// Runs under way that are named to whoever waits for them; more would tell a person no more.
const NAMED_MAX: u32 = 10;

/// What a run that is a clock shows of itself, among whatever else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFace {
    /// What it says, microseconds since the epoch. It never goes back.
    pub stands_at: Micros,
}

/// What the runs on a clock wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitsOn {
    /// The first timer, by that clock.
    pub next_timer: Option<Micros>,
    /// Runs with a step under way or something that they were not shown yet; some of them, if there are many. A run
    /// that waits for a person is none of them.
    pub under_way: Vec<RunId>,
}

/// What the clock of a run says, given the run's row; none if that is the store's.
///
/// # Errors
/// The store does not answer, or what the row names is no clock.
pub async fn time_of(store: &dyn Store, row: &RunRow) -> Result<Option<Micros>, StoreError> {
    if row.clock.is_empty() {
        return Ok(None);
    }
    let gone = || StoreError::Corrupt(format!("run {} is on a clock `{}` that is none", row.run, row.clock));
    let clock: RunId = row.clock.parse().map_err(|_| gone())?;
    read(store, clock).await?.ok_or_else(gone).map(Some)
}

/// What a clock says; none if the run does not exist or is no clock.
///
/// # Errors
/// The store does not answer.
pub async fn read(store: &dyn Store, clock: RunId) -> Result<Option<Micros>, StoreError> {
    let row = store.run(clock).await?;
    let face = row.and_then(|row| serde_json::from_slice::<ClockFace>(&row.view).ok());
    Ok(face.map(|face| face.stands_at))
}

impl Fold {
    /// Whether it has a clock of its own.
    pub(crate) const fn has_clock(&self) -> bool {
        !self.start.clock.is_empty()
    }

    /// It is this time, by the store's clock and by the run's own.
    pub(crate) fn tell_time(&mut self, time: Micros, clock: Option<Micros>) {
        (self.time, self.own_time) = (time, clock.unwrap_or(time));
    }
}

impl Engine {
    /// What a clock says; none if the run does not exist or is no clock.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn time_on(&self, clock: RunId) -> Result<Option<Micros>, StoreError> {
        read(self.store(), clock).await
    }

    /// What the runs on a clock wait for.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn waits_on(&self, clock: RunId) -> Result<WaitsOn, StoreError> {
        let name = Some(clock.to_string());
        let awake = RunQuery { awake_on: name.clone(), limit: NAMED_MAX, ..RunQuery::default() };
        let under_way = self.store().runs(&awake).await?.into_iter().map(|row| row.run).collect();
        let first = RunQuery { timer_on: name, limit: 1, ..RunQuery::default() };
        let next_timer = self.store().runs(&first).await?.first().and_then(|row| row.timer_at);
        Ok(WaitsOn { next_timer, under_way })
    }

    /// Wakes the runs whose timer on a clock is due by now, and says which. To be called after the clock has moved;
    /// what is claimed here and not looked at, since this process dies, is looked at by whoever scans next.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn wake_due_on(&self, clock: RunId) -> Result<Vec<RunId>, StoreError> {
        let Some(until) = self.time_on(clock).await? else { return Ok(Vec::new()) };
        let knows = self.registry().workflows();
        let (mut woken, clock) = (Vec::new(), clock.to_string());
        loop {
            let pushed_to = self.now() + CLAIM_PUSH;
            let (clock, knows) = (clock.clone(), knows.clone());
            let due = self.store().claim(&Claim { until, clock, pushed_to, limit: CLAIM_MAX, knows }).await?;
            let count = due.len();
            for run in &due {
                self.look(*run).await;
            }
            woken.extend(due);
            if count < CLAIM_MAX as usize {
                return Ok(woken);
            }
        }
    }
}
