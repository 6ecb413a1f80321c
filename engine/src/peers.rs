//! Who works on the store beside this process: its own beats, and the judgement of the others by theirs.
//!
//! Nobody else's clock is believed. A process counts as gone when the store no longer names it, or when its counter
//! has stood still for a whole [`LAPSE`] of this process's own time, during which this process's beats went through:
//! after an outage of the store everybody looks dead for a while, and nobody is. The other side of the same bargain:
//! a process whose own last beat is older than [`FRESH`] begins nothing that must not happen twice, and after such a
//! gap it asks the store whether its steps are still its own.

mod store_clock;
mod table;

pub(crate) use store_clock::StoreClock;
pub(crate) use table::Standing;

use crate::clock::{Clock, Micros};
use crate::store::{Pulse, Store};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use table::Table;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often a process says that it lives.
const BEAT_EVERY: Micros = 1_000_000;
/// A counter that stands still for so long is nobody's any more. Six beats: one lost packet is not a death, and a lost
/// node's work is taken over within fifteen seconds.
const LAPSE: Micros = 6_000_000;
/// How old a process's own last beat may be when it begins an attempt: less than the lapse by more than an attempt
/// takes to leave.
const FRESH: Micros = 4_000_000;
/// A beat that takes longer is given up and sent again.
const BEAT_PATIENCE: Micros = 3_000_000;

/// What this process knows of the others. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Peers(Arc<Inner>);

struct Inner {
    incarnation: u64,
    clock: Arc<StoreClock>,
    alone: AtomicBool,
    /// It stops, and begins nothing more.
    leaving: AtomicBool,
    /// How often this process's beats have begun, or begun again after a gap.
    epoch: AtomicU64,
    /// When the last beat that went through was sent, by the monotonic clock and by the host's time of day: a machine
    /// that sleeps stops one of them.
    last: (AtomicI64, AtomicI64),
    table: Mutex<Table>,
    beats: watch::Sender<u64>,
}

impl Peers {
    pub(crate) fn new(incarnation: u64, clock: Arc<StoreClock>) -> Self {
        Self(Arc::new(Inner {
            incarnation,
            clock,
            alone: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
            last: (AtomicI64::new(Micros::MIN), AtomicI64::new(Micros::MIN)),
            table: Mutex::default(),
            beats: watch::Sender::new(0),
        }))
    }

    /// This process.
    pub(crate) fn incarnation(&self) -> u64 {
        self.0.incarnation
    }

    /// No other process can be on the store. Not before the store has said so.
    pub(crate) fn alone(&self) -> bool {
        self.0.alone.load(Ordering::Acquire)
    }

    /// From now on this process takes nothing over.
    pub(crate) fn stop_taking(&self) {
        self.0.leaving.store(true, Ordering::Release);
    }

    /// Whether this process takes over what nobody carries out.
    pub(crate) fn takes_over(&self) -> bool {
        !self.0.leaving.load(Ordering::Acquire)
    }

    /// Changes with every gap in this process's beats, and with the first of them.
    pub(crate) fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Whether whoever intended a step in this epoch may carry it out now.
    pub(crate) fn fit(&self, epoch: u64) -> bool {
        self.alone() || (self.is_fresh() && self.epoch() == epoch)
    }

    /// How another process stands.
    pub(crate) fn standing(&self, incarnation: u64) -> Standing {
        if self.alone() {
            return Standing::Gone;
        }
        self.table().judge(incarnation, self.0.clock.monotonic())
    }

    /// Ends when the store has answered a beat.
    pub(crate) async fn introduced(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.beats.subscribe().wait_for(|beats| *beats > 0).await;
    }

    /// Ends when this process's last beat is young enough.
    pub(crate) async fn fresh(&self) {
        let mut beats = self.0.beats.subscribe();
        while !self.alone() && !self.is_fresh() {
            let _ = beats.changed().await;
        }
    }

    /// Beats until it is stopped, or until the store says that there is nobody to hear it.
    pub(crate) async fn run(self, store: Arc<dyn Store>, stop: CancellationToken) {
        while !self.alone() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.beat(store.as_ref()) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.clock.pause(BEAT_EVERY) => {}
            }
        }
    }

    async fn beat(&self, store: &dyn Store) {
        let sent = (self.0.clock.monotonic(), self.0.clock.host_now());
        tokio::select! {
            pulse = store.beat(self.0.incarnation) => match pulse {
                Ok(pulse) => self.heard(sent, pulse),
                Err(error) => tracing::warn!(%error, "cannot tell the store that this process lives"),
            },
            () = self.0.clock.pause(BEAT_PATIENCE) => {
                tracing::warn!("the store does not answer that this process lives");
            }
        }
    }

    fn heard(&self, (sent, sent_host): (Micros, Micros), pulse: Pulse) {
        let heard = self.0.clock.monotonic();
        self.0.clock.set(pulse.now, (sent_host, self.0.clock.host_now()));
        let gap = sent.saturating_sub(self.0.last.0.load(Ordering::Acquire)) > FRESH
            || sent_host.saturating_sub(self.0.last.1.load(Ordering::Acquire)) > FRESH;
        self.table().heard(&pulse.peers, sent, heard, gap);
        if gap {
            // Before the beat counts as fresh: whoever then finds it fresh finds the gap too.
            self.0.epoch.fetch_add(1, Ordering::AcqRel);
        }
        self.0.last.1.store(sent_host, Ordering::Release);
        self.0.last.0.store(sent, Ordering::Release);
        self.0.alone.store(pulse.alone, Ordering::Release);
        self.0.beats.send_modify(|beats| *beats += 1);
    }

    fn is_fresh(&self) -> bool {
        let age = |now: Micros, last: &AtomicI64| now.saturating_sub(last.load(Ordering::Acquire));
        age(self.0.clock.monotonic(), &self.0.last.0) <= FRESH
            && age(self.0.clock.host_now(), &self.0.last.1) <= FRESH
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().expect("no holder panics")
    }
}
