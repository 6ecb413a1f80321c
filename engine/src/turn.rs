//! One turn of a run: take what arrived, show it to the workflow one event at a time, write one record.

mod job;
mod look;

pub(crate) use job::StepJob;
pub(crate) use look::STEP_LOOK;

use crate::bounds::{OPEN_MAX, RECORD_BYTES_MAX};
use crate::clock::Micros;
use crate::continuation;
use crate::execution::{Decided, Execution, Fault};
use crate::fold::{Fold, OpenStep};
use crate::lane::Watch;
use crate::peers::Peers;
use crate::performer::UnderWay;
use crate::registry::Registry;
use crate::reset;
use crate::stage::Shown;
use crate::store::{Append, Attributes, RunRow, RunStatus, StartKey};
use crate::vault::Vault;
use look::still_good;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use ordain_proto::history::v1::delivered::Cause;
use ordain_proto::history::v1::person_acted::Act;
use ordain_proto::history::v1::received::Input;
use prost::Message as _;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What engine wrote a record; replay follows the behaviour of its number.
const ENGINE_VERSION: u32 = 1;
/// One turn shows at most this much; the rest waits for the next, so that no run starves its lane.
const DELIVERIES_MAX: usize = 1000;

/// A run in memory.
pub(crate) struct Live {
    pub(crate) fold: Fold,
    /// None while the run cannot turn.
    pub(crate) execution: Option<Execution>,
    /// What its row says.
    written: Option<Written>,
    row_seq: u64,
    /// The point that this run was taken back to; the next record says so.
    reset_to: u64,
    /// Why it is left to a build that knows its code: here it only receives, and nobody is told that it is stopped.
    pub(crate) left: Option<String>,
    /// What its own clock said when it was read for this turn, if it has one.
    clock: Option<Micros>,
}

/// The parts of a row that are compared before it is written again.
#[derive(PartialEq, Eq)]
struct Written {
    status: RunStatus,
    reason: String,
    shown: Arc<Shown>,
    wake_at: Option<Micros>,
    timer_at: Option<Micros>,
    since: u64,
}

/// What one turn came to.
pub(crate) struct Turned {
    pub(crate) append: Append,
    /// To be performed once the record is durable.
    pub(crate) jobs: Vec<StepJob>,
    /// To be answered once the record is durable: number of the message, answer.
    pub(crate) answers: Vec<(u64, Vec<u8>)>,
}

/// Who takes the turn, and when.
pub(crate) struct Turner<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) registry: &'a Registry,
    pub(crate) incarnation: u64,
    pub(crate) now: Micros,
    /// Steps that this process is carrying out, and what came of them.
    pub(crate) under_way: &'a UnderWay,
    /// Who else may be carrying steps out.
    pub(crate) peers: &'a Peers,
    /// Told before code is polled.
    pub(crate) watch: &'a Watch,
}

impl Live {
    /// A run that starts, when its clock says this, if it has one of its own.
    pub(crate) const fn starting(fold: Fold, execution: Execution, clock: Option<Micros>) -> Self {
        Self { fold, execution: Some(execution), written: None, row_seq: 0, reset_to: 0, left: None, clock }
    }

    /// A run that was brought back, its row with it. A run that this build cannot go on with only receives.
    ///
    /// When it is to be looked at its newest record says: a claim pushes the row, and a time taken from there would
    /// be kept for the run's own. With a clock of its own the row has no such time: there it is the claim that is to be
    /// seen, and to be written off.
    pub(crate) fn loaded(fold: Fold, execution: Option<Execution>, row: Option<RunRow>) -> Self {
        let execution = if fold.status.takes_turns() { execution } else { None };
        let row_seq = row.as_ref().map_or(0, |row| row.seq);
        let written = row.map(|row| Written {
            status: row.status,
            reason: row.reason,
            shown: Arc::new(Shown { view: row.view, attributes: row.attributes.own() }),
            wake_at: if fold.has_clock() { row.wake_at } else { fold.wake_at },
            timer_at: row.timer_at,
            since: row.since,
        });
        Self { fold, execution, written, row_seq, reset_to: 0, left: None, clock: None }
    }

    /// The same run, in a build that does not know its code.
    pub(crate) fn left_because(self, why: Option<String>) -> Self {
        Self { left: why, ..self }
    }

    /// The same run, while its own clock says this.
    pub(crate) fn on_clock(self, clock: Option<Micros>) -> Self {
        Self { clock, ..self }
    }

    /// The same run, taken back.
    pub(crate) fn taken_back_to(self, point: u64) -> Self {
        Self { reset_to: point, ..self }
    }

