//! Runs, records and rows to try a store with.

use crate::run_id::RunId;
use crate::store::{Append, Attributes, RunRow, RunStatus, StartKey, Store, Verdict, Write};
use crate::vault::MAC_BYTES;

/// The `n`-th run: later ones sort later.
pub(super) fn run(n: u16) -> RunId {
    let [high, low] = n.to_be_bytes();
    RunId::new(1_700_000_000_000_000 + i64::from(n) * 1000, [0, 0, 0, 0, 0, 0, 0, 0, high, low])
}

/// A record that says `text`, without a row.
pub(super) fn record(run: RunId, seq: u64, text: &str) -> Append {
    let mac = [u8::try_from(seq).unwrap_or(u8::MAX); MAC_BYTES];
    Append { run, seq, mac, record: text.as_bytes().to_vec(), row: None, start: None }
}

/// The first record of a run, with its keys.
pub(super) fn start(run: RunId, request_id: &str, label: &str) -> Append {
    let start = StartKey {
        tenant: "tenants/one".into(),
        request_id: request_id.into(),
        label: label.into(),
        fingerprint: request_id.as_bytes().to_vec(),
        data_key: run.to_bytes().to_vec(),
    };
    Append { start: Some(start), ..record(run, 1, "first") }
}

/// A row that record `seq` of a run writes.
pub(super) fn row(run: RunId, seq: u64) -> RunRow {
    RunRow {
        run,
        workflow: "order".into(),
        version: 1,
        status: RunStatus::Open,
        reason: String::new(),
        seq,
        since: 0,
        attributes: Attributes { tenant: "tenants/one".into(), ..Attributes::default() },
        clock: String::new(),
        created: 5,
        updated: 5,
        wake_at: None,
        timer_at: None,
        view: b"{}".to_vec(),
    }
}

/// A run's first record with this row.
pub(super) fn shown(row: RunRow) -> Append {
    Append { row: Some(row.clone()), ..record(row.run, row.seq, "shown") }
}

/// Writes the records as one group.
pub(super) async fn commit(store: &dyn Store, group: Vec<Append>) -> Vec<Verdict> {
    let group: Vec<Write> = group.into_iter().map(|append| Write::Append(Box::new(append))).collect();
    store.commit(&group).await.expect("a working store")
}

/// Writes one record.
pub(super) async fn commit_one(store: &dyn Store, append: Append) -> Verdict {
    commit(store, vec![append]).await.remove(0)
}

/// What a run's records say, after a sequence.
pub(super) async fn texts(store: &dyn Store, run: RunId, after: u64) -> Vec<(u64, String)> {
    let records = store.history(run, after).await.expect("a working store");
    records.into_iter().map(|it| (it.seq, String::from_utf8_lossy(&it.record).into_owned())).collect()
}
