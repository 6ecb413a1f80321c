//! The daily reconciliation of every account against its provider's statements of the day before.

use super::{DAY_US, JobError};
use crate::walk::Walk;
use jiff::tz::TimeZone;
use ordain_engine::schedule::{Fire, Report};
use ordain_engine::store::RunRow;
use ordain_engine::{Engine, StartOutcome, StartRequest, Workflow as _};
use ordain_providers::spec::QuestionKind;
use ordain_workflows::account_workflow::{Account, AccountState};
use ordain_workflows::reconciliation_workflow::{NewReconciliation, Source};
use ordain_workflows::time::timestamp;
use ordain_workflows::{AccountWorkflow, ReconciliationWorkflow};

/// Within which a reconciliation's request is known.
pub const RECONCILIATIONS: &str = "reconciliations";

/// Starts one for every account whose provider has statements, once an account and day.
pub(super) async fn start_all(engine: &Engine, fire: &Fire) -> Result<Report, JobError> {
    let day = timestamp(fire.due - DAY_US).to_zoned(TimeZone::UTC).date();
    let mut walk = Walk::before(Some(AccountWorkflow::NAME), None);
    let mut findings = Vec::new();
    while let Some(page) = walk.page(engine.store()).await? {
        for account in page.iter().filter_map(with_statements) {
            let name = format!("statements {} {day}", account.new.id);
            let started =
                start(engine, wanted(&account, (day, day), Source::Statements), &Asked::by_the_clock(name))
                    .await?;
            findings.push(format!("{}: reconciliation {}", account.new.id, started.0));
        }
    }
    let summary = format!("{} accounts reconciled against statements of {day}", findings.len());
    Ok(Report { ok: true, summary, findings })
}

/// Who asks, under which id.
pub struct Asked {
    /// The same again is the same reconciliation.
    pub request_id: String,
    /// Tells it from another one under the same id.
    pub fingerprint: Vec<u8>,
    /// Who.
    pub actor: String,
}

impl Asked {
    const fn by_the_clock(request_id: String) -> Self {
        Self { request_id, fingerprint: Vec::new(), actor: String::new() }
    }
}

/// What is to be reconciled of an account.
#[must_use]
pub fn wanted(
    account: &Account,
    (from, to): (jiff::civil::Date, jiff::civil::Date),
    source: Source,
) -> NewReconciliation {
    NewReconciliation {
        merchant: account.new.merchant.clone(),
        account: account.new.id.clone(),
        provider: account.new.provider.clone(),
        pace: account.new.settings.poll_scale,
        from,
        to,
        source,
    }
}

/// Starts a reconciliation. Returns its run and fingerprint, and whether it is new.
pub async fn start(
    engine: &Engine,
    new: NewReconciliation,
    asked: &Asked,
) -> Result<(ordain_engine::RunId, Vec<u8>, bool), ordain_engine::CallError> {
    let run = engine.new_run_id();
    let request = StartRequest {
        run,
        workflow: ReconciliationWorkflow::NAME.into(),
        workflow_version: ReconciliationWorkflow::VERSION,
        input: serde_json::to_vec(&new).expect("plain data"),
        data_key: engine.new_data_key(run),
        tenant: RECONCILIATIONS.into(),
        request_id: asked.request_id.clone(),
        label: asked.request_id.clone(),
        fingerprint: asked.fingerprint.clone(),
        actor: if asked.actor.is_empty() { "statements".into() } else { asked.actor.clone() },
        clock: None,
    };
    Ok(match engine.start(request).await? {
        StartOutcome::Began => (run, asked.fingerprint.clone(), true),
        StartOutcome::Exists(started) => (started.run, started.fingerprint, false),
    })
}

/// The account that a row shows, if it works or did until the merchant switched it off, and its provider has statements
/// that can be read.
fn with_statements(row: &RunRow) -> Option<Account> {
    let account: Account = serde_json::from_slice(&row.view).ok()?;
    let spec = ordain_providers::find(&account.new.provider)?.spec;
    let readable = account.new.config.get("statement_columns").is_none_or(|columns| !columns.is_empty());
    let works = matches!(account.state, AccountState::Active | AccountState::Disabled);
    (works && readable && spec.questions.contains(&QuestionKind::Statement)).then_some(account)
}
