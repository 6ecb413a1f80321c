//! What passes between a workflow's future and the engine during a turn.
//!
//! The engine puts one event on the stage, polls the future until it rests, and takes the commands off. Futures of
//! the engine only look here; nothing wakes them but the next delivery.

use crate::activity::StepFailure;
use crate::clock::Micros;
use crate::store::Attributes;
use ordain_proto::history::v1 as wire;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;

/// One run's stage.
pub(crate) struct Stage {
    seed: Vec<u8>,
    /// The time of the turn; stands still within it.
    pub(crate) now: Micros,
    next_op: u64,
    draws: u64,
    /// Decided since the last delivery, in order.
    pub(crate) commands: Vec<wire::Command>,
    /// Operations whose future waits for its own end.
    pub(crate) awaited: BTreeMap<u64, Option<OpEnd>>,
    /// For [`Ctx::next`](crate::Ctx::next), in the order of delivery.
    pub(crate) news: VecDeque<News>,
    /// The timer that [`Ctx::next`](crate::Ctx::next) races.
    pub(crate) deadline: Option<(u64, Micros)>,
    pub(crate) shown: Shown,
    /// An engine future was polled and had to wait: the only honest reason to rest.
    pub(crate) waits_for_engine: bool,
    /// The future is being dropped by the engine, not by the workflow: drops mean nothing.
    pub(crate) closing: bool,
}

/// What a workflow shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) view: Vec<u8>,
    pub(crate) attributes: Attributes,
}

/// How an awaited operation ended.
#[derive(Debug, Clone)]
pub(crate) enum OpEnd {
    Step(Result<Vec<u8>, StepFailure>),
    Timer,
}

/// Something for [`Ctx::next`](crate::Ctx::next).
#[derive(Debug, Clone)]
pub(crate) enum News {
    Message { received: u64, message: wire::Message },
    StepEnded { step: u64, end: Result<Vec<u8>, StepFailure> },
    StepParked { step: u64, why: String, outcome_unknown: bool },
    StepSentAgain { step: u64 },
    Deadline,
}

impl Stage {
    pub(crate) fn new(seed: Vec<u8>, now: Micros) -> Self {
        Self {
            seed,
            now,
            next_op: 1,
            draws: 0,
            commands: Vec::new(),
            awaited: BTreeMap::new(),
            news: VecDeque::new(),
            deadline: None,
            shown: Shown::default(),
            waits_for_engine: false,
            closing: false,
        }
    }

    /// An operation's identity, given where it is constructed.
    pub(crate) fn new_op(&mut self) -> u64 {
        let op = self.next_op;
        self.next_op += 1;
        op
    }

    pub(crate) fn command(&mut self, command: wire::command::Command, site: &'static Location<'static>) {
        let call_site = format!("{}:{}", site.file(), site.line());
        self.commands.push(wire::Command { command: Some(command), call_site });
    }

    /// The run's own dice: derived from its seed, so that replay throws the same.
    pub(crate) fn draw(&mut self) -> [u8; 32] {
        self.draws += 1;
        entropy(&self.seed, b"draw", self.draws)
    }
}

/// Randomness of a run for the `n`-th use of a kind.
pub(crate) fn entropy(seed: &[u8], purpose: &[u8], n: u64) -> [u8; 32] {
    Sha256::new().chain_update(seed).chain_update(purpose).chain_update(n.to_be_bytes()).finalize().into()
}
