//! One history, one writer at a time: a sequence number is written once.

use super::samples::{commit, commit_one, record, row, run, start, texts};
use crate::store::{Append, Store, Verdict};

pub(super) async fn a_number_is_written_once(store: &dyn Store) {
    assert_eq!(commit_one(store, record(run(1), 1, "mine")).await, Verdict::Accepted);
    assert_eq!(commit_one(store, record(run(1), 1, "theirs")).await, Verdict::Refused);
    assert_eq!(commit_one(store, record(run(2), 1, "another run")).await, Verdict::Accepted);
    assert_eq!(texts(store, run(1), 0).await, [(1, "mine".into())]);
}

pub(super) async fn the_same_bytes_again_are_accepted_while_they_are_the_head(store: &dyn Store) {
    let first = record(run(1), 1, "first");
    assert_eq!(commit_one(store, first.clone()).await, Verdict::Accepted);
    assert_eq!(commit_one(store, first.clone()).await, Verdict::Accepted, "still the head");
    assert_eq!(commit_one(store, record(run(1), 2, "second")).await, Verdict::Accepted);
    assert_eq!(commit_one(store, first).await, Verdict::Overtaken, "stored, and no longer the head");
    let other = record(run(1), 1, "another first");
    assert_eq!(commit_one(store, other).await, Verdict::Refused, "not what is stored");
    assert_eq!(texts(store, run(1), 0).await.len(), 2);
}

pub(super) async fn a_refused_record_changes_nothing(store: &dyn Store) {
    commit_one(store, record(run(1), 1, "mine")).await;
    let theirs = Append { row: Some(row(run(1), 1)), ..record(run(1), 1, "theirs") };
    assert_eq!(commit_one(store, theirs).await, Verdict::Refused);
    assert_eq!(store.run(run(1)).await.expect("readable"), None, "its row was written all the same");
}

pub(super) async fn items_of_a_group_are_judged_one_by_one(store: &dyn Store) {
    commit(store, vec![start(run(1), "a", "A"), record(run(2), 1, "first")]).await;
    let group = vec![
        start(run(3), "a", "C"),
        record(run(2), 1, "again, and different"),
        record(run(1), 2, "second"),
        start(run(4), "d", "D"),
    ];
    let verdicts = commit(store, group).await;
    assert!(matches!(&verdicts[0], Verdict::Exists(started) if started.run == run(1)), "{verdicts:?}");
    assert_eq!(verdicts[1..], [Verdict::Refused, Verdict::Accepted, Verdict::Accepted]);
    assert!(texts(store, run(3), 0).await.is_empty(), "a start that did not happen left a record");
    assert_eq!(texts(store, run(4), 0).await.len(), 1);
}

pub(super) async fn a_thousand_items_are_one_group(store: &dyn Store) {
    let group = (0..1000)
        .map(|n| {
            let (name, run) = (format!("{n}"), run(n));
            Append { row: Some(row(run, 1)), ..start(run, &name, &name) }
        })
        .collect();
    let verdicts = commit(store, group).await;
    assert_eq!(verdicts, vec![Verdict::Accepted; 1000]);
    for n in [0, 63, 64, 999] {
        assert_eq!(texts(store, run(n), 0).await, [(1, "first".into())]);
        assert!(store.run(run(n)).await.expect("readable").is_some());
    }
}

pub(super) async fn a_history_is_read_from_anywhere(store: &dyn Store) {
    for seq in 1..=12 {
        commit_one(store, record(run(1), seq, &seq.to_string())).await;
        commit_one(store, record(run(2), seq, "another run")).await;
    }
    let after = |seq: u64| (seq + 1..=12).map(|seq| (seq, seq.to_string())).collect::<Vec<_>>();
    for seq in [0, 1, 9, 11, 12, 13] {
        assert_eq!(texts(store, run(1), seq).await, after(seq));
    }
    let first = store.history(run(1), 0).await.expect("readable").remove(0);
    assert_eq!(first.mac, record(run(1), 1, "").mac);
}
