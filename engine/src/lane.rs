//! A lane: one thread that takes the turns of its runs.
//!
//! Workflow futures live here and never leave, so workflow code need not be `Send`. A lane decides and hands records
//! to the committer; it never waits for the disk, the network or a step. A run has one record in flight; what arrives
//! meanwhile waits in its slot.

use crate::call::CallError;
use crate::clock::{Clock, Micros};
use crate::committer::{CommitRequest, Then};
use crate::notifier::Notifier;
use crate::peers::Peers;
use crate::performer::Performer;
use crate::registry::Registry;
use crate::replay::Corrupt;
use crate::run_id::RunId;
use crate::shadow::Shadows;
use crate::slot::{Released, Slot, Step};
use crate::store::{RunRow, Started, Store, StoreError, StoredRecord, Verdict, Write};
use crate::turn::{StepJob, Turner};
use crate::vault::Vault;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs that a lane keeps in memory; beyond it the longest untouched idle ones are dropped and replayed when needed.
const LIVE_MAX: usize = 20_000;
/// Messages that a lane takes before it lets runs turn, so that a turn sees what arrived together.
const BATCH_MAX: usize = 1024;

/// What a lane is told.
pub(crate) enum LaneMessage {
    /// Begin this run.
    Start(Box<NewRun>),
    /// Something arrived for a run.
    Arrived { run: RunId, arrival: Arrival },
    /// A run's history was read.
    Loaded { run: RunId, read: Box<ReadRun> },
    /// What became of the records of some runs.
    Committed(Vec<(RunId, Verdict)>),
    /// Another process has written a run's records up to here.
    Moved { run: RunId, head: u64 },
    /// Forget idle runs.
    EvictIdle,
}

/// A run's records and row, as read.
type ReadRun = Result<(Vec<StoredRecord>, Option<RunRow>), StoreError>;

/// A run to begin.
pub(crate) struct NewRun {
    pub(crate) run: RunId,
    pub(crate) start: wire::Start,
    pub(crate) data_key: Vec<u8>,
    pub(crate) reply: Reply<StartReply>,
}

/// What came of a start.
pub(crate) enum StartReply {
    /// The run began.
    Began,
    /// One had begun under the same request id or label.
    Exists(Started),
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, CallError>>;

/// Something for a run.
pub(crate) enum Arrival {
    /// A message.
    Message(Box<ToldRun>),
    /// An attempt at a step failed, and there will be another. How a step ended is kept by the performer.
    AttemptFailed(wire::AttemptFailed),
    /// A person acts on a parked step, or on the run itself.
    OfPerson { input: Input, reply: Reply<()>, sure: bool },
    /// A person takes decisions back.
    Reset { to: u64, control: wire::Control, reply: Reply<()> },
    /// It is time to look: a timer is due, or a step is over.
    Wake,
    /// As [`Arrival::Wake`], of a run that the store says is due. So many may be on their way at a time.
    Look(OwnedSemaphorePermit),
    /// Another process has written records up to here.
    Moved(u64),
}

/// A message to a run, and who waits on it.
pub(crate) struct ToldRun {
    pub(crate) message: wire::Message,
    /// Waits for the workflow's answer, else for durability.
    pub(crate) wants_answer: bool,
    pub(crate) only_at: Option<u64>,
    /// The history was read after it came, so that it may be refused.
    pub(crate) sure: bool,
    pub(crate) reply: Reply<MessageReply>,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReply {
    /// The workflow's answer as JSON; none if none was wanted.
    pub answer: Option<Vec<u8>>,
    /// The key was known: nothing new happened.
    pub replayed: bool,
}

/// The way to the lanes.
#[derive(Clone)]
pub(crate) struct Lanes(Arc<[mpsc::UnboundedSender<LaneMessage>]>);

impl Lanes {
    pub(crate) fn new(senders: Vec<mpsc::UnboundedSender<LaneMessage>>) -> Self {
        Self(senders.into())
    }

    /// A lane that is gone takes no messages; the engine is shutting down then.
    pub(crate) fn send(&self, run: RunId, message: LaneMessage) {
        drop(self.0[run.lane(self.0.len())].send(message));
    }

    pub(crate) fn evict_idle(&self) {
        for lane in self.0.iter() {
            drop(lane.send(LaneMessage::EvictIdle));
        }
    }

    /// Tells each lane of its runs' records, all at once.
    pub(crate) fn send_verdicts(&self, verdicts: Vec<(RunId, Verdict)>) {
        let mut of_lanes: Vec<Vec<(RunId, Verdict)>> = self.0.iter().map(|_| Vec::new()).collect();
        for (run, verdict) in verdicts {
            of_lanes[run.lane(self.0.len())].push((run, verdict));
        }
        for (lane, verdicts) in self.0.iter().zip(of_lanes) {
            if !verdicts.is_empty() {
                drop(lane.send(LaneMessage::Committed(verdicts)));
            }
        }
    }
}

/// What a lane works with.
pub(crate) struct LaneTools {
    pub(crate) registry: Arc<Registry>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) peers: Peers,
    pub(crate) commits: mpsc::UnboundedSender<Vec<CommitRequest>>,
    pub(crate) performer: Performer,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) shadows: Shadows,
    pub(crate) lanes: Lanes,
    pub(crate) tasks: TaskTracker,
    /// A store that does not answer is waited for no longer.
    pub(crate) cut: CancellationToken,
    pub(crate) runtime: tokio::runtime::Handle,
}

