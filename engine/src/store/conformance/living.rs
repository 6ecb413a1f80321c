//! Who is on the store: counters that their owners move.

use crate::store::{Pulse, Store};

async fn beat(store: &dyn Store, incarnation: u64) -> Pulse {
    let mut pulse = store.beat(incarnation).await.expect("a working store");
    pulse.peers.sort_unstable();
    pulse
}

pub(super) async fn a_beat_counts_one_and_tells_of_the_others(store: &dyn Store) {
    assert_eq!(beat(store, 7).await.peers, [(7, 1)]);
    assert_eq!(beat(store, u64::MAX).await.peers, [(7, 1), (u64::MAX, 1)], "any 64 bits are a name");
    assert_eq!(beat(store, 7).await.peers, [(7, 2), (u64::MAX, 1)]);
}

pub(super) async fn who_left_is_not_told_of(store: &dyn Store) {
    beat(store, 7).await;
    beat(store, 8).await;
    for gone in [7, 7, 9] {
        store.leave(gone).await.expect("leaving twice, or without having come, is no error");
    }
    assert_eq!(beat(store, 8).await.peers, [(8, 2)]);
    assert_eq!(beat(store, 7).await.peers, [(7, 1), (8, 2)], "who comes back begins again");
}

pub(super) async fn the_clock_does_not_go_back(store: &dyn Store) {
    let (first, second) = (beat(store, 7).await, beat(store, 7).await);
    assert_eq!(first.alone, second.alone);
    assert_eq!(first.now.is_some(), second.now.is_some());
    assert!(first.now <= second.now);
}
