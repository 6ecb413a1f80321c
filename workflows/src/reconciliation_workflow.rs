//! The durable run of one reconciliation: what the provider says of an account's orders of some days.
//!
//! Every statement is one step, which compares it line by line and tells the orders what it says; the run keeps the
//! differences until a person has settled the last one, and ends then. Where orders are asked about one by one, each takes
//! the answer in by its own rules, and nothing is kept here but how many were asked about.

use crate::provider_call::spec_of;
use crate::reconciliation::{Discrepancy, DiscrepancyKind, Resolution};
use crate::time::timestamp;
use jiff::Timestamp;
use jiff::civil::Date;
use ordain_engine::store::Attributes;
use ordain_engine::{Activity, Ctx, Next, OnUnknown, Policy, Workflow};
use ordain_providers::question::StatementHead;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Differences that are kept: more of them are one fault, which the first ones show; and all of them are the run's view.
const DISCREPANCIES_MAX: usize = 300;
/// A statement that is not there yet is asked for again, for an hour or so.
const ATTEMPTS_MAX: u32 = 6;
/// A large statement has fifty thousand lines, and each is looked up.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The reconciliation workflow.
pub struct ReconciliationWorkflow;

/// What is to be reconciled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReconciliation {
    /// Whose.
    pub merchant: String,
    /// Our id of the account.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// How many times faster than life the account is lived.
    pub pace: u32,
    /// The first day, by the provider's calendar.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// From what.
    #[serde(default, skip_serializing_if = "Source::is_statements")]
    pub source: Source,
}

/// From what an account is reconciled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// The provider's statements of the days.
    #[default]
    Statements,
    /// The provider's answer about every open order that began on the days, by UTC.
    Sync,
}

impl Source {
    /// Histories that are older than the choice say nothing of it, and so say the same as ever.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it may skip by reference")]
    const fn is_statements(&self) -> bool {
        matches!(self, Self::Statements)
    }
}

/// A reconciliation as it stands: the run's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// What it was started with.
    pub new: NewReconciliation,
    /// How far it is.
    pub state: ReconciliationState,
    /// Statements that were compared.
    pub statements: Vec<String>,
    /// Lines on them.
    pub lines: u64,
    /// Lines that agree with our orders.
    pub matched: u64,
    /// Orders that were told to ask the provider.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub asked: u64,
    /// The differences, oldest first.
    pub discrepancies: Vec<Discrepancy>,
    /// Differences beyond those that are kept.
    pub more: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

/// How far a reconciliation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReconciliationState {
    /// Statements are being compared.
    Running,
    /// Differences wait for a person.
    Open,
    /// There are none, or all of them are settled.
    Settled,
}

impl ReconciliationState {
    /// As in the store: `RUNNING`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Open => "OPEN",
            Self::Settled => "SETTLED",
        }
    }
}

/// What a reconciliation's run can be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ReconciliationMessage {
    /// A person has settled a difference.
    Resolve {
        /// Which.
        discrepancy: String,
        /// Why it is none any more.
        reason: String,
    },
}

/// What a reconciliation's run answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReconciliationAnswer {
    /// It is settled.
    Resolved,
    /// There is no such difference.
    Unknown,
    /// Somebody settled it before.
    ResolvedBefore,
}

/// Finds out which statements there are of some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListStatements(pub NewReconciliation);

impl Activity for ListStatements {
    const NAME: &'static str = "statements.list";
    type Output = Listed;

    fn key(&self) -> String {
        format!("statements from {} to {}", self.0.from, self.0.to)
    }

    fn policy(&self) -> Policy {
        policy(&self.0)
    }
}

/// Which statements there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// They.
    pub heads: Vec<StatementHead>,
    /// Why they are not all; empty if they are.
    pub fault: String,
}

/// Compares a statement with the account's orders, and tells them what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareStatement {
    /// What it belongs to.
    pub of: NewReconciliation,
    /// Which.
    pub head: StatementHead,
}

impl Activity for CompareStatement {
    const NAME: &'static str = "statements.compare";
    type Output = Compared;

    fn key(&self) -> String {
        format!("statement {}", self.head.id)
    }

    fn policy(&self) -> Policy {
        policy(&self.of)
    }
}

/// Finds orders whose money stands on no statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindUnsettled(pub NewReconciliation);

impl Activity for FindUnsettled {
    const NAME: &'static str = "statements.unsettled";
    type Output = Compared;

    fn key(&self) -> String {
        format!("orders of {}", self.0.account)
    }

    fn policy(&self) -> Policy {
        Policy::new(ATTEMPTS_MAX, TIMEOUT, OnUnknown::Reads)
    }
}

/// Tells every open order that began on the days to ask the provider how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskOrders(pub NewReconciliation);

impl Activity for AskOrders {
    const NAME: &'static str = "orders.ask";
    /// How many.
    type Output = u64;

    fn key(&self) -> String {
        format!("orders of {} from {} to {}", self.0.account, self.0.from, self.0.to)
    }

    fn policy(&self) -> Policy {
        // An order that is told the same again under the same key does nothing more.
        Policy::new(ATTEMPTS_MAX, TIMEOUT, OnUnknown::Again)
    }
}

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Lines of the statement.
    pub lines: u64,
    /// Lines that agree.
    pub matched: u64,
    /// Differences.
    pub discrepancies: Vec<Discrepancy>,
    /// Differences beyond those.
    pub more: u64,
}

/// They only ask; that an order hears the same evidence again changes nothing.
fn policy(of: &NewReconciliation) -> Policy {
    // A provider that this build no longer has stops the run here, with that reason.
    let provider = spec_of(&of.provider).id;
    Policy::new(ATTEMPTS_MAX, TIMEOUT, OnUnknown::Reads).under(format!("{provider}/{}", of.account))
}

