//! The shared store: one PostgreSQL database, as many nodes on it as there are.
//!
//! The database is the only coordinator: the primary key of a record is the fence, and nothing here locks. What
//! [`Store::commit`](super::Store::commit) has acknowledged is in the database's log, on disk. Behind a pooler in
//! transaction mode (`?pool=transaction`) nothing is kept from one transaction to the next.

pub mod bare;
mod bulk;
mod claim;
mod commit;
mod forget;
mod import;
mod link;
mod marks;
mod news;
mod open;
mod read;
pub mod snapshot;
pub mod throwaway;

use super::sql::{to_run, to_seq, to_sql, unavailable};
use super::{
    Claim, InboundQuery, InboundRow, Pulse, RunQuery, RunRow, Started, StartedBy, Store, StoreError,
    StoredRecord, Verdict, Write,
};
use crate::run_id::RunId;
use async_trait::async_trait;
use link::Links;
use std::time::Duration;

/// A server that died without a word is given up after this, and the group is sent again over another connection.
/// Longer than a standby needs to confirm a busy moment's log.
const COMMIT_PATIENCE: Duration = Duration::from_secs(20);
/// Reads are short.
const READ_PATIENCE: Duration = Duration::from_secs(10);
/// Sooner than the others take a node for dead, so that there is time for a second try.
const BEAT_PATIENCE: Duration = Duration::from_millis(1_500);

/// An open PostgreSQL store.
pub struct PostgresStore {
    /// For the committer alone.
    commits: Links,
    /// For beats alone: a node that is busy reading is not dead.
    pulse: Links,
    reads: Links,
    news: news::News,
}

impl PostgresStore {
    /// Tells the other nodes of what was written here, and `moved` of what they wrote, for as long as it is polled.
    pub async fn follow(&self, moved: impl Fn(Vec<RunId>)) {
        self.news.follow(moved).await;
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
        let verdicts = within(COMMIT_PATIENCE, commit::commit(&self.commits, group)).await?;
        self.news.written(group);
        Ok(verdicts)
    }

    async fn history(&self, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError> {
        within(READ_PATIENCE, read::history(&self.reads, run, after)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        within(READ_PATIENCE, read::run(&self.reads, run)).await
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
        within(READ_PATIENCE, read::runs(&self.reads, query)).await
    }

    async fn started(&self, tenant: &str, key: &StartedBy) -> Result<Option<Started>, StoreError> {
        within(READ_PATIENCE, read::started(&self.reads, tenant, key)).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        within(READ_PATIENCE, claim::claim(&self.reads, claim)).await
    }

    async fn heads(&self, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
        within(READ_PATIENCE, read::heads(&self.reads, runs)).await
    }

    async fn beat(&self, incarnation: u64) -> Result<Pulse, StoreError> {
        let pulse = within(BEAT_PATIENCE, claim::beat(&self.pulse, incarnation)).await?;
        self.news.others(pulse.peers.len() > 1);
        Ok(pulse)
    }

    async fn leave(&self, incarnation: u64) -> Result<(), StoreError> {
        within(BEAT_PATIENCE, claim::leave(&self.pulse, incarnation)).await
    }

    async fn data_key(&self, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
        within(READ_PATIENCE, read::data_key(&self.reads, run)).await
    }

    async fn inbound(&self, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
        within(READ_PATIENCE, read::inbound(&self.reads, query)).await
    }

    async fn close(&self) {
        for links in [&self.commits, &self.pulse, &self.reads] {
            links.close();
        }
        self.news.close();
    }
}

/// An answer that comes in time. One that is cut off takes its connection with it.
async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer,
        Err(late) => Err(StoreError::Unavailable(Box::new(late))),
    }
}