/// Takes turns until every sender is gone or `stop` says so.
pub(crate) async fn run(
    tools: LaneTools,
    mut messages: mpsc::UnboundedReceiver<LaneMessage>,
    stop: CancellationToken,
) {
    let mut lane = Lane::new(tools);
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        let clock = Arc::clone(&lane.tools.clock);
        let next = lane.timers.peek().map_or(Micros::MAX, |Reverse((due, _))| *due);
        tokio::select! {
            () = stop.cancelled() => return,
            received = messages.recv_many(&mut batch, BATCH_MAX) => if received == 0 { return },
            () = clock.sleep_until(next) => {}
        }
        for message in batch.drain(..) {
            lane.handle(message);
        }
        lane.fire_timers();
        for run in std::mem::take(&mut lane.ready) {
            lane.advance(run);
        }
        lane.hand_over();
        lane.evict();
    }
}

struct Lane {
    tools: LaneTools,
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
    fn new(tools: LaneTools) -> Self {
        Self {
            tools,
            slots: BTreeMap::new(),
            timers: BinaryHeap::new(),
            ready: BTreeSet::new(),
            records: Vec::new(),
            jobs: Vec::new(),
        }
    }

    fn hand_over(&mut self) {
        if !self.records.is_empty() {
            drop(self.tools.commits.send(std::mem::take(&mut self.records)));
        }
        if !self.jobs.is_empty() {
            self.tools.performer.begin(std::mem::take(&mut self.jobs));
        }
    }

    fn handle(&mut self, message: LaneMessage) {
        match message {
            LaneMessage::Start(new) => {
                let run = new.run;
                if let Some(slot) = Slot::starting(*new, &self.tools.registry, self.tools.clock.now()) {
                    self.slots.insert(run, slot);
                    self.ready.insert(run);
                }
            }
            LaneMessage::Arrived { run, arrival } => {
                self.slots.entry(run).or_default().push(arrival);
                self.ready.insert(run);
            }
            LaneMessage::Loaded { run, read } => self.loaded(run, *read),
            LaneMessage::Moved { run, head } => {
                if let Some(slot) = self.slots.get_mut(&run) {
                    slot.push(Arrival::Moved(head));
                    self.ready.insert(run);
                }
            }
            LaneMessage::EvictIdle => self.slots.retain(|_, slot| slot.idle_since().is_none()),
            LaneMessage::Committed(verdicts) => {
                for (run, verdict) in verdicts {
                    self.committed(run, verdict);
                }
            }
        }
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
        };
        let step = slot.advance(&turner);
        slot.follow(run, &tools.notifier, tools.peers.alone());
        self.timers.extend(slot.take_look().map(|at| Reverse((at, run))));
        match step {
            Step::Rest => {}
            Step::Load => self.load(run),
            Step::Commit(append) => {
                self.records.push(CommitRequest { write: Write::Append(append), then: Then::Lane(run) });
            }
        }
    }

    fn load(&self, run: RunId) {
        let (store, lanes) = (Arc::clone(&self.tools.store), self.tools.lanes.clone());
        let cut = self.tools.cut.clone();
        let reading = async move {
            let read = match store.history(run, 0).await {
                Ok(history) => store.run(run).await.map(|row| (history, row)),
                Err(error) => Err(error),
            };
            lanes.send(run, LaneMessage::Loaded { run, read: Box::new(read) });
        };
        let reading = async move { cut.run_until_cancelled(reading).await };
        self.tools.tasks.spawn_on(reading, &self.tools.runtime);
    }

    fn loaded(&mut self, run: RunId, read: ReadRun) {
        let Some(slot) = self.slots.get_mut(&run) else { return };
        match read {
            Ok((history, _)) if history.is_empty() => {
                slot.fail(&CallError::NotFound);
                self.slots.remove(&run);
            }
            Ok((history, row)) => match slot.loaded(run, &self.tools, &history, row) {
                Ok(()) => {
                    // Its row may have been pushed by a claim; from memory the timer is never late.
                    self.timers.extend(slot.first_timer().map(|due| Reverse((due, run))));
                    self.disown(run);
                    self.ready.insert(run);
                }
                Err(corrupt) => self.broken(run, &corrupt),
            },
            Err(error) => {
                tracing::error!(%run, %error, "a history cannot be read");
                slot.fail(&CallError::Unavailable);
                self.slots.remove(&run);
            }
        }
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

    fn committed(&mut self, run: RunId, verdict: Verdict) {
        let Some(slot) = self.slots.get_mut(&run) else { return };
        match verdict {
            Verdict::Accepted => {
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
            self.slots.entry(run).or_default().push(Arrival::Wake);
            self.ready.insert(run);
        }
    }

    fn evict(&mut self) {
        if self.slots.len() <= LIVE_MAX {
            return;
        }
        let mut idle: Vec<(Micros, RunId)> = self
            .slots
            .iter()
            .filter_map(|(run, slot)| slot.idle_since().map(|since| (since, *run)))
            .collect();
        idle.sort_unstable();
        for (_, run) in idle.into_iter().take(LIVE_MAX / 10) {
            self.slots.remove(&run);
        }
    }
}
