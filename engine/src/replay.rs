//! Reading a history back: its chain is checked, its decisions are made again and compared.

use crate::execution::{Execution, Fault};
use crate::fold::Fold;
use crate::registry::Registry;
use crate::reset::rewind;
use crate::run_id::RunId;
use crate::store::StoredRecord;
use crate::vault::{RecordMac, Vault};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use prost::Message as _;

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

/// A history that cannot be a history. Nothing is written to such a run any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// A record is missing.
    #[error("record {expected} is missing")]
    Gap {
        /// Its number.
        expected: u64,
    },
    /// A record or its chain was changed after it was written.
    #[error("record {sequence} was changed after it was written: its keyed hash does not match")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// A record does not decode.
    #[error("record {sequence} does not decode")]
    Undecodable {
        /// Its number.
        sequence: u64,
    },
}

/// Checks numbers and chain, and decodes.
pub(crate) fn decode(
    vault: &Vault,
    run: RunId,
    stored: &[StoredRecord],
) -> Result<Vec<(wire::Record, RecordMac)>, Corrupt> {
    let mut previous = RecordMac::default();
    let mut records = Vec::with_capacity(stored.len());
    for (expected, stored) in (1..).zip(stored) {
        if stored.seq != expected {
            return Err(Corrupt::Gap { expected });
        }
        let mac = vault.chain(run, stored.seq, &previous, &stored.record);
        if mac[..] != stored.mac[..] {
            return Err(Corrupt::Changed { sequence: stored.seq });
        }
        let record = wire::Record::decode(&stored.record[..])
            .map_err(|_| Corrupt::Undecodable { sequence: stored.seq })?;
        records.push((record, mac));
        previous = mac;
    }
    Ok(records)
}

/// Makes every decision of a history again. The fold follows the history to its end in any case; the workflow stops
/// at the first difference.
pub(crate) fn replay(
    registry: &Registry,
    run: RunId,
    records: &[(wire::Record, RecordMac)],
) -> Result<Replayed, Corrupt> {
    let first = records.first().ok_or(Corrupt::Gap { expected: 1 })?;
    let start = first.0.start.clone().ok_or(Corrupt::Undecodable { sequence: 1 })?;
    let fold = Fold::new(run, start, first.0.time_us);
    let execution =
        Execution::new(registry, &fold.start, fold.time).map_err(|fault| Stop::Fault { seq: 1, fault });
    let mut replayed = Replayed { fold, execution };
    for (index, (record, mac)) in records.iter().enumerate() {
        if record.reset_to != 0 {
            replayed = rewind(registry, run, &records[..index], record.reset_to)?;
        }
        replayed.take(index as u64 + 1, record, *mac)?;
    }
    Ok(replayed)
}

impl Replayed {
    /// Follows one record.
    fn take(&mut self, seq: u64, record: &wire::Record, mac: RecordMac) -> Result<(), Corrupt> {
        let unreadable = || Corrupt::Undecodable { sequence: seq };
        self.fold.time = record.time_us;
        for received in &record.received {
            let mut input = received.input.clone().ok_or_else(unreadable)?;
            self.fold.receive(&mut input, record.incarnation);
        }
        for delivered in &record.delivered {
            let cause = delivered.cause.as_ref().ok_or_else(unreadable)?;
            let delivery = self.fold.take(cause).ok_or_else(unreadable)?;
            if let Ok(live) = &mut self.execution {
                let decided = live.deliver_again(delivery, record.time_us, &delivered.commands);
                if let Err(stop) = judge(seq, &delivered.commands, decided) {
                    self.execution = Err(stop);
                }
            }
            for command in &delivered.commands {
                self.fold.decide(command, record.incarnation);
            }
        }
        self.fold.seal(record, seq, mac);
        Ok(())
    }
}

fn judge(
    seq: u64,
    recorded: &[wire::Command],
    decided: Result<Vec<wire::Command>, Fault>,
) -> Result<(), Stop> {
    let decided = decided.map_err(|fault| Stop::Fault { seq, fault })?;
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

fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| "the end of time".into(), |time| time.to_string())
}

fn text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}