    /// The record since which the run shows what it shows.
    pub(crate) const fn shown_since(&self) -> u64 {
        self.row_seq
    }

    /// Gives back what only a busy run needs.
    pub(crate) fn rest(&mut self) {
        self.fold.rest();
        if let Some(execution) = &self.execution {
            execution.rest();
        }
    }

    /// Takes a turn with what arrived. `start` goes with the first record.
    ///
    /// On a fault the run in memory is of no use any more: reload it and put the fault on record.
    pub(crate) fn turn(
        &mut self,
        turner: &Turner<'_>,
        arrived: Vec<Input>,
        start: Option<StartKey>,
    ) -> Result<Turned, Fault> {
        let (time, epoch) = (turner.now.max(self.fold.time), turner.peers.epoch());
        self.fold.tell_time(time, self.clock.map(|clock| clock.max(self.fold.own_time)));
        if self.fold.head == 0 {
            self.fold.created = time;
        }
        let before = (self.fold.status, self.fold.reason.clone());
        let mut record = wire::Record {
            engine_version: ENGINE_VERSION,
            time_us: time,
            incarnation: turner.incarnation,
            start: start.is_some().then(|| self.fold.start.clone()),
            reset_to: std::mem::take(&mut self.reset_to),
            clock_us: self.clock.is_some().then_some(self.fold.own_time),
            ..Default::default()
        };
        let mut jobs = self.receive(&mut record, arrived, turner.incarnation);
        if self.fold.status.takes_turns() {
            self.deliver(&mut record, turner.registry)?;
        }
        self.fold.settle_status();
        if before != (self.fold.status, self.fold.reason.clone()) {
            let status = i32::try_from(self.fold.status.code()).expect("codes are small");
            record.status = Some(wire::StatusChange { status, reason: self.fold.reason.clone() });
        }
        jobs.extend(self.new_jobs(&record));
        if record.reset_to != 0
            && let Some(objection) = reset::objection(turner.registry, &self.fold)
        {
            return Err(Fault::ResetRefused(objection));
        }
        for job in &mut jobs {
            job.epoch = epoch;
        }
        let answers = answers_of(&record);
        let append = self.seal(turner, record, start);
        Ok(Turned { append, jobs, answers })
    }

    fn receive(&mut self, record: &mut wire::Record, arrived: Vec<Input>, incarnation: u64) -> Vec<StepJob> {
        let mut jobs = Vec::new();
        for mut input in arrived {
            self.fold.receive(&mut input, incarnation);
            match &input {
                Input::TakenOver(taken) => {
                    jobs.extend(self.job(taken.op).map(|job| StepJob { taken_over: true, ..job }));
                }
                Input::PersonActed(acted) if acted.act() == Act::Retry => jobs.extend(self.job(acted.op)),
                Input::Control(control) => self.control(control),
                _ => {}
            }
            record.received.push(wire::Received { input: Some(input) });
        }
        jobs
    }

    fn control(&mut self, control: &wire::Control) {
        use wire::control::Kind;
        let status = match control.kind() {
            Kind::Pause => RunStatus::Paused,
            Kind::Quarantine => RunStatus::Quarantined,
            Kind::Resume => RunStatus::Open,
            Kind::Reset | Kind::Cancel | Kind::Unspecified => return,
        };
        let reason = if status == RunStatus::Open { "" } else { &control.reason };
        self.fold.set_status(status, reason);
        self.execution = None;
    }

    /// Shows the workflow everything that waits, then every timer that is due.
    fn deliver(&mut self, record: &mut wire::Record, registry: &Registry) -> Result<(), Fault> {
        let Some(execution) = self.execution.as_mut() else { return Ok(()) };
        let fold = &mut self.fold;
        let seq = fold.head + 1;
        let mut begun_again = false;
        let mut causes = Vec::from_iter(record.start.is_some().then_some(Cause::Start(true)));
        let mut bytes = 0;
        for n in 0.. {
            let cause = causes
                .pop()
                .or_else(|| fold.next_undelivered().map(Cause::Received))
                .or_else(|| fold.next_due(fold.own_time).map(Cause::Timer));
            let Some(cause) = cause else { break };
            let delivery = fold.take(&cause).expect("the cause was just read off the fold");
            let Decided { commands, continues } = execution.deliver(delivery, fold.moment(seq))?;
            for command in &commands {
                fold.decide(command, record.incarnation);
            }
            if fold.steps.len() > OPEN_MAX || fold.timers.len() > OPEN_MAX {
                return Err(Fault::TooManyOpen);
            }
            let continuation = continues.map(|it| continuation::make(registry, fold, execution, it));
            if let Some(continuation) = &continuation {
                let gone_on = continuation::go_on(registry, fold, seq, continuation);
                let (again, code) = gone_on.expect("a continuation that was just made can be");
                (*fold, *execution) = (again, code?);
                causes.push(Cause::Continued(true));
            }
            let delivered = wire::Delivered { cause: Some(cause), commands, continuation };
            bytes += delivered.encoded_len();
            // A record holds one new beginning and what waits then; only a reset comes to the end of it at once.
            let full =
                n + 1 >= DELIVERIES_MAX || bytes > RECORD_BYTES_MAX || (begun_again && record.reset_to == 0);
            begun_again |= delivered.continuation.is_some();
            record.delivered.push(delivered);
            if fold.status == RunStatus::Closed || (full && causes.is_empty()) {
                break;
            }
        }
        Ok(())
    }

