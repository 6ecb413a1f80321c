//! Copies of the store: taken while somebody serves it, and brought back.
//!
//! A copy is marked as one from the beginning. Whoever opens it knows that the world has gone on without it, however it
//! came to where it lies.

use super::{SqliteStore, marks, open, unavailable};
use crate::clock::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::mark::Mark;
use crate::vault::{Vault, dice};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A writer is in the way for no longer than a commit takes.
const BUSY: Duration = Duration::from_secs(30);
/// The first fault is reason enough.
const CHECK: &str = "PRAGMA integrity_check(1)";

impl SqliteStore {
    /// Copies the store at `path`, as it is at one moment, into the new file `to`, and checks the copy. Whoever serves the
    /// store goes on. Returns the copy's bytes.
    ///
    /// # Errors
    /// There is no store at `path`, `to` is there already, or the copy is damaged; then there is none.
    pub async fn backup(path: &Path, to: &Path) -> Result<u64, StoreError> {
        if !path.exists() {
            return Err(StoreError::Unusable(format!("there is none at {}", path.display())));
        }
        let begun = Unfinished::new(to)?;
        copy(path, &begun.path).await?;
        let mut db = connect(&begun.path).await?;
        check(&mut db, &begun.path).await?;
        marks::set(&mut db, marks::RESTORED, &Mark { id: dice(), at: SystemClock.now() }).await?;
        db.close().await.map_err(unavailable)?;
        begun.finish(to)
    }

    /// Puts the copy at `from` where there is no store yet, at `path`. Returns when it was taken.
    ///
    /// # Errors
    /// There is a store at `path`, the copy is damaged, or it was made with another master key; then nothing is at
    /// `path`.
    pub async fn restore(from: &Path, path: &Path, vault: &Vault) -> Result<Mark, StoreError> {
        let failed = |error: std::io::Error| StoreError::Unusable(format!("{}: {error}", from.display()));
        let begun = Unfinished::new(path)?;
        for leftover in ["-wal", "-shm"].map(|end| beside(path, end)) {
            if leftover.exists() {
                let why = format!("{} is there of a store before; move it away", leftover.display());
                return Err(StoreError::Unusable(why));
            }
        }
        std::fs::copy(from, &begun.path).map_err(failed)?;
        let mut db = connect(&begun.path).await?;
        check(&mut db, &begun.path).await?;
        open::check_key(&mut db, vault).await?;
        let mark = marks::read(&mut db, marks::RESTORED).await?;
        let mark = mark.ok_or_else(|| {
            let why =
                "no copy that `ordain backup` made; put the file there yourself, and run `ordain restored`";
            StoreError::Unusable(format!("{}: {why}", from.display()))
        })?;
        db.close().await.map_err(unavailable)?;
        begun.finish(path)?;
        Ok(mark)
    }

    /// Says of the store at `path` that it was brought back as it was before, or, with `None`, that it was not.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub async fn mark_restored(path: &Path, vault: &Vault, mark: Option<Mark>) -> Result<(), StoreError> {
        let (mut db, _lock) = open::alone(path, vault).await?;
        match mark {
            Some(mark) => marks::set(&mut db, marks::RESTORED, &mark).await,
            None => marks::clear(&mut db, marks::RESTORED).await,
        }
    }

    /// Whether the store was brought back as it was before, and not every run has found out yet how things stand.
    ///
    /// # Errors
    /// As [`Store`](crate::store::Store).
    pub async fn restored(&self) -> Result<Option<Mark>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(unavailable)?;
        marks::read(&mut reader, marks::RESTORED).await
    }

    /// Every run that was held knows how things stand.
    ///
    /// # Errors
    /// As [`Store`](crate::store::Store).
    pub async fn caught_up(&self) -> Result<(), StoreError> {
        match self.writer.lock().await.as_mut() {
            Some((writer, _)) => marks::clear(writer, marks::RESTORED).await,
            None => Ok(()),
        }
    }
}

/// A file that is there only when it is finished.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// For its owner only: sealed, and still nobody else's.
    fn new(to: &Path) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::Unusable(format!("{}: {why}", to.display()));
        if to.exists() {
            return Err(refused("it is there already".into()));
        }
        let path = beside(to, ".unfinished");
        let made = File::options().create(true).write(true).truncate(true).mode(0o600).open(&path);
        made.map_err(|error| refused(error.to_string()))?;
        Ok(Self { path })
    }

    /// On disk, under its name. Returns its bytes.
    fn finish(self, to: &Path) -> Result<u64, StoreError> {
        let failed = |error: std::io::Error| StoreError::Unusable(format!("{}: {error}", to.display()));
        let file = File::open(&self.path).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        std::fs::rename(&self.path, to).map_err(failed)?;
        // The name is in the folder, which has a sync of its own.
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(bytes)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Finished, it has another name.
        drop(std::fs::remove_file(&self.path));
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// One statement reads one moment of the store, whatever is written meanwhile.
async fn copy(path: &Path, to: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
    let mut db = options.disable_statement_logging().connect().await.map_err(unavailable)?;
    let to = to.to_str().ok_or_else(|| StoreError::Unusable("its name is not text".into()))?;
    sqlx::query("VACUUM INTO ?1").bind(to).execute(&mut db).await.map_err(unavailable)?;
    db.close().await.map_err(unavailable)
}

/// The copy, as one file without others beside it.
async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY);
    options.disable_statement_logging().connect().await.map_err(unavailable)
}

async fn check(db: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let damaged = |why: &str| StoreError::Corrupt(format!("{} is damaged: {why}", path.display()));
    let told: Result<(String,), _> = sqlx::query_as(CHECK).fetch_one(db).await;
    match told {
        Ok((told,)) if told == "ok" => Ok(()),
        Ok((told,)) => Err(damaged(&told)),
        Err(error) => Err(damaged(&error.to_string())),
    }
}
