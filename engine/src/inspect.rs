//! Looking at a run: how it stands, what its history says in words, and whether this build would do the same again.
//!
//! Everything is read from the store, never from a live copy, so every process tells the same.

use crate::bounded::GaveUp;
use crate::clock::Micros;
use crate::continuation;
use crate::engine::Engine;
use crate::execution::Execution;
use crate::fold::Fold;
use crate::history::{self, Corrupt, History};
use crate::registry::Registry;
use crate::replay::{self, describe};
use crate::run_id::RunId;
use crate::store::{RunStatus, StoreError};
use crate::vault::RecordMac;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::delivered::Cause;
use ordain_proto::history::v1::received::Input;
use std::collections::BTreeMap;

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Whose.
    pub run: RunId,
    /// Which workflow.
    pub workflow: String,
    /// Within which its label is unique.
    pub tenant: String,
    /// The caller's name of it.
    pub label: String,
    /// With the engine.
    pub status: RunStatus,
    /// Why it is parked, paused or quarantined.
    pub reason: String,
    /// Newest record.
    pub sequence: u64,
    /// Steps that have not ended.
    pub steps: Vec<StepInfo>,
    /// When it started.
    pub created: Micros,
    /// Time of the newest record.
    pub updated: Micros,
}

/// A step that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepInfo {
    /// Within the run.
    pub step: u64,
    /// Which activity.
    pub kind: String,
    /// What it works on.
    pub key: String,
    /// Which line of the workflow asked for it.
    pub call_site: String,
    /// Attempts on record.
    pub attempts: u32,
    /// Why it waits for a person; none if it is under way.
    pub parked: Option<String>,
    /// Nobody knows whether its effect happened.
    pub outcome_unknown: bool,
    /// When it was asked for.
    pub since: Micros,
}

/// One record in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordInfo {
    /// Its number.
    pub sequence: u64,
    /// When it was written.
    pub time: Micros,
    /// What is in it, in order.
    pub lines: Vec<RecordLine>,
    /// Encoded size.
    pub bytes: usize,
}

/// One thing in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordLine {
    /// `start`, `clock`, `received`, `delivered`, `decided`, `status`.
    pub kind: &'static str,
    /// In words. Sealed values stay sealed.
    pub text: String,
    /// Which line of the workflow, where one asked for it.
    pub call_site: String,
}

/// What came of replaying a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayInfo {
    /// The records.
    pub records: Vec<RecordInfo>,
    /// The first difference between the history and this build, or between its end and the stored row.
    pub difference: Option<String>,
    /// What the replayed workflow shows of itself, as JSON.
    pub view: Vec<u8>,
}

/// An event that a workflow told whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventInfo {
    /// The record that it is in.
    pub sequence: u64,
    /// When, by the run's own clock if it has one.
    pub time: Micros,
    /// Its type.
    pub kind: String,
    /// JSON.
    pub data: Vec<u8>,
    /// Who caused it: the sender of the message that it followed, or the engine.
    pub actor: String,
}

/// Why a run could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is no such run.
    #[error("there is no such run")]
    NotFound,
    /// Ask again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It will not get better.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// The run's code could not be replayed.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
}

impl Engine {
    /// How a run stands, without asking its code, which may be why somebody looks.
    ///
    /// # Errors
    /// See [`InspectError`].
    pub async fn inspect(&self, run: RunId) -> Result<RunInfo, InspectError> {
        let since = self.since(run).await?;
        let records = self.records(run, since).await?;
        let history = History { since, records: &records };
        let Fold { start, status, reason, head, steps, created, time, .. } =
            replay::replay(&Registry::new(), run, history)?.fold;
        let steps = steps
            .into_iter()
            .map(|(step, open)| StepInfo {
                step,
                kind: open.kind,
                key: open.key,
                call_site: open.call_site,
                attempts: open.attempts,
                outcome_unknown: open.parked.as_ref().is_some_and(|parked| parked.outcome_unknown),
                parked: open.parked.map(|parked| parked.why),
                since: open.since,
            })
            .collect();
        Ok(RunInfo {
            run,
            workflow: start.workflow,
            tenant: start.tenant,
            label: start.label,
            status,
            reason,
            sequence: head,
            steps,
            created,
            updated: time,
        })
    }

