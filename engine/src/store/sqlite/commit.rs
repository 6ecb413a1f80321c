//! Writing a group: every item of it in one transaction, each with a verdict of its own.

use super::bulk::Bulk;
use super::{Append, InboundRow, RunRow, Verdict, Write, read, to_run, to_seq, to_sql, unavailable};
use crate::run_id::RunId;
use crate::store::{StartKey, StartedBy, StoreError};
use sqlx::{Connection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

static START_KEYS: Bulk = Bulk::new(
    "INSERT INTO start_key (tenant, request_id, label, run, fingerprint)",
    5,
    "ON CONFLICT DO NOTHING RETURNING run",
);
static DATA_KEYS: Bulk = Bulk::new("INSERT INTO data_key (run, wrapped)", 2, "ON CONFLICT DO NOTHING");
static RECORDS: Bulk =
    Bulk::new("INSERT INTO history (run, seq, mac, record)", 4, "ON CONFLICT DO NOTHING RETURNING run, seq");
static ROWS: Bulk = Bulk::new(
    "INSERT INTO run (run, workflow, version, status, reason, seq, tenant, owner, label, state, flags, clock, \
     created_us, updated_us, wake_at, timer_at, view)",
    17,
    "ON CONFLICT (run) DO UPDATE SET version = excluded.version, status = excluded.status, \
     reason = excluded.reason, seq = excluded.seq, owner = excluded.owner, state = excluded.state, \
     flags = excluded.flags, updated_us = excluded.updated_us, wake_at = excluded.wake_at, \
     timer_at = excluded.timer_at, view = excluded.view WHERE excluded.seq > run.seq",
);
static INBOUND: Bulk = Bulk::new(
    "INSERT INTO inbound (id, owner, dedup, received_us, label, body)",
    6,
    "ON CONFLICT DO NOTHING",
);

pub(super) async fn commit(
    writer: &mut SqliteConnection,
    group: &[Write],
) -> Result<Vec<Verdict>, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
    let verdicts = write(&mut transaction, group).await?;
    transaction.commit().await.map_err(unavailable)?;
    Ok(verdicts)
}

async fn write(db: &mut SqliteConnection, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
    let appends: Vec<&Append> = group
        .iter()
        .filter_map(|write| if let Write::Append(append) = write { Some(append.as_ref()) } else { None })
        .collect();
    let taken = insert_starts(db, &appends).await?;
    let appends: Vec<&Append> =
        appends.into_iter().filter(|append| !taken.contains_key(&append.run)).collect();
    let refused = insert_records(db, &appends).await?;
    let rows: Vec<&RunRow> = appends
        .iter()
        .filter(|append| !refused.contains(&append.run))
        .filter_map(|append| append.row.as_ref())
        .collect();
    insert_rows(db, &rows).await?;
    insert_inbound(db, group).await?;
    Ok(group
        .iter()
        .map(|write| match write {
            Write::Inbound(_) => Verdict::Accepted,
            Write::Append(append) if refused.contains(&append.run) => Verdict::Refused,
            Write::Append(append) => taken.get(&append.run).cloned().unwrap_or(Verdict::Accepted),
        })
        .collect())
}

/// Inserts the start keys, and returns the starts that had happened before.
async fn insert_starts(
    db: &mut SqliteConnection,
    appends: &[&Append],
) -> Result<BTreeMap<RunId, Verdict>, StoreError> {
    let starts: Vec<(RunId, &StartKey)> =
        appends.iter().filter_map(|append| append.start.as_ref().map(|start| (append.run, start))).collect();
    let mut fresh = BTreeSet::new();
    for (text, piece) in START_KEYS.pieces(&starts) {
        let mut query = sqlx::query_as::<_, (Vec<u8>,)>(text);
        for (run, start) in piece {
            query = query
                .bind(&start.tenant)
                .bind(&start.request_id)
                .bind(&start.label)
                .bind(run.to_bytes().to_vec())
                .bind(&start.fingerprint);
        }
        for (run,) in query.fetch_all(&mut *db).await.map_err(unavailable)? {
            fresh.insert(to_run(&run)?);
        }
    }
    let mut taken = BTreeMap::new();
    for (run, start) in &starts {
        if !fresh.contains(run)
            && let Some(verdict) = earlier_start(db, *run, start).await?
        {
            taken.insert(*run, verdict);
        }
    }
    let keys: Vec<&(RunId, &StartKey)> = starts.iter().filter(|(run, _)| !taken.contains_key(run)).collect();
    for (text, piece) in DATA_KEYS.pieces(&keys) {
        let mut query = sqlx::query(text);
        for (run, start) in piece {
            query = query.bind(run.to_bytes().to_vec()).bind(&start.data_key);
        }
        query.execute(&mut *db).await.map_err(unavailable)?;
    }
    Ok(taken)
}

