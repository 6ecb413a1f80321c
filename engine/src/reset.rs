//! Taking decisions back: a run as it was after an earlier record, with everything that it has received since.
//!
//! Nothing received is undone. Messages are delivered again, an answer that somebody was given stays, and a step that
//! the new decisions ask for again under the same identity is not carried out again: its result, or the attempt under
//! way, is reused. [`Ahead`] keeps those until they are asked for. A step that changes something and would not be asked
//! for again cannot be taken back, so it refuses the reset.

use crate::activity::OnUnknown;
use crate::fold::{Fold, OpenStep};
use crate::history::{Corrupt, History};
use crate::registry::Registry;
use crate::replay::{Replayed, replay};
use crate::run_id::RunId;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use ordain_proto::history::v1::person_acted::Act;
use ordain_proto::history::v1::received::Input;

/// A step begun after the point of a reset.
#[derive(Debug, Clone)]
pub(crate) struct Ahead {
    pub(crate) step: OpenStep,
    /// How it ended, and the number under which that was received.
    pub(crate) end: Option<(u64, Input)>,
}

/// The run after record `to`, given all that came later.
pub(crate) fn rewind(
    registry: &Registry,
    run: RunId,
    history: History<'_>,
    to: u64,
) -> Result<Replayed, Corrupt> {
    let now = replay(registry, run, history.shortened())?.fold;
    let mut rewound = replay(registry, run, history.up_to(to).shortened())?;
    let fold = &mut rewound.fold;
    for (record, _) in history.after(to) {
        fold.tell_time(record.time_us, record.clock_us);
        for command in record.delivered.iter().flat_map(|delivered| &delivered.commands) {
            set_aside(fold, command, &now);
        }
        for received in &record.received {
            let input = received.input.clone().ok_or(Corrupt::Undecodable { sequence: to })?;
            receive_again(fold, input, record.incarnation);
        }
        keep_answers(fold, record);
    }
    (fold.head, fold.mac, fold.wake_at) = (now.head, now.mac, now.wake_at);
    (fold.time, fold.own_time) = (now.time, now.own_time);
    Ok(rewound)
}

/// Why the steps that were begun after the point forbid a reset, if one does.
pub(crate) fn objection(registry: &Registry, fold: &Fold) -> Option<String> {
    let lost = fold.ahead.values().find(|ahead| changes_something(registry, &ahead.step))?;
    Some(format!("the step `{}` changes something and would not be asked for again", lost.step.key))
}

/// Why a step of unknown outcome forbids a reset, if there is one after the point.
pub(crate) fn doubt(fold: &Fold) -> Option<String> {
    let unknown = |ahead: &&Ahead| ahead.step.parked.as_ref().is_some_and(|parked| parked.outcome_unknown);
    let doubtful = fold.ahead.values().find(unknown)?;
    Some(format!("the outcome of the step `{}` is unknown: end it first", doubtful.step.key))
}

fn changes_something(registry: &Registry, step: &OpenStep) -> bool {
    let policy = registry.find_activity(&step.kind).map(|activity| activity.policy(&step.input));
    !matches!(policy, Some(Ok(policy)) if policy.on_unknown == OnUnknown::Reads)
}

/// A step that was begun, with how it stands now if it has not ended.
fn set_aside(fold: &mut Fold, command: &wire::Command, now: &Fold) {
    if let Some(Command::StartStep(started)) = &command.command {
        let step = now.steps.get(&started.op).cloned().unwrap_or_else(|| OpenStep {
            kind: started.kind.clone(),
            key: started.key.clone(),
            input: started.input_json.clone(),
            call_site: command.call_site.clone(),
            attempts: 0,
            performer: 0,
            since: fold.time,
            budget_since: fold.time,
            parked: None,
            doubt: false,
            continued: false,
        });
        fold.ahead.insert(started.op, Ahead { step, end: None });
    }
}

fn receive_again(fold: &mut Fold, mut input: Input, performer: u64) {
    let op = match &input {
        Input::StepEnded(it) => it.op,
        Input::StepParked(it) => it.op,
        Input::AttemptFailed(it) => it.op,
        Input::StepReleased(it) => it.op,
        Input::TakenOver(it) => it.op,
        Input::PersonActed(it) => it.op,
        Input::Message(_) | Input::Control(_) => 0,
    };
    if !fold.ahead.contains_key(&op) {
        fold.receive(&mut input, performer);
        return;
    }
    let number = fold.receive_aside(&input);
    let ends = match &input {
        Input::StepEnded(ended) => !ended.late,
        Input::PersonActed(acted) => matches!(acted.act(), Act::Skip | Act::Complete),
        _ => false,
    };
    if let Some(ahead) = fold.ahead.get_mut(&op).filter(|_| ends) {
        ahead.end = Some((number, input));
    }
}

fn keep_answers(fold: &mut Fold, record: &wire::Record) {
    for command in record.delivered.iter().flat_map(|delivered| &delivered.commands) {
        if let Some(Command::Answer(answer)) = &command.command {
            fold.keep_answer(answer);
        }
    }
}
