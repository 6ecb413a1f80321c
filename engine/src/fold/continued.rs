//! A run as it goes on from a continuation: everything that it needs, and nothing of what came before.

use super::{Fold, Keyed, OpenStep, Parked};
use crate::reset::Ahead;
use crate::run_id::RunId;
use crate::stage::{Continues, Stage};
use crate::store::RunStatus;
use crate::vault::RecordMac;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::collections::BTreeMap;

/// Keys of unanswered messages that are kept. An order hears some 250 things between two continuations, so a
/// repetition would have to come after eight of them; and then it is evidence that is seen again, which evidence
/// bears. What was answered is known for ever: whoever asks again, years later, must not get another refund.
const KEYS_MAX: usize = 2_048;

impl Fold {
    /// All that the run needs from here on, given what its workflow leaves on `stage`. `version` is that of the code.
    pub(crate) fn continuation(
        &self,
        stage: &Stage,
        continues: Continues,
        version: u32,
    ) -> wire::Continuation {
        let start = wire::Start { input_json: Vec::new(), workflow_version: version, ..self.start.clone() };
        let status = i32::try_from(self.status.code()).expect("codes are small");
        let dropped = stage.dropped();
        let later = self
            .undelivered
            .iter()
            .filter(|(_, input)| step_of(input).is_none_or(|op| !dropped.contains(&op)));
        let waiting: Vec<_> = stage.not_taken().into_iter().chain(later.cloned()).collect();
        wire::Continuation {
            input_json: continues.input_json,
            call_site: continues.call_site,
            previous_mac: self.mac.to_vec(),
            created_us: self.created,
            start: Some(start),
            status: Some(wire::StatusChange { status, reason: self.reason.clone() }),
            received: self.received,
            keys: self.kept_keys(&waiting),
            waiting: waiting.into_iter().map(|(number, input)| to_waiting(number, input)).collect(),
            steps: self.steps.iter().map(|(op, step)| to_step(*op, step)).collect(),
            timers: self.timers.iter().map(|(op, due)| wire::StartTimer { op: *op, due_us: *due }).collect(),
            ahead: self.ahead.iter().map(|(op, ahead)| to_ahead(*op, ahead)).collect(),
            carried: Some(stage.carried()),
        }
    }

    /// The keys of what was answered, of what waits, and the newest of the rest.
    fn kept_keys(&self, waiting: &[(u64, Input)]) -> Vec<wire::Key> {
        let stays = |keyed: &Keyed| {
            keyed.answer.is_some() || waiting.iter().any(|(number, _)| *number == keyed.received)
        };
        let mut rest: Vec<u64> =
            self.keys.values().filter(|keyed| !stays(keyed)).map(|keyed| keyed.received).collect();
        rest.sort_unstable();
        let newest =
            rest.len().checked_sub(KEYS_MAX).map_or(0, |forgotten| rest.get(forgotten).copied().unwrap_or(0));
        let kept = self.keys.iter().filter(|(_, keyed)| keyed.received >= newest || stays(keyed));
        kept.map(|(key, keyed)| wire::Key {
            key: key.clone(),
            received: keyed.received,
            fingerprint: keyed.fingerprint.clone(),
            answer_json: keyed.answer.clone(),
        })
        .collect()
    }

    /// The run right after a continuation. None if that says something that cannot be.
    pub(crate) fn going_on(run: RunId, from: &wire::Continuation) -> Option<Self> {
        let mut start = from.start.clone()?;
        start.input_json.clone_from(&from.input_json);
        let status = from.status.as_ref()?;
        let mut fold = Self::new(run, start, from.created_us);
        fold.set_status(RunStatus::from_code(i64::from(status.status))?, &status.reason);
        fold.mac = RecordMac::try_from(&from.previous_mac[..]).ok()?;
        fold.received = from.received;
        fold.undelivered = from.waiting.iter().map(of_waiting).collect::<Option<_>>()?;
        fold.keys = from.keys.iter().map(of_key).collect();
        let messages = fold.undelivered.iter().filter_map(|(number, input)| match input {
            Input::Message(message) => Some((*number, message.key.clone())),
            _ => None,
        });
        fold.unanswered = messages.collect();
        fold.steps = from.steps.iter().map(|step| (step.op, of_step(step))).collect();
        fold.timers = from.timers.iter().map(|timer| (timer.op, timer.due_us)).collect();
        fold.ahead = from.ahead.iter().map(of_ahead).collect::<Option<BTreeMap<_, _>>>()?;
        Some(fold)
    }
}

/// The step that an input is about.
const fn step_of(input: &Input) -> Option<u64> {
    match input {
        Input::StepEnded(it) => Some(it.op),
        Input::StepParked(it) => Some(it.op),
        Input::AttemptFailed(it) => Some(it.op),
        Input::StepReleased(it) => Some(it.op),
        Input::TakenOver(it) => Some(it.op),
        Input::PersonActed(it) => Some(it.op),
        Input::Message(_) | Input::Control(_) => None,
    }
}

fn to_waiting(number: u64, input: Input) -> wire::Waiting {
    wire::Waiting { number, received: Some(wire::Received { input: Some(input) }) }
}

fn of_waiting(waiting: &wire::Waiting) -> Option<(u64, Input)> {
    Some((waiting.number, waiting.received.clone()?.input?))
}

fn of_key(key: &wire::Key) -> (String, Keyed) {
    let wire::Key { key, received, fingerprint, answer_json } = key.clone();
    (key, Keyed { received, fingerprint, answer: answer_json })
}

// Field by field in both directions, so that a new field cannot be forgotten.
fn to_step(op: u64, step: &OpenStep) -> wire::OpenStep {
    let OpenStep {
        kind,
        key,
        input,
        call_site,
        attempts,
        performer,
        since,
        budget_since,
        parked,
        doubt,
        continued,
    } = step.clone();
    let parked = parked.map(|Parked { why, outcome_unknown }| wire::StepParked {
        op,
        attempt: attempts,
        reason: why,
        outcome_unknown,
    });
    let (since_us, budget_since_us) = (since, budget_since);
    let input_json = input;
    wire::OpenStep {
        op,
        kind,
        key,
        input_json,
        call_site,
        attempts,
        performer,
        since_us,
        budget_since_us,
        parked,
        doubt,
        reused: continued,
    }
}

fn of_step(step: &wire::OpenStep) -> OpenStep {
    let wire::OpenStep {
        op: _,
        kind,
        key,
        input_json,
        call_site,
        attempts,
        performer,
        since_us,
        budget_since_us,
        parked,
        doubt,
        reused,
    } = step.clone();
    let parked = parked.map(|it| Parked { why: it.reason, outcome_unknown: it.outcome_unknown });
    let (since, budget_since, input) = (since_us, budget_since_us, input_json);
    OpenStep {
        kind,
        key,
        input,
        call_site,
        attempts,
        performer,
        since,
        budget_since,
        parked,
        doubt,
        continued: reused,
    }
}

fn to_ahead(op: u64, ahead: &Ahead) -> wire::Ahead {
    let end = ahead.end.clone().map(|(number, input)| to_waiting(number, input));
    wire::Ahead { step: Some(to_step(op, &ahead.step)), end }
}

fn of_ahead(ahead: &wire::Ahead) -> Option<(u64, Ahead)> {
    let step = ahead.step.as_ref()?;
    let end = match &ahead.end {
        Some(end) => Some(of_waiting(end)?),
        None => None,
    };
    Some((step.op, Ahead { step: of_step(step), end }))
}
