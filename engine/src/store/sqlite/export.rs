//! Writing a whole store out, so that another kind of store takes it up.
//!
//! Nobody else has the store open meanwhile. The mark that it has moved is on disk before the end of the stream leaves:
//! what was not marked cannot be imported, so that no order is ever driven on by two stores.

use super::{SqliteStore, marks, open, unavailable};
use crate::clock::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::mark::Mark;
use crate::store::moving::{ExportId, FrameWriter, MoveError, Moved, Progress, TELL_EVERY};
use crate::vault::{Vault, dice};
use futures::TryStreamExt as _;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::frame::Part;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};
use std::path::Path;
use tokio::io::AsyncWrite;

/// A table, and how a row of it travels.
struct Table {
    name: &'static str,
    rows: &'static str,
    part: fn(&SqliteRow) -> Result<Part, sqlx::Error>,
}

/// Every table, each in the order in which the other store likes to take it in.
const TABLES: [Table; 6] = [
    Table { name: "start_key", rows: "SELECT * FROM start_key ORDER BY tenant, request_id", part: start },
    Table { name: "data_key", rows: "SELECT * FROM data_key ORDER BY run", part: data_key },
    Table { name: "history", rows: "SELECT * FROM history ORDER BY run, seq", part: record },
    Table { name: "run", rows: "SELECT * FROM run ORDER BY run", part: run },
    Table { name: "inbound", rows: "SELECT * FROM inbound ORDER BY id", part: inbound },
    Table {
        name: "meta",
        // The others are of this store alone.
        rows: "SELECT * FROM meta WHERE name NOT IN ('master_key_check', 'moved')",
        part: fact,
    },
];
const COUNT: &str = "SELECT (SELECT count(*) FROM start_key) + (SELECT count(*) FROM data_key) \
    + (SELECT count(*) FROM history) + (SELECT count(*) FROM run) + (SELECT count(*) FROM inbound) \
    + (SELECT count(*) FROM meta WHERE name NOT IN ('master_key_check', 'moved'))";

impl SqliteStore {
    /// Writes everything that the store at `path` holds to `out`, and marks it as moved: from then on nobody opens it.
    /// One that is marked already may be written out again, as the same export.
    ///
    /// # Errors
    /// See [`MoveError`]. What was written until then is refused by whoever reads it.
    pub async fn export(
        path: &Path,
        vault: &Vault,
        out: &mut (impl AsyncWrite + Unpin),
        progress: Progress<'_>,
    ) -> Result<Moved, MoveError> {
        let (mut db, _lock) = open::alone(path, vault).await?;
        let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
        let before = marks::read(&mut transaction, marks::MOVED).await?;
        let mark = before.unwrap_or_else(|| Mark { id: dice(), at: SystemClock.now() });
        let opening = opening(&mut transaction, vault, &mark).await?;
        let frames = opening.frames;
        let mut writer = FrameWriter::begin(out, opening).await?;
        let mut written = 0;
        for table in &TABLES {
            let mut rows = sqlx::query(table.rows).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(unavailable)? {
                let broken = |error| StoreError::Corrupt(format!("a row of {}: {error}", table.name));
                writer.frame((table.part)(&row).map_err(broken)?).await?;
                written += 1;
                if written % TELL_EVERY == 0 {
                    progress(written, frames);
                }
            }
        }
        writer.flush().await?;
        marks::set(&mut transaction, marks::MOVED, &mark).await?;
        transaction.commit().await.map_err(unavailable)?;
        writer.end(vault).await?;
        Ok(Moved { export: ExportId(mark.id), frames, at: mark.at, before: before.is_some() })
    }

    /// Takes the mark off again that [`export`](Self::export) left, and says which export must never be imported now.
    /// None if there was no mark.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub async fn take_back(path: &Path, vault: &Vault) -> Result<Option<ExportId>, StoreError> {
        let (mut db, _lock) = open::alone(path, vault).await?;
        let mark = marks::read(&mut db, marks::MOVED).await?;
        marks::clear(&mut db, marks::MOVED).await?;
        Ok(mark.map(|mark| ExportId(mark.id)))
    }
}

async fn opening(db: &mut SqliteConnection, vault: &Vault, mark: &Mark) -> Result<wire::Opening, StoreError> {
    let (frames,): (i64,) = sqlx::query_as(COUNT).fetch_one(db).await.map_err(unavailable)?;
    Ok(wire::Opening {
        schema: open::schema(),
        export: mark.id.to_vec(),
        master_key_check: vault.check_value().to_vec(),
        frames: frames.unsigned_abs(),
    })
}

fn start(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Start(wire::MovedStart {
        run: row.try_get("run")?,
        tenant: row.try_get("tenant")?,
        request_id: row.try_get("request_id")?,
        label: row.try_get("label")?,
        fingerprint: row.try_get("fingerprint")?,
    }))
}

fn data_key(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Key(wire::MovedKey { run: row.try_get("run")?, wrapped: row.try_get("wrapped")? }))
}

fn record(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Record(wire::MovedRecord {
        run: row.try_get("run")?,
        seq: row.try_get("seq")?,
        mac: row.try_get("mac")?,
        record: row.try_get("record")?,
    }))
}

fn run(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Run(wire::MovedRun {
        run: row.try_get("run")?,
        seq: row.try_get("seq")?,
        workflow: row.try_get("workflow")?,
        version: row.try_get("version")?,
        status: row.try_get("status")?,
        reason: row.try_get("reason")?,
        tenant: row.try_get("tenant")?,
        owner: row.try_get("owner")?,
        label: row.try_get("label")?,
        state: row.try_get("state")?,
        flags: row.try_get("flags")?,
        clock: row.try_get("clock")?,
        created_us: row.try_get("created_us")?,
        updated_us: row.try_get("updated_us")?,
        wake_at: row.try_get("wake_at")?,
        timer_at: row.try_get("timer_at")?,
        view: row.try_get("view")?,
        since_seq: row.try_get("since_seq")?,
    }))
}

fn inbound(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Inbound(wire::MovedInbound {
        id: row.try_get("id")?,
        owner: row.try_get("owner")?,
        dedup: row.try_get("dedup")?,
        received_us: row.try_get("received_us")?,
        label: row.try_get("label")?,
        body: row.try_get("body")?,
    }))
}

fn fact(row: &SqliteRow) -> Result<Part, sqlx::Error> {
    Ok(Part::Fact(wire::MovedFact { name: row.try_get("name")?, value: row.try_get("value")? }))
}

#[cfg(test)]
mod tests {
    use super::{COUNT, SqliteStore, TABLES, Vault, open};
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn every_table_is_moved() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, vault) = (folder.path().join("ordain.db"), Vault::new(&[7; 32]));
        drop(SqliteStore::open(&path, &vault).await.expect("a new store"));
        let (mut db, _lock) = open::alone(&path, &vault).await.expect("nobody has it open");
        let tables: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
             AND name <> '_sqlx_migrations'",
        )
        .fetch_all(&mut db)
        .await
        .expect("a schema");
        let tables: BTreeSet<&str> = tables.iter().map(|(name,)| name.as_str()).collect();
        assert_eq!(tables, TABLES.iter().map(|table| table.name).collect());
        assert!(TABLES.iter().all(|table| COUNT.contains(&format!("FROM {}", table.name))));
    }
}