    /// The steps that this record starts and does not cancel again.
    fn new_jobs(&self, record: &wire::Record) -> Vec<StepJob> {
        commands(record)
            .filter_map(|command| match &command.command {
                Some(Command::StartStep(step)) => {
                    let continued = self.fold.steps.get(&step.op).is_some_and(|step| step.continued);
                    if continued { None } else { self.job(step.op) }
                }
                _ => None,
            })
            .collect()
    }

    fn job(&self, op: u64) -> Option<StepJob> {
        let OpenStep { kind, input, attempts, budget_since, doubt, .. } = self.fold.steps.get(&op)?;
        Some(StepJob {
            run: self.fold.run,
            op,
            kind: kind.clone(),
            input: input.clone(),
            attempts: *attempts,
            seed: self.fold.start.seed.clone(),
            since: *budget_since,
            orphaned: *doubt,
            taken_over: false,
            epoch: 0,
        })
    }

    fn seal(&mut self, turner: &Turner<'_>, mut record: wire::Record, start: Option<StartKey>) -> Append {
        let seq = self.fold.head + 1;
        let row = self.row_if_changed(seq);
        if let Some(row) = &row {
            record.view_digest = Sha256::digest(&row.view)[..8].to_vec();
        }
        record.wake_at_us = self.written.as_ref().and_then(|written| written.wake_at).unwrap_or(0);
        let bytes = record.encode_to_vec();
        let mac = turner.vault.chain(self.fold.run, seq, &self.fold.mac, &bytes);
        self.fold.seal(&record, seq, mac);
        Append { run: self.fold.run, seq, mac, record: bytes, row, start }
    }

    fn row_if_changed(&mut self, seq: u64) -> Option<RunRow> {
        let due = self.next_look();
        let (fold, last) = (&self.fold, self.written.as_ref());
        let shown = self.execution.as_ref().map(Execution::shown);
        let shown = shown.or_else(|| last.map(|last| Arc::clone(&last.shown))).unwrap_or_default();
        let wake_at = match last.map(|last| last.wake_at) {
            Some(wake_at) if still_good(wake_at, due, fold.time) => wake_at,
            _ => due,
        };
        let timer_at = fold.first_timer().filter(|_| fold.has_clock() && fold.status.takes_turns());
        let now = Written {
            status: fold.status,
            reason: fold.reason.clone(),
            shown,
            wake_at,
            timer_at,
            since: fold.since,
        };
        if last == Some(&now) {
            return None;
        }
        let row = RunRow {
            run: fold.run,
            workflow: fold.start.workflow.clone(),
            version: fold.start.workflow_version,
            status: now.status,
            reason: now.reason.clone(),
            seq,
            since: now.since,
            attributes: Attributes {
                tenant: fold.start.tenant.clone(),
                label: fold.start.label.clone(),
                ..now.shown.attributes.clone()
            },
            clock: fold.start.clock.clone(),
            created: fold.created,
            updated: fold.time,
            wake_at,
            timer_at,
            view: now.shown.view.clone(),
        };
        self.written = Some(now);
        self.row_seq = seq;
        Some(row)
    }
}

fn answers_of(record: &wire::Record) -> Vec<(u64, Vec<u8>)> {
    commands(record)
        .filter_map(|command| match &command.command {
            Some(Command::Answer(answer)) => Some((answer.received, answer.answer_json.clone())),
            _ => None,
        })
        .collect()
}

fn commands(record: &wire::Record) -> impl Iterator<Item = &wire::Command> {
    record.delivered.iter().flat_map(|delivered| &delivered.commands)
}
