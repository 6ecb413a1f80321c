//! Telling the other nodes which runs have a new record, so that who watches there need not wait for a poll.
//!
//! Never in the write itself, where it would cost more than half of the throughput: what was written meanwhile is told
//! together, over another connection, and only while others are there. Nothing depends on it: a message that is lost,
//! and a pooler that swallows them all, leave the poll.

use super::link::Links;
use super::open::Address;
use super::read::{Values, ask_once};
use super::unavailable;
use crate::run_id::RunId;
use crate::store::{StoreError, Write};
use crate::vault::dice;
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// The database's channel that all nodes listen to.
const CHANNEL: &str = "ordain";
/// What is written within this is told together. Far below what a person notices, far above a commit.
const GATHER: Duration = Duration::from_millis(15);
/// Runs of one message, which may have 8,000 bytes.
const RUNS_MAX: usize = 250;
/// More than this at once is left to the poll of whoever watches.
const WAITING_MAX: usize = 20_000;
/// Our own message comes back within this, or the channel is dead.
const SELF_TEST: Duration = Duration::from_secs(5);
/// Before a dead channel is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What is to be told, and to whom.
pub(super) struct News {
    /// Tells our own messages from the others'.
    sender: String,
    written: Mutex<BTreeSet<RunId>>,
    any: Notify,
    others: AtomicBool,
    talk: Links,
    address: Address,
}

impl News {
    pub(super) fn new(address: Address) -> Self {
        Self {
            sender: format!("{:016x}", u64::from_be_bytes(dice())),
            written: Mutex::default(),
            any: Notify::new(),
            others: AtomicBool::new(false),
            talk: Links::new(address.clone(), 1),
            address,
        }
    }

    /// Whether anybody else is there to be told.
    pub(super) fn others(&self, others: bool) {
        self.others.store(others, Ordering::Relaxed);
    }

    /// A group was written.
    pub(super) fn written(&self, group: &[Write]) {
        if !self.others.load(Ordering::Relaxed) {
            return;
        }
        let mut written = self.written.lock().expect("no holder panics");
        if written.len() < WAITING_MAX {
            written.extend(group.iter().filter_map(|write| match write {
                Write::Append(append) => Some(append.run),
                Write::Inbound(_) | Write::Forget(_) | Write::ForgetInbound(_) => None,
            }));
        }
        self.any.notify_one();
    }

    /// Tells and listens for as long as it is polled.
    pub(super) async fn follow(&self, moved: impl Fn(Vec<RunId>)) {
        if self.address.by_transaction {
            // Whoever listened would lose its server with the transaction.
            return std::future::pending().await;
        }
        tokio::join!(self.tell_all(), self.listen_always(moved));
    }

    async fn tell_all(&self) {
        loop {
            self.any.notified().await;
            tokio::time::sleep(GATHER).await;
            let written = std::mem::take(&mut *self.written.lock().expect("no holder panics"));
            let written: Vec<RunId> = written.into_iter().collect();
            for runs in written.chunks(RUNS_MAX) {
                if let Err(error) = self.tell(runs).await {
                    tracing::debug!(%error, "the other nodes were not told; they poll");
                }
            }
        }
    }

    async fn tell(&self, runs: &[RunId]) -> Result<(), StoreError> {
        let runs = runs.iter().map(|run| format!(" {run}"));
        let message: String = std::iter::once(self.sender.clone()).chain(runs).collect();
        let values = Values::default().with(CHANNEL).with(message);
        ask_once(&self.talk, "SELECT pg_notify($1, $2)", values).await.map(drop)
    }

    async fn listen_always(&self, moved: impl Fn(Vec<RunId>)) {
        loop {
            if let Err(error) = self.listen(&moved).await {
                tracing::warn!(%error, "the other nodes are not heard; polling meanwhile");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Until the connection is lost.
    async fn listen(&self, moved: &impl Fn(Vec<RunId>)) -> Result<(), StoreError> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(self.address.options.clone());
        let pool = pool.await.map_err(unavailable)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(unavailable)?;
        listener.listen(CHANNEL).await.map_err(unavailable)?;
        self.tell(&[]).await?;
        let late = |_| StoreError::Unavailable("notifications do not arrive".into());
        let mut first = Some(());
        loop {
            let next = async { listener.try_recv().await.map_err(unavailable) };
            let heard = match first {
                Some(()) => tokio::time::timeout(SELF_TEST, next).await.map_err(late)??,
                None => next.await?,
            };
            let Some(heard) = heard else { return Ok(()) };
            first = None;
            let mut words = heard.payload().split_whitespace();
            if words.next().is_some_and(|sender| sender != self.sender) {
                moved(words.filter_map(|word| word.parse().ok()).collect());
            }
        }
    }

    pub(super) fn close(&self) {
        self.talk.close();
    }
}
