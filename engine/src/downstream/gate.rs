//! The gate of one downstream: who may begin an attempt, and what is learned when it ends.

use super::{BreakerState, DownstreamInfo, Limits, Rate};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

/// One downstream's gate.
#[derive(Debug)]
pub(crate) struct Downstream {
    /// Steps wait for it in the order in which they came; the first of them alone looks at `state`.
    first_in_line: Semaphore,
    waiting: AtomicU32,
    state: Mutex<State>,
    /// Something that the first in line may have waited for has happened.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    set: bool,
    under_way: u32,
    failures: u32,
    breaker: Breaker,
    /// The bucket, as the time at which it will be full again.
    full_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Breaker {
    Closed,
    Open { until: Instant },
    Probing,
}

/// What an attempt says of its downstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It answered.
    Answered,
    /// It did not, or asked to be left alone.
    Failed,
    /// Nothing.
    Nothing,
}

/// Leave to make one attempt. Dropped without [`Permit::ended`], it says nothing of the downstream.
#[derive(Debug)]
pub(crate) struct Permit {
    downstream: Arc<Downstream>,
    probe: bool,
    said: Said,
}

impl Default for Downstream {
    fn default() -> Self {
        let state = State {
            limits: Limits::default(),
            set: false,
            under_way: 0,
            failures: 0,
            breaker: Breaker::Closed,
            full_at: None,
        };
        Self {
            first_in_line: Semaphore::new(1),
            waiting: AtomicU32::new(0),
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }
}

impl Downstream {
    /// Waits in line for leave to make one attempt. Dropping the future gives the place in line up.
    pub(crate) async fn permit(self: Arc<Self>) -> Permit {
        let waiting = Waiting::new(&self);
        let turn = self.first_in_line.acquire().await.expect("the line is never closed");
        loop {
            let tried = self.state().try_begin(Instant::now());
            match tried {
                Ok(probe) => {
                    drop((turn, waiting));
                    return Permit { downstream: self, probe, said: Said::Nothing };
                }
                Err(None) => self.changed.notified().await,
                Err(Some(at)) => tokio::select! {
                    () = self.changed.notified() => {}
                    () = tokio::time::sleep_until(at) => {}
                },
            }
        }
    }

    pub(super) fn set(&self, limits: Limits) {
        let mut state = self.state();
        (state.limits, state.set) = (limits, true);
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets what failed.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        (state.failures, state.breaker) = (0, Breaker::Closed);
        drop(state);
        self.changed.notify_one();
    }

    /// Whether it is as if nobody had ever named it.
    pub(super) fn forgettable(&self) -> bool {
        let state = self.state();
        !state.set && state.failures == 0
    }

    pub(super) fn info(&self, name: &str) -> DownstreamInfo {
        let state = self.state();
        DownstreamInfo {
            name: name.to_owned(),
            limits: state.limits,
            under_way: state.under_way,
            waiting: self.waiting.load(Ordering::Relaxed),
            failures: state.failures,
            breaker: match state.breaker {
                Breaker::Closed => BreakerState::Closed,
                Breaker::Open { .. } => BreakerState::Open,
                Breaker::Probing => BreakerState::Probing,
            },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl State {
    /// Begins an attempt and says whether it is the probe; else says when to look again, none for "when something
    /// has changed".
    fn try_begin(&mut self, now: Instant) -> Result<bool, Option<Instant>> {
        let probe = match self.breaker {
            Breaker::Closed => false,
            Breaker::Open { until } if until > now => return Err(Some(until)),
            Breaker::Open { .. } => true,
            Breaker::Probing => return Err(None),
        };
        if self.under_way >= self.limits.at_a_time.get() {
            return Err(None);
        }
        if let Some(rate) = self.limits.rate {
            self.take_token(rate, now).map_err(Some)?;
        }
        self.under_way += 1;
        if probe {
            self.breaker = Breaker::Probing;
        }
        Ok(probe)
    }

    /// Takes a token out of the bucket, or says when there will be one.
    fn take_token(&mut self, rate: Rate, now: Instant) -> Result<(), Instant> {
        let each = Duration::from_secs(1) / rate.per_second.get();
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + each;
        let missing = full_at - now;
        let holds = each.saturating_mul(rate.burst.get());
        if missing > holds {
            return Err(now + (missing - holds));
        }
        self.full_at = Some(full_at);
        Ok(())
    }

    fn ended(&mut self, probe: bool, said: Said, now: Instant) {
        self.under_way -= 1;
        let open = Breaker::Open { until: now + self.limits.open_for };
        match said {
            Said::Answered => (self.failures, self.breaker) = (0, Breaker::Closed),
            Said::Failed => {
                self.failures = self.failures.saturating_add(1);
                let opens = matches!(self.breaker, Breaker::Closed)
                    && self.failures >= self.limits.failures_max.get();
                if probe || opens {
                    self.breaker = open;
                }
            }
            // Nobody is the wiser: the next in line probes.
            Said::Nothing if probe => self.breaker = Breaker::Open { until: now },
            Said::Nothing => {}
        }
    }
}

impl Permit {
    /// The attempt is over.
    pub(crate) fn ended(mut self, said: Said) {
        self.said = said;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.downstream.state().ended(self.probe, self.said, Instant::now());
        self.downstream.changed.notify_one();
    }
}

/// Counts a step in line for as long as its future lives.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn new(downstream: &'a Downstream) -> Self {
        downstream.waiting.fetch_add(1, Ordering::Relaxed);
        Self(&downstream.waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
