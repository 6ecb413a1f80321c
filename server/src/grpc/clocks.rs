//! `ordain.accounts.v1.TestClockService`: the time of an account at a simulated provider.
//!
//! A clock is a run, and so is the account that names it. Moving one is in [`advance`].

mod advance;

use super::orders::list::{page, page_size, read_token};
use super::{Api, answer, names, orders, refusal, wait};
use crate::books::{OpenAccount, clock_of};
use crate::simulated::clock::{ClockError, Face, SimulatedClock};
use advance::Mover;
use jiff::Timestamp;
use ordain_engine::clocks::WaitsOn;
use ordain_engine::store::{RunQuery, StartedBy};
use ordain_engine::{MessageRequest, RunId, StartOutcome, StartRequest, Workflow as _};
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::test_clock_service_server::TestClockService;
use ordain_workflows::account_workflow::{AccountMessage, Environment};
use ordain_workflows::clock_workflow::{ClockAnswer, ClockInput, ClockMessage, IN_USE, NewClock, TestClock};
use ordain_workflows::time::{micros, timestamp};
use ordain_workflows::{ClockWorkflow, OrderWorkflow};
use std::time::Duration;
use tonic::{Code, Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// Who makes clocks, as a tenant of runs: their ids are their labels.
const CLOCKS: &str = "clocks";
/// How long a caller without a deadline waits for a clock to come where it is to go.
const PATIENCE: Duration = Duration::from_secs(300);
/// Left of the caller's deadline for the answer to travel.
const MARGIN: Duration = Duration::from_millis(250);

#[tonic::async_trait]
impl TestClockService for Api {
    async fn create_test_clock(
        &self,
        request: Request<proto::CreateTestClockRequest>,
    ) -> Answer<proto::CreateTestClockResponse> {
        let actor = orders::actor(&request);
        let clock = self.create_clock(request.into_inner(), actor).await?;
        let test_clock = Some(self.told_clock(&clock).await?);
        Ok(Response::new(proto::CreateTestClockResponse { test_clock }))
    }

    async fn get_test_clock(
        &self,
        request: Request<proto::GetTestClockRequest>,
    ) -> Answer<proto::GetTestClockResponse> {
        let clock = self.clock(&request.get_ref().name).await?;
        let test_clock = Some(self.told_clock(&clock).await?);
        Ok(Response::new(proto::GetTestClockResponse { test_clock }))
    }

    async fn list_test_clocks(
        &self,
        request: Request<proto::ListTestClocksRequest>,
    ) -> Answer<proto::ListTestClocksResponse> {
        self.list_clocks(request.get_ref()).await.map(Response::new)
    }

    async fn advance_test_clock(
        &self,
        request: Request<proto::AdvanceTestClockRequest>,
    ) -> Answer<proto::AdvanceTestClockResponse> {
        let actor = orders::actor(&request);
        let deadline = request.metadata().get("grpc-timeout").and_then(|value| value.to_str().ok());
        let patience = deadline.and_then(wait::timeout).map(|limit| limit.saturating_sub(MARGIN));
        let request = request.into_inner();
        let clock = self.clock(&request.name).await?;
        let mover = Mover::new(self, &clock, (actor, patience.unwrap_or(PATIENCE)));
        let stops = mover.advance(&request).await?;
        let stops = stops.into_iter().map(|stop| stop.told(&clock)).collect();
        let clock = self.clock(&request.name).await?;
        let test_clock = Some(self.told_clock(&clock).await?);
        Ok(Response::new(proto::AdvanceTestClockResponse { test_clock, stops }))
    }

    async fn delete_test_clock(
        &self,
        request: Request<proto::DeleteTestClockRequest>,
    ) -> Answer<proto::DeleteTestClockResponse> {
        let actor = orders::actor(&request);
        let clock = self.clock(&request.get_ref().name).await?;
        self.delete_clock(&clock, actor).await?;
        Ok(Response::new(proto::DeleteTestClockResponse {}))
    }
}

/// An account's clock, as it stands, and the account.
struct OpenClock {
    run: RunId,
    clock: TestClock,
    account: OpenAccount,
    /// The same clock, over there.
    simulated: SimulatedClock,
}

impl OpenClock {
    fn name(&self) -> String {
        names::clock(&self.clock.merchant, &self.clock.account)
    }
}

impl Api {
    async fn create_clock(
        &self,
        request: proto::CreateTestClockRequest,
        actor: String,
    ) -> Result<OpenClock, Status> {
        let account = self.account(&request.parent).await?;
        let simulated = may_have_clock(&account)?;
        let request_id = orders::request_id(&request.request_id)?;
        let bare = proto::CreateTestClockRequest { request_id: String::new(), ..request.clone() };
        let fingerprint = self.fingerprint("CreateTestClock", &bare);
        let at = match &request.frozen_time {
            Some(time) => super::wire::time(time).ok_or_else(|| refusal::field("frozen_time", "a time"))?,
            None => Timestamp::now(),
        };
        let name = names::clock(&account.account.new.merchant, &account.account.new.id);
        if let Some(known) = clock_of(&account.account) {
            let asked = StartedBy::RequestId(request_id);
            let made = self.engine.store().started(CLOCKS, &asked).await;
            let made = made.map_err(|error| refusal::from_store(&error))?;
            if made.is_some_and(|made| made.run == known && made.fingerprint == fingerprint) {
                return self.clock(&name).await;
            }
            let message = "the account has a test clock: advance it, or delete it first";
            return Err(refusal::taken("TEST_CLOCK_EXISTS", "ordain.accounts.v1.TestClock", &name, message));
        }
        self.has_no_orders(&account).await?;
        let run = self.start_clock(&account, (request_id, fingerprint), (at, &actor)).await?;
        let at = self.stands_at(run, &name).await?;
        // Over there first: an account here whose provider lives in another time is worse than the reverse.
        simulated.set(at).await.map_err(|error| from_simulator(&error))?;
        let clock = Some(run.to_string());
        self.tell_account(&account, AccountMessage::SetClock { clock }, actor).await?;
        self.clock(&name).await
    }

    async fn start_clock(
        &self,
        account: &OpenAccount,
        (request_id, fingerprint): (String, Vec<u8>),
        (at, actor): (Timestamp, &str),
    ) -> Result<RunId, Status> {
        let new = &account.account.new;
        let input =
            NewClock { merchant: new.merchant.clone(), account: new.id.clone(), stands_at: micros(at) };
        let run = self.engine.new_run_id();
        let start = StartRequest {
            run,
            workflow: ClockWorkflow::NAME.into(),
            workflow_version: ClockWorkflow::VERSION,
            input: serde_json::to_vec(&ClockInput::New(input)).expect("plain data"),
            data_key: self.engine.new_data_key(run),
            tenant: CLOCKS.into(),
            request_id,
            label: run.to_string(),
            fingerprint: fingerprint.clone(),
            actor: actor.to_owned(),
            clock: None,
        };
        match self.engine.start(start).await.map_err(|error| refusal::from_call(&new.id, &error))? {
            StartOutcome::Began => Ok(run),
            StartOutcome::Exists(known) if known.fingerprint == fingerprint => Ok(known.run),
            StartOutcome::Exists(_) => Err(refusal::request_id_reused(&new.id)),
        }
    }

    /// Where a clock stands that this request made, now or before, and that nobody has deleted since.
    async fn stands_at(&self, run: RunId, name: &str) -> Result<Timestamp, Status> {
        let row = self.engine.store().run(run).await.map_err(|error| refusal::from_store(&error))?;
        let in_use = row.filter(|row| row.attributes.state == IN_USE).ok_or_else(|| {
            let message =
                "the clock that this request_id made was deleted: take a new request_id for another";
            refusal::taken("REQUEST_ID_REUSED", "ordain.accounts.v1.TestClock", name, message)
        })?;
        let clock: TestClock =
            serde_json::from_slice(&in_use.view).map_err(|error| refusal::from_books(&error.into()))?;
        Ok(timestamp(clock.stands_at))
    }

    /// An order that began in real time would go by another clock than its account.
    async fn has_no_orders(&self, account: &OpenAccount) -> Result<(), Status> {
        let query = RunQuery {
            workflow: Some(OrderWorkflow::NAME.into()),
            owner: Some(account.account.new.id.clone()),
            limit: 1,
            ..RunQuery::default()
        };
        let orders = self.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
        if orders.is_empty() {
            return Ok(());
        }
        let message = "the account has orders, whose time has begun: take an account without any";
        Err(refusal::status(Code::FailedPrecondition, "ACCOUNT_HAS_ORDERS", message))
    }

    async fn tell_account(
        &self,
        account: &OpenAccount,
        message: AccountMessage,
        actor: String,
    ) -> Result<(), Status> {
        let request = MessageRequest::keyed(account.run, orders::request_id("")?, &message, &actor);
        let told = self.engine.call(request).await;
        told.map(drop).map_err(|error| refusal::from_call(&account.account.new.id, &error))
    }

    /// The clock of this name.
    async fn clock(&self, name: &str) -> Result<OpenClock, Status> {
        let account = self.account(&names::parse_clock("name", name)?).await?;
        let missing = || refusal::not_found("TEST_CLOCK_NOT_FOUND", "ordain.accounts.v1.TestClock", name);
        let run = clock_of(&account.account).ok_or_else(missing)?;
        let row = self.engine.store().run(run).await.map_err(|error| refusal::from_store(&error))?;
        let row = row.ok_or_else(missing)?;
        let clock = serde_json::from_slice(&row.view).map_err(|error| refusal::from_books(&error.into()))?;
        let simulated = may_have_clock(&account)?;
        Ok(OpenClock { run, clock, account, simulated })
    }

    async fn list_clocks(
        &self,
        request: &proto::ListTestClocksRequest,
    ) -> Result<proto::ListTestClocksResponse, Status> {
        let size = page_size(request.page_size)?;
        let list = format!("clocks {}", request.parent);
        let owner = match request.parent.as_str() {
            "merchants/-" => None,
            parent => Some(names::merchant("parent", parent)?),
        };
        let query = RunQuery {
            workflow: Some(ClockWorkflow::NAME.into()),
            owner,
            state: Some(IN_USE.into()),
            before: read_token(self, &list, &request.page_token)?,
            limit: size + 1,
            ..RunQuery::default()
        };
        let rows = self.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
        let (rows, next_page_token) = page(self, &list, rows, size);
        let mut test_clocks = Vec::with_capacity(rows.len());
        for row in rows {
            let clock: TestClock =
                serde_json::from_slice(&row.view).map_err(|error| refusal::from_books(&error.into()))?;
            // One that was made and never given to its account is nobody's.
            let open = self.clock(&names::clock(&clock.merchant, &clock.account)).await;
            if let Ok(open) = open
                && open.run == row.run
            {
                test_clocks.push(self.told_clock(&open).await?);
            }
        }
        Ok(proto::ListTestClocksResponse { test_clocks, next_page_token })
    }

    async fn delete_clock(&self, clock: &OpenClock, actor: String) -> Result<(), Status> {
        self.tell_account(&clock.account, AccountMessage::SetClock { clock: None }, actor.clone()).await?;
        clock.simulated.remove().await.map_err(|error| from_simulator(&error))?;
        self.tell_clock(clock, (&ClockMessage::Remove, orders::request_id("")?), &actor).await.map(drop)
    }

    /// Tells a clock something, and returns what it says.
    async fn tell_clock(
        &self,
        clock: &OpenClock,
        (message, key): (&ClockMessage, String),
        actor: &str,
    ) -> Result<ClockAnswer, Status> {
        let reply = self.engine.call(MessageRequest::keyed(clock.run, key, message, actor)).await;
        let reply = reply.map_err(|error| refusal::from_call(&clock.name(), &error))?;
        let answer = serde_json::from_slice(&reply.answer.unwrap_or_default());
        answer.map_err(|error| refusal::status(Code::Internal, "ANSWER_UNREADABLE", error.to_string()))
    }

    async fn told_clock(&self, open: &OpenClock) -> Result<proto::TestClock, Status> {
        let waits = self.engine.waits_on(open.run).await.map_err(|error| refusal::from_store(&error))?;
        let face = open.simulated.look().await.map_err(|error| from_simulator(&error))?;
        let clock = &open.clock;
        let stands_at = timestamp(clock.stands_at);
        let is_due = waits.next_timer.is_some_and(|timer| timer <= clock.stands_at);
        let on_its_way = clock.target > clock.stands_at;
        let busy = is_due || on_its_way || !waits.under_way.is_empty() || face.busy > 0;
        let state = if busy { proto::TestClockState::Advancing } else { proto::TestClockState::Ready };
        Ok(proto::TestClock {
            name: open.name(),
            time: Some(answer::time(stands_at)),
            state: state.into(),
            target_time: on_its_way.then(|| answer::time(timestamp(clock.target))),
            next_timer_time: next_due(&waits, &face, stands_at).map(answer::time),
            under_way: orders_named(clock, &waits.under_way),
            provider_is_busy: face.busy > 0,
            run_id: open.run.to_string(),
            create_time: Some(answer::time(clock.created_at)),
        })
    }
}

/// The first thing due after a time, here or over there.
fn next_due(waits: &WaitsOn, face: &Face, now: Timestamp) -> Option<Timestamp> {
    let ours = waits.next_timer.map(timestamp);
    [ours, face.next_due].into_iter().flatten().filter(|due| *due > now).min()
}

fn orders_named(clock: &TestClock, runs: &[RunId]) -> Vec<String> {
    runs.iter().map(|run| names::order(&clock.merchant, &run.to_string())).collect()
}

/// The clock over there of an account that may have one: nobody else's provider would go by it.
fn may_have_clock(account: &OpenAccount) -> Result<SimulatedClock, Status> {
    let simulated = account.account.new.environment == Environment::Simulated;
    let found = simulated.then(|| SimulatedClock::of(account)).flatten();
    found.ok_or_else(|| {
        let message =
            "only an account at a simulated provider may have a clock: no other provider goes by it";
        refusal::status(Code::FailedPrecondition, "TEST_CLOCK_REFUSED", message)
    })
}

fn from_simulator(error: &ClockError) -> Status {
    match error {
        ClockError::NoSimulator => {
            refusal::status(Code::FailedPrecondition, "TEST_CLOCK_REFUSED", error.to_string())
        }
        ClockError::Unavailable => refusal::unavailable(error.to_string()),
    }
}
