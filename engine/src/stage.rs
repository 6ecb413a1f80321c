//! What passes between a workflow's future and the engine during a turn.
//!
//! The engine puts one event on the stage, polls the future until it rests, and takes the commands off. Futures of
//! the engine only look here; nothing wakes them but the next delivery.

mod carried;

use crate::activity::StepFailure;
use crate::bounds::{DECIDED_BYTES_MAX, DECISIONS_MAX};
use crate::clock::Micros;
use crate::ctx::Cancellation;
use crate::room::Room;
use crate::store::Attributes;
use crate::whereabouts;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::Location;
use std::sync::Arc;

/// One run's stage.
pub(crate) struct Stage {
    seed: Vec<u8>,
    /// The time of the turn; stands still within it.
    pub(crate) now: Micros,
    next_op: u64,
    draws: u64,
    /// Decided since the last delivery, in order.
    pub(crate) commands: Vec<wire::Command>,
    /// Bytes of them, about.
    pub(crate) decided_bytes: usize,
    /// Deliveries so far.
    pub(crate) arrivals: u64,
    /// Futures see only what was delivered up to here, so that a race goes by the history and not by who looks first.
    pub(crate) horizon: u64,
    /// Operations whose future waits for its own end; with it, which delivery brought it.
    pub(crate) awaited: BTreeMap<u64, Option<(u64, OpEnd)>>,
    /// Steps whose future was dropped before they ended: nobody is told of them any more.
    pub(crate) dropped: BTreeSet<u64>,
    /// For [`Ctx::next`](crate::Ctx::next), in the order of delivery; with each, which delivery brought it.
    pub(crate) news: VecDeque<(u64, News)>,
    /// The timer that [`Ctx::next`](crate::Ctx::next) races.
    pub(crate) deadline: Option<(u64, Micros)>,
    /// The same after it fired, until [`Ctx::next`](crate::Ctx::next) has told so.
    pub(crate) passed: Option<(u64, Micros)>,
    /// Steps whose end the workflow has not taken yet.
    pub(crate) outstanding: BTreeMap<u64, Outstanding>,
    /// What the workflow wants to begin again with.
    pub(crate) continues: Option<Continues>,
    /// Timers from before the run continued that no future waits for yet.
    pub(crate) unclaimed: BTreeSet<u64>,
    /// Records since the workflow began, or began again; this turn's included.
    pub(crate) records: u64,
    /// Who wants the run to end, and which delivery said so.
    pub(crate) cancelled: Option<(u64, Cancellation)>,
    /// What the history says was recorded in this delivery, by its place among the commands; none in a live turn.
    pub(crate) marks: Option<BTreeMap<usize, Command>>,
    /// Which way each change of the workflow's code goes in this run.
    pub(crate) versions: BTreeMap<String, u32>,
    pub(crate) shown: Arc<Shown>,
    /// An engine future was polled and had to wait: the only honest reason to rest.
    pub(crate) waits_for_engine: bool,
    /// A branch of a race had to wait, and for no engine future.
    pub(crate) foreign: bool,
    /// A replay needs a mark that the history does not have: the last command shows what this build would do.
    pub(crate) departed: bool,
    /// The line that last asked for something.
    pub(crate) site: Option<&'static Location<'static>>,
    /// The future is being dropped by the engine, not by the workflow: drops mean nothing.
    pub(crate) closing: bool,
}

/// A step in the workflow's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outstanding {
    pub(crate) kind: String,
    pub(crate) key: String,
}

/// A new input to begin again with, and the line that wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continues {
    pub(crate) input_json: Vec<u8>,
    pub(crate) call_site: String,
}

/// What a workflow shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) view: Vec<u8>,
    /// Without tenant and label: those are the run's.
    pub(crate) attributes: Attributes,
}

/// How an awaited operation ended; of a step, with the number under which that was received.
#[derive(Debug, Clone)]
pub(crate) enum OpEnd {
    Step { received: u64, end: Result<Vec<u8>, StepFailure> },
    Timer,
}

/// Something for [`Ctx::next`](crate::Ctx::next), with the number under which it was received.
#[derive(Debug, Clone)]
pub(crate) enum News {
    Message { received: u64, message: wire::Message },
    StepEnded { received: u64, step: u64, end: Result<Vec<u8>, StepFailure> },
    StepParked { received: u64, step: u64, why: String, outcome_unknown: bool },
    StepSentAgain { received: u64, step: u64 },
    Deadline,
}

impl Stage {
    pub(crate) fn new(seed: Vec<u8>, now: Micros) -> Self {
        Self {
            seed,
            now,
            next_op: 1,
            draws: 0,
            commands: Vec::new(),
            decided_bytes: 0,
            arrivals: 0,
            horizon: u64::MAX,
            awaited: BTreeMap::new(),
            dropped: BTreeSet::new(),
            news: VecDeque::new(),
            deadline: None,
            passed: None,
            outstanding: BTreeMap::new(),
            continues: None,
            unclaimed: BTreeSet::new(),
            records: 0,
            cancelled: None,
            marks: None,
            versions: BTreeMap::new(),
            shown: Arc::default(),
            waits_for_engine: false,
            foreign: false,
            departed: false,
            site: None,
            closing: false,
        }
    }

