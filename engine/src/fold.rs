//! What a history says, without running any code: the engine's own state of a run.
//!
//! A live turn and a replay use the same verbs in the same order: [`Fold::receive`] what arrived, then for each
//! delivery [`Fold::take`] it and [`Fold::decide`] what the workflow decided on it, then [`Fold::seal`] the record.

mod continued;
mod undelivered;

use crate::activity::StepFailure;
use crate::clock::Micros;
use crate::ctx::Cancellation;
use crate::execution::{Delivery, Moment};
use crate::reset::Ahead;
use crate::room::Room;
use crate::run_id::RunId;
use crate::store::RunStatus;
use crate::vault::{MAC_BYTES, RecordMac};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::person_acted::Act;
use ordain_proto::history::v1::received::Input;
use std::collections::BTreeMap;
use undelivered::Undelivered;

/// Performs the steps that were released.
pub(crate) const NOBODY: u64 = 0;

/// A run as its history tells it.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    pub(crate) run: RunId,
    pub(crate) start: wire::Start,
    pub(crate) created: Micros,
    /// Newest record.
    pub(crate) head: u64,
    /// Newest record in which the workflow continued; 0 if it never did.
    pub(crate) since: u64,
    pub(crate) mac: RecordMac,
    pub(crate) time: Micros,
    /// The workflow's time: that of its clock, if it has one of its own.
    pub(crate) own_time: Micros,
    pub(crate) status: RunStatus,
    pub(crate) reason: String,
    /// The row's lower bound after the newest record.
    pub(crate) wake_at: Option<Micros>,
    received: u64,
    undelivered: Undelivered,
    keys: BTreeMap<String, Keyed>,
    unanswered: BTreeMap<u64, String>,
    pub(crate) steps: BTreeMap<u64, OpenStep>,
    pub(crate) timers: BTreeMap<u64, Micros>,
    /// While a reset decides again: steps that were begun after its point.
    pub(crate) ahead: BTreeMap<u64, Ahead>,
}

/// What is known of a key under which something was said once.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    pub(crate) received: u64,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) answer: Option<Vec<u8>>,
}

/// A step that has not ended.
#[derive(Debug, Clone)]
pub(crate) struct OpenStep {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) input: Vec<u8>,
    pub(crate) call_site: String,
    /// Attempts that are known to have been made.
    pub(crate) attempts: u32,
    /// Which process performs it.
    pub(crate) performer: u64,
    pub(crate) since: Micros,
    /// From when on its overall deadline counts.
    pub(crate) budget_since: Micros,
    pub(crate) parked: Option<Parked>,
    /// A performer that is gone may have made an attempt that nobody knows the end of.
    pub(crate) doubt: bool,
    /// A reset found it under way: it is not begun again.
    pub(crate) continued: bool,
}

/// Why a step waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) why: String,
    pub(crate) outcome_unknown: bool,
}

impl Fold {
    /// A run of which nothing but the start is known.
    pub(crate) const fn new(run: RunId, start: wire::Start, now: Micros) -> Self {
        Self {
            run,
            start,
            created: now,
            head: 0,
            since: 0,
            mac: [0; MAC_BYTES],
            time: now,
            own_time: now,
            status: RunStatus::Open,
            reason: String::new(),
            wake_at: None,
            received: 0,
            undelivered: Undelivered::EMPTY,
            keys: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            steps: BTreeMap::new(),
            timers: BTreeMap::new(),
            ahead: BTreeMap::new(),
        }
    }

    /// The time, as the workflow is told it in record `seq`.
    pub(crate) const fn moment(&self, seq: u64) -> Moment {
        Moment { now: self.own_time, records: seq - self.since }
    }

    /// How much the run has received so far.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// What is known of a key.
    pub(crate) fn key(&self, key: &str) -> Option<&Keyed> {
        self.keys.get(key)
    }

    /// The answer to something that was received, if it was given.
    pub(crate) fn answer_to(&self, received: u64) -> Option<&Vec<u8>> {
        self.keys.values().find(|keyed| keyed.received == received)?.answer.as_ref()
    }

