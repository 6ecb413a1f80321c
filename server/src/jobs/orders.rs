//! Walking through the store's runs, oldest page last, without holding more than a page.

use super::JobError;
use ordain_engine::store::{RunQuery, RunRow};
use ordain_engine::{Engine, RunId};

/// Rows of one page: each has a view of some kilobytes.
const PAGE: u32 = 200;

/// The run that sorts before every run of this time or later.
pub(super) const fn first_of(time_us: i64) -> RunId {
    RunId::new(time_us, [0; 10])
}

/// Runs, newest first, page by page.
pub(super) struct Walk {
    query: RunQuery,
    over: bool,
}

impl Walk {
    /// Those of a workflow that started before a run.
    pub(super) fn before(workflow: Option<&str>, before: Option<RunId>) -> Self {
        let workflow = workflow.map(str::to_owned);
        Self { query: RunQuery { workflow, before, limit: PAGE, ..RunQuery::default() }, over: false }
    }

    /// The next page; none when there is no more.
    pub(super) async fn page(&mut self, engine: &Engine) -> Result<Option<Vec<RunRow>>, JobError> {
        if self.over {
            return Ok(None);
        }
        let rows = engine.store().runs(&self.query).await?;
        self.over = rows.len() < PAGE as usize;
        self.query.before = rows.last().map(|row| row.run).or(self.query.before);
        Ok(Some(rows))
    }
}
