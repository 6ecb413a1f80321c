//! Opening the file: lock, pragmas read back, migrations, and the master key's check value.

use super::claim::Living;
use super::{SqliteStore, marks, unavailable};
use crate::store::StoreError;
use crate::store::mark::Mark;
use crate::store::moving::ExportId;
use crate::store::sql::{newer_or_broken, same_key};
use crate::vault::Vault;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;
use tokio::sync::Mutex;

/// Before this version a reset of the WAL could corrupt it.
const OLDEST_SQLITE: &str = "3.51.3";
/// Reads are short; four of them keep two cores busy beside the writer.
const READERS: u32 = 4;
/// Another process may hold the file for a moment (a backup, a shell).
const BUSY: Duration = Duration::from_secs(5);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");

impl SqliteStore {
    /// Opens the store at `path`, creating and migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it open; [`StoreError::Unusable`] when it was written with another
    /// master key or by a newer Ordain, or when this SQLite cannot be trusted with it; else what the file system said.
    pub async fn open(path: &Path, vault: &Vault) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let options = options(path);
        let mut writer = SqliteConnection::connect_with(&options).await.map_err(unavailable)?;
        check_pragmas(&mut writer).await?;
        MIGRATIONS.run(&mut writer).await.map_err(|error| newer_or_broken(&error))?;
        check_key(&mut writer, vault).await?;
        if let Some(mark) = marks::read(&mut writer, marks::MOVED).await? {
            return Err(moved(&mark, path));
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(unavailable)?;
        Ok(Self { writer: Mutex::new(Some((writer, lock))), readers, living: Living::default() })
    }
}

/// The schema of this build: its newest migration.
pub(super) fn schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A store that is there and that nobody else has open, whether or not it has moved.
pub(super) async fn alone(path: &Path, vault: &Vault) -> Result<(SqliteConnection, File), StoreError> {
    if !path.exists() {
        return Err(StoreError::Unusable(format!("there is none at {}", path.display())));
    }
    let lock = lock(path)?;
    let mut db = SqliteConnection::connect_with(&options(path)).await.map_err(unavailable)?;
    check_pragmas(&mut db).await?;
    MIGRATIONS.run(&mut db).await.map_err(|error| newer_or_broken(&error))?;
    check_key(&mut db, vault).await?;
    Ok((db, lock))
}

/// Two stores that drive on the same orders would do everything twice.
fn moved(mark: &Mark, path: &Path) -> StoreError {
    let path = path.display();
    StoreError::Unusable(format!(
        "it was moved to another store at {}: serve that one. Only if nothing was ever imported from that export ({}), \
         take it back: ordain export --undo --store sqlite:{path}",
        mark.when(),
        ExportId(mark.id)
    ))
}

/// How the file is written. A test that measures must write no other way.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY)
        .disable_statement_logging()
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let lock_path = path.with_extension("lock");
    let failed = |error: std::io::Error| StoreError::Unusable(format!("{}: {error}", lock_path.display()));
    let file = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A misspelt pragma is silently ignored, so what is in force is read back.
async fn check_pragmas(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let (version, journal, synchronous): (String, String, i64) = sqlx::query_as(
        "SELECT sqlite_version(), (SELECT journal_mode FROM pragma_journal_mode), \
         (SELECT synchronous FROM pragma_synchronous)",
    )
    .fetch_one(&mut *writer)
    .await
    .map_err(unavailable)?;
    if parts(&version) < parts(OLDEST_SQLITE) {
        return Err(StoreError::Unusable(format!("SQLite {version} is too old, {OLDEST_SQLITE} is needed")));
    }
    if journal != "wal" || synchronous != 2 {
        return Err(StoreError::Unusable(format!(
            "the file system does not take journal_mode=WAL with synchronous=FULL (got {journal}, {synchronous})"
        )));
    }
    Ok(())
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

pub(super) async fn check_key(writer: &mut SqliteConnection, vault: &Vault) -> Result<(), StoreError> {
    let (stored,): (Vec<u8>,) = sqlx::query_as(
        "INSERT INTO meta (name, value) VALUES ('master_key_check', ?1) \
         ON CONFLICT (name) DO UPDATE SET value = value RETURNING value",
    )
    .bind(&vault.check_value()[..])
    .fetch_one(writer)
    .await
    .map_err(unavailable)?;
    same_key(&stored, vault)
}
