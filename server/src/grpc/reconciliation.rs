//! `ordain.reconciliation.v1.ReconciliationService`: what providers say of orders, and what differs.

use super::orders::list::{page, page_size, read_token};
use super::runs::person;
use super::{Api, answer, names, orders, refusal};
use crate::jobs::statements::{Asked, RECONCILIATIONS, start, wanted};
use jiff::civil::Date;
use ordain_engine::store::{RunQuery, RunRow};
use ordain_engine::{MessageRequest, RunId, Workflow as _};
use ordain_proto::reconciliation::v1 as proto;
use ordain_proto::reconciliation::v1::reconciliation_service_server::ReconciliationService;
use ordain_providers::spec::QuestionKind;
use ordain_workflows::ReconciliationWorkflow;
use ordain_workflows::reconciliation::{Discrepancy, DiscrepancyKind};
use ordain_workflows::reconciliation_workflow::{
    Reconciliation, ReconciliationAnswer, ReconciliationMessage, ReconciliationState, Source,
};
use tonic::{Code, Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// A quarter of a year: more is several reconciliations.
const DAYS_MAX: i32 = 92;
/// Bytes of a reason: every one is kept where all of them are shown.
const REASON_MAX: usize = 1_000;

#[tonic::async_trait]
impl ReconciliationService for Api {
    async fn start_reconciliation(
        &self,
        request: Request<proto::StartReconciliationRequest>,
    ) -> Answer<proto::StartReconciliationResponse> {
        let it = request.get_ref();
        let days = days(it)?;
        let account = self.account(&it.account).await?.account;
        let source = source(it.source());
        can_tell(&account.new.provider, source)?;
        let bare = proto::StartReconciliationRequest { request_id: String::new(), ..it.clone() };
        let asked = Asked {
            request_id: orders::request_id(&it.request_id)?,
            fingerprint: self.fingerprint("StartReconciliation", &bare),
            actor: orders::actor(&request),
        };
        let started = start(&self.engine, wanted(&account, days, source), &asked).await;
        let (run, fingerprint, is_new) = started.map_err(|error| refusal::from_call(&it.account, &error))?;
        if fingerprint != asked.fingerprint {
            return Err(refusal::request_id_reused(&it.account));
        }
        let (_, it) = self.reconciliation(&run.to_string()).await?;
        let reconciliation = Some(told(run, &it));
        Ok(Response::new(proto::StartReconciliationResponse { reconciliation, replayed: !is_new }))
    }

    async fn get_reconciliation(
        &self,
        request: Request<proto::GetReconciliationRequest>,
    ) -> Answer<proto::GetReconciliationResponse> {
        let (run, it) = self.reconciliation(&request.get_ref().reconciliation_id).await?;
        Ok(Response::new(proto::GetReconciliationResponse { reconciliation: Some(told(run, &it)) }))
    }

    async fn list_discrepancies(
        &self,
        request: Request<proto::ListDiscrepanciesRequest>,
    ) -> Answer<proto::ListDiscrepanciesResponse> {
        let asked = request.get_ref();
        if !asked.reconciliation_id.is_empty() {
            let (run, it) = self.reconciliation(&asked.reconciliation_id).await?;
            let discrepancies = told_discrepancies(run, &it, asked.include_resolved);
            let next_page_token = String::new();
            return Ok(Response::new(proto::ListDiscrepanciesResponse { discrepancies, next_page_token }));
        }
        let size = page_size(asked.page_size)?;
        let list = format!("discrepancies {} {}", asked.account, asked.include_resolved);
        let owner = match asked.account.as_str() {
            "" => None,
            name => Some(self.account(name).await?.account.new.id),
        };
        let query = RunQuery {
            workflow: Some(ReconciliationWorkflow::NAME.into()),
            tenant: Some(RECONCILIATIONS.into()),
            owner,
            before: read_token(self, &list, &asked.page_token)?,
            limit: size + 1,
            ..RunQuery::default()
        };
        let rows = self.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
        let (rows, next_page_token) = page(self, &list, rows, size);
        let mut discrepancies = Vec::new();
        for row in rows {
            let (run, it) = shown(row)?;
            discrepancies.extend(told_discrepancies(run, &it, asked.include_resolved));
        }
        Ok(Response::new(proto::ListDiscrepanciesResponse { discrepancies, next_page_token }))
    }

    async fn resolve_discrepancy(
        &self,
        request: Request<proto::ResolveDiscrepancyRequest>,
    ) -> Answer<proto::ResolveDiscrepancyResponse> {
        let asked = request.get_ref();
        let person = person(&request, &asked.reason, &asked.request_id)?;
        if person.reason.len() > REASON_MAX {
            return Err(refusal::field("reason", format!("at most {REASON_MAX} bytes")));
        }
        let (run, _) = self.reconciliation(&asked.reconciliation_id).await?;
        let (discrepancy, reason) = (asked.discrepancy_id.clone(), person.reason);
        let payload = serde_json::to_vec(&ReconciliationMessage::Resolve { discrepancy, reason });
        let bare = proto::ResolveDiscrepancyRequest { request_id: String::new(), ..asked.clone() };
        let told = MessageRequest {
            run,
            key: person.key,
            fingerprint: self.fingerprint("ResolveDiscrepancy", &bare),
            payload: payload.expect("messages are plain data"),
            actor: person.actor,
            only_at: None,
        };
        let reply = self.engine.call(told).await;
        let reply = reply.map_err(|error| refusal::from_call(&asked.reconciliation_id, &error))?;
        match serde_json::from_slice(&reply.answer.unwrap_or_default()) {
            Ok(ReconciliationAnswer::Resolved) => {}
            Ok(ReconciliationAnswer::ResolvedBefore) => {
                let message = "somebody has settled it before";
                return Err(refusal::status(Code::FailedPrecondition, "DISCREPANCY_RESOLVED", message));
            }
            Ok(ReconciliationAnswer::Unknown) => return Err(unknown_discrepancy(&asked.discrepancy_id)),
            Err(_) => return Err(refusal::unavailable("the answer cannot be read")),
        }
        let (run, it) = self.reconciliation(&asked.reconciliation_id).await?;
        let settled = told_discrepancies(run, &it, true);
        let discrepancy = settled.into_iter().find(|it| it.discrepancy_id == asked.discrepancy_id);
        Ok(Response::new(proto::ResolveDiscrepancyResponse { discrepancy }))
    }
}

impl Api {
    async fn reconciliation(&self, id: &str) -> Result<(RunId, Reconciliation), Status> {
        let unknown =
            || refusal::not_found("RECONCILIATION_NOT_FOUND", "ordain.reconciliation.v1.Reconciliation", id);
        let run: RunId = id.parse().map_err(|_| unknown())?;
        let row = self.engine.store().run(run).await.map_err(|error| refusal::from_store(&error))?;
        row.filter(|row| row.workflow == ReconciliationWorkflow::NAME).map_or_else(|| Err(unknown()), shown)
    }
}

fn shown(row: RunRow) -> Result<(RunId, Reconciliation), Status> {
    let it = serde_json::from_slice(&row.view).map_err(|error| refusal::from_books(&error.into()))?;
    Ok((row.run, it))
}

fn unknown_discrepancy(id: &str) -> Status {
    refusal::not_found("DISCREPANCY_NOT_FOUND", "ordain.reconciliation.v1.Discrepancy", id)
}

fn source(asked: proto::ReconciliationSource) -> Source {
    match asked {
        proto::ReconciliationSource::Unspecified | proto::ReconciliationSource::Statements => {
            Source::Statements
        }
        proto::ReconciliationSource::Sync => Source::Sync,
    }
}

/// Whether the provider says anything from there.
fn can_tell(provider: &str, source: Source) -> Result<(), Status> {
    let spec = ordain_providers::find(provider).map(|provider| provider.spec);
    let (can, lacks) = match source {
        Source::Statements => {
            (spec.is_some_and(|spec| spec.questions.contains(&QuestionKind::Statement)), "has no statements")
        }
        Source::Sync => {
            let offered = spec.is_some_and(|spec| spec.operations.sync.support.is_offered());
            (offered, "cannot be asked how an order stands")
        }
    };
    if can {
        return Ok(());
    }
    let message = format!("{provider} {lacks}");
    Err(refusal::status(Code::FailedPrecondition, "OPERATION_NOT_SUPPORTED", message))
}

fn days(asked: &proto::StartReconciliationRequest) -> Result<(Date, Date), Status> {
    let day = |field: &str, text: &str| -> Result<Date, Status> {
        text.parse().map_err(|_| refusal::field(field, "a day: 2026-11-20"))
    };
    let (first, last) = (day("first_day", &asked.first_day)?, day("last_day", &asked.last_day)?);
    let span = last.since(first).map(|span| span.get_days()).unwrap_or(-1);
    if (0..DAYS_MAX).contains(&span) {
        return Ok((first, last));
    }
    Err(refusal::field("last_day", format!("not before `first_day`, and {DAYS_MAX} days at most")))
}

fn told(run: RunId, it: &Reconciliation) -> proto::Reconciliation {
    let resolved = it.discrepancies.iter().filter(|it| it.resolution.is_some()).count();
    let state = match it.state {
        ReconciliationState::Running => proto::ReconciliationState::Running,
        ReconciliationState::Open => proto::ReconciliationState::Open,
        ReconciliationState::Settled => proto::ReconciliationState::Settled,
    };
    proto::Reconciliation {
        reconciliation_id: run.to_string(),
        account: names::account(&it.new.merchant, &it.new.account),
        first_day: it.new.from.to_string(),
        last_day: it.new.to.to_string(),
        state: state.into(),
        statements: it.statements.clone(),
        lines: count(it.lines),
        matched: count(it.matched),
        source: match it.new.source {
            Source::Statements => proto::ReconciliationSource::Statements,
            Source::Sync => proto::ReconciliationSource::Sync,
        }
        .into(),
        asked: count(it.asked),
        open: count((it.discrepancies.len() - resolved) as u64),
        resolved: count(resolved as u64),
        more: count(it.more),
        create_time: Some(answer::time(it.created_at)),
        update_time: Some(answer::time(it.updated_at)),
    }
}

fn told_discrepancies(run: RunId, it: &Reconciliation, all: bool) -> Vec<proto::Discrepancy> {
    let account = names::account(&it.new.merchant, &it.new.account);
    let wanted = it.discrepancies.iter().filter(|it| all || it.resolution.is_none());
    wanted.map(|it| told_discrepancy(run, &account, it)).collect()
}

fn told_discrepancy(run: RunId, account: &str, it: &Discrepancy) -> proto::Discrepancy {
    let resolution = it.resolution.as_ref();
    proto::Discrepancy {
        reconciliation_id: run.to_string(),
        discrepancy_id: it.id.clone(),
        account: account.to_owned(),
        kind: kind(it.kind).into(),
        statement: it.statement.clone(),
        order_id: it.order.clone(),
        theirs: it.theirs.clone(),
        ours: it.ours.clone(),
        message: it.message.clone(),
        resolved_by: resolution.map(|it| it.actor.clone()).unwrap_or_default(),
        resolution: resolution.map(|it| it.reason.clone()).unwrap_or_default(),
        resolve_time: resolution.map(|it| answer::time(it.at)),
    }
}

const fn kind(kind: DiscrepancyKind) -> proto::DiscrepancyKind {
    match kind {
        DiscrepancyKind::MissingHere => proto::DiscrepancyKind::MissingHere,
        DiscrepancyKind::MissingThere => proto::DiscrepancyKind::MissingThere,
        DiscrepancyKind::UnpaidHere => proto::DiscrepancyKind::UnpaidHere,
        DiscrepancyKind::AmountDiffers => proto::DiscrepancyKind::AmountDiffers,
        DiscrepancyKind::CurrencyDiffers => proto::DiscrepancyKind::CurrencyDiffers,
        DiscrepancyKind::RefundUnknownHere => proto::DiscrepancyKind::RefundUnknownHere,
        DiscrepancyKind::UnreadableLine => proto::DiscrepancyKind::UnreadableLine,
        DiscrepancyKind::StatementUnavailable => proto::DiscrepancyKind::StatementUnavailable,
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
