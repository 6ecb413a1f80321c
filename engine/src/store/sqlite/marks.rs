//! The marks that a store bears, in its table of facts.

use super::unavailable;
use crate::store::StoreError;
use crate::store::mark::Mark;
pub(super) use crate::store::mark::{MOVED, RESTORED};
use sqlx::SqliteConnection;

pub(super) async fn read(db: &mut SqliteConnection, name: &str) -> Result<Option<Mark>, StoreError> {
    let found: Option<(Vec<u8>,)> = sqlx::query_as("SELECT value FROM meta WHERE name = ?1")
        .bind(name)
        .fetch_optional(db)
        .await
        .map_err(unavailable)?;
    let unreadable = || StoreError::Corrupt(format!("its mark `{name}` does not read"));
    found.map(|(value,)| Mark::from_bytes(&value).ok_or_else(unreadable)).transpose()
}

pub(super) async fn set(db: &mut SqliteConnection, name: &str, mark: &Mark) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")
        .bind(name)
        .bind(mark.to_bytes())
        .execute(db)
        .await
        .map_err(unavailable)?;
    Ok(())
}

pub(super) async fn clear(db: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM meta WHERE name = ?1").bind(name).execute(db).await.map_err(unavailable)?;
    Ok(())
}
