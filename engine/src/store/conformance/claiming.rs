//! Which runs are to be looked at, and that one process at a time is told.

use super::samples::{commit, commit_one, row, run, shown};
use crate::clock::Micros;
use crate::run_id::RunId;
use crate::store::{Claim, RunRow, Store};

/// Claims until `until` what a build knows that has version 1 of `order`, and leaves it alone until `pushed_to`.
async fn claim(store: &dyn Store, until: Micros, pushed_to: Micros, limit: u32) -> Vec<RunId> {
    let knows = vec![("account".into(), 9), ("order".into(), 1)];
    store.claim(&Claim { until, pushed_to, limit, knows, ..Claim::default() }).await.expect("a working store")
}

async fn waking(store: &dyn Store, wakes: &[Option<Micros>]) {
    let rows = (1..).zip(wakes).map(|(n, wake_at)| shown(RunRow { wake_at: *wake_at, ..row(run(n), 1) }));
    commit(store, rows.collect()).await;
}

pub(super) async fn the_most_overdue_come_first(store: &dyn Store) {
    waking(store, &[Some(30), None, Some(10), Some(20), Some(40)]).await;
    assert_eq!(claim(store, 9, 100, 10).await, []);
    assert_eq!(claim(store, 30, 100, 2).await, [run(3), run(4)]);
    assert_eq!(claim(store, 30, 100, 2).await, [run(1)], "those are taken, this one was left");
    assert_eq!(claim(store, 30, 100, 2).await, []);
}

pub(super) async fn what_is_claimed_is_not_given_again_before_its_time(store: &dyn Store) {
    waking(store, &[Some(10), Some(50)]).await;
    assert_eq!(claim(store, 10, 40, 10).await, [run(1)]);
    assert_eq!(claim(store, 39, 60, 10).await, []);
    assert_eq!(claim(store, 40, 60, 10).await, [run(1)], "nobody looked at it meanwhile");
    assert_eq!(claim(store, 60, 90, 10).await, [run(2), run(1)]);
}

pub(super) async fn a_claim_moves_nothing_but_the_time(store: &dyn Store) {
    let before = RunRow { wake_at: Some(10), timer_at: Some(11), ..row(run(1), 1) };
    commit_one(store, shown(before.clone())).await;
    claim(store, 10, 40, 1).await;
    let after = store.run(run(1)).await.expect("readable");
    assert_eq!(after, Some(RunRow { wake_at: Some(40), ..before }));
}

pub(super) async fn a_record_has_the_last_word_on_the_time(store: &dyn Store) {
    for (seq, wake_at) in [(1, Some(10)), (2, Some(20)), (3, None)] {
        commit_one(store, shown(RunRow { wake_at, ..row(run(1), seq) })).await;
        let until = wake_at.unwrap_or(90);
        assert_eq!(claim(store, until - 1, 100, 1).await, []);
        assert_eq!(claim(store, until, 100, 1).await, Vec::from_iter(wake_at.map(|_| run(1))));
    }
}

pub(super) async fn a_later_version_is_left_to_a_newer_build(store: &dyn Store) {
    let rows = [("order", 1), ("order", 2), ("account", 2), ("unknown", 1)];
    let rows = (1..).zip(rows).map(|(n, (workflow, version))| {
        shown(RunRow { workflow: workflow.into(), version, wake_at: Some(n.into()), ..row(run(n), 1) })
    });
    commit(store, rows.collect()).await;
    assert_eq!(claim(store, 9, 100, 10).await, [run(1), run(3)]);
    let newer =
        Claim { until: 9, pushed_to: 100, limit: 10, knows: vec![("order".into(), 2)], ..Claim::default() };
    assert_eq!(store.claim(&newer).await.expect("a working store"), [run(2)]);
    assert_eq!(store.claim(&Claim { until: 200, ..Claim::default() }).await.expect("a working store"), []);
}

pub(super) async fn a_clock_claims_its_own_runs_by_their_timers(store: &dyn Store) {
    let rows = [("a", Some(20)), ("a", Some(10)), ("b", Some(10)), ("a", None), ("", Some(10))];
    let rows = (1..).zip(rows).map(|(n, (clock, timer_at))| {
        shown(RunRow { clock: clock.into(), timer_at, wake_at: None, ..row(run(n), 1) })
    });
    commit(store, rows.collect()).await;
    assert_eq!(claim(store, 90, 100, 10).await, [], "no timer is due by the store's clock");
    let knows = vec![("order".into(), 1)];
    let of = |clock: &str, until| Claim {
        until,
        clock: clock.into(),
        pushed_to: 50,
        limit: 10,
        knows: knows.clone(),
    };
    assert_eq!(store.claim(&of("a", 9)).await.expect("a working store"), []);
    assert_eq!(store.claim(&of("a", 10)).await.expect("a working store"), [run(2)]);
    assert_eq!(store.claim(&of("a", 20)).await.expect("a working store"), [run(2), run(1)]);
    assert_eq!(
        claim(store, 50, 100, 10).await.len(),
        2,
        "nobody looked at them: they are looked at by the store's"
    );
    let unknown = Claim { knows: vec![("order".into(), 0)], ..of("b", 90) };
    assert_eq!(store.claim(&unknown).await.expect("a working store"), []);
}
