//! The floor that no engine on this database can beat: records and rows inserted bare, for measurements.
//!
//! One connection with the pragmas of the real store, groups of exactly 64, a history table and a run table with
//! nothing but their primary keys, no verdict, no answer to anybody.

use super::bulk::Bulk;
use super::{commit, open, unavailable};
use crate::store::{Append, RunRow, StoreError};
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use std::time::{Duration, Instant};

/// Records of one group.
const GROUP: usize = 64;

static RECORDS: Bulk = Bulk::new("INSERT INTO history (run, seq, mac, record)", 4, "");

/// Inserts the records and their rows into a new file, and returns how long each group took. What does not fill a
/// last group is left out.
///
/// # Errors
/// The file cannot be made or written, or two records have the same number.
pub async fn insert(path: &Path, records: &[Append]) -> Result<Vec<Duration>, StoreError> {
    let mut db = SqliteConnection::connect_with(&open::options(path)).await.map_err(unavailable)?;
    for table in [
        "CREATE TABLE history (run BLOB NOT NULL, seq INTEGER NOT NULL, mac BLOB NOT NULL, record BLOB NOT NULL, \
         PRIMARY KEY (run, seq)) WITHOUT ROWID",
        "CREATE TABLE run (run BLOB NOT NULL PRIMARY KEY, workflow TEXT, version INTEGER, status INTEGER, \
         reason TEXT, seq INTEGER, since_seq INTEGER, tenant TEXT, owner TEXT, label TEXT, state TEXT, flags TEXT, clock TEXT, \
         created_us INTEGER, updated_us INTEGER, wake_at INTEGER, timer_at INTEGER, view BLOB)",
    ] {
        sqlx::query(table).execute(&mut db).await.map_err(unavailable)?;
    }
    let mut took = Vec::with_capacity(records.len() / GROUP);
    for group in records.chunks_exact(GROUP) {
        let begun = Instant::now();
        insert_group(&mut db, group).await?;
        took.push(begun.elapsed());
    }
    db.close().await.map_err(unavailable)?;
    Ok(took)
}

/// What is stored in this file now, indexes and what waits in its log included, in bytes.
///
/// # Errors
/// The file cannot be read.
pub async fn stored_bytes(path: &Path) -> Result<u64, StoreError> {
    let mut db = SqliteConnection::connect_with(&open::options(path)).await.map_err(unavailable)?;
    let (bytes,): (i64,) =
        sqlx::query_as("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            .fetch_one(&mut db)
            .await
            .map_err(unavailable)?;
    db.close().await.map_err(unavailable)?;
    u64::try_from(bytes).map_err(|_| StoreError::Corrupt(format!("{bytes} bytes")))
}

async fn insert_group(db: &mut SqliteConnection, group: &[Append]) -> Result<(), StoreError> {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
    RECORDS.execute(&mut transaction, group, commit::put_record).await?;
    let rows: Vec<&RunRow> = group.iter().filter_map(|append| append.row.as_ref()).collect();
    commit::insert_rows(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(unavailable)
}
