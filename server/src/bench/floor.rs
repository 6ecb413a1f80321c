//! What no engine on this disk can beat: its own records, inserted bare.

use super::BenchError;
use super::ground::Ground;
use futures::{StreamExt, TryStreamExt, stream};
use ordain_engine::store::{Append, Store, StoredRecord};
use ordain_engine::{Engine, RunId};
use ordain_proto::history::v1::Record;
use prost::Message;
use std::time::Duration;

/// Histories read at a time.
const READS: usize = 8;

/// How long the bare inserts took.
pub(super) struct Floor {
    pub(super) took: Duration,
    /// Of each group, in microseconds.
    pub(super) commits: Vec<u64>,
}

/// The records and rows that the engine wrote, in the order in which it wrote them.
pub(super) async fn as_written(engine: &Engine, runs: &[RunId]) -> Result<Vec<Append>, BenchError> {
    let mut written: Vec<(i64, Append)> = stream::iter(runs)
        .map(|run| of_run(engine.store(), *run))
        .buffer_unordered(READS)
        .try_fold(Vec::new(), async |mut all, run| {
            all.extend(run);
            Ok(all)
        })
        .await?;
    written.sort_by_key(|(time, append)| (*time, append.run, append.seq));
    Ok(written.into_iter().map(|(_, append)| append).collect())
}

async fn of_run(store: &dyn Store, run: RunId) -> Result<Vec<(i64, Append)>, BenchError> {
    let row = store.run(run).await?.ok_or(BenchError::Foreign)?;
    let appends = store.history(run, 0).await?.into_iter().map(|stored| {
        let StoredRecord { seq, mac, record } = stored;
        let told = Record::decode(&record[..]).map_err(|_| BenchError::Foreign)?;
        let mac = mac.try_into().map_err(|_| BenchError::Foreign)?;
        // A record carries the digest of the view exactly when it wrote the row. Earlier rows differ from the last
        // one in a word here and there.
        let mut row = (!told.view_digest.is_empty()).then(|| row.clone());
        if let Some(row) = &mut row {
            row.seq = seq;
            row.updated = told.time_us;
            row.wake_at = (told.wake_at_us != 0).then_some(told.wake_at_us);
        }
        Ok((told.time_us, Append { run, seq, mac, record, row, start: None }))
    });
    appends.collect()
}

/// Writes everything beside the store, bare, and takes the time.
pub(super) async fn measure(ground: &Ground, written: &[Append]) -> Result<Floor, BenchError> {
    let commits = ground.floor(written).await?;
    let took = commits.iter().sum();
    let commits = commits.iter().map(|commit| u64::try_from(commit.as_micros()).unwrap_or(u64::MAX));
    Ok(Floor { took, commits: commits.collect() })
}
