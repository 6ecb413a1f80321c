//! What is forgotten, and what is not.

use super::samples::{commit, run, start};
use crate::run_id::RunId;
use crate::store::{Append, Attributes, RunQuery, RunRow, RunStatus, StartedBy, Store, Verdict, Write};

/// Starts a run whose row says this.
async fn begun(store: &dyn Store, n: u16, status: RunStatus) -> RunId {
    let (request, label) = (format!("request {n}"), format!("label {n}"));
    let attributes =
        Attributes { tenant: "tenants/one".into(), label: label.clone(), ..Attributes::default() };
    let row = RunRow { status, attributes, ..super::samples::row(run(n), 1) };
    commit(store, vec![Append { row: Some(row), ..start(run(n), &request, &label) }]).await;
    run(n)
}

async fn forget(store: &dyn Store, runs: &[RunId]) {
    let group: Vec<Write> = runs.iter().copied().map(Write::Forget).collect();
    assert_eq!(store.commit(&group).await.expect("a working store"), vec![Verdict::Accepted; runs.len()]);
}

async fn is_there(store: &dyn Store, n: u16) -> [bool; 5] {
    let started = async |key| store.started("tenants/one", &key).await.expect("readable").is_some();
    [
        store.run(run(n)).await.expect("readable").is_some(),
        !store.history(run(n), 0).await.expect("readable").is_empty(),
        store.data_key(run(n)).await.expect("readable").is_some(),
        started(StartedBy::RequestId(format!("request {n}"))).await,
        started(StartedBy::Label(format!("label {n}"))).await,
    ]
}

pub(super) async fn a_closed_run_is_gone_with_everything(store: &dyn Store) {
    let closed = begun(store, 1, RunStatus::Closed).await;
    begun(store, 2, RunStatus::Closed).await;
    for _ in 0..2 {
        forget(store, &[closed, run(9)]).await;
        assert_eq!(is_there(store, 1).await, [false; 5]);
        assert_eq!(is_there(store, 2).await, [true; 5], "nobody asked for it");
    }
    begun(store, 1, RunStatus::Open).await;
    assert_eq!(is_there(store, 1).await, [true; 5], "its names are free again");
}

pub(super) async fn a_run_that_is_not_closed_stays(store: &dyn Store) {
    let states = [RunStatus::Open, RunStatus::Parked, RunStatus::Paused, RunStatus::Quarantined];
    for (n, status) in (1..).zip(states) {
        let run = begun(store, n, status).await;
        forget(store, &[run]).await;
        assert_eq!(is_there(store, n).await, [true; 5], "{status:?}");
    }
    let all = RunQuery { limit: 10, ..RunQuery::default() };
    assert_eq!(store.runs(&all).await.expect("readable").len(), 4);
}
