//! Writing a group: one statement, in which every item meets its own primary key.
//!
//! What comes back is what was not inserted, mostly nothing; only then it is asked why. Rows are written in the order
//! of their ids in every part, so that two nodes cannot wait for each other crosswise. A subquery in brackets with
//! `IS TRUE` is looked up in a hash table; as a join it would be planned for ten rows and walked for thousands.

use super::bulk::{Arrays, text};
use super::link::{Link, Links};
use super::{forget, read, to_run, to_sql};
use crate::run_id::RunId;
use crate::store::sql::flags_text;
use crate::store::{Append, InboundRow, RunRow, StartKey, StartedBy, StoreError, Verdict, Write};
use sqlx::Row;
use std::collections::BTreeSet;

/// After so many collisions in a row the committer pauses, as for a store that does not answer.
const COLLISIONS_MAX: u32 = 5;

/// `set_config` holds for this transaction alone, so that no default of a role, a database or a pooler undoes it.
const COMMIT: &str = "\
WITH starts AS (
    INSERT INTO start_key (run, tenant, request_id, label, fingerprint)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bytea[])
        AS s(run, tenant, request_id, label, fingerprint)
    ORDER BY tenant, request_id ON CONFLICT DO NOTHING RETURNING run
), keys AS (
    INSERT INTO data_key (run, wrapped)
    SELECT * FROM unnest($1::bytea[], $6::bytea[]) AS k(run, wrapped)
    WHERE (run IN (SELECT run FROM starts)) IS TRUE
    ORDER BY run ON CONFLICT DO NOTHING
), records AS (
    INSERT INTO history (run, seq, mac, record)
    SELECT run, seq, mac, record FROM unnest($7::bytea[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bool[])
        AS r(run, seq, mac, record, begins)
    WHERE NOT begins OR run IN (SELECT run FROM starts)
    ORDER BY run ON CONFLICT DO NOTHING RETURNING run
), rows AS (
    INSERT INTO run (run, seq, workflow, version, status, reason, tenant, owner, label, state, flags, clock,
        created_us, updated_us, wake_at, timer_at, view, since_seq)
    SELECT * FROM unnest($12::bytea[], $13::bigint[], $14::text[], $15::bigint[], $16::bigint[], $17::text[],
            $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
            $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[], $28::bytea[], $29::bigint[])
        AS w(run, seq, workflow, version, status, reason, tenant, owner, label, state, flags, clock,
            created_us, updated_us, wake_at, timer_at, view, since_seq)
    WHERE (run IN (SELECT run FROM records)) IS TRUE
    ORDER BY run ON CONFLICT (run) DO UPDATE SET version = excluded.version, status = excluded.status,
        reason = excluded.reason, seq = excluded.seq, owner = excluded.owner, state = excluded.state,
        flags = excluded.flags, updated_us = excluded.updated_us, wake_at = excluded.wake_at,
        timer_at = excluded.timer_at, view = excluded.view, since_seq = excluded.since_seq
    WHERE excluded.seq > run.seq
), kept AS (
    INSERT INTO inbound (id, owner, dedup, received_us, label, body)
    SELECT * FROM unnest($30::bytea[], $31::text[], $32::text[], $33::bigint[], $34::text[], $35::bytea[])
        AS i(id, owner, dedup, received_us, label, body)
    ORDER BY id ON CONFLICT DO NOTHING
)
SELECT set_config('synchronous_commit', 'on', true),
    ARRAY(SELECT run FROM unnest($7::bytea[]) AS a(run) WHERE (run IN (SELECT run FROM records)) IS NOT TRUE)";

pub(super) async fn commit(links: &Links, group: &[Write]) -> Result<Vec<Verdict>, StoreError> {
    let mut tries = 1;
    let missing = loop {
        match insert(links, group).await {
            Err(error) if tries < COLLISIONS_MAX && is_collision(&error) => tries += 1,
            told => break told?,
        }
    };
    forget::closed(links, group).await?;
    forget::messages(links, group).await?;
    if missing.is_empty() {
        return Ok(vec![Verdict::Accepted; group.len()]);
    }
    let mut link = links.begin().await?;
    let mut verdicts = Vec::with_capacity(group.len());
    for write in group {
        verdicts.push(match write {
            Write::Append(append) if missing.contains(&append.run) => judge(&mut link, append).await?,
            _ => Verdict::Accepted,
        });
    }
    link.end().await?;
    Ok(verdicts)
}

/// Two nodes waited for each other: nothing was written, and the same bytes may go again at once.
fn is_collision(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    let code = source.downcast_ref::<sqlx::Error>().and_then(|error| error.as_database_error()?.code());
    code.is_some_and(|code| ["40001", "40P01", "55P03"].contains(&&*code))
}

/// Writes what can be written, and returns the runs whose record was not.
async fn insert(links: &Links, group: &[Write]) -> Result<BTreeSet<RunId>, StoreError> {
    let mut link = links.begin().await?;
    let statement = sqlx::query_with(COMMIT, arguments(group)).persistent(links.keeps_statements());
    let told = statement.fetch_one(&mut link.db).await.map_err(|error| link.failed(error))?;
    let (durable, missing): (String, Vec<Vec<u8>>) =
        (|| Ok((told.try_get(0)?, told.try_get(1)?)))().map_err(|error: sqlx::Error| link.failed(error))?;
    // Whatever was answered before it is known to be durable would be a lie.
    if durable != "on" {
        return Err(StoreError::Unusable(format!("synchronous_commit is {durable}")));
    }
    link.end().await?;
    missing.iter().map(|run| to_run(run)).collect()
}

fn arguments(group: &[Write]) -> sqlx::postgres::PgArguments {
    let (mut appends, mut inbound): (Vec<&Append>, Vec<&InboundRow>) = Default::default();
    for write in group {
        match write {
            Write::Append(append) => appends.push(append),
            Write::Inbound(row) => inbound.push(row),
            Write::Forget(_) | Write::ForgetInbound(_) => {}
        }
    }
    let starts: Vec<(RunId, &StartKey)> =
        appends.iter().filter_map(|append| Some((append.run, append.start.as_ref()?))).collect();
    let rows: Vec<&RunRow> = appends.iter().filter_map(|append| append.row.as_ref()).collect();
    let arrays = Arrays::of(|arrays| {
        put_starts(arrays, &starts);
        put_records(arrays, &appends);
        arrays.column(&appends, |append| append.start.is_some());
        put_rows(arrays, &rows);
        put_inbound(arrays, &inbound);
    });
    arrays.into_arguments()
}

fn put_starts(arrays: &mut Arrays, starts: &[(RunId, &StartKey)]) {
    arrays
        .column(starts, |(run, _)| run.to_bytes())
        .column(starts, |(_, start)| text(&start.tenant))
        .column(starts, |(_, start)| text(&start.request_id))
        .column(starts, |(_, start)| text(&start.label))
        .column(starts, |(_, start)| &start.fingerprint[..])
        .column(starts, |(_, start)| &start.data_key[..]);
}

pub(super) fn put_records(arrays: &mut Arrays, appends: &[&Append]) {
    arrays
        .column(appends, |append| append.run.to_bytes())
        .column(appends, |append| to_sql(append.seq))
        .column(appends, |append| &append.mac[..])
        .column(appends, |append| &append.record[..]);
}

pub(super) fn put_rows(arrays: &mut Arrays, rows: &[&RunRow]) {
    arrays
        .column(rows, |row| row.run.to_bytes())
        .column(rows, |row| to_sql(row.seq))
        .column(rows, |row| text(&row.workflow))
        .column(rows, |row| i64::from(row.version))
        .column(rows, |row| row.status.code())
        .column(rows, |row| text(&row.reason))
        .column(rows, |row| text(&row.attributes.tenant))
        .column(rows, |row| text(&row.attributes.owner))
        .column(rows, |row| text(&row.attributes.label))
        .column(rows, |row| text(&row.attributes.state))
        .column(rows, |row| text(&flags_text(&row.attributes.flags)).into_owned())
        .column(rows, |row| text(&row.clock))
        .column(rows, |row| row.created)
        .column(rows, |row| row.updated)
        .column(rows, |row| row.wake_at)
        .column(rows, |row| row.timer_at)
        .column(rows, |row| &row.view[..])
        .column(rows, |row| to_sql(row.since));
}

fn put_inbound(arrays: &mut Arrays, rows: &[&InboundRow]) {
    arrays
        .column(rows, |row| row.id.to_bytes())
        .column(rows, |row| text(&row.owner))
        .column(rows, |row| text(&row.dedup))
        .column(rows, |row| row.received)
        .column(rows, |row| text(&row.label))
        .column(rows, |row| &row.body[..]);
}

/// Why a record was not inserted: its run was started by somebody else, it came before and its answer was lost, or
/// another node has written this number.
async fn judge(link: &mut Link<'_>, append: &Append) -> Result<Verdict, StoreError> {
    if let Some(start) = &append.start {
        for key in [StartedBy::RequestId(start.request_id.clone()), StartedBy::Label(start.label.clone())] {
            match read::find_start(link, &start.tenant, &key).await? {
                Some(earlier) if earlier.run != append.run => return Ok(Verdict::Exists(earlier)),
                Some(_) => break,
                None => {}
            }
        }
    }
    read::verdict_on(link, append).await
}
