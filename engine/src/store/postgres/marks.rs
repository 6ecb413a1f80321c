//! The marks that a store bears, in its table of facts.

use super::read::columns;
use super::unavailable;
use crate::store::StoreError;
use crate::store::mark::Mark;
use sqlx::PgConnection;

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
