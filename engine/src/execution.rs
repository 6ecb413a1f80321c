//! A workflow's live future, and how it is shown one event at a time.

use crate::activity::StepFailure;
use crate::bounds::OPEN_MAX;
use crate::clock::Micros;
use crate::ctx::Cancellation;
use crate::registry::{Registry, WorkflowFuture};
use crate::stage::{Continues, News, OpEnd, Shown, Stage};
use crate::whereabouts;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A workflow that wakes itself this often without resting is looping.
const POLLS_MAX: u32 = 1000;

/// A live workflow.
pub(crate) struct Execution {
    stage: Rc<RefCell<Stage>>,
    /// None once it has returned.
    future: Option<WorkflowFuture>,
}

/// What a workflow is shown.
#[derive(Debug)]
pub(crate) enum Delivery {
    Start,
    Message { received: u64, message: wire::Message },
    StepEnded { received: u64, step: u64, end: Result<Vec<u8>, StepFailure> },
    StepParked { received: u64, step: u64, why: String, outcome_unknown: bool },
    StepSentAgain { received: u64, step: u64 },
    TimerFired { timer: u64 },
    Cancelled { by: Cancellation },
}

/// When a workflow is shown something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Micros,
    /// Records since the workflow began, or began again; this turn's included.
    pub(crate) records: u64,
}

/// What a workflow made of a delivery.
#[derive(Debug, PartialEq)]
pub(crate) struct Decided {
    pub(crate) commands: Vec<wire::Command>,
    /// It begins again: this execution is at its end.
    pub(crate) continues: Option<Continues>,
}

/// Why a workflow's code cannot go on. The run is quarantined; nothing of the turn is kept but what it received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("this build has no workflow `{0}`")]
    UnknownWorkflow(String),
    #[error("the run was started by version {needs} of its workflow, this build has version {has}")]
    NewerCode { needs: u32, has: u32 },
    #[error("the workflow cannot begin: {0}")]
    CannotBegin(String),
    #[error("the workflow panicked{0}")]
    Panicked(String),
    #[error("the workflow waits for something that is not the engine's{after}; use only its ctx")]
    ForeignFuture { after: String },
    #[error("the workflow does not come to rest{after}")]
    Endless { after: String },
    #[error("the workflow has more than {OPEN_MAX} steps or timers that have not ended")]
    TooManyOpen,
    #[error("{0}")]
    ResetRefused(String),
}

impl Execution {
    /// The workflow as it is before anything was shown to it.
    pub(crate) fn new(registry: &Registry, start: &wire::Start, now: Micros) -> Result<Self, Fault> {
        Self::on(Stage::new(start.seed.clone(), now), registry, start)
    }

    /// The workflow as it begins again, before anything was shown to it.
    pub(crate) fn going_on(
        registry: &Registry,
        start: &wire::Start,
        carried: &wire::Carried,
        timers: &BTreeMap<u64, Micros>,
    ) -> Result<Self, Fault> {
        Self::on(Stage::going_on(start, carried, timers), registry, start)
    }

    fn on(stage: Stage, registry: &Registry, start: &wire::Start) -> Result<Self, Fault> {
        let workflow = registry
            .find_workflow(&start.workflow)
            .ok_or_else(|| Fault::UnknownWorkflow(start.workflow.clone()))?;
        if start.workflow_version > workflow.version {
            return Err(Fault::NewerCode { needs: start.workflow_version, has: workflow.version });
        }
        let stage = Rc::new(RefCell::new(stage));
        whereabouts::begin(None);
        let begin = || (workflow.begin)(Rc::clone(&stage), &start.input_json);
        let future = catch_unwind(AssertUnwindSafe(begin))
            .map_err(|panic| Fault::Panicked(panic_text(panic.as_ref())))?
            .map_err(Fault::CannotBegin)?;
        Ok(Self { stage, future: Some(future) })
    }

    /// Shows the workflow one thing, lets it run until it rests, and returns what it decided.
    pub(crate) fn deliver(&mut self, delivery: Delivery, moment: Moment) -> Result<Decided, Fault> {
        self.stage.borrow_mut().marks = None;
        self.show(delivery, moment)
    }

    /// As [`Execution::deliver`], for what was delivered before: what was recorded then is not made again.
    pub(crate) fn deliver_again(
        &mut self,
        delivery: Delivery,
        moment: Moment,
        history: &[wire::Command],
    ) -> Result<Decided, Fault> {
        self.stage.borrow_mut().marks = Some(marks_of(history));
        self.show(delivery, moment)
    }