/// Who has the key that this start did not get. None if it was this very start, whose first answer was lost.
async fn earlier_start(
    db: &mut SqliteConnection,
    run: RunId,
    start: &StartKey,
) -> Result<Option<Verdict>, StoreError> {
    for key in [StartedBy::RequestId(start.request_id.clone()), StartedBy::Label(start.label.clone())] {
        if let Some(started) = read::started(&mut *db, &start.tenant, &key).await? {
            return Ok((started.run != run).then_some(Verdict::Exists(started)));
        }
    }
    Err(StoreError::Corrupt("a start key was refused and cannot be found".into()))
}

/// Inserts the records, and returns the runs whose record was refused.
async fn insert_records(
    db: &mut SqliteConnection,
    appends: &[&Append],
) -> Result<BTreeSet<RunId>, StoreError> {
    let mut inserted = BTreeSet::new();
    for (text, piece) in RECORDS.pieces(appends) {
        let mut query = sqlx::query_as::<_, (Vec<u8>, i64)>(text);
        for append in piece {
            query = query
                .bind(append.run.to_bytes().to_vec())
                .bind(to_sql(append.seq))
                .bind(append.mac.to_vec())
                .bind(&append.record);
        }
        for (run, _) in query.fetch_all(&mut *db).await.map_err(unavailable)? {
            inserted.insert(to_run(&run)?);
        }
    }
    let mut refused = BTreeSet::new();
    for append in appends {
        if !inserted.contains(&append.run) && !is_own_head(db, append).await? {
            refused.insert(append.run);
        }
    }
    Ok(refused)
}

/// After a commit whose answer was lost the same bytes come again: equal and still the newest record, they are ours.
async fn is_own_head(db: &mut SqliteConnection, append: &Append) -> Result<bool, StoreError> {
    let head: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, record FROM history WHERE run = ?1 ORDER BY seq DESC LIMIT 1")
            .bind(append.run.to_bytes().to_vec())
            .fetch_optional(db)
            .await
            .map_err(unavailable)?;
    let Some((seq, record)) = head else { return Ok(false) };
    Ok(to_seq(seq)? == append.seq && record == append.record)
}

async fn insert_rows(db: &mut SqliteConnection, rows: &[&RunRow]) -> Result<(), StoreError> {
    for (text, piece) in ROWS.pieces(rows) {
        let mut query = sqlx::query(text);
        for row in piece {
            let found_by = &row.attributes;
            query = query
                .bind(row.run.to_bytes().to_vec())
                .bind(&row.workflow)
                .bind(i64::from(row.version))
                .bind(row.status.code())
                .bind(&row.reason)
                .bind(to_sql(row.seq))
                .bind(&found_by.tenant)
                .bind(&found_by.owner)
                .bind(&found_by.label)
                .bind(&found_by.state)
                .bind(if found_by.flags.is_empty() {
                    String::new()
                } else {
                    format!(" {} ", found_by.flags.join(" "))
                })
                .bind(&row.clock)
                .bind(row.created)
                .bind(row.updated)
                .bind(row.wake_at)
                .bind(row.timer_at)
                .bind(&row.view);
        }
        query.execute(&mut *db).await.map_err(unavailable)?;
    }
    Ok(())
}

async fn insert_inbound(db: &mut SqliteConnection, group: &[Write]) -> Result<(), StoreError> {
    let rows: Vec<&InboundRow> = group
        .iter()
        .filter_map(|write| if let Write::Inbound(row) = write { Some(row) } else { None })
        .collect();
    for (text, piece) in INBOUND.pieces(&rows) {
        let mut query = sqlx::query(text);
        for row in piece {
            query = query
                .bind(row.id.to_bytes().to_vec())
                .bind(&row.owner)
                .bind(&row.dedup)
                .bind(row.received)
                .bind(&row.label)
                .bind(&row.body);
        }
        query.execute(&mut *db).await.map_err(unavailable)?;
    }
    Ok(())
}
