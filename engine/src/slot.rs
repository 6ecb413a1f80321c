//! A run's place in its lane: what waits for it, and who waits on it.
//!
//! ```text
//! Unloaded ──something arrives──▶ Loading ──read──▶ Idle ──turn──▶ InFlight ──accepted──▶ Idle
//!     ▲                                                                │
//!     └────────────── refused, faulted, resumed: read again ◀──────────┘
//! ```
//! A reply leaves only when the state that it was judged on is durable: arrivals are judged while no record is in
//! flight, and what a record answers leaves when the record is accepted.

mod judge;
mod orphans;
mod reloading;

pub(crate) use reloading::Read;

use crate::bounds::RECORD_BYTES_MAX;
use crate::call::CallError;
use crate::clock::Micros;
use crate::execution::{Execution, Fault};
use crate::fold::Fold;
use crate::lane::{Arrival, MessageReply, NewRun, Polled, Reply, StartReply};
use crate::notifier::Notifier;
use crate::performer::at_most;
use crate::registry::Registry;
use crate::replay::Stop;
use crate::room::Room;
use crate::run_id::RunId;
use crate::shadow::Standing;
use crate::store::{Append, StartKey, Started};
use crate::turn::{Live, StepJob, Turned, Turner};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::received::Input;
use orphans::Orphans;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::watch;

/// Inputs that one turn takes; the rest waits for the next, so that records stay small.
const INPUTS_MAX: usize = 256;
/// Until a process that seems to be gone is looked at again: its next beat has come by then, or not.
const LOOK_AGAIN: Micros = 1_000_000;
/// Records of a run since its workflow last continued; an order's life is 50 to 200. Beyond this something is wrong, and
/// only steps may still end.
const RECORDS_MAX: u64 = 50_000;

/// What a run wants from its lane.
pub(crate) enum Step {
    /// Nothing now.
    Rest,
    /// Its history; `whole`, or from where it last continued.
    Load { whole: bool },
    /// Its record on disk.
    Commit(Box<Append>),
}

#[derive(Default)]
enum Phase {
    #[default]
    Unloaded,
    Loading,
    Idle(Box<Live>),
    InFlight(Box<Live>, Box<InFlight>),
}

/// What is released when the record is accepted, and done again when it is refused.
struct InFlight {
    seq: u64,
    jobs: Vec<StepJob>,
    answers: Vec<(u64, Vec<u8>)>,
    /// Steps whose end is in the record.
    over: Vec<u64>,
    arrivals: Vec<(u64, Arrival)>,
    /// The code that takes turns must be built again from the history.
    reload: bool,
}

/// What a durable record releases.
pub(crate) struct Released {
    pub(crate) seq: u64,
    /// Steps whose end is on record now.
    pub(crate) over: Vec<u64>,
    /// Steps to begin.
    pub(crate) jobs: Vec<StepJob>,
    /// When the run's next timer is due.
    pub(crate) timer: Option<Micros>,
}

/// A run's place in its lane.
#[derive(Default)]
pub(crate) struct Slot {
    phase: Phase,
    waiting: VecDeque<Arrival>,
    /// Callers whose message is durable and not answered yet, by the message's number.
    unanswered: BTreeMap<u64, Vec<(Reply<MessageReply>, bool)>>,
    /// A start that is not durable yet.
    beginning: Option<Box<(StartKey, Reply<StartReply>)>>,
    /// Why this build cannot go on with the run; to be put on record.
    stop: Option<Box<Stop>>,
    reset: Option<Box<(u64, wire::Control, Reply<()>)>>,
    /// The history is to be read before anything else is judged: somebody else may have written.
    stale: bool,
    /// It was read with the run's own clock, and no turn was taken since.
    fresh: bool,
    /// While callers wait for answers that another process's turn may bring.
    following: Option<watch::Receiver<u64>>,
    /// When to look whether who carries a step out is gone.
    looks_again: Option<Micros>,
    touched: Micros,
}

impl Slot {
    /// A run that is about to start. None if its workflow cannot even begin; the caller has been told.
    pub(crate) fn starting(new: NewRun, key: StartKey, registry: &Registry, now: Micros) -> Option<Self> {
        let execution = match Execution::new(registry, &new.start, new.clock_at.unwrap_or(now)) {
            Ok(execution) => execution,
            Err(fault) => {
                drop(new.reply.send(Err(CallError::Faulted(fault.to_string()))));
                return None;
            }
        };
        let mut fold = Fold::new(new.run, new.start, now);
        fold.tell_time(now, new.clock_at);
        let live = Live::starting(fold, execution, new.clock_at);
        Some(Self {
            phase: Phase::Idle(Box::new(live)),
            beginning: Some(Box::new((key, new.reply))),
            touched: now,
            ..Self::default()
        })
    }

    /// Whose code it is that is polled here.
    pub(crate) fn polled(&self, run: RunId) -> Polled {
        self.beginning.as_ref().map_or(Polled::Run(run), |beginning| Polled::start(&beginning.0))
    }

