//! Reading a history back: its numbers and its chain are checked, and where to begin is found.

use crate::clock::Micros;
use crate::clocks;
use crate::run_id::RunId;
use crate::store::{RunRow, Store, StoreError, StoredRecord};
use crate::vault::{RecordMac, Vault};
use ordain_proto::history::v1 as wire;
use prost::Message as _;

/// A history that cannot be a history. Nothing is written to such a run any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// A record is missing.
    #[error("record {expected} is missing")]
    Gap {
        /// Its number.
        expected: u64,
    },
    /// A record or its chain was changed after it was written.
    #[error("record {sequence} was changed after it was written: its keyed hash does not match")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// A record does not decode.
    #[error("record {sequence} does not decode")]
    Undecodable {
        /// Its number.
        sequence: u64,
    },
}

/// A run's records, checked and decoded: from its beginning, or from the newest continuation on.
#[derive(Clone, Copy)]
pub(crate) struct History<'a> {
    /// The record with the continuation to begin at; 0 to begin at the beginning.
    pub(crate) since: u64,
    pub(crate) records: &'a [(wire::Record, RecordMac)],
}

impl<'a> History<'a> {
    /// The records with their numbers.
    pub(crate) fn numbered(self) -> impl Iterator<Item = (u64, &'a wire::Record)> {
        (self.since.max(1)..).zip(self.records).map(|(seq, (record, _))| (seq, record))
    }

    /// The same, but nothing after `seq`.
    pub(crate) fn up_to(self, seq: u64) -> Self {
        let kept = usize::try_from((seq + 1).saturating_sub(self.since.max(1))).unwrap_or(usize::MAX);
        Self { records: &self.records[..kept.min(self.records.len())], ..self }
    }

    /// What came after `seq`.
    pub(crate) fn after(self, seq: u64) -> &'a [(wire::Record, RecordMac)] {
        &self.records[self.up_to(seq).records.len()..]
    }

    /// The same from the newest continuation on that its end still builds on.
    pub(crate) fn shortened(self) -> Self {
        let mut sinces = vec![self.since];
        for (seq, record) in self.numbered() {
            // A record that takes decisions back builds on what the record before its point built on.
            let kept = |point: u64| usize::try_from((point + 1).saturating_sub(self.since.max(1))).ok();
            let taken_back =
                (record.reset_to != 0).then(|| kept(record.reset_to).and_then(|at| sinces.get(at)));
            let before = taken_back.flatten().or(sinces.last()).copied().unwrap_or(self.since);
            sinces.push(if continues(record) { seq } else { before });
        }
        let since = sinces.last().copied().unwrap_or(self.since);
        let skipped = usize::try_from(since.max(1) - self.since.max(1)).unwrap_or(usize::MAX);
        Self { since, records: &self.records[skipped..] }
    }
}

/// A run as it is stored.
pub(crate) struct StoredRun {
    /// The record with the continuation that the records begin at; 0 if they begin at the beginning.
    pub(crate) since: u64,
    pub(crate) records: Vec<StoredRecord>,
    /// Not older than the records: where it is newer, the next record will be refused, and the run read again.
    pub(crate) row: Option<RunRow>,
    /// What the run's own clock says, if it has one. Read last: a clock that moves later finds the run's timer.
    pub(crate) clock: Option<Micros>,
}

/// Reads a run, from its newest continuation on or `whole`.
pub(crate) async fn load(store: &dyn Store, run: RunId, whole: bool) -> Result<StoredRun, StoreError> {
    let row = store.run(run).await?;
    let since = row.filter(|_| !whole).map_or(0, |row| row.since);
    let records = read(store, run, since).await?;
    let row = store.run(run).await?;
    let clock = match &row {
        Some(row) => clocks::time_of(store, row).await?,
        None => None,
    };
    Ok(StoredRun { since, records, row, clock })
}

/// Reads a run's records: all of them if `since` is 0.
pub(crate) async fn read(store: &dyn Store, run: RunId, since: u64) -> Result<Vec<StoredRecord>, StoreError> {
    store.history(run, since.saturating_sub(1)).await
}

fn continues(record: &wire::Record) -> bool {
    record.delivered.iter().any(|delivered| delivered.continuation.is_some())
}

/// Checks numbers and chain, and decodes. `since` is the first one's continuation to begin at; 0 if the first one is the
/// run's first.
pub(crate) fn decode(
    vault: &Vault,
    run: RunId,
    since: u64,
    stored: &[StoredRecord],
) -> Result<Vec<(wire::Record, RecordMac)>, Corrupt> {
    let mut previous = (since == 0).then(RecordMac::default);
    let mut records = Vec::with_capacity(stored.len());
    for (expected, stored) in (since.max(1)..).zip(stored) {
        if stored.seq != expected {
            return Err(Corrupt::Gap { expected });
        }
        let sequence = expected;
        let record = wire::Record::decode(&stored.record[..]).map_err(|_| Corrupt::Undecodable { sequence });
        let mac = match (previous, &record) {
            (Some(previous), _) => vault.chain(run, sequence, &previous, &stored.record),
            // It says itself what it is chained to; whoever changed that has not got the key.
            (None, Ok(record)) => {
                let previous = previous_of(record).ok_or(Corrupt::Undecodable { sequence })?;
                vault.chain(run, sequence, &previous, &stored.record)
            }
            (None, Err(corrupt)) => return Err(corrupt.clone()),
        };
        if mac[..] != stored.mac[..] {
            return Err(Corrupt::Changed { sequence });
        }
        records.push((record?, mac));
        previous = Some(mac);
    }
    Ok(records)
}

fn previous_of(record: &wire::Record) -> Option<RecordMac> {
    let newest = record.delivered.iter().rev().find_map(|delivered| delivered.continuation.as_ref())?;
    RecordMac::try_from(&newest.previous_mac[..]).ok()
}