    /// Takes note of something that arrived, in a record written by `performer`. Returns its number.
    pub(crate) fn receive(&mut self, input: &mut Input, performer: u64) -> u64 {
        self.received += 1;
        let number = self.received;
        let deliver = match input {
            Input::Message(message) => {
                self.unanswered.insert(number, message.key.clone());
                self.keep_key(&message.key, number, &message.fingerprint);
                true
            }
            Input::StepEnded(ended) => {
                ended.late = self.steps.remove(&ended.op).is_none();
                !ended.late
            }
            // Of a step that was taken over, only how it ended counts; what else its old performer says is evidence.
            Input::StepParked(parked) => self.performed(parked.op, performer).is_some_and(|step| {
                step.attempts = parked.attempt;
                step.parked =
                    Some(Parked { why: parked.reason.clone(), outcome_unknown: parked.outcome_unknown });
                true
            }),
            Input::AttemptFailed(failed) => {
                if let Some(step) = self.performed(failed.op, performer) {
                    step.attempts = failed.attempt;
                }
                false
            }
            Input::StepReleased(released) => {
                if let Some(step) = self.performed(released.op, performer) {
                    (step.attempts, step.performer, step.doubt) = (released.attempt, NOBODY, false);
                }
                false
            }
            Input::TakenOver(taken) => {
                if let Some(step) = self.steps.get_mut(&taken.op) {
                    // What was released, or intended here and never begun, nobody has tried.
                    step.doubt |= ![NOBODY, performer].contains(&taken.from_incarnation);
                    step.performer = performer;
                }
                false
            }
            Input::PersonActed(acted) => self.person_acted(acted, number, performer),
            Input::Control(control) => {
                self.keep_key(&control.key, number, &[]);
                control.kind() == Kind::Cancel
            }
        };
        if deliver {
            self.undelivered.push(number, input.clone());
        }
        number
    }

    /// A step, if that is who performs it.
    fn performed(&mut self, op: u64, performer: u64) -> Option<&mut OpenStep> {
        self.steps.get_mut(&op).filter(|step| step.performer == performer)
    }

    fn person_acted(&mut self, acted: &wire::PersonActed, number: u64, performer: u64) -> bool {
        self.keep_key(&acted.key, number, &[]);
        let time = self.time;
        match acted.act() {
            Act::Retry => self.steps.get_mut(&acted.op).is_some_and(|step| {
                step.parked = None;
                step.attempts = 0;
                step.budget_since = time;
                step.performer = performer;
                step.doubt = false;
                true
            }),
            Act::Skip | Act::Complete => self.steps.remove(&acted.op).is_some(),
            Act::Unspecified => false,
        }
    }

    fn keep_key(&mut self, key: &str, received: u64, fingerprint: &[u8]) {
        if !key.is_empty() {
            let keyed = Keyed { received, fingerprint: fingerprint.to_vec(), answer: None };
            self.keys.insert(key.to_owned(), keyed);
        }
    }

    /// Whether it has received as much as it may without being shown it.
    pub(crate) fn is_full(&self) -> bool {
        self.undelivered.is_full()
    }

    /// The number of the next thing that waits to be delivered.
    pub(crate) fn next_undelivered(&self) -> Option<u64> {
        self.undelivered.first()
    }

    /// The timer that is due first, if one is.
    pub(crate) fn next_due(&self, now: Micros) -> Option<u64> {
        let due = self.timers.iter().filter(|(_, due)| **due <= now);
        due.min_by_key(|(op, due)| (**due, **op)).map(|(op, _)| *op)
    }

    /// When the first timer is due.
    pub(crate) fn first_timer(&self) -> Option<Micros> {
        self.timers.values().copied().min()
    }

    /// Takes note of something about a step that a reset may ask for again.
    pub(crate) fn receive_aside(&mut self, input: &Input) -> u64 {
        self.received += 1;
        if let Input::PersonActed(acted) = input {
            self.keep_key(&acted.key, self.received, &[]);
        }
        self.received
    }

    /// An answer that somebody was given stays what it was.
    pub(crate) fn keep_answer(&mut self, answer: &wire::Answer) {
        let key = self.unanswered.get(&answer.received);
        if let Some(keyed) = key.and_then(|key| self.keys.get_mut(key)) {
            keyed.answer.get_or_insert_with(|| answer.answer_json.clone());
        }
    }

    /// Takes a cause off the waiting list, as the workflow is to be shown it. None if nothing such waits.
    pub(crate) fn take(&mut self, cause: &wire::delivered::Cause) -> Option<Delivery> {
        match cause {
            wire::delivered::Cause::Start(_) | wire::delivered::Cause::Continued(_) => Some(Delivery::Start),
            wire::delivered::Cause::Timer(timer) => {
                self.timers.remove(timer).map(|_| Delivery::TimerFired { timer: *timer })
            }
            wire::delivered::Cause::Received(number) => {
                let input = self.undelivered.take(*number)?;
                delivery(*number, input)
            }
        }
    }