    /// Whether something is to be put on record that keeps the run's code from being polled.
    pub(crate) const fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// Something arrived.
    pub(crate) fn push(&mut self, arrival: Arrival) {
        self.waiting.push_back(arrival);
    }

    /// Since when nobody needed the run in memory; none if somebody does.
    pub(crate) fn idle_since(&self) -> Option<Micros> {
        let idle = matches!(self.phase, Phase::Idle(_) | Phase::Unloaded)
            && self.waiting.is_empty()
            && self.unanswered.is_empty();
        idle.then_some(self.touched)
    }

    /// Tells everybody who waits that nothing came of it.
    pub(crate) fn fail(&mut self, error: &CallError) {
        for arrival in self.waiting.drain(..) {
            arrival.fail(error);
        }
        if let Some((_, _, reply)) = self.reset.take().map(|reset| *reset) {
            drop(reply.send(Err(error.clone())));
        }
        self.phase = Phase::Unloaded;
    }

    /// Lets the run be followed while somebody waits for an answer that another process may give.
    pub(crate) fn follow(&mut self, run: RunId, notifier: &Notifier, alone: bool) {
        if self.unanswered.is_empty() || alone {
            self.following = None;
        } else {
            self.following.get_or_insert_with(|| notifier.watch(run));
        }
    }

    /// When the run must be looked at again because of another process, if it must.
    pub(crate) const fn take_look(&mut self) -> Option<Micros> {
        self.looks_again.take()
    }

    /// Takes the run's next step, if it can.
    pub(crate) fn advance(&mut self, turner: &Turner<'_>) -> Step {
        self.touched = turner.now;
        match std::mem::take(&mut self.phase) {
            Phase::Unloaded if self.waiting.is_empty() => Step::Rest,
            Phase::Unloaded => {
                self.phase = Phase::Loading;
                Step::Load { whole: false }
            }
            Phase::Idle(live) => self.take_turn(live, turner),
            busy @ (Phase::Loading | Phase::InFlight(..)) => {
                self.phase = busy;
                Step::Rest
            }
        }
    }

    fn take_turn(&mut self, mut live: Box<Live>, turner: &Turner<'_>) -> Step {
        let reset = self.waiting.iter().position(|arrival| matches!(arrival, Arrival::Reset { .. }));
        if let Some(Arrival::Reset { to, control, reply }) = reset.and_then(|at| self.waiting.remove(at)) {
            self.reset = Some(Box::new((to, control, reply)));
            self.phase = Phase::Loading;
            return Step::Load { whole: true };
        }
        let fresh = std::mem::take(&mut self.fresh);
        let of_clock = live.fold.has_clock() && self.beginning.is_none();
        if std::mem::take(&mut self.stale) || (of_clock && !fresh) {
            self.phase = Phase::Loading;
            return Step::Load { whole: false };
        }
        let (woken, arrivals) = self.judge(&live, turner);
        if arrivals.is_empty() && self.beginning.is_none() && std::mem::take(&mut self.stale) {
            if woken {
                self.waiting.push_back(Arrival::Wake);
            }
            self.phase = Phase::Loading;
            return Step::Load { whole: false };
        }
        let steps = turner.under_way.of(live.fold.run);
        let mut inputs: Vec<Input> = arrivals.iter().filter_map(Arrival::input).collect();
        let orphans = Orphans::of(&live, &steps.steps, turner);
        self.looks_again = orphans.undecided.then_some(turner.now + LOOK_AGAIN);
        inputs.extend(orphans.taken);
        let news = judge::unrecorded(steps.news, &live.fold, turner);
        let (over, news): (Vec<u64>, Vec<Input>) = at_most(news, INPUTS_MAX, RECORD_BYTES_MAX).unzip();
        inputs.extend(news);
        inputs.extend(self.stop.take().map(|stop| stop.control()));
        let start = self.beginning.as_ref().map(|beginning| beginning.0.clone());
        // While somebody is about to be judged, a record that nothing is to be done would only put it off.
        let woken = woken && !orphans.undecided;
        if inputs.is_empty() && start.is_none() && !live.has_work(turner.now, woken) {
            self.phase = Phase::Idle(live);
            return Step::Rest;
        }
        let first = live.fold.received() + 1;
        let reload = inputs
            .iter()
            .any(|input| matches!(input, Input::Control(control) if control.kind() != Kind::Cancel));
        if live.execution.is_some() {
            turner.watch.polls(self.polled(live.fold.run));
        }
        match live.turn(turner, inputs, start) {
            Ok(Turned { append, jobs, answers }) => {
                let arrivals = (first..).zip(arrivals).collect();
                let in_flight = InFlight { seq: append.seq, jobs, answers, over, arrivals, reload };
                self.phase = Phase::InFlight(live, Box::new(in_flight));
                Step::Commit(Box::new(append))
            }
            Err(fault) => self.faulted(arrivals, Stop::Fault { seq: live.fold.head + 1, fault }),
        }
    }