    /// An operation's identity, given where it is constructed.
    pub(crate) fn new_op(&mut self) -> u64 {
        let op = self.next_op;
        self.next_op += 1;
        op
    }

    pub(crate) fn command(&mut self, command: Command, site: &'static Location<'static>) {
        self.asks(site);
        self.decided_bytes += size(&command);
        // Code that decides without end is stopped where it decides; what a drop decides cannot be.
        if self.decides_too_much() {
            return;
        }
        self.commands.push(wire::Command { command: Some(command), call_site: line_of(site) });
    }

    /// Gives back what only a busy run needs.
    pub(crate) fn rest(&mut self) {
        self.awaited.give_back();
        self.dropped.give_back();
        self.news.give_back();
        self.outstanding.give_back();
        self.unclaimed.give_back();
    }

    /// From now on a future waits for the end of this step; if that is among the news, it is the future's.
    pub(crate) fn await_step(&mut self, op: u64) {
        let mut slot = None;
        self.news.retain(|(arrival, news)| match news {
            News::StepEnded { received, step, end } if *step == op => {
                slot = Some((*arrival, OpEnd::Step { received: *received, end: end.clone() }));
                false
            }
            News::StepParked { step, .. } | News::StepSentAgain { step, .. } => *step != op,
            _ => true,
        });
        self.awaited.insert(op, slot);
    }

    /// Whether the workflow decided more on one delivery than it may.
    pub(crate) const fn decides_too_much(&self) -> bool {
        self.commands.len() > DECISIONS_MAX || self.decided_bytes > DECIDED_BYTES_MAX
    }

    /// Takes note of the line that asks for something.
    pub(crate) fn asks(&mut self, site: &'static Location<'static>) {
        self.site = Some(site);
        whereabouts::asks(site);
    }

    /// How an awaited operation ended, once, if that may be seen.
    pub(crate) fn take_end(&mut self, op: u64) -> Option<OpEnd> {
        let horizon = self.horizon;
        match self.awaited.get_mut(&op).and_then(|slot| slot.take_if(|(arrival, _)| *arrival <= horizon)) {
            Some((_, end)) => {
                self.awaited.remove(&op);
                self.outstanding.remove(&op);
                Some(end)
            }
            None => {
                self.waits_for_engine = true;
                None
            }
        }
    }

    /// The next news, once, if it may be seen.
    pub(crate) fn take_news(&mut self) -> Option<News> {
        let horizon = self.horizon;
        let news = self.news.pop_front_if(|(arrival, _)| *arrival <= horizon);
        self.waits_for_engine |= news.is_none();
        if let Some((_, News::StepEnded { step, .. })) = &news {
            self.outstanding.remove(step);
        }
        news.map(|(_, news)| news)
    }

    /// Who wants the run to end, from when that was delivered on.
    pub(crate) fn cancellation(&self) -> Option<&Cancellation> {
        self.cancelled.as_ref().filter(|(arrival, _)| *arrival <= self.horizon).map(|(_, who)| who)
    }

    /// Which deliveries wait to be seen, the first one first.
    pub(crate) fn unseen(&self) -> BTreeSet<u64> {
        let ends = self.awaited.values().flatten().map(|(arrival, _)| *arrival);
        let news = self.news.iter().map(|(arrival, _)| *arrival);
        let cancelled = self.cancelled.iter().map(|(arrival, _)| *arrival);
        ends.chain(news).chain(cancelled).filter(|arrival| *arrival <= self.horizon).collect()
    }

    /// What the history says was recorded here, in a replay.
    pub(crate) fn mark_here(&self) -> Option<&Command> {
        self.marks.as_ref()?.get(&self.commands.len())
    }

    /// The run's own dice: derived from its seed, so that replay throws the same.
    pub(crate) fn draw(&mut self) -> [u8; 32] {
        self.draws += 1;
        entropy(&self.seed, b"draw", self.draws)
    }
}

/// Bytes that the workflow put into a decision.
const fn size(command: &Command) -> usize {
    match command {
        Command::StartStep(step) => step.input_json.len() + step.key.len(),
        Command::Answer(answer) => answer.answer_json.len(),
        Command::Event(event) => event.data_json.len(),
        Command::Close(close) => close.reason.len(),
        Command::Recorded(recorded) => recorded.value_json.len(),
        Command::Version(version) => version.name.len(),
        Command::StartTimer(_) | Command::Cancel(_) => 0,
    }
}

/// A line of the workflow's code, as histories name it.
pub(crate) fn line_of(site: &'static Location<'static>) -> String {
    format!("{}:{}", site.file(), site.line())
}

/// Randomness of a run for the `n`-th use of a kind.
pub(crate) fn entropy(seed: &[u8], purpose: &[u8], n: u64) -> [u8; 32] {
    Sha256::new().chain_update(seed).chain_update(purpose).chain_update(n.to_be_bytes()).finalize().into()
}
