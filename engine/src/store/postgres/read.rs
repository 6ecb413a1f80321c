//! Reading: histories, rows, keys. Static SQL only; absent conditions are `NULL`.

use super::bulk::text;
use super::link::{Link, Links};
use super::{to_run, to_seq, to_sql};
use crate::run_id::RunId;
use crate::store::sql::{inbound_row, run_row};
use crate::store::{
    Append, InboundQuery, InboundRow, RunQuery, RunRow, Started, StartedBy, StoreError, StoredRecord, Verdict,
};
use sqlx::FromRow;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Encode, Postgres, Type};

/// A statement's arguments, one after the other.
#[derive(Default)]
pub(super) struct Values(PgArguments);

impl Values {
    pub(super) fn with<'t, T: Encode<'t, Postgres> + Type<Postgres>>(mut self, value: T) -> Self {
        self.0.add(value).expect("numbers, text and bytes always encode");
        self
    }
}

/// The rows that a statement gives on a connection that was taken before.
pub(super) async fn ask(
    link: &mut Link<'_>,
    sql: &'static str,
    values: Values,
) -> Result<Vec<PgRow>, StoreError> {
    let statement = sqlx::query_with(sql, values.0).persistent(link.keeps_statements());
    statement.fetch_all(&mut link.db).await.map_err(|error| link.failed(error))
}

/// The rows that a statement gives.
pub(super) async fn ask_once(
    links: &Links,
    sql: &'static str,
    values: Values,
) -> Result<Vec<PgRow>, StoreError> {
    let mut link = links.begin().await?;
    let rows = ask(&mut link, sql, values).await?;
    link.end().await?;
    Ok(rows)
}

