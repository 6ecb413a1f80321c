//! `ordain.schedules.v1.ScheduleService`: what is done at set times.

use super::runs::person;
use super::{Api, answer, refusal};
use ordain_engine::schedule::door::ShownSchedule;
use ordain_engine::schedule::state::Firing;
use ordain_engine::schedule::{Overlap, ScheduleAnswer, ScheduleMessage};
use ordain_engine::{CallError, Person};
use ordain_proto::schedules::v1 as proto;
use ordain_proto::schedules::v1::schedule_service_server::ScheduleService;
use ordain_workflows::time::timestamp;
use tonic::{Code, Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ScheduleService for Api {
    async fn list_schedules(
        &self,
        _: Request<proto::ListSchedulesRequest>,
    ) -> Answer<proto::ListSchedulesResponse> {
        let schedules = self.engine.schedules().await.map_err(|error| refusal::from_store(&error))?;
        let schedules = schedules.into_iter().map(told).collect();
        Ok(Response::new(proto::ListSchedulesResponse { schedules }))
    }

    async fn get_schedule(
        &self,
        request: Request<proto::GetScheduleRequest>,
    ) -> Answer<proto::GetScheduleResponse> {
        let schedule = Some(self.told_schedule(&request.get_ref().schedule_id).await?);
        Ok(Response::new(proto::GetScheduleResponse { schedule }))
    }

    async fn pause_schedule(
        &self,
        request: Request<proto::PauseScheduleRequest>,
    ) -> Answer<proto::PauseScheduleResponse> {
        let it = request.get_ref();
        let person = person(&request, &it.reason, &it.request_id)?;
        let message = ScheduleMessage::Pause { reason: person.reason.clone() };
        self.tell_schedule(&it.schedule_id, message, person).await?;
        let schedule = Some(self.told_schedule(&it.schedule_id).await?);
        Ok(Response::new(proto::PauseScheduleResponse { schedule }))
    }

    async fn resume_schedule(
        &self,
        request: Request<proto::ResumeScheduleRequest>,
    ) -> Answer<proto::ResumeScheduleResponse> {
        let it = request.get_ref();
        let person = person(&request, &it.reason, &it.request_id)?;
        let message = ScheduleMessage::Resume { reason: person.reason.clone() };
        self.tell_schedule(&it.schedule_id, message, person).await?;
        let schedule = Some(self.told_schedule(&it.schedule_id).await?);
        Ok(Response::new(proto::ResumeScheduleResponse { schedule }))
    }

    async fn trigger_schedule(
        &self,
        request: Request<proto::TriggerScheduleRequest>,
    ) -> Answer<proto::TriggerScheduleResponse> {
        let it = request.get_ref();
        let person = person(&request, &it.reason, &it.request_id)?;
        let message = ScheduleMessage::Trigger { reason: person.reason.clone() };
        let number = match self.tell_schedule(&it.schedule_id, message, person).await? {
            ScheduleAnswer::Fires { number, .. } => signed(number),
            ScheduleAnswer::Done => 0,
            ScheduleAnswer::Refused { why } => {
                return Err(refusal::status(Code::FailedPrecondition, "SCHEDULE_BUSY", why));
            }
        };
        let schedule = Some(self.told_schedule(&it.schedule_id).await?);
        Ok(Response::new(proto::TriggerScheduleResponse { schedule, number }))
    }
}

impl Api {
    async fn told_schedule(&self, id: &str) -> Result<proto::Schedule, Status> {
        let shown = self.engine.schedule(id).await.map_err(|error| refusal::from_store(&error))?;
        shown.map(told).ok_or_else(|| unknown(id))
    }

    async fn tell_schedule(
        &self,
        id: &str,
        message: ScheduleMessage,
        person: Person,
    ) -> Result<ScheduleAnswer, Status> {
        self.engine.tell_schedule(id, &message, person).await.map_err(|error| match error {
            CallError::NotFound => unknown(id),
            error => refusal::from_call(id, &error),
        })
    }
}

fn unknown(id: &str) -> Status {
    refusal::not_found("SCHEDULE_NOT_FOUND", "ordain.schedules.v1.Schedule", id)
}

fn told(shown: ShownSchedule) -> proto::Schedule {
    let ShownSchedule { name, run, schedule } = shown;
    let state = match (&schedule.paused, schedule.fault.as_str()) {
        (Some(_), _) => proto::ScheduleState::Paused,
        (None, "") => proto::ScheduleState::Active,
        (None, _) => proto::ScheduleState::Faulty,
    };
    let overlap = match schedule.spec.overlap {
        Overlap::Skip => proto::Overlap::Skip,
        Overlap::BufferOne => proto::Overlap::BufferOne,
        Overlap::Allow => proto::Overlap::Allow,
    };
    let under_way = schedule.under_way.into_values();
    let firings = under_way.map(|firing| (firing, proto::FiringState::UnderWay));
    let firings = firings.chain(schedule.waiting.map(|firing| (firing, proto::FiringState::Waiting)));
    let ended = schedule.recent.into_iter().map(|firing| {
        let ok = firing.report.as_ref().is_some_and(|report| report.ok);
        (firing, if ok { proto::FiringState::Succeeded } else { proto::FiringState::Failed })
    });
    let paused = schedule.paused;
    proto::Schedule {
        schedule_id: name,
        run_id: run.to_string(),
        state: state.into(),
        cron: schedule.spec.cron,
        time_zone: schedule.spec.zone,
        overlap: overlap.into(),
        catch_up: Some(span(schedule.spec.catch_up_us)),
        jitter: Some(span(schedule.spec.jitter_us)),
        input_json: schedule.spec.input.to_string(),
        next_fire_time: schedule.fires_at.map(time),
        pause_reason: paused.as_ref().map(|paused| paused.reason.clone()).unwrap_or(schedule.fault),
        paused_by: paused.map(|paused| paused.actor).unwrap_or_default(),
        fired: signed(schedule.fired),
        skipped: signed(schedule.skipped),
        missed: signed(schedule.missed),
        failed: signed(schedule.failed),
        firings: firings.chain(ended).map(|(firing, state)| told_firing(firing, state)).collect(),
    }
}

fn told_firing(firing: Firing, state: proto::FiringState) -> proto::Firing {
    let report = firing.report.unwrap_or_default();
    let asked_by = firing.asked_by;
    proto::Firing {
        number: signed(firing.number),
        state: state.into(),
        due_time: Some(time(firing.due)),
        begin_time: firing.began.map(time),
        end_time: firing.ended.map(time),
        summary: report.summary,
        findings: report.findings,
        asked_by: asked_by.as_ref().map(|asked| asked.actor.clone()).unwrap_or_default(),
        reason: asked_by.map(|asked| asked.reason).unwrap_or_default(),
    }
}

fn time(micros: i64) -> prost_types::Timestamp {
    answer::time(timestamp(micros))
}

fn span(micros: i64) -> prost_types::Duration {
    let nanos = i32::try_from(micros % 1_000_000 * 1_000).unwrap_or(0);
    prost_types::Duration { seconds: micros / 1_000_000, nanos }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
