//! A store that takes the time of its commits.

use ordain_engine::RunId;
use ordain_engine::store::{
    Claim, InboundQuery, InboundRow, Pulse, RunQuery, RunRow, Started, StartedBy, Store, StoreError,
    StoredRecord, Verdict, Write,
};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tonic::async_trait;

/// A store, and how long each of its commits took.
pub(super) struct TimedStore {
    store: Arc<dyn Store>,
    /// Microseconds.
    commits: Mutex<Vec<u64>>,
}

impl TimedStore {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, commits: Mutex::default() }
    }

    /// What was measured since the last time this was asked.
    pub(super) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.commits.lock().expect("no holder panics"))
    }
}

#[async_trait]
impl Store for TimedStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
        let begun = Instant::now();
        let verdicts = self.store.commit(group).await;
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.commits.lock().expect("no holder panics").push(took);
        verdicts
    }

    async fn history(&self, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError> {
        self.store.history(run, after).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.store.run(run).await
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
        self.store.runs(query).await
    }

    async fn started(&self, tenant: &str, key: &StartedBy) -> Result<Option<Started>, StoreError> {
        self.store.started(tenant, key).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        self.store.claim(claim).await
    }

    async fn heads(&self, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
        self.store.heads(runs).await
    }

    async fn beat(&self, incarnation: u64) -> Result<Pulse, StoreError> {
        self.store.beat(incarnation).await
    }

    async fn leave(&self, incarnation: u64) -> Result<(), StoreError> {
        self.store.leave(incarnation).await
    }

    async fn data_key(&self, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.data_key(run).await
    }

    async fn inbound(&self, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
        self.store.inbound(query).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
