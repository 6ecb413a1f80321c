//! How schedules are made, found and talked to.

use super::state::Schedule;
use super::{ScheduleAnswer, ScheduleInput, ScheduleMessage, ScheduleSpec, ScheduleWorkflow};
use crate::call::{CallError, MessageRequest, StartOutcome, StartRequest};
use crate::engine::Engine;
use crate::person::Person;
use crate::run_id::RunId;
use crate::store::{RunQuery, RunRow, StartedBy, StoreError};
use crate::workflow::Workflow as _;

/// Within which a schedule's name is unique.
const SCHEDULES: &str = "schedules";
/// Schedules that one look lists; a product has a handful.
const LISTED_MAX: u32 = 1_000;

/// A schedule as its row shows it.
#[derive(Debug, Clone)]
pub struct ShownSchedule {
    /// Its name.
    pub name: String,
    /// Its run.
    pub run: RunId,
    /// As it stands.
    pub schedule: Schedule,
}

impl Engine {
    /// Sees to it that there is a schedule of this name and that it is so: makes it, once however many nodes ask, or
    /// changes the one that is there.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn ensure_schedule(&self, name: &str, spec: &ScheduleSpec) -> Result<RunId, CallError> {
        let run = self.new_run_id();
        let began = self.start(StartRequest {
            run,
            workflow: ScheduleWorkflow::NAME.into(),
            workflow_version: ScheduleWorkflow::VERSION,
            input: json(&ScheduleInput::New(Box::new(spec.clone()))),
            data_key: self.new_data_key(run),
            tenant: SCHEDULES.into(),
            request_id: name.into(),
            label: name.into(),
            fingerprint: Vec::new(),
            actor: "engine".into(),
            clock: None,
        });
        let StartOutcome::Exists(started) = began.await? else { return Ok(run) };
        let row = self.store().run(started.run).await.map_err(|_| CallError::Unavailable)?;
        let known = row.and_then(shown);
        if known.is_some_and(|known| known.schedule.spec != *spec) {
            let message = ScheduleMessage::Change { spec: Box::new(spec.clone()) };
            // A key of its own: what was changed away from and back again is a change each time.
            let key = format!("change {}", uuid::Uuid::new_v4());
            let person = Person { actor: "engine".into(), reason: String::new(), key };
            self.tell(started.run, &message, person).await?;
        }
        Ok(started.run)
    }

    /// Every schedule, by name.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn schedules(&self) -> Result<Vec<ShownSchedule>, StoreError> {
        let query = RunQuery {
            workflow: Some(ScheduleWorkflow::NAME.into()),
            tenant: Some(SCHEDULES.into()),
            limit: LISTED_MAX,
            ..RunQuery::default()
        };
        let mut schedules: Vec<_> = self.store().runs(&query).await?.into_iter().filter_map(shown).collect();
        schedules.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(schedules)
    }

    /// The schedule of this name, if there is one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn schedule(&self, name: &str) -> Result<Option<ShownSchedule>, StoreError> {
        let Some(started) = self.store().started(SCHEDULES, &StartedBy::Label(name.to_owned())).await? else {
            return Ok(None);
        };
        Ok(self.store().run(started.run).await?.and_then(shown))
    }

    /// Tells the schedule of this name something and waits for its answer. The same key again is the same message.
    ///
    /// # Errors
    /// [`CallError::NotFound`], and see [`CallError`].
    pub async fn tell_schedule(
        &self,
        name: &str,
        message: &ScheduleMessage,
        person: Person,
    ) -> Result<ScheduleAnswer, CallError> {
        let started = self.store().started(SCHEDULES, &StartedBy::Label(name.to_owned())).await;
        let started = started.map_err(|_| CallError::Unavailable)?.ok_or(CallError::NotFound)?;
        self.tell(started.run, message, person).await
    }

    async fn tell(
        &self,
        run: RunId,
        message: &ScheduleMessage,
        person: Person,
    ) -> Result<ScheduleAnswer, CallError> {
        let payload = json(message);
        let fingerprint = self.vault().fingerprint(&payload);
        let Person { actor, key, .. } = person;
        let request = MessageRequest { run, key, fingerprint, payload, actor, only_at: None };
        let answer = self.call(request).await?.answer.unwrap_or_default();
        serde_json::from_slice(&answer).map_err(|_| CallError::Unavailable)
    }
}

/// None if the row shows something that this build does not read.
fn shown(row: RunRow) -> Option<ShownSchedule> {
    let schedule = serde_json::from_slice(&row.view).ok()?;
    Some(ShownSchedule { name: row.attributes.label, run: row.run, schedule })
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("schedules are plain data and always serialise")
}
