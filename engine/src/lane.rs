//! A lane: one thread that takes the turns of its runs.
//!
//! Workflow futures live here and never leave, so workflow code need not be `Send`. A lane decides and hands records
//! to the committer; it never waits for the disk, the network or a step. A run has one record in flight; what arrives
//! meanwhile waits in its slot.

mod messages;
mod polled;
mod seat;
mod watchdog;

pub use messages::MessageReply;
pub(crate) use messages::{Arrival, LaneMessage, Lanes, NewRun, Reply, StartReply, ToldRun};
pub(crate) use polled::{Poisons, PollFile, Polled};
pub(crate) use seat::{Seat, Watch};
pub(crate) use watchdog::{Watchdog, count_left_behind};

use crate::call::CallError;
use crate::clock::{Clock, Micros};
use crate::committer::{CommitRequest, Handed, OfLane, Then};
use crate::history::{self, Corrupt};
use crate::notifier::Notifier;
use crate::peers::Peers;
use crate::performer::Performer;
use crate::registry::Registry;
use crate::run_id::RunId;
use crate::shadow::Shadows;
use crate::slot::{Read, Released, Slot, Step};
use crate::store::{Store, Verdict, Write};
use crate::turn::{StepJob, Turner};
use crate::vault::Vault;
use messages::ReadRun;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Until a run that is to be quarantined and could not be read is tried again.
const POISON_PAUSE: Micros = 1_000_000;
/// Messages that a lane takes before it lets runs turn, so that a turn sees what arrived together.
const BATCH_MAX: usize = 1024;

/// What a lane works with.
#[derive(Clone)]
pub(crate) struct LaneTools {
    pub(crate) registry: Arc<Registry>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) peers: Peers,
    pub(crate) commits: mpsc::UnboundedSender<Handed>,
    pub(crate) performer: Performer,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) shadows: Shadows,
    pub(crate) lanes: Lanes,
    pub(crate) poisons: Arc<Poisons>,
    pub(crate) poll_file: Option<Arc<PollFile>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) stop: CancellationToken,
    /// A store that does not answer is waited for no longer.
    pub(crate) cut: CancellationToken,
    /// Runs that this lane keeps in memory; beyond it the longest untouched idle ones are dropped.
    pub(crate) live_max: usize,
}

/// A seat, and what whoever takes it works with.
pub(crate) struct Post {
    pub(crate) tools: LaneTools,
    pub(crate) seat: Arc<Seat>,
}

/// Takes turns until the engine stops, or until this shift is given up.
pub(crate) async fn run(post: Post) {
    let Post { tools, seat } = post;
    let (stop, clock) = (tools.stop.clone(), Arc::clone(&tools.clock));
    let mut lane = Lane::new(tools, &seat);
    let mut batch = Vec::with_capacity(BATCH_MAX);
    tokio::select! {
        () = stop.cancelled() => return seat.close().await,
        () = lane.take_over(&seat) => {}
    }
    while lane.round(&mut batch) {
        let next = lane.timers.peek().map_or(Micros::MAX, |Reverse((due, _))| *due);
        tokio::select! {
            () = stop.cancelled() => return seat.close().await,
            received = seat.receive(&mut batch, BATCH_MAX) => if received == 0 { return },
            () = clock.sleep_until(next) => {}
        }
    }
}

impl LaneTools {
    /// The run is quarantined, or there is none.
    fn forget_poison(&self, run: RunId) {
        if self.poisons.remove(Polled::Run(run))
            && let Some(file) = &self.poll_file
        {
            file.forget(Polled::Run(run));
        }
    }

    fn went_well(&self, polled: Polled) {
        if let Some(file) = &self.poll_file {
            file.went_well(polled);
        }
    }
}

struct Lane {
    tools: LaneTools,
    watch: Watch,
    slots: BTreeMap<RunId, Slot>,
    /// Earliest first. Entries of runs that moved on are ignored when they come up.
    timers: BinaryHeap<Reverse<(Micros, RunId)>>,
    ready: BTreeSet<RunId>,
    /// Handed over together at the end of a round: each handing over may wake a thread, and a group of one record
    /// costs the same sync as a group of hundreds.
    records: Vec<CommitRequest>,
    jobs: Vec<StepJob>,
}

impl Lane {
    fn new(tools: LaneTools, seat: &Seat) -> Self {
        let watch = Watch::new(seat, tools.poll_file.clone());
        Self {
            tools,
            watch,
            slots: BTreeMap::new(),
            timers: BinaryHeap::new(),
            ready: BTreeSet::new(),
            records: Vec::new(),
            jobs: Vec::new(),
        }
    }

