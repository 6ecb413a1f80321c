//! Walking through the store's runs, oldest page last, without holding more than a page.

use ordain_engine::RunId;
use ordain_engine::store::{RunQuery, RunRow, Store, StoreError};

/// Rows of one page: each has a view of some kilobytes.
const PAGE: u32 = 200;

/// The run that sorts before every run of this time or later.
pub const fn first_of(time_us: i64) -> RunId {
    RunId::new(time_us, [0; 10])
}

/// Runs, newest first, page by page.
pub struct Walk {
    query: RunQuery,
    over: bool,
}

impl Walk {
    /// Those of a workflow that started before a run.
    pub fn before(workflow: Option<&str>, before: Option<RunId>) -> Self {
        let workflow = workflow.map(str::to_owned);
        Self { query: RunQuery { workflow, before, limit: PAGE, ..RunQuery::default() }, over: false }
    }

    /// Those of a workflow that belong to an account and started before a run.
    pub fn of_account(workflow: &str, account: &str, before: Option<RunId>) -> Self {
        let mut walk = Self::before(Some(workflow), before);
        walk.query.owner = Some(account.to_owned());
        walk
    }

    /// The next page; none when there is no more.
    pub async fn page(&mut self, store: &dyn Store) -> Result<Option<Vec<RunRow>>, StoreError> {
        if self.over {
            return Ok(None);
        }
        let rows = store.runs(&self.query).await?;
        self.over = rows.len() < PAGE as usize;
        self.query.before = rows.last().map(|row| row.run).or(self.query.before);
        Ok(Some(rows))
    }
}