    /// A run's records in words, after a sequence.
    ///
    /// # Errors
    /// See [`InspectError`].
    pub async fn history(&self, run: RunId, after: u64) -> Result<Vec<RecordInfo>, InspectError> {
        let since = self.since(run).await?;
        let since = if since <= after { since } else { 0 };
        let records = self.records(run, since).await?;
        let history = History { since, records: &records };
        let told = history.numbered().map(|(sequence, record)| tell(sequence, record));
        Ok(told.filter(|record| record.sequence > after).collect())
    }

    /// What a run's workflow told whoever watches, after a sequence; and the newest sequence.
    ///
    /// # Errors
    /// See [`InspectError`].
    pub async fn events(&self, run: RunId, after: u64) -> Result<(Vec<EventInfo>, u64), InspectError> {
        // What the deliveries after a continuation are about was received after it, or waited in it.
        let since = self.since(run).await?;
        let since = if since <= after { since } else { 0 };
        let records = self.records(run, since).await?;
        let history = History { since, records: &records };
        let (mut actors, mut received) = (BTreeMap::new(), 0);
        let (mut events, mut newest) = (Vec::new(), 0);
        for (sequence, record) in history.numbered() {
            newest = sequence;
            let goes_on = record.delivered.iter().rev().find_map(|delivered| delivered.continuation.as_ref());
            if let Some(goes_on) = goes_on.filter(|_| sequence == since) {
                received = goes_on.received;
                let waiting = goes_on.waiting.iter();
                actors.extend(waiting.filter_map(|it| Some((it.number, actor_of(it.received.as_ref()?)))));
            } else {
                actors.extend((received + 1..).zip(record.received.iter().map(actor_of)));
                received += record.received.len() as u64;
            }
            for delivered in &record.delivered {
                let actor = match (&delivered.cause, &record.start) {
                    (Some(Cause::Start(_)), Some(start)) => start.actor.clone(),
                    (Some(Cause::Received(number)), _) => actors.get(number).cloned().unwrap_or_default(),
                    _ => "engine".into(),
                };
                events.extend(delivered.commands.iter().filter_map(|command| match &command.command {
                    Some(wire::command::Command::Event(event)) if sequence > after => Some(EventInfo {
                        sequence,
                        time: record.clock_us.unwrap_or(record.time_us),
                        kind: event.r#type.clone(),
                        data: event.data_json.clone(),
                        actor: actor.clone(),
                    }),
                    _ => None,
                }));
            }
        }
        Ok((events, newest))
    }

    /// Replays a run with the code of this build and compares every decision, and the end with the stored row.
    ///
    /// # Errors
    /// See [`InspectError`].
    pub async fn replay(&self, run: RunId) -> Result<ReplayInfo, InspectError> {
        // The row first: if a record comes between the two reads, the history is the newer one, and then it is read
        // again.
        loop {
            let row = self.store().run(run).await?.ok_or(InspectError::NotFound)?;
            let records = self.records(run, 0).await?;
            if self.store().run(run).await?.is_none_or(|now| now.seq != row.seq) {
                continue;
            }
            let registry = self.shared_registry();
            let compared = self.replays().make(move || compare(&registry, run, &records, &row.view)).await?;
            return Ok(compared?);
        }
    }

    async fn records(&self, run: RunId, since: u64) -> Result<Vec<(wire::Record, RecordMac)>, InspectError> {
        let stored = history::read(self.store(), run, since).await?;
        if stored.is_empty() {
            return Err(InspectError::NotFound);
        }
        Ok(history::decode(self.vault(), run, since, &stored)?)
    }

    /// From which record a run's history may be read.
    async fn since(&self, run: RunId) -> Result<u64, InspectError> {
        Ok(self.store().run(run).await?.ok_or(InspectError::NotFound)?.since)
    }
}

