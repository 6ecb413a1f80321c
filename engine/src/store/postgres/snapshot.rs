//! Somebody who reads for a long time, for measurements: as long as such a snapshot is open, no dead row can be swept.

use super::open::Address;
use super::read::columns;
use super::unavailable;
use crate::store::StoreError;
use sqlx::{Connection, Executor, PgConnection};

/// An open snapshot of a store.
pub struct Snapshot(PgConnection);

/// The table whose rows change, as the server's statistics have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTable {
    /// On disk, indexes included.
    pub bytes: u64,
    /// Rows that somebody may look at.
    pub live: u64,
    /// Versions of rows that nobody needs and that were not swept.
    pub dead: u64,
}

impl Snapshot {
    /// Opens one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn take(url: &str) -> Result<Self, StoreError> {
        let mut db = Address::parse(url)?.connect().await?;
        for statement in [
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // It is idle on purpose.
            "SET LOCAL idle_in_transaction_session_timeout = 0",
            "SELECT count(*) FROM run",
        ] {
            db.execute(statement).await.map_err(unavailable)?;
        }
        Ok(Self(db))
    }

    /// Lets go of it.
    ///
    /// # Errors
    /// The database does not answer; then it is gone all the same.
    pub async fn end(mut self) -> Result<(), StoreError> {
        self.0.execute("COMMIT").await.map_err(unavailable)?;
        self.0.close().await.map_err(unavailable)
    }
}

impl RunTable {
    /// As it is now.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(url: &str) -> Result<Self, StoreError> {
        let mut db = Address::parse(url)?.connect().await?;
        let told = db
            .fetch_one(
                "SELECT pg_total_relation_size('run')::text, n_live_tup::text, n_dead_tup::text \
                 FROM pg_stat_user_tables WHERE relid = 'run'::regclass",
            )
            .await
            .map_err(unavailable)?;
        let (bytes, live, dead): (String, String, String) = columns(&told)?;
        db.close().await.map_err(unavailable)?;
        let number = |text: &str| {
            text.parse().map_err(|_| StoreError::Corrupt(format!("{text} is no number of rows")))
        };
        Ok(Self { bytes: number(&bytes)?, live: number(&live)?, dead: number(&dead)? })
    }
}
