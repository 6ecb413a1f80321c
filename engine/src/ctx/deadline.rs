//! Deadlines as scopes: [`Ctx::within`].

use super::{Ctx, Either, Select, Timer};
use crate::clock::Micros;
use crate::workflow::Workflow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// A time, microseconds since the epoch.
    At(Micros),
    /// So long after this turn.
    After(Duration),
}

impl From<Micros> for Deadline {
    fn from(at: Micros) -> Self {
        Self::At(at)
    }
}

impl From<Duration> for Deadline {
    fn from(span: Duration) -> Self {
        Self::After(span)
    }
}

/// The deadline passed first; what had not ended by then was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the deadline passed")]
pub struct Elapsed;

impl<W: Workflow> Ctx<W> {
    /// Waits for `future`, but no longer than the deadline: then it is dropped, and with it its steps and timers are
    /// cancelled. The deadline is a durable timer; whichever the history delivered first counts.
    #[track_caller]
    pub fn within<F: Future>(&self, deadline: impl Into<Deadline>, future: F) -> Within<F> {
        let at = match deadline.into() {
            Deadline::At(at) => at,
            Deadline::After(span) => {
                self.now().saturating_add(Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX))
            }
        };
        let timer = self.sleep_until(at);
        Within(self.select(future, timer))
    }
}

/// Something under a deadline, to be awaited; see [`Ctx::within`].
#[must_use = "dropping it drops what it waits for"]
pub struct Within<F>(Select<F, Timer>);

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|first| match first {
            Either::Left(output) => Ok(output),
            Either::Right(()) => Err(Elapsed),
        })
    }
}