    /// Takes note of a decision of the workflow, in a record written by `performer`.
    pub(crate) fn decide(&mut self, command: &wire::Command, performer: u64) {
        match &command.command {
            Some(Command::StartStep(step)) => self.begin_step(step, &command.call_site, performer),
            Some(Command::StartTimer(timer)) => {
                self.timers.insert(timer.op, timer.due_us);
            }
            Some(Command::Cancel(op)) => {
                self.steps.remove(op);
                self.timers.remove(op);
            }
            Some(Command::Answer(answer)) => {
                self.keep_answer(answer);
                self.unanswered.remove(&answer.received);
            }
            Some(Command::Close(close)) => {
                self.timers.clear();
                self.set_status(RunStatus::Closed, &close.reason);
            }
            Some(Command::Event(_) | Command::Recorded(_) | Command::Version(_)) | None => {}
        }
    }

    fn begin_step(&mut self, step: &wire::StartStep, call_site: &str, performer: u64) {
        let again = |ahead: &mut Ahead| ahead.step.kind == step.kind && ahead.step.input == step.input_json;
        if self.ahead.get_mut(&step.op).is_some_and(again)
            && let Some(ahead) = self.ahead.remove(&step.op)
        {
            match ahead.end {
                Some((number, end)) => self.undelivered.push(number, end),
                None => drop(self.steps.insert(step.op, OpenStep { continued: true, ..ahead.step })),
            }
            return;
        }
        let open = OpenStep {
            kind: step.kind.clone(),
            key: step.key.clone(),
            input: step.input_json.clone(),
            call_site: call_site.to_owned(),
            attempts: 0,
            performer,
            since: self.time,
            budget_since: self.time,
            parked: None,
            doubt: false,
            continued: false,
        };
        self.steps.insert(step.op, open);
    }

    /// Where the run stands after what was received and decided: parked exactly while one of its steps is.
    pub(crate) fn settle_status(&mut self) {
        let parked = self.steps.values().find_map(|step| step.parked.as_ref().map(|parked| (step, parked)));
        match (self.status, parked) {
            (RunStatus::Open | RunStatus::Parked, Some((step, parked))) => {
                let reason = format!("{}: {}", step.key, parked.why);
                self.set_status(RunStatus::Parked, &reason);
            }
            (RunStatus::Parked, None) => self.set_status(RunStatus::Open, ""),
            _ => {}
        }
    }

    pub(crate) fn set_status(&mut self, status: RunStatus, reason: &str) {
        self.status = status;
        reason.clone_into(&mut self.reason);
    }

    /// Gives back what only a busy run needs.
    pub(crate) fn rest(&mut self) {
        self.undelivered.rest();
        self.unanswered.give_back();
        self.steps.give_back();
        self.timers.give_back();
        self.ahead.give_back();
        // Code that begins later is given the history's.
        self.start.input_json = Vec::new();
    }

    /// Takes note that the record is complete.
    pub(crate) fn seal(&mut self, record: &wire::Record, seq: u64, mac: RecordMac) {
        if let Some(change) = &record.status {
            let status = RunStatus::from_code(i64::from(change.status)).unwrap_or(RunStatus::Open);
            self.set_status(status, &change.reason);
        }
        self.ahead.clear();
        self.head = seq;
        self.mac = mac;
        self.tell_time(record.time_us, record.clock_us);
        self.wake_at = (record.wake_at_us != 0).then_some(record.wake_at_us);
    }
}

fn delivery(number: u64, input: Input) -> Option<Delivery> {
    match input {
        Input::Message(message) => Some(Delivery::Message { received: number, message }),
        Input::StepEnded(ended) => {
            Some(Delivery::StepEnded { received: number, step: ended.op, end: Ok(ended.output_json) })
        }
        Input::StepParked(parked) => Some(Delivery::StepParked {
            received: number,
            step: parked.op,
            why: parked.reason,
            outcome_unknown: parked.outcome_unknown,
        }),
        Input::PersonActed(acted) => Some(match acted.act() {
            Act::Complete => {
                Delivery::StepEnded { received: number, step: acted.op, end: Ok(acted.output_json) }
            }
            Act::Skip => {
                let failure = StepFailure::Skipped { actor: acted.actor, reason: acted.reason };
                Delivery::StepEnded { received: number, step: acted.op, end: Err(failure) }
            }
            Act::Retry | Act::Unspecified => Delivery::StepSentAgain { received: number, step: acted.op },
        }),
        Input::Control(control) => {
            let by = Cancellation { actor: control.actor, reason: control.reason };
            Some(Delivery::Cancelled { by })
        }
        Input::AttemptFailed(_) | Input::StepReleased(_) | Input::TakenOver(_) => None,
    }
}
