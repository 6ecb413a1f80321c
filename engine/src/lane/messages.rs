//! What a lane is told, and the way to it.

use super::seat::Seat;
use crate::call::CallError;
use crate::clock::Micros;
use crate::committer::OfLane;
use crate::history::StoredRun;
use crate::run_id::RunId;
use crate::store::{StartKey, Started, StoreError, Verdict};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// What a lane is told.
pub(crate) enum LaneMessage {
    /// Begin this run.
    Start(Box<NewRun>),
    /// Something arrived for a run.
    Arrived { run: RunId, arrival: Arrival },
    /// A run's history was read.
    Loaded { of: OfLane, read: Box<ReadRun> },
    /// What became of the records of some runs.
    Committed(Vec<(OfLane, Verdict)>),
    /// Another process has written a run's records up to here.
    Moved { run: RunId, head: u64 },
    /// Forget idle runs.
    EvictIdle,
}

/// A run's records and row, as read.
pub(super) type ReadRun = Result<StoredRun, StoreError>;

/// A run to begin.
pub(crate) struct NewRun {
    pub(crate) run: RunId,
    pub(crate) start: wire::Start,
    pub(crate) data_key: Vec<u8>,
    /// What its own clock says, if it is to have one.
    pub(crate) clock_at: Option<Micros>,
    pub(crate) reply: Reply<StartReply>,
}

impl NewRun {
    /// What makes the start happen once.
    pub(super) fn key(&self) -> StartKey {
        StartKey {
            tenant: self.start.tenant.clone(),
            request_id: self.start.request_id.clone(),
            label: self.start.label.clone(),
            fingerprint: self.start.fingerprint.clone(),
            data_key: self.data_key.clone(),
        }
    }
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

impl Arrival {
    /// What goes on record of it.
    pub(crate) fn input(&self) -> Option<Input> {
        match self {
            Self::Message(told) => Some(Input::Message(told.message.clone())),
            Self::OfPerson { input, .. } => Some(input.clone()),
            Self::AttemptFailed(failed) => Some(Input::AttemptFailed(failed.clone())),
            Self::Reset { .. } | Self::Wake | Self::Look(_) | Self::Moved(_) => None,
        }
    }

    /// Tells whoever waits that nothing came of it.
    pub(crate) fn fail(self, error: &CallError) {
        match self {
            Self::Message(told) => drop(told.reply.send(Err(error.clone()))),
            Self::OfPerson { reply, .. } | Self::Reset { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::AttemptFailed(_) | Self::Wake | Self::Look(_) | Self::Moved(_) => {}
        }
    }
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
pub(crate) struct Lanes(Arc<[Door]>);

/// Where messages go in, and who takes them.
pub(crate) struct Door {
    pub(crate) messages: mpsc::UnboundedSender<LaneMessage>,
    pub(crate) seat: Arc<Seat>,
}

impl Lanes {
    /// So many lanes, each with an empty seat.
    pub(crate) fn new(lanes: usize) -> Self {
        let door = |lane| {
            let (messages, queue) = mpsc::unbounded_channel();
            Door { messages, seat: Arc::new(Seat::new(lane, queue)) }
        };
        Self((0..lanes).map(door).collect())
    }

    pub(crate) fn seats(&self) -> Vec<Arc<Seat>> {
        self.0.iter().map(|door| Arc::clone(&door.seat)).collect()
    }

    /// A lane that is gone takes no messages; the engine is shutting down then.
    pub(crate) fn send(&self, run: RunId, message: LaneMessage) {
        drop(self.door(run).messages.send(message));
    }

    /// As [`Seat::over`], of the lane that a run's messages go to.
    pub(crate) fn over(&self, run: RunId) -> CancellationToken {
        self.door(run).seat.over()
    }

    /// Sends a run on its way to be looked at, once there is room for it.
    pub(crate) async fn look(&self, run: RunId) {
        let look = self.door(run).seat.room_to_look().await;
        self.send(run, LaneMessage::Arrived { run, arrival: Arrival::Look(look) });
    }

    pub(crate) fn evict_idle(&self) {
        for door in self.0.iter() {
            drop(door.messages.send(LaneMessage::EvictIdle));
        }
    }

    /// Tells each lane of its runs' records, all at once.
    pub(crate) fn send_verdicts(&self, verdicts: Vec<(OfLane, Verdict)>) {
        let mut of_lanes: Vec<Vec<(OfLane, Verdict)>> = self.0.iter().map(|_| Vec::new()).collect();
        for (of, verdict) in verdicts {
            of_lanes[of.run.lane(self.0.len())].push((of, verdict));
        }
        for (door, verdicts) in self.0.iter().zip(of_lanes) {
            if !verdicts.is_empty() {
                drop(door.messages.send(LaneMessage::Committed(verdicts)));
            }
        }
    }

    /// Whether the turns of a run are taken at this seat.
    pub(crate) fn is_at(&self, seat: &Seat, run: RunId) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.door(run).seat), seat)
    }

    fn door(&self, run: RunId) -> &Door {
        &self.0[run.lane(self.0.len())]
    }
}
