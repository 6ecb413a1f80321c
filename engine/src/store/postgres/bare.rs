//! The floor that no engine on this database can beat: records and rows inserted bare, for measurements.
//!
//! One connection with the settings of the real store, groups of exactly 64, a history table and a run table with
//! nothing but their primary keys, no verdict, no answer to anybody.

use super::bulk::Arrays;
use super::open::Address;
use super::read::columns;
use super::{commit, unavailable};
use crate::run_id::RunId;
use crate::store::{Append, RunRow, StoreError};
use sqlx::{Connection, Executor, PgConnection};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Records of one group.
const GROUP: usize = 64;

const TABLES: &str = "\
CREATE SCHEMA bare;
CREATE TABLE bare.history (run BYTEA NOT NULL, seq BIGINT NOT NULL, mac BYTEA NOT NULL, record BYTEA NOT NULL,
    PRIMARY KEY (run, seq));
CREATE TABLE bare.run (run BYTEA NOT NULL PRIMARY KEY, seq BIGINT, workflow TEXT, version BIGINT, status BIGINT,
    reason TEXT, tenant TEXT, owner TEXT, label TEXT, state TEXT, flags TEXT, clock TEXT, created_us BIGINT,
    updated_us BIGINT, wake_at BIGINT, timer_at BIGINT, view BYTEA, since_seq BIGINT)";

const RECORDS: &str =
    "INSERT INTO bare.history SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])";

const ROWS: &str = "\
INSERT INTO bare.run SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[],
    $15::bigint[], $16::bigint[], $17::bytea[], $18::bigint[])
ON CONFLICT (run) DO UPDATE SET version = excluded.version, status = excluded.status, reason = excluded.reason,
    seq = excluded.seq, owner = excluded.owner, state = excluded.state, flags = excluded.flags,
    updated_us = excluded.updated_us, wake_at = excluded.wake_at, timer_at = excluded.timer_at, view = excluded.view,
    since_seq = excluded.since_seq";

/// Inserts the records and their rows into tables of their own beside the store's, and returns how long each group
/// took. What does not fill a last group is left out. The tables are gone afterwards.
///
/// # Errors
/// The database cannot be written, or two records have the same number.
pub async fn insert(url: &str, records: &[Append]) -> Result<Vec<Duration>, StoreError> {
    let mut db = Address::parse(url)?.connect().await?;
    db.execute("DROP SCHEMA IF EXISTS bare CASCADE").await.map_err(unavailable)?;
    db.execute(TABLES).await.map_err(unavailable)?;
    let mut took = Vec::with_capacity(records.len() / GROUP);
    for group in records.chunks_exact(GROUP) {
        let begun = Instant::now();
        insert_group(&mut db, group).await?;
        took.push(begun.elapsed());
    }
    db.execute("DROP SCHEMA bare CASCADE").await.map_err(unavailable)?;
    db.close().await.map_err(unavailable)?;
    Ok(took)
}

/// Bytes of the store's own tables on disk, indexes included.
///
/// # Errors
/// The database does not answer.
pub async fn stored_bytes(url: &str) -> Result<u64, StoreError> {
    let mut db = Address::parse(url)?.connect().await?;
    let told = db
        .fetch_one(
            "SELECT sum(pg_total_relation_size(oid))::bigint::text FROM pg_class \
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
        )
        .await
        .map_err(unavailable)?;
    let (bytes,): (String,) = columns(&told)?;
    bytes.parse().map_err(|_| StoreError::Corrupt(format!("{bytes} bytes")))
}

async fn insert_group(db: &mut PgConnection, group: &[Append]) -> Result<(), StoreError> {
    let mut transaction = db.begin().await.map_err(unavailable)?;
    let records: Vec<&Append> = group.iter().collect();
    // A statement moves a row once: the last one of each run.
    let rows: BTreeMap<RunId, &RunRow> =
        group.iter().filter_map(|append| Some((append.run, append.row.as_ref()?))).collect();
    let rows: Vec<&RunRow> = rows.into_values().collect();
    for (sql, arrays) in [
        (RECORDS, Arrays::of(|arrays| commit::put_records(arrays, &records))),
        (ROWS, Arrays::of(|arrays| commit::put_rows(arrays, &rows))),
    ] {
        sqlx::query_with(sql, arrays.into_arguments())
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
    }
    transaction.commit().await.map_err(unavailable)
}
