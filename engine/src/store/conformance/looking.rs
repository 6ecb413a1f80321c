//! Rows, what is due, and messages that belong to no run.

use super::samples::{commit, commit_one, record, row, run, shown};
use crate::run_id::RunId;
use crate::store::{
    Append, Attributes, InboundQuery, InboundRow, RunQuery, RunRow, RunStatus, Store, Verdict, Write,
};

pub(super) async fn a_row_moves_forward_only(store: &dyn Store) {
    commit_one(store, shown(row(run(1), 1))).await;
    commit_one(store, shown(RunRow { wake_at: Some(9), ..row(run(1), 2) })).await;
    // A record whose number is free and whose row is old: a store that took it would go back in time.
    let stale = Append { row: Some(row(run(1), 1)), ..record(run(1), 3, "third") };
    assert_eq!(commit_one(store, stale).await, Verdict::Accepted);
    let stored = store.run(run(1)).await.expect("readable").expect("written");
    assert_eq!((stored.seq, stored.wake_at), (2, Some(9)));
}

pub(super) async fn a_row_reads_back_as_it_was_written(store: &dyn Store) {
    let full = RunRow {
        version: 7,
        status: RunStatus::Parked,
        reason: "‹why›".into(),
        attributes: Attributes {
            tenant: "tenants/one".into(),
            owner: "accounts/é".into(),
            label: "A".into(),
            state: "paid".into(),
            flags: vec!["LATE".into(), "DISPUTED".into()],
        },
        since: 1,
        clock: "test".into(),
        created: -1,
        updated: i64::MAX,
        wake_at: Some(0),
        timer_at: Some(1),
        view: vec![0, 255],
        ..row(run(1), 1)
    };
    commit_one(store, shown(full.clone())).await;
    assert_eq!(store.run(run(1)).await.expect("readable"), Some(full));
    assert_eq!(store.run(run(2)).await.expect("readable"), None);
}

/// Four rows that differ in what they can be found by.
fn various() -> Vec<RunRow> {
    let various = |n: u16, (owner, label, state): (&str, &str, &str), flags: &[&str], status| {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (tenant, owner) = (format!("tenants/{}", n % 2), owner.to_owned());
        let attributes = Attributes { tenant, owner, label: label.into(), state: state.into(), flags };
        RunRow { attributes, status, ..row(run(n), 1) }
    };
    vec![
        various(1, ("x", "A", "new"), &[], RunStatus::Open),
        various(2, ("x", "B", "paid"), &["LATE"], RunStatus::Parked),
        various(3, ("y", "C", "paid"), &["LATE", "TOO_LATE"], RunStatus::Quarantined),
        RunRow { workflow: "account".into(), ..various(4, ("y", "D", "new"), &["TOO"], RunStatus::Closed) },
    ]
}

pub(super) async fn rows_are_found_by_what_they_hold(store: &dyn Store) {
    commit(store, various().into_iter().map(shown).collect()).await;
    let all = || RunQuery { limit: 10, ..RunQuery::default() };
    let text = |text: &str| Some(text.to_owned());
    let cases: [(RunQuery, &[u16]); 13] = [
        (all(), &[4, 3, 2, 1]),
        (RunQuery { workflow: text("account"), ..all() }, &[4]),
        (RunQuery { tenant: text("tenants/1"), ..all() }, &[3, 1]),
        (RunQuery { owner: text("x"), ..all() }, &[2, 1]),
        (RunQuery { label: text("C"), ..all() }, &[3]),
        (RunQuery { state: text("paid"), ..all() }, &[3, 2]),
        (RunQuery { state: text("paid"), owner: text("x"), ..all() }, &[2]),
        (RunQuery { flag: text("LATE"), ..all() }, &[3, 2]),
        (RunQuery { flag: text("TOO"), ..all() }, &[4]),
        (RunQuery { flag: text("%"), ..all() }, &[]),
        (RunQuery { flag: text("late"), ..all() }, &[]),
        (RunQuery { waiting_for_a_person: true, ..all() }, &[3, 2]),
        (RunQuery { state: text("nothing"), ..all() }, &[]),
    ];
    for (query, expected) in cases {
        let expected: Vec<RunId> = expected.iter().map(|n| run(*n)).collect();
        assert_eq!(found(store, &query).await, expected, "{query:?}");
    }
}

pub(super) async fn runs_to_be_woken_are_found(store: &dyn Store) {
    let wakes = |n, wake_at| shown(RunRow { wake_at, ..row(run(n), 1) });
    commit(store, vec![wakes(1, Some(5)), wakes(2, None), wakes(3, Some(7)), wakes(4, Some(6))]).await;
    let by = |wake_by, before| RunQuery { wake_by: Some(wake_by), before, limit: 2, ..RunQuery::default() };
    assert_eq!(found(store, &by(4, None)).await, []);
    assert_eq!(found(store, &by(6, None)).await, [run(4), run(1)]);
    assert_eq!(found(store, &by(9, None)).await, [run(4), run(3)]);
    assert_eq!(found(store, &by(9, Some(run(3)))).await, [run(1)]);
}

