//! Replaying a history: its decisions are made again and compared.

use crate::continuation;
use crate::execution::{Decided, Execution, Fault};
use crate::fold::Fold;
use crate::history::{Corrupt, History};
use crate::registry::Registry;
use crate::reset::rewind;
use crate::run_id::RunId;
use crate::vault::RecordMac;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use ordain_proto::history::v1::received::Input;

/// A run brought back from its history.
pub(crate) struct Replayed {
    pub(crate) fold: Fold,
    /// The live workflow, or why there is none.
    pub(crate) execution: Result<Execution, Stop>,
}

/// Why this build cannot go on with a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("{0}")]
    Difference(Difference),
    #[error("record {seq}: {fault}")]
    Fault { seq: u64, fault: Fault },
    /// Its code is not even asked.
    #[error("{0}")]
    Poison(String),
}

impl Stop {
    /// Whether it was met at this record.
    pub(crate) const fn is_at(&self, record: u64) -> bool {
        match self {
            Self::Difference(difference) => difference.sequence == record,
            Self::Fault { seq, .. } => *seq == record,
            Self::Poison(_) => true,
        }
    }

    /// What goes on record when this build cannot go on with a run.
    pub(crate) fn control(&self) -> Input {
        use wire::control::Kind;
        let kind = match self {
            Self::Difference(_) => Kind::Pause,
            Self::Fault { .. } | Self::Poison(_) => Kind::Quarantine,
        };
        let (actor, reason) = ("engine".into(), self.to_string());
        Input::Control(wire::Control { kind: kind.into(), actor, reason, key: String::new() })
    }

    /// Whether another build may know the run's code, so that nothing is wrong with the run.
    pub(crate) const fn is_of_another_build(&self) -> bool {
        matches!(self, Self::Fault { fault: Fault::UnknownWorkflow(_) | Fault::NewerCode { .. }, .. })
    }
}

/// The first decision in which this build differs from a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record.
    pub sequence: u64,
    /// What the history says was decided, and by which line then.
    pub history: String,
    /// What this build decides, and by which line now.
    pub code: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sequence, history, code } = self;
        write!(f, "record {sequence}: the history says {history}; this build does {code}")
    }
}

/// Makes every decision of a history again, from its beginning or from the continuation that it begins at. The fold
/// follows the history to its end in any case; the workflow stops at the first difference.
pub(crate) fn replay(registry: &Registry, run: RunId, history: History<'_>) -> Result<Replayed, Corrupt> {
    let (first, mac) = history.records.first().ok_or(Corrupt::Gap { expected: 1 })?;
    let mut replayed = if history.since == 0 {
        let mut replayed = begin(registry, run, first)?;
        replayed.take(registry, 1, (first, *mac))?;
        replayed
    } else {
        go_on_from(registry, run, (history.since, first, *mac))?
    };
    for (seq, record) in history.numbered().skip(1) {
        if record.reset_to != 0 {
            replayed = rewind(registry, run, history.up_to(seq - 1), record.reset_to)?;
        }
        let at = usize::try_from(seq - history.since.max(1)).unwrap_or(usize::MAX);
        replayed.take(registry, seq, (record, history.records[at].1))?;
    }
    Ok(replayed)
}

fn begin(registry: &Registry, run: RunId, first: &wire::Record) -> Result<Replayed, Corrupt> {
    let start = first.start.clone().ok_or(Corrupt::Undecodable { sequence: 1 })?;
    let mut fold = Fold::new(run, start, first.time_us);
    fold.tell_time(first.time_us, first.clock_us);
    let execution =
        Execution::new(registry, &fold.start, fold.own_time).map_err(|fault| Stop::Fault { seq: 1, fault });
    Ok(Replayed { fold, execution })
}

/// The run after the record in which its workflow continued.
fn go_on_from(
    registry: &Registry,
    run: RunId,
    (seq, record, mac): (u64, &wire::Record, RecordMac),
) -> Result<Replayed, Corrupt> {
    let unreadable = || Corrupt::Undecodable { sequence: seq };
    let newest = record.delivered.iter().rposition(|delivered| delivered.continuation.is_some());
    let (past, rest) = record.delivered.split_at(newest.ok_or_else(unreadable)? + 1);
    let continuation = past.last().and_then(|it| it.continuation.as_ref()).ok_or_else(unreadable)?;
    // Nothing of what was before is needed but whose it is.
    let mut nothing = Fold::new(run, wire::Start::default(), record.time_us);
    nothing.head = seq - 1;
    nothing.tell_time(record.time_us, record.clock_us);
    let (fold, execution) =
        continuation::go_on(registry, &nothing, seq, continuation).ok_or_else(unreadable)?;
    let mut replayed = Replayed { fold, execution: execution.map_err(|fault| Stop::Fault { seq, fault }) };
    replayed.follow(registry, seq, record, rest)?;
    replayed.fold.seal(record, seq, mac);
    Ok(replayed)
}

