//! `ordain.runs.v1.RunService`: runs as the engine sees them, and a person's way out.

mod check;

use super::orders::list::{page, page_size, read_token};
use super::{Api, answer, orders, refusal};
use jiff::Timestamp;
use ordain_engine::store::{RunQuery, RunStatus};
use ordain_engine::{Person, RecordInfo, RunId, RunInfo, StepInfo};
use ordain_proto::runs::v1 as proto;
use ordain_proto::runs::v1::run_service_server::RunService;
use ordain_providers::{Facts, Outcome};
use ordain_workflows::order::Answer as StepAnswer;
use ordain_workflows::time::timestamp;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl RunService for Api {
    type CheckRunsStream = check::Checks;

    async fn check_runs(&self, _: Request<proto::CheckRunsRequest>) -> Answer<check::Checks> {
        Ok(Response::new(check::check(self)))
    }

    async fn list_runs(&self, request: Request<proto::ListRunsRequest>) -> Answer<proto::ListRunsResponse> {
        let request = request.get_ref();
        let size = page_size(request.page_size)?;
        let list = format!("runs {}", request.parked_only);
        let query = RunQuery {
            waiting_for_a_person: request.parked_only,
            before: read_token(self, &list, &request.page_token)?,
            limit: size + 1,
            ..RunQuery::default()
        };
        let rows = self.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
        let (rows, next_page_token) = page(self, &list, rows, size);
        let mut runs = Vec::with_capacity(rows.len());
        for row in rows {
            runs.push(self.told_run(row.run).await?);
        }
        Ok(Response::new(proto::ListRunsResponse { runs, next_page_token }))
    }

    async fn get_run(&self, request: Request<proto::GetRunRequest>) -> Answer<proto::GetRunResponse> {
        let run = run_id(&request.get_ref().run_id)?;
        Ok(Response::new(proto::GetRunResponse { run: Some(self.told_run(run).await?) }))
    }

    async fn get_history(
        &self,
        request: Request<proto::GetHistoryRequest>,
    ) -> Answer<proto::GetHistoryResponse> {
        let run = run_id(&request.get_ref().run_id)?;
        let after = u64::try_from(request.get_ref().after_sequence)
            .map_err(|_| refusal::field("after_sequence", "zero or more"))?;
        let history = self.engine.history(run, after).await;
        let records = history.map_err(|error| refusal::from_inspect(&run.to_string(), &error))?;
        Ok(Response::new(proto::GetHistoryResponse { records: records.into_iter().map(record).collect() }))
    }

    async fn replay_run(
        &self,
        request: Request<proto::ReplayRunRequest>,
    ) -> Answer<proto::ReplayRunResponse> {
        let run = run_id(&request.get_ref().run_id)?;
        let replay = self.engine.replay(run).await;
        let replay = replay.map_err(|error| refusal::from_inspect(&run.to_string(), &error))?;
        Ok(Response::new(proto::ReplayRunResponse {
            records: replay.records.into_iter().map(record).collect(),
            matches: replay.difference.is_none(),
            first_difference: replay.difference.unwrap_or_default(),
            view_json: String::from_utf8_lossy(&replay.view).into_owned(),
        }))
    }

    async fn retry_step(
        &self,
        request: Request<proto::RetryStepRequest>,
    ) -> Answer<proto::RetryStepResponse> {
        let it = request.get_ref();
        let (run, step) = (run_id(&it.run_id)?, step_id(it.step_id)?);
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.retry_step(run, step, person).await)
            .await
            .map(|run| Response::new(proto::RetryStepResponse { run: Some(run) }))
    }

    async fn skip_step(&self, request: Request<proto::SkipStepRequest>) -> Answer<proto::SkipStepResponse> {
        let it = request.get_ref();
        let (run, step) = (run_id(&it.run_id)?, step_id(it.step_id)?);
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.skip_step(run, step, person).await)
            .await
            .map(|run| Response::new(proto::SkipStepResponse { run: Some(run) }))
    }

    async fn complete_step(
        &self,
        request: Request<proto::CompleteStepRequest>,
    ) -> Answer<proto::CompleteStepResponse> {
        let it = request.get_ref();
        let (run, step) = (run_id(&it.run_id)?, step_id(it.step_id)?);
        let person = person(&request, &it.reason, &it.request_id)?;
        let output = if it.result_json.is_empty() {
            self.plain_success(run).await?
        } else {
            it.result_json.clone().into_bytes()
        };
        self.acted(run, self.engine.complete_step(run, step, person, output).await)
            .await
            .map(|run| Response::new(proto::CompleteStepResponse { run: Some(run) }))
    }

    async fn reset_run(&self, request: Request<proto::ResetRunRequest>) -> Answer<proto::ResetRunResponse> {
        let it = request.get_ref();
        let run = run_id(&it.run_id)?;
        let to = u64::try_from(it.to_sequence).ok().filter(|to| *to > 0);
        let to = to.ok_or_else(|| refusal::field("to_sequence", "the last record to keep, 1 or more"))?;
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.reset(run, to, person).await)
            .await
            .map(|run| Response::new(proto::ResetRunResponse { run: Some(run) }))
    }

    async fn pause_run(&self, request: Request<proto::PauseRunRequest>) -> Answer<proto::PauseRunResponse> {
        let it = request.get_ref();
        let run = run_id(&it.run_id)?;
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.pause(run, person).await)
            .await
            .map(|run| Response::new(proto::PauseRunResponse { run: Some(run) }))
    }

    async fn cancel_run(
        &self,
        request: Request<proto::CancelRunRequest>,
    ) -> Answer<proto::CancelRunResponse> {
        let it = request.get_ref();
        let run = run_id(&it.run_id)?;
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.cancel(run, person).await)
            .await
            .map(|run| Response::new(proto::CancelRunResponse { run: Some(run) }))
    }

    async fn resume_run(
        &self,
        request: Request<proto::ResumeRunRequest>,
    ) -> Answer<proto::ResumeRunResponse> {
        let it = request.get_ref();
        let run = run_id(&it.run_id)?;
        let person = person(&request, &it.reason, &it.request_id)?;
        self.acted(run, self.engine.resume(run, person).await)
            .await
            .map(|run| Response::new(proto::ResumeRunResponse { run: Some(run) }))
    }
}

