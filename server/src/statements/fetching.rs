//! Asking an account's provider for its statements.

use crate::books::{Books, BooksError};
use crate::perform::question;
use crate::transport::Transport;
use ordain_engine::store::StoreError;
use ordain_engine::{ActivityCx, CallError};
use ordain_providers::Outcome;
use ordain_providers::call::Retry;
use ordain_providers::question::{Findings, Question, StatementHead};
use ordain_providers::spec::QuestionKind;
use ordain_workflows::reconciliation_workflow::NewReconciliation;

/// One step's way to the provider.
pub(super) struct Fetch<'a> {
    pub(super) books: &'a Books,
    pub(super) transport: &'a Transport,
    pub(super) cx: &'a ActivityCx,
    pub(super) of: &'a NewReconciliation,
}

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFetched {
    /// It may be there later.
    #[error("{0}")]
    Later(String),
    /// It will not come by asking again.
    #[error("{0}")]
    Refused(String),
    /// The statement is there, and nobody can read it.
    #[error("the account does not say which columns of the statement hold what")]
    Unmapped,
    /// Nobody knows.
    #[error("{0}")]
    NoAnswer(String),
    /// Our own store.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The engine takes nothing now.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl From<StoreError> for NotFetched {
    fn from(error: StoreError) -> Self {
        Self::Books(error.into())
    }
}

impl From<crate::jobs::JobError> for NotFetched {
    fn from(error: crate::jobs::JobError) -> Self {
        Self::NoAnswer(error.to_string())
    }
}

impl NotFetched {
    /// Whether asking again is of no use.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unmapped)
    }
}

impl Fetch<'_> {
    /// Whether the provider lists its statements. One that does neither has none.
    pub(super) fn is_listed(&self) -> Result<bool, NotFetched> {
        let questions = super::provider(self.of)?.spec.questions;
        if !questions.contains(&QuestionKind::Statement) {
            return Err(NotFetched::Refused(format!("{} has no statements", self.of.provider)));
        }
        Ok(questions.contains(&QuestionKind::Statements))
    }

    /// A page of the list, newest first.
    pub(super) async fn page(&self, page: u32) -> Result<Vec<StatementHead>, NotFetched> {
        match self.ask(Question::Statements { page }).await? {
            Findings::Statements { heads } => Ok(heads),
            _ => Err(NotFetched::NoAnswer("the answer is no list of statements".into())),
        }
    }

    /// One statement.
    pub(super) async fn statement(&self, id: &str) -> Result<Findings, NotFetched> {
        self.ask(Question::Statement { id: id.to_owned() }).await
    }

    async fn ask(&self, asked: Question) -> Result<Findings, NotFetched> {
        let outcome = question(self.books, self.transport, self.cx, (&self.of.account, asked)).await?;
        let no_answer = || NotFetched::NoAnswer("the provider's answer says nothing".into());
        match outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => facts.answer.ok_or_else(no_answer),
            Outcome::Refused { retry: Retry::Later, message, .. } => Err(NotFetched::Later(message)),
            Outcome::Refused { code, message, .. } => {
                Err(NotFetched::Refused(format!("the provider refuses: {code} {message}")))
            }
            Outcome::NotSent { why } | Outcome::Unknown { why } => Err(NotFetched::NoAnswer(why)),
        }
    }
}
