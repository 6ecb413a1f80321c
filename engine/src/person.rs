//! A person's way out: whatever is parked, paused or decided wrongly can be put right, with a name and a reason.

use crate::bounds::{OUTPUT_MAX, REASON_MAX};
use crate::call::CallError;
use crate::engine::{Engine, check_size};
use crate::inspect::InspectError;
use crate::run_id::RunId;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::person_acted::Act;
use ordain_proto::history::v1::received::Input;

/// Who acts, why, and under which key it counts once.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who. Recorded.
    pub actor: String,
    /// Why. Recorded.
    pub reason: String,
    /// The same key again is the same act.
    pub key: String,
}

impl Engine {
    /// Attempts a parked step once more, with a fresh budget.
    ///
    /// # Errors
    /// [`CallError::NotParked`], and see [`CallError`].
    pub async fn retry_step(&self, run: RunId, step: u64, person: Person) -> Result<(), CallError> {
        self.person(run, acted(step, Act::Retry, checked(person)?, Vec::new())).await
    }

    /// Ends a parked step as never carried out.
    ///
    /// # Errors
    /// [`CallError::NotParked`], and see [`CallError`].
    pub async fn skip_step(&self, run: RunId, step: u64, person: Person) -> Result<(), CallError> {
        self.person(run, acted(step, Act::Skip, checked(person)?, Vec::new())).await
    }

    /// Ends a parked step with a result that a person vouches for, as JSON.
    ///
    /// # Errors
    /// [`CallError::NotParked`]; [`CallError::BadResult`] when it is no result of such a step.
    pub async fn complete_step(
        &self,
        run: RunId,
        step: u64,
        person: Person,
        output: Vec<u8>,
    ) -> Result<(), CallError> {
        check_size(output.len(), OUTPUT_MAX)?;
        let info = self.inspect(run).await.map_err(|error| match error {
            InspectError::NotFound => CallError::NotFound,
            InspectError::Store(_) | InspectError::GaveUp(_) => CallError::Unavailable,
            InspectError::Corrupt(corrupt) => CallError::Corrupt(corrupt),
        })?;
        // If the step is over, the run says so, or recognises the key.
        if let Some(open) = info.steps.iter().find(|open| open.step == step)
            && let Some(activity) = self.registry().find_activity(&open.kind)
        {
            activity.check_output(&output).map_err(CallError::BadResult)?;
        }
        self.person(run, acted(step, Act::Complete, checked(person)?, output)).await
    }

    /// Asks the run to end: its workflow sees it at [`Ctx::cancelled`](crate::Ctx::cancelled) and decides what that
    /// takes; one that does not look goes on. A paused run sees it when it goes on.
    ///
    /// # Errors
    /// [`CallError::Closed`], and see [`CallError`].
    pub async fn cancel(&self, run: RunId, person: Person) -> Result<(), CallError> {
        self.person(run, Input::Control(control(Kind::Cancel, checked(person)?))).await
    }

    /// Stops showing the run anything; it goes on receiving, and its timers wait until it goes on.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn pause(&self, run: RunId, person: Person) -> Result<(), CallError> {
        self.person(run, Input::Control(control(Kind::Pause, checked(person)?))).await
    }

    /// Lets a paused or quarantined run go on, with the code of this build.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn resume(&self, run: RunId, person: Person) -> Result<(), CallError> {
        self.person(run, Input::Control(control(Kind::Resume, checked(person)?))).await
    }

    /// Takes back what was decided after a record, and decides it again with the code of this build. What was
    /// received stays received, results of steps that come again are reused.
    ///
    /// # Errors
    /// [`CallError::ResetRefused`] when a step that changes something would not come again, or its outcome is
    /// unknown.
    pub async fn reset(&self, run: RunId, to: u64, person: Person) -> Result<(), CallError> {
        self.reset_to(run, to, control(Kind::Reset, checked(person)?)).await
    }
}

/// Whatever a person writes down is kept in a record.
fn checked(person: Person) -> Result<Person, CallError> {
    check_size(person.actor.len() + person.reason.len() + person.key.len(), REASON_MAX)?;
    Ok(person)
}

fn acted(op: u64, act: Act, person: Person, output_json: Vec<u8>) -> Input {
    let Person { actor, reason, key } = person;
    Input::PersonActed(wire::PersonActed { op, act: act.into(), actor, reason, output_json, key })
}

fn control(kind: Kind, person: Person) -> wire::Control {
    let Person { actor, reason, key } = person;
    wire::Control { kind: kind.into(), actor, reason, key }
}
