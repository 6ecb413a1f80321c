//! What the SQL stores read and write alike, so that it is said once.

use super::{Attributes, InboundRow, RunRow, RunStatus, StoreError};
use crate::run_id::RunId;
use crate::vault::Vault;
use sqlx::{ColumnIndex, Decode, Row, Type};

/// Why nothing came back, as long as it may come later.
pub(super) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// SQL has signed 64-bit integers only; sequences and times never come near the end of them.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).expect("a sequence stays below 2^63")
}

pub(super) fn to_seq(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("sequence {number}")))
}

pub(super) fn to_run(bytes: &[u8]) -> Result<RunId, StoreError> {
    RunId::from_bytes(bytes).ok_or_else(|| StoreError::Corrupt("an id that is not 16 bytes".into()))
}

/// Flags as one column: `' A B '`, so that `' A '` finds one of them and no other.
pub(super) fn flags_text(flags: &[String]) -> String {
    if flags.is_empty() { String::new() } else { format!(" {} ", flags.join(" ")) }
}

/// A row whose columns are numbers, text and bytes, of whichever database.
pub(super) trait Columns {
    fn number(&self, name: &str) -> Result<i64, sqlx::Error>;
    fn number_if_any(&self, name: &str) -> Result<Option<i64>, sqlx::Error>;
    fn text(&self, name: &str) -> Result<String, sqlx::Error>;
    fn bytes(&self, name: &str) -> Result<Vec<u8>, sqlx::Error>;
}

impl<R: Row> Columns for R
where
    for<'n> &'n str: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn number(&self, name: &str) -> Result<i64, sqlx::Error> {
        self.try_get(name)
    }

    fn number_if_any(&self, name: &str) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(name)
    }

    fn text(&self, name: &str) -> Result<String, sqlx::Error> {
        self.try_get(name)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, sqlx::Error> {
        self.try_get(name)
    }
}

/// A run's row from a row of the table `run`.
pub(super) fn run_row(row: &impl Columns) -> Result<RunRow, StoreError> {
    read_run(row).map_err(|error| StoreError::Corrupt(format!("a run's row: {error}")))
}

fn read_run(row: &impl Columns) -> Result<RunRow, Box<dyn std::error::Error>> {
    Ok(RunRow {
        run: to_run(&row.bytes("run")?)?,
        workflow: row.text("workflow")?,
        version: u32::try_from(row.number("version")?)?,
        status: RunStatus::from_code(row.number("status")?).ok_or("an unknown status")?,
        reason: row.text("reason")?,
        seq: to_seq(row.number("seq")?)?,
        since: to_seq(row.number("since_seq")?)?,
        attributes: Attributes {
            tenant: row.text("tenant")?,
            owner: row.text("owner")?,
            label: row.text("label")?,
            state: row.text("state")?,
            flags: row.text("flags")?.split_whitespace().map(str::to_owned).collect(),
        },
        clock: row.text("clock")?,
        created: row.number("created_us")?,
        updated: row.number("updated_us")?,
        wake_at: row.number_if_any("wake_at")?,
        timer_at: row.number_if_any("timer_at")?,
        view: row.bytes("view")?,
    })
}

/// A message from a row of the table `inbound`.
pub(super) fn inbound_row(row: &impl Columns) -> Result<InboundRow, StoreError> {
    read_inbound(row).map_err(|error| StoreError::Corrupt(format!("an inbound message: {error}")))
}

fn read_inbound(row: &impl Columns) -> Result<InboundRow, Box<dyn std::error::Error>> {
    Ok(InboundRow {
        id: to_run(&row.bytes("id")?)?,
        owner: row.text("owner")?,
        dedup: row.text("dedup")?,
        received: row.number("received_us")?,
        label: row.text("label")?,
        body: row.bytes("body")?,
    })
}

/// Why the schema is not the one that this build knows.
pub(super) fn newer_or_broken(error: &sqlx::migrate::MigrateError) -> StoreError {
    match error {
        sqlx::migrate::MigrateError::VersionMissing(version) => newer(*version),
        error => StoreError::Unusable(format!("its schema cannot be brought up to date: {error}")),
    }
}

pub(super) fn newer(version: i64) -> StoreError {
    StoreError::Unusable(format!(
        "it was written by a newer Ordain (schema {version}); use that version or a later one"
    ))
}

/// Compares the check value that the store keeps with the one of this process's master key.
pub(super) fn same_key(stored: &[u8], vault: &Vault) -> Result<(), StoreError> {
    if stored == vault.check_value() {
        Ok(())
    } else {
        Err(StoreError::Unusable(
            "it was written with another master key; start with the one that it was made with".into(),
        ))
    }
}
