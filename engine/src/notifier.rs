//! Waking whoever watches a run.
//!
//! A watcher registers before it reads, so that nothing falls between; what it is told is only "look again, at least
//! up to here". What there is to see it reads from the store.

use crate::run_id::RunId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::watch;

/// Who watches what.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    watched: Mutex<BTreeMap<RunId, watch::Sender<u64>>>,
}

impl Notifier {
    /// From now on the receiver sees the newest sequence of the run whenever a record of it becomes durable here.
    pub(crate) fn watch(&self, run: RunId) -> watch::Receiver<u64> {
        let mut watched = self.watched.lock().expect("no holder panics");
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.entry(run).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// A record of the run is durable.
    pub(crate) fn tell(&self, run: RunId, seq: u64) {
        if let Some(sender) = self.watched.lock().expect("no holder panics").get(&run) {
            sender.send_replace(seq);
        }
    }
}