pub(super) async fn pages_follow_each_other(store: &dyn Store) {
    commit(store, (1..=5).map(|n| shown(row(run(n), 1))).collect()).await;
    let mut query = RunQuery { limit: 2, ..RunQuery::default() };
    let mut pages = Vec::new();
    loop {
        let page = found(store, &query).await;
        let Some(last) = page.last() else { break };
        query.before = Some(*last);
        pages.push(page);
    }
    assert_eq!(pages, [vec![run(5), run(4)], vec![run(3), run(2)], vec![run(1)]]);
}

pub(super) async fn who_waits_on_a_clock_is_found(store: &dyn Store) {
    let rows =
        [("a", Some(20), None), ("a", Some(10), Some(5)), ("b", Some(1), Some(1)), ("a", None, Some(7))];
    let rows = (1..).zip(rows).map(|(n, (clock, timer_at, wake_at))| {
        shown(RunRow { clock: clock.into(), timer_at, wake_at, ..row(run(n), 1) })
    });
    commit(store, rows.collect()).await;
    let on = |clock: &str| Some(clock.to_owned());
    let all = || RunQuery { limit: 10, ..RunQuery::default() };
    let timers = RunQuery { timer_on: on("a"), ..all() };
    assert_eq!(found(store, &timers).await, [run(2), run(1)], "whose timer comes first");
    assert_eq!(found(store, &RunQuery { limit: 1, ..timers }).await, [run(2)]);
    assert_eq!(found(store, &RunQuery { awake_on: on("a"), ..all() }).await, [run(4), run(2)]);
    assert_eq!(found(store, &RunQuery { timer_on: on("c"), ..all() }).await, []);
}

async fn found(store: &dyn Store, query: &RunQuery) -> Vec<RunId> {
    store.runs(query).await.expect("readable").into_iter().map(|row| row.run).collect()
}

pub(super) async fn an_inbound_message_is_kept_once(store: &dyn Store) {
    let message = |n, owner: &str, dedup: &str| {
        let (owner, dedup) = (owner.to_owned(), dedup.to_owned());
        InboundRow { id: run(n), owner, dedup, received: 3, label: "A".into(), body: vec![1, 2] }
    };
    let rows = [message(2, "x", "k"), message(1, "x", "j"), message(3, "x", "k"), message(4, "y", "k")];
    let group: Vec<Write> = rows.iter().cloned().map(Write::Inbound).collect();
    for _ in 0..2 {
        assert_eq!(store.commit(&group).await.expect("a working store"), vec![Verdict::Accepted; 4]);
    }
    let kept = async |owner: Option<&str>, before: Option<u16>, limit| {
        let query = InboundQuery { owner: owner.map(str::to_owned), before: before.map(run), limit };
        store.inbound(&query).await.expect("readable")
    };
    assert_eq!(kept(Some("x"), None, 10).await, [rows[1].clone(), rows[0].clone()], "oldest first");
    assert_eq!(kept(Some("x"), None, 1).await, [rows[1].clone()]);
    assert_eq!(kept(Some("y"), None, 10).await, [rows[3].clone()]);
    assert_eq!(kept(Some("z"), None, 10).await, []);
    assert_eq!(kept(None, Some(4), 10).await, [rows[1].clone(), rows[0].clone()], "of any account");
    for _ in 0..2 {
        let forgotten = store.commit(&[Write::ForgetInbound(run(1)), Write::ForgetInbound(run(9))]).await;
        assert_eq!(forgotten.expect("a working store"), vec![Verdict::Accepted; 2]);
        assert_eq!(kept(None, None, 10).await, [rows[0].clone(), rows[3].clone()], "nobody asked for those");
    }
    commit_again(store, &rows[1]).await;
    assert_eq!(kept(Some("x"), None, 1).await, [rows[1].clone()], "its key is free again");
}

async fn commit_again(store: &dyn Store, row: &InboundRow) {
    let told = store.commit(&[Write::Inbound(row.clone())]).await;
    assert_eq!(told.expect("a working store"), [Verdict::Accepted]);
}

pub(super) async fn heads_are_told_of_runs_that_exist(store: &dyn Store) {
    for (n, seq) in [(1, 1), (1, 2), (2, 1)] {
        commit_one(store, record(run(n), seq, "")).await;
    }
    let heads = async |wanted: &[RunId]| {
        let mut heads = store.heads(wanted).await.expect("readable");
        heads.sort_unstable();
        heads
    };
    assert_eq!(heads(&[run(2), run(3), run(1)]).await, [(run(1), 2), (run(2), 1)]);
    assert_eq!(heads(&[run(3)]).await, []);
    assert_eq!(heads(&[]).await, []);
    let many: Vec<RunId> = (0..3000).map(run).collect();
    assert_eq!(heads(&many).await.len(), 2, "a node may watch thousands");
}
