//! Reading: histories, rows, keys. Constant SQL only; absent conditions are `NULL`, or left out.

use super::claim::as_json;
use super::{
    InboundQuery, InboundRow, RunQuery, RunRow, Started, StartedBy, StoredRecord, to_run, to_seq, to_sql,
    unavailable,
};
use crate::run_id::RunId;
use crate::store::StoreError;
use crate::store::sql::{inbound_row, run_row};
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

pub(super) async fn history(
    db: &SqlitePool,
    run: RunId,
    after: u64,
) -> Result<Vec<StoredRecord>, StoreError> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT seq, mac, record FROM history WHERE run = ?1 AND seq > ?2 ORDER BY seq")
            .bind(run.to_bytes().to_vec())
            .bind(to_sql(after))
            .fetch_all(db)
            .await
            .map_err(unavailable)?;
    rows.into_iter().map(|(seq, mac, record)| Ok(StoredRecord { seq: to_seq(seq)?, mac, record })).collect()
}

pub(super) async fn run(db: &SqlitePool, run: RunId) -> Result<Option<RunRow>, StoreError> {
    sqlx::query("SELECT * FROM run WHERE run = ?1")
        .bind(run.to_bytes().to_vec())
        .fetch_optional(db)
        .await
        .map_err(unavailable)?
        .map(|row| run_row(&row))
        .transpose()
}

pub(super) async fn runs(db: &SqlitePool, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
    if let Some(by) = query.wake_by {
        return waking(db, by, query).await;
    }
    let mut sql = String::from(
        "SELECT * FROM run WHERE (?1 IS NULL OR workflow = ?1) AND (?2 IS NULL OR tenant = ?2) \
         AND (?3 IS NULL OR owner = ?3) AND (?4 IS NULL OR label = ?4) AND (?5 IS NULL OR state = ?5) \
         AND (?6 IS NULL OR instr(flags, ' ' || ?6 || ' ') > 0) AND (NOT ?7 OR status IN (2, 3, 4)) \
         AND (?8 IS NULL OR run < ?8)",
    );
    // As conditions of their own, each with an index that serves it.
    if query.timer_on.is_some() {
        sql.push_str(" AND clock = ?10 AND clock <> '' AND timer_at IS NOT NULL");
    }
    if query.awake_on.is_some() {
        sql.push_str(" AND clock = ?11 AND wake_at IS NOT NULL");
    }
    let timers = query.timer_on.is_some();
    sql.push_str(if timers {
        " ORDER BY timer_at, run DESC LIMIT ?9"
    } else {
        " ORDER BY run DESC LIMIT ?9"
    });
    sqlx::query(AssertSqlSafe(sql))
        .bind(&query.workflow)
        .bind(&query.tenant)
        .bind(&query.owner)
        .bind(&query.label)
        .bind(&query.state)
        .bind(&query.flag)
        .bind(query.waiting_for_a_person)
        .bind(query.before.map(|run| run.to_bytes().to_vec()))
        .bind(i64::from(query.limit))
        .bind(&query.timer_on)
        .bind(&query.awake_on)
        .fetch_all(db)
        .await
        .map_err(unavailable)?
        .iter()
        .map(run_row)
        .collect()
}

/// A statement of its own: with the others' conditions the index would not be used.
async fn waking(db: &SqlitePool, by: i64, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
    sqlx::query(
        "SELECT * FROM run WHERE wake_at IS NOT NULL AND wake_at <= ?1 AND (?2 IS NULL OR run < ?2) \
         ORDER BY run DESC LIMIT ?3",
    )
    .bind(by)
    .bind(query.before.map(|run| run.to_bytes().to_vec()))
    .bind(i64::from(query.limit))
    .fetch_all(db)
    .await
    .map_err(unavailable)?
    .iter()
    .map(run_row)
    .collect()
}

pub(super) async fn started(
    db: &mut SqliteConnection,
    tenant: &str,
    key: &StartedBy,
) -> Result<Option<Started>, StoreError> {
    let (request_id, label) = match key {
        StartedBy::RequestId(request_id) => (Some(request_id), None),
        StartedBy::Label(label) => (None, Some(label)),
    };
    let found: Option<(Vec<u8>, String, Vec<u8>)> = sqlx::query_as(
        "SELECT run, request_id, fingerprint FROM start_key WHERE tenant = ?1 AND request_id = ?2 \
         UNION ALL SELECT run, request_id, fingerprint FROM start_key WHERE tenant = ?1 AND label = ?3",
    )
    .bind(tenant)
    .bind(request_id)
    .bind(label)
    .fetch_optional(db)
    .await
    .map_err(unavailable)?;
    found
        .map(|(run, request_id, fingerprint)| Ok(Started { run: to_run(&run)?, request_id, fingerprint }))
        .transpose()
}

pub(super) async fn heads(db: &SqlitePool, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT wanted.run, (SELECT max(seq) FROM history WHERE run = wanted.run) AS head \
         FROM (SELECT unhex(value) AS run FROM json_each(?1)) AS wanted WHERE head IS NOT NULL",
    )
    .bind(as_json(runs))
    .fetch_all(db)
    .await
    .map_err(unavailable)?;
    rows.iter().map(|(run, head)| Ok((to_run(run)?, to_seq(*head)?))).collect()
}

pub(super) async fn data_key(db: &SqlitePool, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(Vec<u8>,)> = sqlx::query_as("SELECT wrapped FROM data_key WHERE run = ?1")
        .bind(run.to_bytes().to_vec())
        .fetch_optional(db)
        .await
        .map_err(unavailable)?;
    Ok(found.map(|(wrapped,)| wrapped))
}

pub(super) async fn inbound(db: &SqlitePool, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
    let sql = "SELECT * FROM inbound WHERE (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id LIMIT ?3";
    sqlx::query(sql)
        .bind(query.owner.as_ref())
        .bind(query.before.map(|id| id.to_bytes().to_vec()))
        .bind(i64::from(query.limit))
        .fetch_all(db)
        .await
        .map_err(unavailable)?
        .iter()
        .map(inbound_row)
        .collect()
}