    fn show(&mut self, delivery: Delivery, moment: Moment) -> Result<Decided, Fault> {
        let begins = matches!(delivery, Delivery::Start);
        self.put_on_stage(delivery, moment);
        let Some(future) = self.future.as_mut() else { return Ok(Decided::of(Vec::new())) };
        whereabouts::begin(self.stage.borrow().site);
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        for _ in 0..POLLS_MAX {
            self.stage.borrow_mut().foreign = false;
            let poll =
                catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker))));
            let mut stage = self.stage.borrow_mut();
            if stage.departed {
                // It never rests again; what it decided up to there is compared and found to differ.
                return Ok(Decided::of(std::mem::take(&mut stage.commands)));
            }
            let poll = poll.map_err(|panic| Fault::Panicked(panic_text(panic.as_ref())))?;
            if stage.decides_too_much() {
                return Err(Fault::Endless { after: whereabouts::last_asked() });
            }
            if let Some(continues) = stage.continues.take() {
                // Code that begins again as soon as it has begun never comes to rest.
                if begins {
                    return Err(Fault::Endless { after: whereabouts::last_asked() });
                }
                stage.closing = true;
                let commands = std::mem::take(&mut stage.commands);
                return Ok(Decided { commands, continues: Some(continues) });
            }
            match poll {
                Poll::Ready(reason) => {
                    let close = Command::Close(wire::Close { reason });
                    stage.commands.push(wire::Command { command: Some(close), call_site: String::new() });
                    stage.closing = true;
                    let commands = std::mem::take(&mut stage.commands);
                    drop(stage);
                    self.future = None;
                    return Ok(Decided::of(commands));
                }
                Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
                Poll::Pending if stage.waits_for_engine && !stage.foreign => {
                    return Ok(Decided::of(std::mem::take(&mut stage.commands)));
                }
                Poll::Pending => return Err(Fault::ForeignFuture { after: whereabouts::last_asked() }),
            }
        }
        Err(Fault::Endless { after: whereabouts::last_asked() })
    }

    /// What code that goes on after this one needs of it.
    pub(crate) fn stage(&self) -> Ref<'_, Stage> {
        self.stage.borrow()
    }

    /// Gives back what only a busy run needs.
    pub(crate) fn rest(&self) {
        self.stage.borrow_mut().rest();
    }

    /// What the workflow shows of itself.
    pub(crate) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.stage.borrow().shown)
    }

    /// Which line asked for something last, as ` after file:line`.
    pub(crate) fn after(&self) -> String {
        let site = self.stage.borrow().site;
        site.map(|site| format!(" after {}:{}", site.file(), site.line())).unwrap_or_default()
    }

    fn put_on_stage(&self, delivery: Delivery, moment: Moment) {
        let mut stage = self.stage.borrow_mut();
        (stage.now, stage.records) = (moment.now, moment.records);
        stage.waits_for_engine = false;
        stage.decided_bytes = 0;
        stage.arrivals += 1;
        let arrival = stage.arrivals;
        let news = match delivery {
            Delivery::Start => return,
            Delivery::Cancelled { by } => {
                stage.cancelled.get_or_insert((arrival, by));
                return;
            }
            Delivery::Message { received, message } => News::Message { received, message },
            // What waited in the same turn as the decision to drop its step.
            Delivery::StepEnded { step, .. }
            | Delivery::StepParked { step, .. }
            | Delivery::StepSentAgain { step, .. }
                if stage.dropped.contains(&step) =>
            {
                return;
            }
            Delivery::StepEnded { received, step, end } => match stage.awaited.get_mut(&step) {
                Some(slot) => {
                    *slot = Some((arrival, OpEnd::Step { received, end }));
                    return;
                }
                None => News::StepEnded { received, step, end },
            },
            // Code that awaits a step in line has nothing to do while it is parked.
            Delivery::StepParked { step, .. } | Delivery::StepSentAgain { step, .. }
                if stage.awaited.contains_key(&step) =>
            {
                return;
            }
            Delivery::StepParked { received, step, why, outcome_unknown } => {
                News::StepParked { received, step, why, outcome_unknown }
            }
            Delivery::StepSentAgain { received, step } => News::StepSentAgain { received, step },
            Delivery::TimerFired { timer } if stage.deadline.is_some_and(|(op, _)| op == timer) => {
                stage.passed = stage.deadline.take();
                News::Deadline
            }
            Delivery::TimerFired { timer } => {
                if let Some(slot) = stage.awaited.get_mut(&timer) {
                    *slot = Some((arrival, OpEnd::Timer));
                }
                return;
            }
        };
        stage.news.push_back((arrival, news));
    }
}

impl Decided {
    const fn of(commands: Vec<wire::Command>) -> Self {
        Self { commands, continues: None }
    }
}

/// What was recorded among `commands`, by place.
fn marks_of(commands: &[wire::Command]) -> BTreeMap<usize, Command> {
    let marks = commands.iter().enumerate().filter_map(|(place, command)| match &command.command {
        Some(mark @ (Command::Recorded(_) | Command::Version(_))) => Some((place, mark.clone())),
        _ => None,
    });
    marks.collect()
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.stage.borrow_mut().closing = true;
        // A workflow's own drop may panic; that is no reason to take the lane down with it.
        let future = self.future.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where, and with what words.
fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "no message".into());
    format!("{}: {text}", whereabouts::panicked())
}