    /// Begins a shift. What the one before handed over has its verdict before anything is read; what it had in memory
    /// is looked at again.
    async fn take_over(&mut self, seat: &Seat) {
        let mut again = self.tools.poisons.runs();
        if self.watch.shift() > 1 {
            let (caller, passed) = oneshot::channel();
            drop(self.tools.commits.send(Handed::Barrier(caller)));
            // Without a committer the engine is stopping.
            drop(passed.await);
            again.extend(self.tools.performer.under_way().runs_with_news());
        }
        again.retain(|run| self.tools.lanes.is_at(seat, *run));
        again.into_iter().for_each(|run| self.wake(run));
    }

    /// Takes what came, and lets every run that it concerns turn. False if the shift was given up meanwhile: then
    /// nothing more may be done.
    fn round(&mut self, batch: &mut Vec<LaneMessage>) -> bool {
        for message in batch.extract_if(.., |message| matches!(message, LaneMessage::Committed(_))) {
            if let LaneMessage::Committed(verdicts) = message {
                verdicts.into_iter().for_each(|(of, verdict)| self.committed(of, verdict));
            }
        }
        // Before any code is polled: if that never comes back, steps whose intents are durable have begun.
        if !self.jobs.is_empty() {
            self.tools.performer.begin(std::mem::take(&mut self.jobs));
        }
        for message in batch.drain(..) {
            self.handle(message);
            if !self.watch.rests() {
                return false;
            }
        }
        self.fire_timers();
        for run in std::mem::take(&mut self.ready) {
            self.advance(run);
            if !self.watch.rests() {
                return false;
            }
        }
        self.watch.end_of_round();
        if !self.records.is_empty() {
            drop(self.tools.commits.send(Handed::Writes(std::mem::take(&mut self.records))));
        }
        self.evict();
        true
    }

    fn handle(&mut self, message: LaneMessage) {
        match message {
            LaneMessage::Start(new) => self.start(*new),
            LaneMessage::Arrived { run, arrival } => {
                self.slots.entry(run).or_default().push(arrival);
                self.ready.insert(run);
            }
            // What a shift before this one wanted to know was read too early.
            LaneMessage::Loaded { of, read } if of.shift == self.watch.shift() => self.loaded(of.run, *read),
            LaneMessage::Loaded { .. } => {}
            LaneMessage::Moved { run, head } => {
                if let Some(slot) = self.slots.get_mut(&run) {
                    slot.push(Arrival::Moved(head));
                    self.ready.insert(run);
                }
            }
            LaneMessage::EvictIdle => self.slots.retain(|_, slot| slot.idle_since().is_none()),
            LaneMessage::Committed(_) => unreachable!("verdicts are taken first"),
        }
    }

    fn start(&mut self, new: NewRun) {
        let (run, key) = (new.run, new.key());
        let polled = Polled::start(&key);
        if let Some(why) = self.tools.poisons.why(polled) {
            return drop(new.reply.send(Err(CallError::Faulted(why))));
        }
        self.watch.polls(polled);
        if let Some(slot) = Slot::starting(new, key, &self.tools.registry, self.tools.clock.now()) {
            self.slots.insert(run, slot);
            self.ready.insert(run);
        }
    }

    fn wake(&mut self, run: RunId) {
        self.slots.entry(run).or_default().push(Arrival::Wake);
        self.ready.insert(run);
    }

    /// Lets a run take its next step, whatever that is.
    fn advance(&mut self, run: RunId) {
        let Some(slot) = self.slots.get_mut(&run) else { return };
        let tools = &self.tools;
        let turner = Turner {
            vault: &tools.vault,
            registry: &tools.registry,
            incarnation: tools.peers.incarnation(),
            now: tools.clock.now(),
            under_way: tools.performer.under_way(),
            peers: &tools.peers,
            watch: &self.watch,
        };
        let step = slot.advance(&turner);
        slot.follow(run, &tools.notifier, tools.peers.alone());
        self.timers.extend(slot.take_look().map(|at| Reverse((at, run))));
        match step {
            Step::Rest => {}
            Step::Load { whole } => self.load(run, whole),
            Step::Commit(append) => {
                let then = Then::Lane(OfLane { run, shift: self.watch.shift() });
                self.records.push(CommitRequest { write: Write::Append(append), then });
            }
        }
    }

    fn load(&self, run: RunId, whole: bool) {
        let (store, lanes) = (Arc::clone(&self.tools.store), self.tools.lanes.clone());
        let of = OfLane { run, shift: self.watch.shift() };
        let cut = self.tools.cut.clone();
        let reading = async move {
            let read = history::load(store.as_ref(), run, whole).await;
            lanes.send(run, LaneMessage::Loaded { of, read: Box::new(read) });
        };
        let reading = async move { cut.run_until_cancelled(reading).await };
        self.tools.tasks.spawn_on(reading, &self.tools.runtime);
    }

