//! Beginning again with a new input: [`Ctx::continue_with`], and what is found again then.
//!
//! A run may live for years; its history is read from the newest such beginning, so what a run costs to bring back is
//! bounded by what has happened since.

use super::{Ctx, Step, StepId, Timer, TimerId, to_json};
use crate::activity::Activity;
use crate::stage::{Continues, Stage, line_of};
use crate::workflow::Workflow;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A step that was begun and whose end the workflow has not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingStep {
    /// Which.
    pub step: StepId,
    /// The activity's name.
    pub kind: String,
    /// What it works on, as [`Activity::key`] said.
    pub key: String,
}

impl<W: Workflow> Ctx<W> {
    /// Ends this code here, and begins the workflow again with `input`, in the same turn: what came before is not
    /// replayed any more. Like the workflow itself, it does not return:
    ///
    /// ```ignore
    /// if ctx.records_since_beginning() >= 500 {
    ///     match ctx.continue_with(&Input::Continued(state)).await {}
    /// }
    /// ```
    ///
    /// Nothing is lost on the way. Messages that wait, and news of steps that the code had not taken, are delivered to
    /// the new beginning; a message that was taken is answered before, or never. Steps go on: news of them comes through
    /// [`Ctx::next`], or is awaited again with [`Ctx::step`]. Timers go on too: [`Ctx::next`] with the same deadline
    /// keeps its timer, others are found with [`Ctx::timer`]. What the run shows stays until something else is shown.
    /// Keys of what was answered stay known for ever, of the rest the newest 2,048. Only the ways of [`Ctx::version`]
    /// are forgotten: new code begins, and takes the newest of them.
    ///
    /// A workflow that continues as soon as it has begun, without waiting for anything, loops: it is quarantined.
    #[track_caller]
    pub fn continue_with(&self, input: &W::Input) -> Continued {
        let site = Location::caller();
        self.stage.borrow_mut().asks(site);
        let continues = Continues { input_json: to_json(input), call_site: line_of(site) };
        self.stage.borrow_mut().decided_bytes += continues.input_json.len();
        self.check_bound();
        Continued { stage: Rc::clone(&self.stage), continues: Some(continues) }
    }

    /// Records since the workflow began, or began again: how much a replay has to read. Counts the one that this turn
    /// writes.
    #[must_use]
    pub fn records_since_beginning(&self) -> u64 {
        self.stage.borrow().records
    }

    /// Steps that were begun and whose end the workflow has not taken, in the order in which they were begun. A step
    /// that was dropped is not among them.
    #[must_use]
    pub fn outstanding(&self) -> Vec<OutstandingStep> {
        let stage = self.stage.borrow();
        let steps = stage.outstanding.iter().map(|(op, step)| OutstandingStep {
            step: StepId(*op),
            kind: step.kind.clone(),
            key: step.key.clone(),
        });
        steps.collect()
    }

    /// Waits for the end of a step that was begun before; none if its end was taken, or it was dropped, or something
    /// waits for it already. From here on it is as if it had been begun with [`Ctx::run`]: dropping the future cancels the step.
    ///
    /// # Panics
    /// When `A` is not the activity that was started: the run is quarantined, since its code is wrong.
    #[track_caller]
    pub fn step<A: Activity>(&self, StepId(op): StepId) -> Option<Step<A>> {
        let kind = {
            let stage = self.stage.borrow();
            let waits = stage.awaited.contains_key(&op);
            stage.outstanding.get(&op).filter(|_| !waits)?.kind.clone()
        };
        assert_eq!(kind, A::NAME, "step #{op} is another activity");
        Some(self.await_step(op, Location::caller()))
    }

    /// Waits for a timer that was set before the run continued, once.
    #[track_caller]
    pub fn timer(&self, TimerId(op): TimerId) -> Option<Timer> {
        let found = self.stage.borrow_mut().unclaimed.remove(&op);
        let site = Location::caller();
        found.then(|| Timer { stage: Rc::clone(&self.stage), op, site, over: false })
    }

    pub(super) fn await_step<A>(&self, op: u64, site: &'static Location<'static>) -> Step<A> {
        self.stage.borrow_mut().await_step(op);
        Step { stage: Rc::clone(&self.stage), op, site, over: false, of: PhantomData }
    }
}

/// A new beginning, to be awaited; see [`Ctx::continue_with`].
#[must_use = "nothing happens until it is awaited"]
pub struct Continued {
    stage: Rc<RefCell<Stage>>,
    continues: Option<Continues>,
}

impl Future for Continued {
    type Output = Infallible;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Infallible> {
        let continues = self.continues.take();
        let mut stage = self.stage.borrow_mut();
        stage.continues = stage.continues.take().or(continues);
        stage.waits_for_engine = true;
        Poll::Pending
    }
}