impl Api {
    /// What a person vouches for who says no more than "it happened".
    async fn plain_success(&self, run: RunId) -> Result<Vec<u8>, Status> {
        let row = self.engine.store().run(run).await.map_err(|error| refusal::from_store(&error))?;
        let asked_at = match row {
            Some(row) => self.books.now_for(&row).await.map_err(|error| refusal::from_books(&error))?,
            None => Timestamp::now(),
        };
        let answer = StepAnswer { outcome: Outcome::Done(Facts::default()), asked_at, next_action: None };
        Ok(serde_json::to_vec(&answer).expect("plain data"))
    }

    async fn acted(
        &self,
        run: RunId,
        acted: Result<(), ordain_engine::CallError>,
    ) -> Result<proto::Run, Status> {
        acted.map_err(|error| refusal::from_call(&run.to_string(), &error))?;
        self.told_run(run).await
    }

    async fn told_run(&self, run: RunId) -> Result<proto::Run, Status> {
        let info = self.engine.inspect(run).await;
        Ok(told(info.map_err(|error| refusal::from_inspect(&run.to_string(), &error))?))
    }
}

/// What a run stands for.
fn resource(workflow: &str, tenant: &str, run: RunId, label: &str) -> String {
    if workflow == "order" { format!("{tenant}/orders/{run}") } else { label.to_owned() }
}

fn told(info: RunInfo) -> proto::Run {
    let resource = resource(&info.workflow, &info.tenant, info.run, &info.label);
    proto::Run {
        run_id: info.run.to_string(),
        workflow: info.workflow,
        status: status(info.status).into(),
        status_reason: info.reason,
        sequence: signed(info.sequence),
        outstanding_steps: info.steps.into_iter().map(step).collect(),
        create_time: Some(time(info.created)),
        update_time: Some(time(info.updated)),
        resource,
    }
}

fn step(info: StepInfo) -> proto::Step {
    proto::Step {
        step_id: signed(info.step),
        kind: info.kind,
        key: info.key,
        call_site: info.call_site,
        attempts: info.attempts.into(),
        parked: info.parked.is_some(),
        reason: info.parked.unwrap_or_default(),
        outcome_unknown: info.outcome_unknown,
        since: Some(time(info.since)),
    }
}

fn record(info: RecordInfo) -> proto::HistoryRecord {
    let line = |line: ordain_engine::inspect::RecordLine| proto::HistoryLine {
        kind: line.kind.into(),
        text: line.text,
        call_site: line.call_site,
    };
    proto::HistoryRecord {
        sequence: signed(info.sequence),
        time: Some(time(info.time)),
        lines: info.lines.into_iter().map(line).collect(),
        bytes: i64::try_from(info.bytes).unwrap_or(i64::MAX),
    }
}

const fn status(status: RunStatus) -> proto::RunStatus {
    match status {
        RunStatus::Open => proto::RunStatus::Open,
        RunStatus::Parked => proto::RunStatus::Parked,
        RunStatus::Paused => proto::RunStatus::Paused,
        RunStatus::Quarantined => proto::RunStatus::Quarantined,
        RunStatus::Closed => proto::RunStatus::Closed,
    }
}

/// Who acts and why. Without a reason nothing is done: the history would not say why.
pub(super) fn person<T>(request: &Request<T>, reason: &str, request_id: &str) -> Result<Person, Status> {
    let reason = required(reason)?;
    let key = orders::request_id(request_id)?;
    Ok(Person { actor: orders::actor(request), reason, key })
}

/// Why somebody acts: whoever looks later must find it.
pub(super) fn required(reason: &str) -> Result<String, Status> {
    if reason.trim().is_empty() {
        return Err(refusal::field("reason", "required: it is recorded"));
    }
    Ok(reason.to_owned())
}

fn run_id(text: &str) -> Result<RunId, Status> {
    text.parse().map_err(|error| refusal::field("run_id", format!("{error}")))
}

fn step_id(step: i64) -> Result<u64, Status> {
    u64::try_from(step).map_err(|_| refusal::field("step_id", "a step's number"))
}

fn time(micros: i64) -> prost_types::Timestamp {
    answer::time(timestamp(micros))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("a sequence stays below 2^63")
}
