//! Connections to the database: each is used by one statement at a time, and never again after it was cut off.
//!
//! Whoever asks takes a connection out, and puts it back when the answer came whole. A caller that goes away in the
//! middle takes the connection with it, so that nobody finds it inside somebody else's transaction: a pool that takes
//! such connections back has lost acknowledged writes.

use super::open::Address;
use super::unavailable;
use crate::store::StoreError;
use sqlx::{Executor, PgConnection};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A few connections of one purpose.
pub(super) struct Links {
    address: Address,
    idle: Mutex<Vec<PgConnection>>,
    permits: Semaphore,
}

/// A connection in use.
pub(super) struct Link<'a> {
    pub(super) db: PgConnection,
    home: &'a Links,
    _permit: SemaphorePermit<'a>,
}

impl Links {
    /// At most so many at a time.
    pub(super) fn new(address: Address, count: usize) -> Self {
        Self { address, idle: Mutex::default(), permits: Semaphore::new(count) }
    }

    /// Takes a connection; behind a pooler that hands servers out by the transaction, one begins with it.
    pub(super) async fn begin(&self) -> Result<Link<'_>, StoreError> {
        let permit =
            self.permits.acquire().await.map_err(|_| StoreError::Unusable("it was closed".into()))?;
        let idle = self.idle().pop();
        let mut db = match idle {
            Some(db) => db,
            None => self.address.connect().await?,
        };
        if self.address.by_transaction {
            db.execute("BEGIN").await.map_err(|error| self.failed(error))?;
        }
        Ok(Link { db, home: self, _permit: permit })
    }

    /// Whether statements may stay prepared from one use of a connection to the next.
    pub(super) const fn keeps_statements(&self) -> bool {
        !self.address.by_transaction
    }

    /// When one connection breaks, the others that lie idle have most likely broken with it.
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        self.idle().clear();
        unavailable(error)
    }

    /// No connection is given out any more.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().expect("no holder panics")
    }
}

impl Link<'_> {
    /// The answer came whole: makes it count, and puts the connection back.
    pub(super) async fn end(mut self) -> Result<(), StoreError> {
        if self.home.address.by_transaction {
            self.db.execute("COMMIT").await.map_err(|error| self.home.failed(error))?;
        }
        self.home.idle().push(self.db);
        Ok(())
    }

    /// As [`Links::keeps_statements`].
    pub(super) const fn keeps_statements(&self) -> bool {
        self.home.keeps_statements()
    }

    /// As [`Links::failed`].
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        self.home.failed(error)
    }
}
