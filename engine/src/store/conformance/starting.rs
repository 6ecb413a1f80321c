//! A start happens once, however often it is asked for and whoever asks.

use super::samples::{commit, commit_one, record, run, start, texts};
use crate::run_id::RunId;
use crate::store::{Append, StartKey, Started, StartedBy, Store, Verdict};

/// The verdict on a start that another run had begun before.
fn exists(run: RunId, request_id: &str) -> Verdict {
    let (request_id, fingerprint) = (request_id.to_owned(), request_id.as_bytes().to_vec());
    Verdict::Exists(Started { run, request_id, fingerprint })
}

pub(super) async fn a_start_happens_once_per_request_id(store: &dyn Store) {
    assert_eq!(commit_one(store, start(run(1), "a", "A")).await, Verdict::Accepted);
    assert_eq!(commit_one(store, start(run(2), "a", "B")).await, exists(run(1), "a"));
    for key in [StartedBy::RequestId("a".into()), StartedBy::Label("A".into())] {
        let started = store.started("tenants/one", &key).await.expect("readable");
        assert_eq!(started.map(Verdict::Exists), Some(exists(run(1), "a")));
    }
    for key in [StartedBy::RequestId("A".into()), StartedBy::Label("B".into())] {
        assert_eq!(store.started("tenants/one", &key).await.expect("readable"), None, "{key:?}");
    }
}

pub(super) async fn a_start_happens_once_per_label(store: &dyn Store) {
    assert_eq!(commit_one(store, start(run(1), "a", "A")).await, Verdict::Accepted);
    assert_eq!(commit_one(store, start(run(2), "b", "A")).await, exists(run(1), "a"));
    let other = StartedBy::RequestId("b".into());
    assert_eq!(store.started("tenants/one", &other).await.expect("readable"), None, "it did not happen");
}

pub(super) async fn tenants_do_not_share_keys(store: &dyn Store) {
    commit_one(store, start(run(1), "a", "A")).await;
    let theirs = start(run(2), "a", "A");
    let key = theirs.start.map(|start| StartKey { tenant: "tenants/two".into(), ..start });
    assert_eq!(commit_one(store, Append { start: key, ..record(run(2), 1, "") }).await, Verdict::Accepted);
}

pub(super) async fn a_start_whose_answer_was_lost_is_accepted_again(store: &dyn Store) {
    let first = start(run(1), "a", "A");
    assert_eq!(commit_one(store, first.clone()).await, Verdict::Accepted);
    assert_eq!(commit_one(store, first.clone()).await, Verdict::Accepted, "the same start, still the head");
    commit_one(store, record(run(1), 2, "second")).await;
    assert_eq!(commit_one(store, first).await, Verdict::Overtaken, "it happened, and the run has moved on");
    assert_eq!(texts(store, run(1), 0).await.len(), 2);
}

pub(super) async fn two_starts_of_one_group_are_one(store: &dyn Store) {
    let verdicts = commit(store, vec![start(run(1), "a", "A"), start(run(2), "a", "A")]).await;
    let won = verdicts.iter().filter(|verdict| **verdict == Verdict::Accepted).count();
    assert_eq!(won, 1, "{verdicts:?}");
    assert_eq!(texts(store, run(1), 0).await.len() + texts(store, run(2), 0).await.len(), 1);
}

pub(super) async fn a_data_key_stays_as_it_was_first_written(store: &dyn Store) {
    commit_one(store, start(run(1), "a", "A")).await;
    commit_one(store, start(run(2), "a", "A")).await;
    let key = async |run| store.data_key(run).await.expect("readable");
    assert_eq!(key(run(1)).await, Some(run(1).to_bytes().to_vec()));
    assert_eq!(key(run(2)).await, None, "a start that did not happen has no key");
    assert_eq!(key(run(3)).await, None);
}
