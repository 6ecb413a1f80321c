//! The embedded store: one SQLite file, one writer, many readers.
//!
//! WAL with `synchronous=FULL`: what [`Store::commit`](super::Store::commit) has acknowledged was synced. The write
//! connection is used by the committer alone; every transaction is `BEGIN IMMEDIATE`, so that nothing is upgraded
//! half-way. A lock file keeps a second process out.

mod backup;
pub mod bare;
mod bulk;
mod claim;
mod commit;
mod export;
mod forget;
mod marks;
mod open;
mod read;

use super::sql::{to_run, to_seq, to_sql, unavailable};
use super::{
    Append, Claim, InboundQuery, InboundRow, Pulse, RunQuery, RunRow, Started, StartedBy, Store, StoreError,
    StoredRecord, Verdict, Write,
};
use crate::run_id::RunId;
use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::fs::File;
use tokio::sync::Mutex;

/// An open SQLite store.
pub struct SqliteStore {
    /// The lock is held for as long as the store is open; the operating system lets go of it when the process dies.
    writer: Mutex<Option<(SqliteConnection, File)>>,
    readers: SqlitePool,
    living: claim::Living,
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
        match self.writer.lock().await.as_mut() {
            Some((writer, _)) => commit::commit(writer, group).await,
            None => Err(StoreError::Unusable("it was closed".into())),
        }
    }

    async fn history(&self, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError> {
        read::history(&self.readers, run, after).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        read::run(&self.readers, run).await
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
        read::runs(&self.readers, query).await
    }

    async fn started(&self, tenant: &str, key: &StartedBy) -> Result<Option<Started>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(unavailable)?;
        read::started(&mut reader, tenant, key).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        claim::claim(self, claim).await
    }

    async fn heads(&self, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
        read::heads(&self.readers, runs).await
    }

    async fn beat(&self, incarnation: u64) -> Result<Pulse, StoreError> {
        Ok(Pulse { now: None, alone: true, peers: self.living.beat(incarnation) })
    }

    async fn leave(&self, incarnation: u64) -> Result<(), StoreError> {
        self.living.leave(incarnation);
        Ok(())
    }

    async fn data_key(&self, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
        read::data_key(&self.readers, run).await
    }

    async fn inbound(&self, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
        read::inbound(&self.readers, query).await
    }

    async fn close(&self) {
        self.readers.close().await;
        if let Some((writer, lock)) = self.writer.lock().await.take() {
            // Whether or not SQLite tidies up behind itself, everything acknowledged is on disk.
            drop(writer.close().await);
            drop(lock);
        }
    }
}