/// A row's columns in their order.
pub(super) fn columns<T: for<'r> FromRow<'r, PgRow>>(row: &PgRow) -> Result<T, StoreError> {
    T::from_row(row).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(super) async fn history(links: &Links, run: RunId, after: u64) -> Result<Vec<StoredRecord>, StoreError> {
    let sql = "SELECT seq, mac, record FROM history WHERE run = $1 AND seq > $2 ORDER BY seq";
    let rows = ask_once(links, sql, Values::default().with(run.to_bytes()).with(to_sql(after))).await?;
    rows.iter()
        .map(|row| {
            let (seq, mac, record): (i64, Vec<u8>, Vec<u8>) = columns(row)?;
            Ok(StoredRecord { seq: to_seq(seq)?, mac, record })
        })
        .collect()
}

/// What became of a record that was not inserted just now: a commit whose answer was lost may have done it.
pub(super) async fn verdict_on(link: &mut Link<'_>, append: &Append) -> Result<Verdict, StoreError> {
    let sql = "SELECT record, seq = (SELECT max(seq) FROM history WHERE run = $1) FROM history \
               WHERE run = $1 AND seq = $2";
    let values = Values::default().with(append.run.to_bytes()).with(to_sql(append.seq));
    let stored: Option<(Vec<u8>, bool)> = ask(link, sql, values).await?.first().map(columns).transpose()?;
    Ok(match stored {
        Some((record, true)) if record == append.record => Verdict::Accepted,
        Some((record, false)) if record == append.record => Verdict::Overtaken,
        _ => Verdict::Refused,
    })
}

pub(super) async fn heads(links: &Links, runs: &[RunId]) -> Result<Vec<(RunId, u64)>, StoreError> {
    // The newest of each from the end of its index, not the greatest of all.
    let sql = "SELECT w.run, h.seq FROM unnest($1::bytea[]) AS w(run) CROSS JOIN LATERAL \
               (SELECT seq FROM history WHERE history.run = w.run ORDER BY seq DESC LIMIT 1) AS h";
    let runs: Vec<[u8; 16]> = runs.iter().map(|run| run.to_bytes()).collect();
    let rows = ask_once(links, sql, Values::default().with(runs)).await?;
    rows.iter()
        .map(|row| {
            let (run, seq): (Vec<u8>, i64) = columns(row)?;
            Ok((to_run(&run)?, to_seq(seq)?))
        })
        .collect()
}

pub(super) async fn run(links: &Links, run: RunId) -> Result<Option<RunRow>, StoreError> {
    let sql = "SELECT * FROM run WHERE run = $1";
    let rows = ask_once(links, sql, Values::default().with(run.to_bytes())).await?;
    rows.first().map(run_row).transpose()
}

pub(super) async fn runs(links: &Links, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
    if let Some(by) = query.wake_by {
        return waking(links, by, query).await;
    }
    let sql = "SELECT * FROM run WHERE ($1::text IS NULL OR workflow = $1) AND ($2::text IS NULL OR tenant = $2) \
         AND ($3::text IS NULL OR owner = $3) AND ($4::text IS NULL OR label = $4) \
         AND ($5::text IS NULL OR state = $5) AND ($6::text IS NULL OR position(' ' || $6 || ' ' IN flags) > 0) \
         AND (NOT $7 OR status IN (2, 3, 4)) AND ($8::bytea IS NULL OR run < $8) \
         AND ($10::text IS NULL OR clock = $10 AND clock <> '' AND timer_at IS NOT NULL) \
         AND ($11::text IS NULL OR clock = $11 AND wake_at IS NOT NULL) \
         ORDER BY CASE WHEN $10 IS NULL THEN NULL ELSE timer_at END, run DESC LIMIT $9";
    let values = [&query.workflow, &query.tenant, &query.owner, &query.label, &query.state, &query.flag]
        .into_iter()
        .fold(Values::default(), |values, word| values.with(word.as_deref().map(text)))
        .with(query.waiting_for_a_person)
        .with(query.before.map(|run| run.to_bytes()))
        .with(i64::from(query.limit))
        .with(query.timer_on.as_deref().map(text))
        .with(query.awake_on.as_deref().map(text));
    let mut link = links.begin().await?;
    // Planned anew each time, for the conditions that are there: one plan for all would read the whole table.
    let statement = sqlx::query_with(sql, values.0).persistent(false);
    let rows = statement.fetch_all(&mut link.db).await.map_err(|error| link.failed(error))?;
    link.end().await?;
    rows.iter().map(run_row).collect()
}

/// A statement of its own, for the index that holds only what is to be woken.
async fn waking(links: &Links, by: i64, query: &RunQuery) -> Result<Vec<RunRow>, StoreError> {
    let sql = "SELECT * FROM run WHERE wake_at IS NOT NULL AND wake_at <= $1 \
               AND ($2::bytea IS NULL OR run < $2) ORDER BY run DESC LIMIT $3";
    let before = query.before.map(|run| run.to_bytes());
    let values = Values::default().with(by).with(before).with(i64::from(query.limit));
    ask_once(links, sql, values).await?.iter().map(run_row).collect()
}

pub(super) async fn started(
    links: &Links,
    tenant: &str,
    key: &StartedBy,
) -> Result<Option<Started>, StoreError> {
    let mut link = links.begin().await?;
    let found = find_start(&mut link, tenant, key).await?;
    link.end().await?;
    Ok(found)
}

pub(super) async fn find_start(
    link: &mut Link<'_>,
    tenant: &str,
    key: &StartedBy,
) -> Result<Option<Started>, StoreError> {
    let (sql, name) = match key {
        StartedBy::RequestId(request_id) => (
            "SELECT run, request_id, fingerprint FROM start_key WHERE tenant = $1 AND request_id = $2",
            request_id,
        ),
        StartedBy::Label(label) => {
            ("SELECT run, request_id, fingerprint FROM start_key WHERE tenant = $1 AND label = $2", label)
        }
    };
    let rows = ask(link, sql, Values::default().with(text(tenant)).with(text(name))).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (run, request_id, fingerprint): (Vec<u8>, String, Vec<u8>) = columns(row)?;
    Ok(Some(Started { run: to_run(&run)?, request_id, fingerprint }))
}

pub(super) async fn data_key(links: &Links, run: RunId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT wrapped FROM data_key WHERE run = $1";
    let rows = ask_once(links, sql, Values::default().with(run.to_bytes())).await?;
    rows.first().map(|row| columns::<(Vec<u8>,)>(row).map(|(wrapped,)| wrapped)).transpose()
}

pub(super) async fn inbound(links: &Links, query: &InboundQuery) -> Result<Vec<InboundRow>, StoreError> {
    let sql = "SELECT * FROM inbound WHERE ($1::text IS NULL OR owner = $1) AND ($2::bytea IS NULL OR id < $2) \
               ORDER BY id LIMIT $3";
    let values = Values::default()
        .with(query.owner.as_deref().map(text))
        .with(query.before.map(|id| id.to_bytes().to_vec()))
        .with(i64::from(query.limit));
    let rows = ask_once(links, sql, values).await?;
    rows.iter().map(inbound_row).collect()
}
