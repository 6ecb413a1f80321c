//! What workflow code may use: a [`Ctx`], and nothing else.

use crate::activity::{Activity, StepFailure};
use crate::bounds::{DECIDED_BYTES_MAX, DECISIONS_MAX, VIEW_MAX};
use crate::clock::Micros;
use crate::stage::{News, OpEnd, Outstanding, Stage};
use crate::store::Attributes;
use crate::workflow::Workflow;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

mod cancel;
mod continuing;
mod deadline;
mod race;
mod recorded;

pub use cancel::{Cancellation, Cancelled};
pub use continuing::{Continued, OutstandingStep};
pub use deadline::{Deadline, Elapsed, Within};
pub use race::{All, Either, Join, Select};

/// A workflow's only door. Everything that comes through it is in the history, so it is the same on replay.
pub struct Ctx<W> {
    stage: Rc<RefCell<Stage>>,
    of: PhantomData<fn() -> W>,
}

/// What [`Ctx::next`] waited for.
#[derive(Debug)]
pub enum Next<M> {
    /// Somebody said something.
    Message(Incoming<M>),
    /// News of a step begun with [`Ctx::start`].
    Step(StepId, StepNews),
    /// The deadline passed first.
    Deadline,
}

/// A message as the workflow gets it.
#[derive(Debug)]
pub struct Incoming<M> {
    /// What was said.
    pub message: M,
    /// The key under which it was said once.
    pub key: String,
    /// Who said it.
    pub actor: String,
    ticket: u64,
}

/// Identifies a step within its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId(pub u64);

/// Identifies a timer within its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerId(pub u64);

/// What became of a step so far.
#[derive(Debug)]
pub enum StepNews {
    /// It is over.
    Ended(StepEnd),
    /// It waits for a person.
    Parked {
        /// Why.
        why: String,
        /// Nobody knows whether its effect happened.
        outcome_unknown: bool,
    },
    /// A person sent it on its way again.
    SentAgain,
}

/// How a step ended.
#[derive(Debug)]
pub struct StepEnd(Result<Vec<u8>, StepFailure>);

impl StepEnd {
    /// The step's result.
    ///
    /// # Errors
    /// It ended without one.
    ///
    /// # Panics
    /// When `A` is not the activity that was started: the run is quarantined, since its code is wrong.
    pub fn of<A: Activity>(self) -> Result<A::Output, StepFailure> {
        self.0.map(|output| decode_output::<A>(&output))
    }
}

impl<W: Workflow> Ctx<W> {
    pub(crate) const fn new(stage: Rc<RefCell<Stage>>) -> Self {
        Self { stage, of: PhantomData }
    }