    fn loaded(&mut self, run: RunId, read: ReadRun) {
        let Some(slot) = self.slots.get_mut(&run) else { return };
        let poison = self.tools.poisons.why(Polled::Run(run));
        let poisoned = poison.is_some();
        match read {
            Ok(stored) if stored.records.is_empty() => {
                self.tools.forget_poison(run);
                slot.fail(&CallError::NotFound);
                self.slots.remove(&run);
            }
            Ok(stored) => {
                let read = Read { run, stored, poison };
                match slot.loaded(&self.tools, &self.watch, read) {
                    Ok(seq) => self.back(run, seq, poisoned),
                    Err(corrupt) => self.broken(run, &corrupt),
                }
            }
            Err(error) => {
                tracing::error!(%run, %error, "a history cannot be read");
                slot.fail(&CallError::Unavailable);
                self.slots.remove(&run);
                if poisoned {
                    self.timers.push(Reverse((self.tools.clock.now() + POISON_PAUSE, run)));
                }
            }
        }
    }

    /// A run is in memory again.
    fn back(&mut self, run: RunId, seq: u64, poisoned: bool) {
        let Some(slot) = self.slots.get(&run) else { return };
        if poisoned && !slot.is_stopping() {
            self.tools.forget_poison(run);
        }
        // A shift that was given up may have told nobody of its last records.
        self.tools.notifier.tell(run, seq);
        // Its row may have been pushed by a claim; from memory the timer is never late.
        self.timers.extend(slot.first_timer().map(|due| Reverse((due, run))));
        self.disown(run);
        self.ready.insert(run);
    }

    /// Ends this process's own tries at steps that the history says another one has taken over.
    fn disown(&self, run: RunId) {
        let (under_way, own) = (self.tools.performer.under_way(), self.tools.peers.incarnation());
        let Some(slot) = self.slots.get(&run).filter(|_| !self.tools.peers.alone()) else { return };
        for step in under_way.of(run).steps {
            if slot.performer_of(step).is_some_and(|performer| performer != own) {
                under_way.disown(run, step);
            }
        }
    }

    /// A history that cannot be: nothing is written to it any more, and whoever asks is told.
    fn broken(&mut self, run: RunId, corrupt: &Corrupt) {
        tracing::error!(%run, %corrupt, "a history is damaged");
        if let Some(mut slot) = self.slots.remove(&run) {
            slot.fail(&CallError::Corrupt(corrupt.clone()));
        }
    }

    fn committed(&mut self, of: OfLane, verdict: Verdict) {
        let run = of.run;
        if of.shift != self.watch.shift() {
            // The shift that handed it over is gone; whatever came of it is read from the history.
            return self.wake(run);
        }
        let Some(slot) = self.slots.get_mut(&run) else { return };
        match verdict {
            Verdict::Accepted => {
                self.tools.went_well(slot.polled(run));
                let Released { seq, over, jobs, timer } = slot.accepted();
                let under_way = self.tools.performer.under_way();
                under_way.recorded(run, &over);
                under_way.began(run, jobs.iter().map(|job| job.op));
                self.jobs.extend(jobs);
                self.timers.extend(timer.map(|due| Reverse((due, run))));
                self.tools.notifier.tell(run, seq);
                if self.tools.shadows.picks()
                    && let Some(stood) = slot.standing()
                {
                    self.tools.shadows.look(run, stood);
                }
            }
            Verdict::Overtaken => {
                let over = slot.overtaken();
                self.tools.performer.under_way().recorded(run, &over);
            }
            Verdict::Refused => slot.refused(),
            Verdict::Exists(started) => {
                slot.exists(started);
                self.slots.remove(&run);
                return;
            }
        }
        self.ready.insert(run);
    }

    fn fire_timers(&mut self) {
        let now = self.tools.clock.now();
        while let Some(Reverse((due, run))) = self.timers.peek().copied()
            && due <= now
        {
            self.timers.pop();
            self.wake(run);
        }
    }

    fn evict(&mut self) {
        let live_max = self.tools.live_max;
        if self.slots.len() <= live_max {
            return;
        }
        let mut idle: Vec<(Micros, RunId)> = self
            .slots
            .iter()
            .filter_map(|(run, slot)| slot.idle_since().map(|since| (since, *run)))
            .collect();
        idle.sort_unstable();
        for (_, run) in idle.into_iter().take(live_max / 10 + 1) {
            self.slots.remove(&run);
        }
    }
}