impl Compared {
    /// No statement, and why.
    #[must_use]
    pub fn unavailable(statement: &str, why: &str) -> Self {
        let discrepancy = Discrepancy {
            id: format!("statement {statement}"),
            kind: DiscrepancyKind::StatementUnavailable,
            statement: statement.to_owned(),
            order: String::new(),
            theirs: String::new(),
            ours: String::new(),
            message: why.to_owned(),
            resolution: None,
        };
        Self { discrepancies: vec![discrepancy], ..Self::default() }
    }
}

impl Workflow for ReconciliationWorkflow {
    const NAME: &'static str = "reconciliation";
    /// From 2 on there is a choice of sources.
    const VERSION: u32 = 2;
    type Input = NewReconciliation;
    type Message = ReconciliationMessage;
    type Answer = ReconciliationAnswer;

    async fn run(ctx: Ctx<Self>, new: NewReconciliation) -> String {
        let mut it = Reconciliation::new(new, timestamp(ctx.now()));
        show(&ctx, &mut it);
        match it.new.source {
            Source::Statements => compare_all(&ctx, &mut it).await,
            Source::Sync => ask_all(&ctx, &mut it).await,
        }
        while it.settle() != ReconciliationState::Settled {
            show(&ctx, &mut it);
            let Next::Message(told) = ctx.next(None).await else { continue };
            let ReconciliationMessage::Resolve { discrepancy, reason } = &told.message;
            let (actor, at) = (told.actor.clone(), timestamp(ctx.now()));
            let resolution = Resolution { actor, reason: reason.clone(), at };
            ctx.answer(&told, &it.resolve(discrepancy, resolution));
        }
        show(&ctx, &mut it);
        format!("settled: {} lines, {} differences", it.lines, it.discrepancies.len() as u64 + it.more)
    }
}

async fn compare_all(ctx: &Ctx<ReconciliationWorkflow>, it: &mut Reconciliation) {
    let listed = ctx.run(ListStatements(it.new.clone())).await;
    let Listed { heads, fault } =
        listed.unwrap_or_else(|failure| Listed { heads: Vec::new(), fault: failure.to_string() });
    if !fault.is_empty() {
        it.add(Compared::unavailable("list", &fault));
    }
    for head in heads {
        let (of, id) = (it.new.clone(), head.id.clone());
        let compared = ctx.run(CompareStatement { of, head }).await;
        it.add(compared.unwrap_or_else(|failure| Compared::unavailable(&id, &failure.to_string())));
        it.statements.push(id);
        show(ctx, it);
    }
    let unsettled = ctx.run(FindUnsettled(it.new.clone())).await;
    it.add(unsettled.unwrap_or_else(|failure| Compared::unavailable("orders", &failure.to_string())));
}

async fn ask_all(ctx: &Ctx<ReconciliationWorkflow>, it: &mut Reconciliation) {
    match ctx.run(AskOrders(it.new.clone())).await {
        Ok(asked) => it.asked = asked,
        Err(failure) => it.add(Compared::unavailable("orders", &failure.to_string())),
    }
}

const fn is_nought(number: &u64) -> bool {
    *number == 0
}

impl Reconciliation {
    fn new(new: NewReconciliation, now: Timestamp) -> Self {
        Self {
            new,
            state: ReconciliationState::Running,
            statements: Vec::new(),
            lines: 0,
            matched: 0,
            asked: 0,
            discrepancies: Vec::new(),
            more: 0,
            created_at: now,
            updated_at: now,
        }
    }

    fn add(&mut self, compared: Compared) {
        self.lines += compared.lines;
        self.matched += compared.matched;
        let room = DISCREPANCIES_MAX - self.discrepancies.len();
        let beyond = compared.discrepancies.len().saturating_sub(room);
        self.more += compared.more + beyond as u64;
        self.discrepancies.extend(compared.discrepancies.into_iter().take(room));
    }

    fn resolve(&mut self, id: &str, resolution: Resolution) -> ReconciliationAnswer {
        match self.discrepancies.iter_mut().find(|it| it.id == id) {
            None => ReconciliationAnswer::Unknown,
            Some(it) if it.resolution.is_some() => ReconciliationAnswer::ResolvedBefore,
            Some(it) => {
                it.resolution = Some(resolution);
                ReconciliationAnswer::Resolved
            }
        }
    }

    fn settle(&mut self) -> ReconciliationState {
        let open = self.discrepancies.iter().any(|it| it.resolution.is_none());
        self.state = if open { ReconciliationState::Open } else { ReconciliationState::Settled };
        self.state
    }
}

fn show(ctx: &Ctx<ReconciliationWorkflow>, it: &mut Reconciliation) {
    it.updated_at = timestamp(ctx.now());
    let (owner, state) = (it.new.account.clone(), it.state.as_str().to_owned());
    ctx.show(it, Attributes { owner, state, ..Attributes::default() });
}

#[cfg(test)]
mod tests {
    use super::{NewReconciliation, Source};

    #[test]
    fn what_was_recorded_before_there_was_a_choice_of_sources_is_recorded_the_same() {
        let recorded = r#"{"merchant":"demo","account":"own","provider":"theirs","pace":1,"from":"2026-11-01","to":"2026-11-02"}"#;
        let read: NewReconciliation = serde_json::from_str(recorded).expect("an input of version 1");
        assert_eq!(read.source, Source::Statements);
        assert_eq!(serde_json::to_string(&read).expect("plain data"), recorded);
    }
}