    /// The time of this turn, microseconds since the epoch. It stands still until the workflow rests.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.stage.borrow().now
    }

    /// 32 random bytes, the same on every replay.
    #[must_use]
    pub fn entropy(&self) -> [u8; 32] {
        self.stage.borrow_mut().draw()
    }

    /// Carries a step out and waits for its end.
    ///
    /// Dropping the future cancels the step: what it did is not undone, its outcome is still recorded.
    #[track_caller]
    pub fn run<A: Activity>(&self, activity: A) -> Step<A> {
        let StepId(op) = self.start(activity);
        self.await_step(op, Location::caller())
    }

    /// Begins a step; what becomes of it comes through [`Ctx::next`].
    #[track_caller]
    pub fn start<A: Activity>(&self, activity: A) -> StepId {
        self.start_of(Location::caller(), activity)
    }

    /// As [`Ctx::start`], on behalf of the line that decided it; for workflows whose rules return what they want done.
    #[track_caller]
    pub fn start_of<A: Activity>(&self, site: &'static Location<'static>, activity: A) -> StepId {
        // The activity's own code first: it may panic, and then other futures come to the stage to be dropped.
        let (key, input_json) = (activity.key(), to_json(&activity));
        let mut stage = self.stage.borrow_mut();
        let op = stage.new_op();
        stage.outstanding.insert(op, Outstanding { kind: A::NAME.into(), key: key.clone() });
        let step = wire::StartStep { op, kind: A::NAME.into(), key, input_json };
        stage.command(Command::StartStep(step), site);
        drop(stage);
        self.check_bound();
        StepId(op)
    }

    /// Waits until a time.
    #[track_caller]
    pub fn sleep_until(&self, at: Micros) -> Timer {
        let op = begin_timer(&mut self.stage.borrow_mut(), at, Location::caller());
        self.check_bound();
        self.stage.borrow_mut().awaited.insert(op, None);
        Timer { stage: Rc::clone(&self.stage), op, site: Location::caller(), over: false }
    }

    /// Waits for the next thing that concerns this run: a message, news of a started step, or the deadline,
    /// whichever the history says came first. The same deadline again keeps its timer.
    #[track_caller]
    pub fn next(&self, deadline: Option<Micros>) -> NextEvent<W::Message> {
        self.stage.borrow_mut().asks(Location::caller());
        set_deadline(&mut self.stage.borrow_mut(), deadline, Location::caller());
        NextEvent { stage: Rc::clone(&self.stage), of: PhantomData }
    }

    /// Answers a message that may be waiting for it. Leaves only when it is durable.
    #[track_caller]
    pub fn answer<M>(&self, message: &Incoming<M>, answer: &W::Answer) {
        let answer = wire::Answer { received: message.ticket, answer_json: to_json(answer) };
        self.stage.borrow_mut().command(Command::Answer(answer), Location::caller());
        self.check_bound();
    }

    /// Tells whoever watches that something happened. Holds no personal data in the clear.
    #[track_caller]
    pub fn event<T: Serialize>(&self, kind: &str, data: &T) {
        self.event_of(Location::caller(), kind, data);
    }

    /// As [`Ctx::event`], on behalf of the line that decided it.
    #[track_caller]
    pub fn event_of<T: Serialize>(&self, site: &'static Location<'static>, kind: &str, data: &T) {
        let event = wire::Event { r#type: kind.into(), data_json: to_json(data) };
        self.stage.borrow_mut().command(Command::Event(event), site);
        self.check_bound();
    }

    /// Code that decides without end never rests by itself, and fills the memory first. Called without the stage in
    /// hand: what a panic drops comes to it.
    #[track_caller]
    fn check_bound(&self) {
        let decides_too_much = self.stage.borrow().decides_too_much();
        assert!(
            !decides_too_much,
            "the workflow decides more than {DECISIONS_MAX} things or {DECIDED_BYTES_MAX} bytes at once"
        );
    }

    /// Shows this from now on to whoever asks how the run stands, and lets it be found by these attributes. Tenant and
    /// label are those of its start, whatever is said here.
    ///
    /// # Panics
    /// When the view is larger than [`VIEW_MAX`]: the run is quarantined.
    #[track_caller]
    pub fn show<V: Serialize>(&self, view: &V, attributes: Attributes) {
        self.stage.borrow_mut().asks(Location::caller());
        let shown = crate::stage::Shown { view: to_json(view), attributes: attributes.own() };
        let bytes = shown.view.len();
        assert!(bytes <= VIEW_MAX, "the workflow shows {bytes} bytes of itself, more than {VIEW_MAX}");
        self.stage.borrow_mut().shown = Arc::new(shown);
    }
}

fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what crosses a workflow is plain data and always serialises")
}

fn decode_output<A: Activity>(output: &[u8]) -> A::Output {
    serde_json::from_slice(output)
        .unwrap_or_else(|error| panic!("the recorded output of {} does not read: {error}", A::NAME))
}

fn begin_timer(stage: &mut Stage, at: Micros, site: &'static Location<'static>) -> u64 {
    let op = stage.new_op();
    stage.command(Command::StartTimer(wire::StartTimer { op, due_us: at }), site);
    op
}

