//! Claiming runs to look at, and who else is there: nobody, since a lock file keeps every other process out.

use super::{SqliteStore, to_run, unavailable};
use crate::run_id::RunId;
use crate::store::{Claim, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The processes that have said they live. One process is on the store, so nobody else needs to read it.
#[derive(Default)]
pub(super) struct Living(Mutex<BTreeMap<u64, u64>>);

impl Living {
    pub(super) fn beat(&self, incarnation: u64) -> Vec<(u64, u64)> {
        let mut living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *living.entry(incarnation).or_default() += 1;
        living.iter().map(|(incarnation, beats)| (*incarnation, *beats)).collect()
    }

    pub(super) fn leave(&self, incarnation: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&incarnation);
    }
}

pub(super) async fn claim(store: &SqliteStore, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
    // Nearly always nothing is due, and then the writer is left alone.
    let due = due(store, claim).await?;
    if due.is_empty() {
        return Ok(due);
    }
    let claimed = push(store, claim, &due).await?;
    Ok(due.into_iter().filter(|run| claimed.contains(run)).collect())
}

async fn due(store: &SqliteStore, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
    let knows = serde_json::to_string(&claim.knows).expect("names and numbers");
    let sql = if claim.clock.is_empty() {
        "SELECT run FROM run WHERE wake_at IS NOT NULL AND wake_at <= ?1 AND EXISTS \
         (SELECT 1 FROM json_each(?2) WHERE value ->> 0 = workflow AND version <= value ->> 1) \
         ORDER BY wake_at LIMIT ?3"
    } else {
        "SELECT run FROM run WHERE clock = ?4 AND clock <> '' AND timer_at IS NOT NULL AND timer_at <= ?1 AND EXISTS \
         (SELECT 1 FROM json_each(?2) WHERE value ->> 0 = workflow AND version <= value ->> 1) \
         ORDER BY timer_at LIMIT ?3"
    };
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(sql)
        .bind(claim.until)
        .bind(knows)
        .bind(i64::from(claim.limit))
        .bind(&claim.clock)
        .fetch_all(&store.readers)
        .await
        .map_err(unavailable)?;
    rows.iter().map(|(run,)| to_run(run)).collect()
}

/// Moves what is still due; a record may have moved some of it meanwhile.
async fn push(store: &SqliteStore, claim: &Claim, due: &[RunId]) -> Result<BTreeSet<RunId>, StoreError> {
    let mut writer = store.writer.lock().await;
    let (writer, _) = writer.as_mut().ok_or_else(|| StoreError::Unusable("it was closed".into()))?;
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
        "UPDATE run SET wake_at = ?1 WHERE CASE ?4 WHEN '' THEN wake_at ELSE timer_at END <= ?2 \
         AND run IN (SELECT unhex(value) FROM json_each(?3)) RETURNING run",
    )
    .bind(claim.pushed_to)
    .bind(claim.until)
    .bind(as_json(due))
    .bind(&claim.clock)
    .fetch_all(writer)
    .await
    .map_err(unavailable)?;
    rows.iter().map(|(run,)| to_run(run)).collect()
}

/// Ids as one value, so that any number of them is the same statement.
pub(super) fn as_json(runs: &[RunId]) -> String {
    let hex = |run: &RunId| run.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    serde_json::to_string(&runs.iter().map(hex).collect::<Vec<_>>()).expect("text")
}