impl Replayed {
    /// Follows one record.
    fn take(
        &mut self,
        registry: &Registry,
        seq: u64,
        (record, mac): (&wire::Record, RecordMac),
    ) -> Result<(), Corrupt> {
        let unreadable = || Corrupt::Undecodable { sequence: seq };
        self.fold.tell_time(record.time_us, record.clock_us);
        for received in &record.received {
            let mut input = received.input.clone().ok_or_else(unreadable)?;
            self.fold.receive(&mut input, record.incarnation);
        }
        self.follow(registry, seq, record, &record.delivered)?;
        self.fold.seal(record, seq, mac);
        Ok(())
    }

    /// Follows deliveries of a record.
    fn follow(
        &mut self,
        registry: &Registry,
        seq: u64,
        record: &wire::Record,
        delivered: &[wire::Delivered],
    ) -> Result<(), Corrupt> {
        let unreadable = || Corrupt::Undecodable { sequence: seq };
        for delivered in delivered {
            let cause = delivered.cause.as_ref().ok_or_else(unreadable)?;
            let delivery = self.fold.take(cause).ok_or_else(unreadable)?;
            let moment = self.fold.moment(seq);
            let decided = match &mut self.execution {
                Ok(live) => Some(live.deliver_again(delivery, moment, &delivered.commands)),
                Err(_) => None,
            };
            for command in &delivered.commands {
                self.fold.decide(command, record.incarnation);
            }
            if let Some(decided) = decided
                && let Err(stop) = self.judge(registry, seq, delivered, decided)
            {
                self.execution = Err(stop);
            }
            if let Some(continuation) = &delivered.continuation {
                self.begin_again(registry, seq, continuation)?;
            }
        }
        Ok(())
    }

    /// Goes on as the history says, and with code only if it came this far.
    fn begin_again(
        &mut self,
        registry: &Registry,
        seq: u64,
        continuation: &wire::Continuation,
    ) -> Result<(), Corrupt> {
        let (fold, execution) = continuation::go_on(registry, &self.fold, seq, continuation)
            .ok_or(Corrupt::Undecodable { sequence: seq })?;
        self.fold = fold;
        if self.execution.is_ok() {
            self.execution = execution.map_err(|fault| Stop::Fault { seq, fault });
        }
        Ok(())
    }

    fn judge(
        &self,
        registry: &Registry,
        seq: u64,
        recorded: &wire::Delivered,
        decided: Result<Decided, Fault>,
    ) -> Result<(), Stop> {
        let decided = decided.map_err(|fault| Stop::Fault { seq, fault })?;
        judge(seq, &recorded.commands, &decided.commands)?;
        let Ok(execution) = &self.execution else { return Ok(()) };
        let code = decided.continues.map(|it| continuation::make(registry, &self.fold, execution, it));
        let history = recorded.continuation.as_ref();
        if continuation::same(registry, history, code.as_ref()) {
            return Ok(());
        }
        let text = |it: Option<&wire::Continuation>| {
            it.map_or_else(|| "no new beginning".into(), continuation::tell)
        };
        let (history, code) = (text(history), text(code.as_ref()));
        Err(Stop::Difference(Difference { sequence: seq, history, code }))
    }
}

fn judge(seq: u64, recorded: &[wire::Command], decided: &[wire::Command]) -> Result<(), Stop> {
    let pairs = recorded.len().max(decided.len());
    for i in 0..pairs {
        let (history, code) = (recorded.get(i), decided.get(i));
        if !same(history, code) {
            let describe =
                |command: Option<&wire::Command>| command.map_or_else(|| "nothing".into(), describe);
            return Err(Stop::Difference(Difference {
                sequence: seq,
                history: describe(history),
                code: describe(code),
            }));
        }
    }
    Ok(())
}

/// Whether two decisions are the same decision. Lines move, so the call site is not compared; an event's wording is
/// for people, so only its kind is.
fn same(history: Option<&wire::Command>, code: Option<&wire::Command>) -> bool {
    match (history.and_then(|it| it.command.as_ref()), code.and_then(|it| it.command.as_ref())) {
        (Some(Command::Event(history)), Some(Command::Event(code))) => history.r#type == code.r#type,
        (history, code) => history == code,
    }
}

/// A decision in words, with the line that made it.
pub(crate) fn describe(command: &wire::Command) -> String {
    let what = match &command.command {
        Some(Command::StartStep(step)) => {
            format!("step #{} {} ({}) {}", step.op, step.kind, step.key, text(&step.input_json))
        }
        Some(Command::StartTimer(timer)) => format!("timer #{} until {}", timer.op, time(timer.due_us)),
        Some(Command::Cancel(op)) => format!("cancel of #{op}"),
        Some(Command::Answer(answer)) => {
            format!("answer to input {}: {}", answer.received, text(&answer.answer_json))
        }
        Some(Command::Event(event)) => format!("event {} {}", event.r#type, text(&event.data_json)),
        Some(Command::Close(close)) => format!("close: {}", close.reason),
        Some(Command::Recorded(recorded)) => format!("recorded value {}", text(&recorded.value_json)),
        Some(Command::Version(version)) => format!("version {} of {}", version.version, version.name),
        None => "something that this build does not know".into(),
    };
    if command.call_site.is_empty() { what } else { format!("{what} at {}", command.call_site) }
}

pub(crate) fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| "the end of time".into(), |time| time.to_string())
}

pub(crate) fn text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}