fn set_deadline(stage: &mut Stage, deadline: Option<Micros>, site: &'static Location<'static>) {
    if stage.deadline.or(stage.passed).map(|(_, due)| due) == deadline {
        return;
    }
    // One that passed while the workflow was busy with something else, and that nobody waits for any more.
    if stage.passed.take().is_some() {
        stage.news.retain(|(_, news)| !matches!(news, News::Deadline));
    }
    if let Some((op, _)) = stage.deadline.take() {
        stage.command(Command::Cancel(op), site);
    }
    stage.deadline = deadline.map(|due| (begin_timer(stage, due, site), due));
}

/// The end of a step, to be awaited.
#[must_use = "dropping it cancels the step"]
pub struct Step<A> {
    stage: Rc<RefCell<Stage>>,
    op: u64,
    site: &'static Location<'static>,
    over: bool,
    of: PhantomData<fn() -> A>,
}

impl<A: Activity> Future for Step<A> {
    type Output = Result<A::Output, StepFailure>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(end) = self.stage.borrow_mut().take_end(self.op) else { return Poll::Pending };
        self.over = true;
        match end {
            OpEnd::Step { end, .. } => Poll::Ready(end.map(|output| decode_output::<A>(&output))),
            OpEnd::Timer => unreachable!("operation {} is a step", self.op),
        }
    }
}

impl<A> Drop for Step<A> {
    fn drop(&mut self) {
        drop_op(&self.stage, self.op, self.over, self.site);
    }
}

/// A time, to be awaited.
#[must_use = "dropping it cancels the timer"]
pub struct Timer {
    stage: Rc<RefCell<Stage>>,
    op: u64,
    site: &'static Location<'static>,
    over: bool,
}

impl Timer {
    /// Under which it is found again after the run has continued; see [`Ctx::timer`].
    #[must_use]
    pub const fn id(&self) -> TimerId {
        TimerId(self.op)
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.stage.borrow_mut().take_end(self.op).is_none() {
            return Poll::Pending;
        }
        self.over = true;
        Poll::Ready(())
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        drop_op(&self.stage, self.op, self.over, self.site);
    }
}

fn drop_op(stage: &RefCell<Stage>, op: u64, over: bool, site: &'static Location<'static>) {
    let mut stage = stage.borrow_mut();
    if !over && !stage.closing {
        stage.awaited.remove(&op);
        stage.outstanding.remove(&op);
        stage.dropped.insert(op);
        stage.command(Command::Cancel(op), site);
    }
}

/// The next thing that concerns a run, to be awaited.
#[must_use = "nothing happens until it is awaited"]
pub struct NextEvent<M> {
    stage: Rc<RefCell<Stage>>,
    of: PhantomData<fn() -> M>,
}

impl<M: serde::de::DeserializeOwned> Future for NextEvent<M> {
    type Output = Next<M>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Next<M>> {
        // Taken in a statement of its own: what panics below drops other futures, and they come to the stage too.
        let news = self.stage.borrow_mut().take_news();
        let Some(news) = news else { return Poll::Pending };
        Poll::Ready(match news {
            News::Message { received, message } => Next::Message(Incoming {
                message: serde_json::from_slice(&message.payload_json)
                    .unwrap_or_else(|error| panic!("message {} does not read: {error}", message.key)),
                key: message.key,
                actor: message.actor,
                ticket: received,
            }),
            News::StepEnded { step, end, .. } => Next::Step(StepId(step), StepNews::Ended(StepEnd(end))),
            News::StepParked { step, why, outcome_unknown, .. } => {
                Next::Step(StepId(step), StepNews::Parked { why, outcome_unknown })
            }
            News::StepSentAgain { step, .. } => Next::Step(StepId(step), StepNews::SentAgain),
            News::Deadline => {
                self.stage.borrow_mut().passed = None;
                Next::Deadline
            }
        })
    }
}
