//! Waking whoever watches a run.
//!
//! A watcher registers before it reads, so that nothing falls between; what it is told is only "look again, at least
//! up to here". What there is to see it reads from the store.

use crate::run_id::RunId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::watch;

/// Fewer runs are not worth a sweep.
const SWEEP_MIN: usize = 64;

/// Who watches what.
#[derive(Debug, Default)]
pub(crate) struct Notifier(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    runs: BTreeMap<RunId, watch::Sender<u64>>,
    /// So many runs, and those that nobody watches any more are forgotten.
    sweep_at: usize,
}

impl Notifier {
    /// From now on the receiver sees the newest sequence of the run whenever a record of it becomes durable here.
    pub(crate) fn watch(&self, run: RunId) -> watch::Receiver<u64> {
        let mut watched = self.0.lock().expect("no holder panics");
        if watched.runs.len() >= watched.sweep_at {
            watched.runs.retain(|_, sender| sender.receiver_count() > 0);
            // Twice what is left, so that a sweep is paid for by as many calls as it looks at runs.
            watched.sweep_at = (2 * watched.runs.len()).max(SWEEP_MIN);
        }
        watched.runs.entry(run).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// A record of the run is durable.
    pub(crate) fn tell(&self, run: RunId, seq: u64) {
        if let Some(sender) = self.0.lock().expect("no holder panics").runs.get(&run) {
            sender.send_replace(seq);
        }
    }
}
