//! A store in memory, for tests: it keeps what was committed for as long as its [`MemoryDisk`] lives, and fails on
//! demand.
//!
//! The disk is what survives; a [`MemoryStore`] is one process's connection to it. A connection that crashes answers
//! nothing any more, like the process that held it; another one opened on the same disk finds exactly what had been
//! committed. On a [`MemoryDisk::shared`] disk several may be open at once, as nodes on one database are; any other says
//! that its one connection is alone.
//!
//! ```
//! # use ordain_engine::store::memory::{Fault, MemoryDisk};
//! let disk = MemoryDisk::default();
//! let first = disk.connect();
//! first.script(3, Fault::CrashAfter); // The third commit is on disk, and nobody is told.
//! let second = disk.connect();
//! ```

mod tables;

use super::{
    Claim, InboundQuery, InboundRow, Pulse, RunQuery, RunRow, Started, StartedBy, Store, StoreError,
    StoredRecord, Verdict, Write,
};
use crate::clock::{Clock, Micros};
use crate::run_id::RunId;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tables::Tables;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What survives every crash. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    tables: Arc<Mutex<Tables>>,
    shared: bool,
    /// Whose time is the disk's.
    clock: Option<Arc<dyn Clock>>,
}

/// A connection to a [`MemoryDisk`], with faults to come.
pub struct MemoryStore {
    disk: MemoryDisk,
    faults: Mutex<Faults>,
    crashed: CancellationToken,
    paused: watch::Sender<bool>,
    /// Whose time a commit takes, and how much of it.
    slow: Option<(Arc<dyn Clock>, Micros)>,
}

/// What goes wrong with one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written, and the committer is told that the store does not answer.
    NotWritten,
    /// Everything is written, and the committer is told that the store does not answer.
    AnswerLost,
    /// Nothing is written, and every record but first ones is refused, as if another node had been first; one that an
    /// earlier try has stored, as if another node had gone on from it.
    Refused,
    /// Nothing is written, and no answer comes until the connection crashes.
    Hangs,
    /// The connection crashes, and nothing is written.
    CrashBefore,
    /// Everything is written, and the connection crashes before it says so.
    CrashAfter,
}

#[derive(Default)]
struct Faults {
    /// Commits so far.
    commits: u64,
    script: BTreeMap<u64, Fault>,
    hanging: bool,
}

impl MemoryDisk {
    /// A disk for several connections at a time.
    #[must_use]
    pub fn shared() -> Self {
        Self { shared: true, ..Self::default() }
    }

    /// The same disk, with a clock of its own.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Opens a connection.
    #[must_use]
    pub fn connect(&self) -> MemoryStore {
        let (faults, crashed) = (Mutex::default(), CancellationToken::new());
        MemoryStore { disk: self.clone(), faults, crashed, paused: watch::Sender::new(false), slow: None }
    }

    /// How many records were refused because the run had another one with their number.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.tables().refusals
    }

    /// How many groups were written.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.tables().groups
    }

    /// From now on the disk answers nobody, or answers again.
    pub fn set_down(&self, down: bool) {
        self.tables().down = down;
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().expect("no holder panics")
    }
}

impl MemoryStore {
    /// Lets every commit take this long.
    #[must_use]
    pub fn slow(self, clock: Arc<dyn Clock>, span: Micros) -> Self {
        Self { slow: Some((clock, span)), ..self }
    }

    /// Lets the `commit`-th commit of this connection, counted from 1, go wrong.
    pub fn script(&self, commit: u64, fault: Fault) {
        self.faults().script.insert(commit, fault);
    }

    /// How many commits this connection was asked for, whatever became of them.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.faults().commits
    }

    /// From now on nothing is heard from it and it hears nothing, as if its process had been stopped; or it goes on.
    pub fn set_paused(&self, paused: bool) {
        self.paused.send_replace(paused);
    }

    /// Whether it waits to go on.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Answers nothing from now on.
    pub fn crash(&self) {
        self.crashed.cancel();
    }

    /// Whether it answers nothing any more.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.crashed.is_cancelled()
    }

    /// Whether a commit waits for an answer that will not come.
    #[must_use]
    pub fn is_hanging(&self) -> bool {
        !self.is_crashed() && self.faults().hanging
    }

    /// Ends when the connection crashes.
    pub async fn crashed(&self) {
        self.crashed.cancelled().await;
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().expect("no holder panics")
    }

    fn next_fault(&self) -> Option<Fault> {
        let mut faults = self.faults();
        faults.commits += 1;
        let number = faults.commits;
        faults.script.remove(&number)
    }

    async fn read<T>(&self, read: impl FnOnce(&Tables) -> T) -> Result<T, StoreError> {
        self.change(|tables| read(tables)).await
    }

    async fn change<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> Result<T, StoreError> {
        self.gone_on().await;
        self.connected().map(|mut tables| change(&mut tables))
    }

    /// The disk, if it answers this connection.
    fn connected(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        let tables = self.disk.tables();
        if tables.down || self.is_crashed() { Err(no_answer()) } else { Ok(tables) }
    }

    async fn gone_on(&self) {
        let mut paused = self.paused.subscribe();
        tokio::select! {
            _ = paused.wait_for(|paused| !paused) => {}
            () = self.crashed() => {}
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
        drop(self.connected()?);
        match &self.slow {
            Some((clock, span)) => clock.sleep_until(clock.now() + span).await,
            // A real store answers later, never at once: whatever else is ready comes first.
            None => tokio::task::yield_now().await,
        }
        self.gone_on().await;
        match self.next_fault() {
            None => Ok(self.connected()?.write(group)),
            Some(Fault::NotWritten) => Err(no_answer()),
            Some(Fault::AnswerLost) => {
                self.connected()?.write(group);
                Err(no_answer())
            }
            Some(Fault::Refused) => Ok(self.connected()?.refuse(group)),
            Some(Fault::Hangs) => {
                self.faults().hanging = true;
                self.crashed().await;
                Err(no_answer())
            }
            Some(Fault::CrashBefore) => {
                self.crash();
                Err(no_answer())
            }
            Some(Fault::CrashAfter) => {
                self.connected()?.write(group);
                self.crash();
                Err(no_answer())
            }
        }
    }

    async fn history(&self, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError> {
        self.read(|tables| tables.history(run, after)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.read(|tables| tables.rows.get(&run).cloned()).await
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
        self.read(|tables| tables.runs(query)).await
    }

    async fn started(&self, tenant: &str, key: &StartedBy) -> Result<Option<Started>, StoreError> {
        self.read(|tables| tables.started(tenant, key)).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        self.change(|tables| tables.claim(claim)).await
    }

    async fn heads(&self, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
        self.read(|tables| runs.iter().filter_map(|run| Some((*run, tables.head(*run)?))).collect()).await
    }

    async fn beat(&self, incarnation: u64) -> Result<Pulse, StoreError> {
        let peers = self.change(|tables| tables.beat(incarnation)).await?;
        let now = self.disk.clock.as_ref().map(|clock| clock.now());
        Ok(Pulse { now, alone: !self.disk.shared, peers })
    }

    async fn leave(&self, incarnation: u64) -> Result<(), StoreError> {
        self.change(|tables| tables.living.remove(&incarnation)).await.map(|_| ())
    }

    async fn data_key(&self, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|tables| tables.data_keys.get(&run).cloned()).await
    }

    async fn inbound(&self, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
        self.read(|tables| tables.inbound_by(query)).await
    }

    async fn close(&self) {
        self.crash();
    }
}

fn no_answer() -> StoreError {
    StoreError::Unavailable("the connection is gone".into())
}
