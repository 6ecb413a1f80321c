//! Deleting what is stored of runs that are over, and messages that found none.

use super::claim::as_json;
use super::{Write, unavailable};
use crate::run_id::RunId;
use crate::store::StoreError;
use sqlx::SqliteConnection;

/// In this order: the row says whether the run is closed, and by which names it was started. 5 is closed.
const STATEMENTS: [&str; 4] = [
    "DELETE FROM start_key WHERE (tenant, label) IN (SELECT tenant, label FROM run WHERE status = 5 \
     AND run IN (SELECT unhex(value) FROM json_each(?1)))",
    "DELETE FROM data_key WHERE run IN (SELECT run FROM run WHERE status = 5 \
     AND run IN (SELECT unhex(value) FROM json_each(?1)))",
    "DELETE FROM history WHERE run IN (SELECT run FROM run WHERE status = 5 \
     AND run IN (SELECT unhex(value) FROM json_each(?1)))",
    "DELETE FROM run WHERE status = 5 AND run IN (SELECT unhex(value) FROM json_each(?1))",
];

/// Deletes the group's runs that are closed.
pub(super) async fn closed(db: &mut SqliteConnection, group: &[Write]) -> Result<(), StoreError> {
    let run = |write: &Write| if let Write::Forget(run) = write { Some(*run) } else { None };
    let runs: Vec<RunId> = group.iter().filter_map(run).collect();
    if runs.is_empty() {
        return Ok(());
    }
    let runs = as_json(&runs);
    for statement in STATEMENTS {
        sqlx::query(statement).bind(&runs).execute(&mut *db).await.map_err(unavailable)?;
    }
    Ok(())
}

/// Deletes the group's messages.
pub(super) async fn messages(db: &mut SqliteConnection, group: &[Write]) -> Result<(), StoreError> {
    let message = |write: &Write| if let Write::ForgetInbound(id) = write { Some(*id) } else { None };
    let messages: Vec<RunId> = group.iter().filter_map(message).collect();
    if messages.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM inbound WHERE id IN (SELECT unhex(value) FROM json_each(?1))";
    sqlx::query(sql).bind(as_json(&messages)).execute(db).await.map(drop).map_err(unavailable)
}