    /// The workflow's code cannot go on. What arrived is kept; the rest of the turn never was.
    fn faulted(&mut self, arrivals: Vec<Arrival>, stop: Stop) -> Step {
        if let Stop::Fault { fault: Fault::ResetRefused(why), .. } = stop {
            return self.reset_refused(arrivals, &why);
        }
        if let Some((_, reply)) = self.beginning.take().map(|beginning| *beginning) {
            drop(reply.send(Err(CallError::Faulted(stop.to_string()))));
            return Step::Rest;
        }
        for arrival in arrivals.into_iter().rev() {
            self.waiting.push_front(arrival);
        }
        self.stop = Some(Box::new(stop));
        self.phase = Phase::Loading;
        Step::Load { whole: false }
    }

    /// The run stays as it was; what arrived besides is judged again.
    fn reset_refused(&mut self, arrivals: Vec<Arrival>, why: &str) -> Step {
        for arrival in arrivals.into_iter().rev() {
            match arrival {
                Arrival::OfPerson { input: Input::Control(control), reply, .. }
                    if control.kind() == Kind::Reset =>
                {
                    drop(reply.send(Err(CallError::ResetRefused(why.to_owned()))));
                }
                arrival => self.waiting.push_front(arrival),
            }
        }
        self.waiting.push_back(Arrival::Wake);
        self.phase = Phase::Loading;
        Step::Load { whole: false }
    }

    /// The record is durable: let its effects go.
    pub(crate) fn accepted(&mut self) -> Released {
        let Phase::InFlight(mut live, in_flight) = std::mem::take(&mut self.phase) else {
            unreachable!("a verdict comes only for a record in flight")
        };
        let InFlight { seq, jobs, answers, over, arrivals, reload } = *in_flight;
        self.acknowledge(arrivals);
        for (number, answer) in answers {
            for (reply, replayed) in self.unanswered.remove(&number).unwrap_or_default() {
                drop(reply.send(Ok(MessageReply { answer: Some(answer.clone()), replayed })));
            }
        }
        if !live.fold.status.takes_turns() {
            self.leave_unanswered();
        }
        let timer = timer_of(&live);
        if reload {
            self.waiting.push_back(Arrival::Wake);
        } else {
            live.rest();
            self.phase = Phase::Idle(live);
        }
        self.waiting.give_back();
        self.unanswered.give_back();
        Released { seq, over, jobs, timer }
    }

    /// Tells whoever waits for no more than that it is durable.
    fn acknowledge(&mut self, arrivals: Vec<(u64, Arrival)>) {
        if let Some((_, reply)) = self.beginning.take().map(|beginning| *beginning) {
            drop(reply.send(Ok(StartReply::Began)));
        }
        for (number, arrival) in arrivals {
            match arrival {
                Arrival::Message(told) if told.wants_answer => {
                    self.unanswered.entry(number).or_default().push((told.reply, false));
                }
                Arrival::Message(told) => {
                    drop(told.reply.send(Ok(MessageReply { answer: None, replayed: false })));
                }
                Arrival::OfPerson { reply, .. } => drop(reply.send(Ok(()))),
                Arrival::AttemptFailed(_)
                | Arrival::Reset { .. }
                | Arrival::Wake
                | Arrival::Look(_)
                | Arrival::Moved(_) => {}
            }
        }
    }

    /// When the run's first timer is due, if it is in memory.
    pub(crate) fn first_timer(&self) -> Option<Micros> {
        if let Phase::Idle(live) = &self.phase { timer_of(live) } else { None }
    }

    /// Who carries a step out, if the run is in memory and has it.
    pub(crate) fn performer_of(&self, step: u64) -> Option<u64> {
        let Phase::Idle(live) = &self.phase else { return None };
        live.fold.steps.get(&step).map(|step| step.performer)
    }

    /// How the run stands after its newest record, if its workflow is live.
    pub(crate) fn standing(&self) -> Option<Standing> {
        let Phase::Idle(live) = &self.phase else { return None };
        live.execution.as_ref().map(|execution| Standing::of(&live.fold, execution))
    }

    /// Somebody else wrote that record first: nothing of this turn counts, and everything is judged again.
    pub(crate) fn refused(&mut self) {
        if let Phase::InFlight(_, in_flight) = std::mem::take(&mut self.phase) {
            for (_, arrival) in in_flight.arrivals.into_iter().rev() {
                self.waiting.push_front(arrival);
            }
            self.waiting.push_back(Arrival::Wake);
        }
    }

    /// The record is durable and somebody went on from it: what it received is kept, and nothing of it is released.
    /// Returns the steps whose end is in it.
    pub(crate) fn overtaken(&mut self) -> Vec<u64> {
        let Phase::InFlight(_, in_flight) = std::mem::take(&mut self.phase) else { return Vec::new() };
        self.acknowledge(in_flight.arrivals);
        self.waiting.push_back(Arrival::Wake);
        in_flight.over
    }

    /// The run had been started before.
    pub(crate) fn exists(&mut self, started: Started) {
        if let Some((_, reply)) = self.beginning.take().map(|beginning| *beginning) {
            drop(reply.send(Ok(StartReply::Exists(started))));
        }
    }
}

/// When a run's first timer is due, by the clock that the lane knows.
fn timer_of(live: &Live) -> Option<Micros> {
    if live.fold.has_clock() { None } else { live.fold.first_timer() }
}