/// Replays a whole history and compares its end with the `view` that is stored.
pub(crate) fn compare(
    registry: &Registry,
    run: RunId,
    records: &[(wire::Record, RecordMac)],
    view: &[u8],
) -> Result<ReplayInfo, Corrupt> {
    let replayed = replay::replay(registry, run, History { since: 0, records })?;
    let shown = replayed.execution.as_ref().map(Execution::shown);
    let difference = match &shown {
        Err(stop) => Some(stop.to_string()),
        Ok(shown) if shown.view != view => Some(format!(
            "the view that is replayed up to record {} differs from the stored one",
            records.len()
        )),
        Ok(_) => None,
    };
    Ok(ReplayInfo {
        records: (1..).zip(records).map(|(sequence, (record, _))| tell(sequence, record)).collect(),
        difference,
        view: shown.map(|shown| shown.view.clone()).unwrap_or_default(),
    })
}

fn actor_of(received: &wire::Received) -> String {
    match &received.input {
        Some(Input::Message(message)) => message.actor.clone(),
        Some(Input::PersonActed(acted)) => acted.actor.clone(),
        Some(Input::Control(control)) => control.actor.clone(),
        _ => "engine".into(),
    }
}

fn tell(sequence: u64, record: &wire::Record) -> RecordInfo {
    use prost::Message as _;
    let plain = |kind, text| RecordLine { kind, text, call_site: String::new() };
    let mut lines = Vec::new();
    if let Some(start) = &record.start {
        let text = format!("{} v{} by {}", start.workflow, start.workflow_version, start.actor);
        lines.push(plain("start", text));
    }
    lines.extend(record.clock_us.map(|clock| plain("clock", format!("stands at {}", replay::time(clock)))));
    lines.extend(record.received.iter().map(|received| plain("received", tell_received(received))));
    for delivered in &record.delivered {
        lines.push(plain("delivered", tell_cause(delivered)));
        lines.extend(delivered.commands.iter().map(|command| {
            let bare = wire::Command { call_site: String::new(), ..command.clone() };
            RecordLine { kind: "decided", text: describe(&bare), call_site: command.call_site.clone() }
        }));
        lines.extend(delivered.continuation.iter().map(|it| RecordLine {
            kind: "decided",
            text: continuation::tell(it),
            call_site: it.call_site.clone(),
        }));
    }
    if let Some(change) = &record.status {
        let status = RunStatus::from_code(i64::from(change.status));
        lines.push(plain(
            "status",
            format!("{status:?} {}", change.reason).replace("Some(", "").replace(')', ""),
        ));
    }
    RecordInfo { sequence, time: record.time_us, lines, bytes: record.encoded_len() }
}

fn tell_cause(delivered: &wire::Delivered) -> String {
    match &delivered.cause {
        Some(Cause::Start(_)) => "the start".into(),
        Some(Cause::Continued(_)) => "the new beginning".into(),
        Some(Cause::Received(number)) => format!("input {number}"),
        Some(Cause::Timer(timer)) => format!("timer #{timer}"),
        None => "something that this build does not know".into(),
    }
}

fn tell_received(received: &wire::Received) -> String {
    let json = String::from_utf8_lossy;
    match &received.input {
        Some(Input::Message(it)) => {
            format!("message {} from {}: {}", it.key, it.actor, json(&it.payload_json))
        }
        Some(Input::StepEnded(it)) => {
            let late = if it.late { " (too late: kept as evidence)" } else { "" };
            format!("end of step #{} at attempt {}{late}: {}", it.op, it.attempt, json(&it.output_json))
        }
        Some(Input::StepParked(it)) => {
            let unknown = if it.outcome_unknown { ", outcome unknown" } else { "" };
            format!("step #{} parked at attempt {}{unknown}: {}", it.op, it.attempt, it.reason)
        }
        Some(Input::AttemptFailed(it)) => {
            format!("attempt {} of step #{} failed: {}", it.attempt, it.op, it.reason)
        }
        Some(Input::StepReleased(it)) => {
            format!("step #{} released after {} attempts by a process that stopped", it.op, it.attempt)
        }
        Some(Input::TakenOver(it)) => format!("step #{} taken over from a process that stopped", it.op),
        Some(Input::PersonActed(it)) => {
            format!(
                "{} of step #{} by {}: {}",
                it.act().as_str_name().to_lowercase(),
                it.op,
                it.actor,
                it.reason
            )
        }
        Some(Input::Control(it)) => {
            format!("{} by {}: {}", it.kind().as_str_name().to_lowercase(), it.actor, it.reason)
        }
        None => "something that this build does not know".into(),
    }
}
