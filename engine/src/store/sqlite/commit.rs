//! Writing a group: every item of it in one transaction, each with a verdict of its own.

use super::bulk::{Bulk, Values};
use super::{Append, InboundRow, RunRow, Verdict, Write, forget, read, to_sql, unavailable};
use crate::run_id::RunId;
use crate::store::sql::flags_text;
use crate::store::{StartKey, StartedBy, StoreError};
use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeMap;

static START_KEYS: Bulk = Bulk::new(
    "INSERT INTO start_key (tenant, request_id, label, run, fingerprint)",
    5,
    "ON CONFLICT DO NOTHING",
);
static DATA_KEYS: Bulk = Bulk::new("INSERT INTO data_key (run, wrapped)", 2, "ON CONFLICT DO NOTHING");
static RECORDS: Bulk = Bulk::new("INSERT INTO history (run, seq, mac, record)", 4, "ON CONFLICT DO NOTHING");
static ROWS: Bulk = Bulk::new(
    "INSERT INTO run (run, workflow, version, status, reason, seq, since_seq, tenant, owner, label, state, \
     flags, clock, created_us, updated_us, wake_at, timer_at, view)",
    18,
    "ON CONFLICT (run) DO UPDATE SET version = excluded.version, status = excluded.status, \
     reason = excluded.reason, seq = excluded.seq, since_seq = excluded.since_seq, \
     owner = excluded.owner, state = excluded.state, flags = excluded.flags, updated_us = excluded.updated_us, wake_at = excluded.wake_at, \
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
    let not_new = insert_records(db, &appends).await?;
    let rows: Vec<&RunRow> = appends
        .iter()
        .filter(|append| !not_new.contains_key(&append.run))
        .filter_map(|append| append.row.as_ref())
        .collect();
    insert_rows(db, &rows).await?;
    insert_inbound(db, group).await?;
    forget::closed(db, group).await?;
    forget::messages(db, group).await?;
    Ok(group
        .iter()
        .map(|write| match write {
            Write::Inbound(_) | Write::Forget(_) | Write::ForgetInbound(_) => Verdict::Accepted,
            Write::Append(append) => {
                let verdict = not_new.get(&append.run).or_else(|| taken.get(&append.run));
                verdict.cloned().unwrap_or(Verdict::Accepted)
            }
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
    let mut taken = BTreeMap::new();
    for (text, piece) in START_KEYS.pieces(&starts) {
        let inserted = START_KEYS.execute_piece(db, text, piece, |values, (run, start)| {
            values.put(&start.tenant).put(&start.request_id).put(&start.label);
            values.put(&run.to_bytes()[..]).put(&start.fingerprint);
        });
        // A row that comes back costs as much as several that go in, so it is asked for only when one is missing.
        if inserted.await? == piece.len() {
            continue;
        }
        for (run, start) in piece {
            if let Some(verdict) = earlier_start(db, *run, start).await? {
                taken.insert(*run, verdict);
            }
        }
    }
    let keys: Vec<&(RunId, &StartKey)> = starts.iter().filter(|(run, _)| !taken.contains_key(run)).collect();
    DATA_KEYS
        .execute(db, &keys, |values, (run, start)| {
            values.put(&run.to_bytes()[..]).put(&start.data_key);
        })
        .await?;
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

/// Inserts the records, and returns the verdicts on those that are not their runs' newest now.
async fn insert_records(
    db: &mut SqliteConnection,
    appends: &[&Append],
) -> Result<BTreeMap<RunId, Verdict>, StoreError> {
    let mut not_new = BTreeMap::new();
    for (text, piece) in RECORDS.pieces(appends) {
        let inserted = RECORDS.execute_piece(db, text, piece, |values, append| put_record(values, append));
        if inserted.await? == piece.len() {
            continue;
        }
        for append in piece {
            match verdict_on(db, append).await? {
                Verdict::Accepted => {}
                verdict => drop(not_new.insert(append.run, verdict)),
            }
        }
    }
    Ok(not_new)
}

pub(super) fn put_record(values: &mut Values, append: &Append) {
    values.put(&append.run.to_bytes()[..]).put(to_sql(append.seq)).put(&append.mac[..]).put(&append.record);
}

/// What became of a record that may have been inserted just now, or by a commit whose answer was lost, after which the
/// same bytes come again.
async fn verdict_on(db: &mut SqliteConnection, append: &Append) -> Result<Verdict, StoreError> {
    let stored: Option<(Vec<u8>, bool)> = sqlx::query_as(
        "SELECT record, seq = (SELECT max(seq) FROM history WHERE run = ?1) FROM history \
         WHERE run = ?1 AND seq = ?2",
    )
    .bind(append.run.to_bytes().to_vec())
    .bind(to_sql(append.seq))
    .fetch_optional(db)
    .await
    .map_err(unavailable)?;
    Ok(match stored {
        Some((record, true)) if record == append.record => Verdict::Accepted,
        Some((record, false)) if record == append.record => Verdict::Overtaken,
        _ => Verdict::Refused,
    })
}

pub(super) async fn insert_rows(db: &mut SqliteConnection, rows: &[&RunRow]) -> Result<(), StoreError> {
    ROWS.execute(db, rows, |values, row| put_row(values, row)).await
}

fn put_row(values: &mut Values, row: &RunRow) {
    let found_by = &row.attributes;
    let flags = flags_text(&found_by.flags);
    values.put(&row.run.to_bytes()[..]).put(&row.workflow).put(row.version).put(row.status.code());
    values.put(&row.reason).put(to_sql(row.seq)).put(to_sql(row.since));
    values.put(&found_by.tenant).put(&found_by.owner).put(&found_by.label).put(&found_by.state).put(flags);
    values.put(&row.clock).put(row.created).put(row.updated).put(row.wake_at).put(row.timer_at);
    values.put(&row.view);
}

async fn insert_inbound(db: &mut SqliteConnection, group: &[Write]) -> Result<(), StoreError> {
    let rows: Vec<&InboundRow> = group
        .iter()
        .filter_map(|write| if let Write::Inbound(row) = write { Some(row) } else { None })
        .collect();
    INBOUND
        .execute(db, &rows, |values, row| {
            values.put(&row.id.to_bytes()[..]).put(&row.owner).put(&row.dedup);
            values.put(row.received).put(&row.label).put(&row.body);
        })
        .await
}
