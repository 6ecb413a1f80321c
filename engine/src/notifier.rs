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

    /// A record of the run is durable. Whether that is news to somebody who watches.
    pub(crate) fn tell(&self, run: RunId, seq: u64) -> bool {
        let watched = self.0.lock().expect("no holder panics");
        // A node that hears late of another one's record may have gone on from it already.
        watched.runs.get(&run).is_some_and(|sender| {
            sender.send_if_modified(|told| {
                let news = seq > *told;
                *told = seq.max(*told);
                news
            })
        })
    }

    /// The runs that somebody watches.
    pub(crate) fn watched(&self) -> Vec<RunId> {
        let watched = self.0.lock().expect("no holder panics");
        let runs = watched.runs.iter().filter(|(_, sender)| sender.receiver_count() > 0);
        runs.map(|(run, _)| *run).collect()
    }
}
