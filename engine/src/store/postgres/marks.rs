//! The marks that a store bears, in its table of facts.

use super::open::Address;
use super::read::{Values, ask_once, columns};
use super::{PostgresStore, unavailable};
use crate::store::StoreError;
use crate::store::mark::{Mark, RESTORED};
use crate::vault::Vault;
use sqlx::{Connection, PgConnection};

impl PostgresStore {
    /// Says of the store at a URL that it was brought back as it was before, or, with `None`, that it was not.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn mark_restored(url: &str, vault: &Vault, mark: Option<Mark>) -> Result<(), StoreError> {
        let mut db = Address::parse(url)?.connect_to_store(vault).await?;
        match mark {
            Some(mark) => set(&mut db, RESTORED, &mark).await?,
            None => {
                sqlx::query("DELETE FROM meta WHERE name = $1")
                    .bind(RESTORED)
                    .persistent(false)
                    .execute(&mut db)
                    .await
                    .map_err(unavailable)?;
            }
        }
        db.close().await.map_err(unavailable)
    }

    /// Whether the store was brought back as it was before, and not every run has found out yet how things stand.
    ///
    /// # Errors
    /// As [`Store`](crate::store::Store).
    pub async fn restored(&self) -> Result<Option<Mark>, StoreError> {
        let sql = "SELECT value FROM meta WHERE name = $1";
        let rows = ask_once(&self.reads, sql, Values::default().with(RESTORED)).await?;
        let unreadable = || StoreError::Corrupt(format!("its mark `{RESTORED}` does not read"));
        let read = |row| Mark::from_bytes(&columns::<(Vec<u8>,)>(row)?.0).ok_or_else(unreadable);
        rows.first().map(read).transpose()
    }

    /// Every run that this node held knows how things stand. Another mark, set meanwhile, stays.
    ///
    /// # Errors
    /// As [`Store`](crate::store::Store).
    pub async fn caught_up(&self, mark: &Mark) -> Result<(), StoreError> {
        let sql = "DELETE FROM meta WHERE name = $1 AND value = $2";
        ask_once(&self.reads, sql, Values::default().with(RESTORED).with(mark.to_bytes())).await.map(drop)
    }
}

pub(super) async fn read(db: &mut PgConnection, name: &str) -> Result<Option<Mark>, StoreError> {
    let found = sqlx::query("SELECT value FROM meta WHERE name = $1")
        .bind(name)
        .persistent(false)
        .fetch_optional(db)
        .await
        .map_err(unavailable)?;
    let unreadable = || StoreError::Corrupt(format!("its mark `{name}` does not read"));
    let read = |row| Mark::from_bytes(&columns::<(Vec<u8>,)>(&row)?.0).ok_or_else(unreadable);
    found.map(read).transpose()
}

pub(super) async fn set(db: &mut PgConnection, name: &str, mark: &Mark) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(mark.to_bytes())
    .persistent(false)
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}
