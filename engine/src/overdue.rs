//! What should have happened by now and did not: runs that were to be looked at long ago.
//!
//! A row's `wake_at` is pushed by every claim, so a run that is claimed again and again and never gets on looks
//! punctual there. Its newest record holds the time that it asked for itself.

use crate::clock::Micros;
use crate::engine::Engine;
use crate::run_id::RunId;
use crate::scanner::CLAIM_PUSH;
use crate::store::{RunQuery, RunRow, StoreError};
use ordain_proto::history::v1 as wire;
use prost::Message as _;

/// Rows of one page.
const PAGE: u32 = 500;

/// A run whose time came and that did not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Which.
    pub run: RunId,
    /// Its workflow.
    pub workflow: String,
    /// Its newest record.
    pub sequence: u64,
    /// When it asked to be looked at.
    pub since: Micros,
}

impl Engine {
    /// Runs that asked to be looked at `late` or longer ago, at most `limit`, newest run first. Paused, quarantined and
    /// closed runs ask for nothing. A store that was away makes everything late for a moment: look twice.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn overdue(&self, late: Micros, limit: usize) -> Result<Vec<Overdue>, StoreError> {
        let now = self.now();
        let wake_by = Some(now.saturating_add(CLAIM_PUSH));
        let mut query = RunQuery { wake_by, limit: PAGE, ..RunQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = self.store().runs(&query).await?;
            query.before = page.last().map(|row| row.run);
            let last = page.len() < PAGE as usize;
            for row in page {
                let due = self.asked_for(&row).await?;
                found.extend(due.filter(|due| due.since <= now.saturating_sub(late)));
                if found.len() >= limit {
                    return Ok(found);
                }
            }
            if last {
                return Ok(found);
            }
        }
    }

    /// When a run asked to be looked at; none if it asks for nothing any more.
    async fn asked_for(&self, row: &RunRow) -> Result<Option<Overdue>, StoreError> {
        let newest = self.store().history(row.run, row.seq.saturating_sub(1)).await?.pop();
        let Some(newest) = newest else { return Ok(None) };
        let record = wire::Record::decode(&newest.record[..]);
        let record = record.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let asked = (record.wake_at_us != 0).then_some(record.wake_at_us);
        Ok(asked.map(|since| Overdue {
            run: row.run,
            workflow: row.workflow.clone(),
            sequence: newest.seq,
            since,
        }))
    }
}
