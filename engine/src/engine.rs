//! The engine: open it on a store, start runs, talk to them, look at them.

mod opening;
mod stopping;

use crate::bounded::Replays;
use crate::bounds::PAYLOAD_MAX;
use crate::call::{CallError, MessageRequest, StartOutcome, StartRequest};
use crate::clock::{Clock, Micros};
use crate::committer::{CommitRequest, Handed, Then};
use crate::downstream::{DownstreamInfo, Limits};
use crate::lane::{
    self, Arrival, LaneMessage, Lanes, MessageReply, NewRun, PollFile, Post, Reply, StartReply, ToldRun,
    Watchdog,
};
use crate::notifier::Notifier;
use crate::peers::{Peers, StoreClock};
use crate::performer::Performer;
use crate::registry::Registry;
use crate::run_id::RunId;
use crate::settings::Settings;
use crate::store::{InboundRow, Store, StoreError, Write};
use crate::vault::{DataKey, Vault, VaultError, dice};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::sync::Arc;
use stopping::Stops;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

/// What an engine is made of.
pub struct EngineParts {
    /// Where histories are kept.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub vault: Arc<Vault>,
    /// What can be run.
    pub registry: Registry,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// What the host may choose.
    pub settings: Settings,
}

/// A running engine. Cheap to clone; [`Engine::stop`] ends it for all.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    registry: Arc<Registry>,
    clock: Arc<StoreClock>,
    peers: Peers,
    lanes: Lanes,
    commits: mpsc::UnboundedSender<Handed>,
    notifier: Arc<Notifier>,
    performer: Performer,
    poll_file: Option<Arc<PollFile>>,
    replays: Replays,
    calls: Semaphore,
    moved: mpsc::UnboundedSender<Vec<RunId>>,
    tasks: TaskTracker,
    stops: Stops,
}

impl Engine {
    /// Opens the engine: from here on every open run is driven on.
    #[must_use]
    pub fn open(parts: EngineParts) -> Self {
        let poll_max = parts.settings.poll_max;
        opening::open(parts, Some(poll_max), |tools| Watchdog { tools, poll_max }.begin())
    }

    /// As [`Engine::open`], without a watchdog and with every lane a task of the surrounding [`LocalSet`](tokio::task::LocalSet): on a
    /// runtime of one thread with a [`ManualClock`](crate::clock::ManualClock) nothing happens at the same time, and
    /// time passes only when a test says so.
    ///
    /// # Panics
    /// Outside a `LocalSet`.
    #[must_use]
    pub fn open_on_this_thread(parts: EngineParts) -> Self {
        opening::open(parts, None, |tools| {
            for seat in tools.lanes.seats() {
                tools.tasks.spawn_local(lane::run(Post { tools: tools.clone(), seat }));
            }
        })
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    /// The clock that the engine lives by.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.0.clock.now()
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn shared_registry(&self) -> Arc<Registry> {
        Arc::clone(&self.0.registry)
    }

    pub(crate) fn replays(&self) -> &Replays {
        &self.0.replays
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// An id for a run that is about to start.
    #[must_use]
    pub fn new_run_id(&self) -> RunId {
        RunId::new(self.now(), dice())
    }

    /// A data key for a run that is about to start; what goes into its input sealed is sealed with it.
    #[must_use]
    pub fn new_data_key(&self, run: RunId) -> DataKey {
        self.0.vault.new_data_key(run)
    }

    /// The data key of a run; none if the run does not exist or was erased.
    ///
    /// # Errors
    /// The store does not answer, or the key does not unwrap.
    pub async fn data_key(&self, run: RunId) -> Result<Option<DataKey>, KeyError> {
        let Some(wrapped) = self.store().data_key(run).await? else { return Ok(None) };
        Ok(Some(self.0.vault.unwrap_data_key(run, &wrapped)?))
    }

    /// Starts a run, once per request id and label.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn start(&self, request: StartRequest) -> Result<StartOutcome, CallError> {
        let start = wire::Start {
            workflow: request.workflow,
            workflow_version: request.workflow_version,
            input_json: request.input,
            seed: dice::<16>().to_vec(),
            tenant: request.tenant,
            request_id: request.request_id,
            label: request.label,
            fingerprint: request.fingerprint,
            actor: request.actor,
            clock: request.clock.map(|clock| clock.to_string()).unwrap_or_default(),
        };
        let clock_at = self.clock_of(request.clock).await?;
        let names = [&start.tenant, &start.request_id, &start.label, &start.actor, &start.workflow];
        let named: usize = names.iter().map(|name| name.len()).sum();
        check_size(start.input_json.len() + start.fingerprint.len() + named, PAYLOAD_MAX)?;
        let (run, data_key) = (request.run, request.data_key.wrapped);
        let began = self
            .ask(run, |reply| LaneMessage::Start(Box::new(NewRun { run, start, data_key, clock_at, reply })))
            .await?;
        Ok(match began {
            StartReply::Began => StartOutcome::Began,
            StartReply::Exists(started) => StartOutcome::Exists(started),
        })
    }

    /// What the clock says that a run is to be started on.
    async fn clock_of(&self, clock: Option<RunId>) -> Result<Option<Micros>, CallError> {
        let Some(clock) = clock else { return Ok(None) };
        match self.time_on(clock).await {
            Ok(Some(time)) => Ok(Some(time)),
            Ok(None) => Err(CallError::Faulted(format!("{clock} is no clock"))),
            Err(error) => {
                tracing::warn!(%error, %clock, "a clock cannot be read");
                Err(CallError::Unavailable)
            }
        }
    }

    /// Lets a run be looked at that the store says is due.
    pub(crate) async fn look(&self, run: RunId) {
        self.0.lanes.look(run).await;
    }

    /// Tells a run something. Returns when it is durable.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send(&self, request: MessageRequest) -> Result<MessageReply, CallError> {
        self.message(request, false).await
    }

    /// Asks a run something and waits for its answer, which is durable when it comes.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(&self, request: MessageRequest) -> Result<MessageReply, CallError> {
        self.message(request, true).await
    }

    async fn message(&self, request: MessageRequest, wants_answer: bool) -> Result<MessageReply, CallError> {
        let MessageRequest { run, key, fingerprint, payload, actor, only_at } = request;
        check_size(payload.len() + key.len() + fingerprint.len() + actor.len(), PAYLOAD_MAX)?;
        let message = wire::Message { key, fingerprint, payload_json: payload, actor };
        self.arrive(run, |reply| {
            Arrival::Message(Box::new(ToldRun { message, wants_answer, only_at, sure: false, reply }))
        })
        .await
    }

    pub(crate) async fn person(&self, run: RunId, input: Input) -> Result<(), CallError> {
        self.arrive(run, |reply| Arrival::OfPerson { input, reply, sure: false }).await
    }

    pub(crate) async fn reset_to(
        &self,
        run: RunId,
        to: u64,
        control: wire::Control,
    ) -> Result<(), CallError> {
        self.arrive(run, |reply| Arrival::Reset { to, control, reply }).await
    }

    async fn arrive<T>(&self, run: RunId, arrival: impl FnOnce(Reply<T>) -> Arrival) -> Result<T, CallError> {
        self.ask(run, |reply| LaneMessage::Arrived { run, arrival: arrival(reply) }).await
    }

    async fn ask<T>(
        &self,
        run: RunId,
        message: impl FnOnce(Reply<T>) -> LaneMessage,
    ) -> Result<T, CallError> {
        let _permit = self.0.calls.try_acquire().map_err(|_| CallError::Overloaded)?;
        let (reply, answer) = oneshot::channel();
        // Before the question is sent: then whoever it reaches is this shift or a later one.
        let over = self.0.lanes.over(run);
        self.0.lanes.send(run, message(reply));
        tokio::select! {
            biased;
            answered = answer => answered.unwrap_or(Err(CallError::Unavailable)),
            () = over.cancelled() => Err(CallError::Unavailable),
        }
    }

    /// Keeps a genuine message for a run that does not exist. Returns when it is durable.
    ///
    /// # Errors
    /// It is too large, too many calls are waiting, or the engine is stopping.
    pub async fn keep_inbound(&self, row: InboundRow) -> Result<(), CallError> {
        check_size(row.body.len() + row.owner.len() + row.dedup.len() + row.label.len(), PAYLOAD_MAX)?;
        let _permit = self.0.calls.try_acquire().map_err(|_| CallError::Overloaded)?;
        let (reply, verdict) = oneshot::channel();
        let request = CommitRequest { write: Write::Inbound(row), then: Then::Caller(reply) };
        self.hand_over(Handed::Writes(vec![request]))?;
        verdict.await.map(drop).map_err(|_| CallError::Unavailable)
    }

    pub(crate) fn hand_over(&self, handed: Handed) -> Result<(), CallError> {
        self.0.commits.send(handed).map_err(|_| CallError::Unavailable)
    }

    /// Sees the newest sequence of a run whenever one becomes durable in this process. Register before you read.
    #[must_use]
    pub fn watch(&self, run: RunId) -> watch::Receiver<u64> {
        self.0.notifier.watch(run)
    }

    /// Whether the steps of a run change nothing for now: see [`Held`](crate::held::Held).
    #[must_use]
    pub fn holds(&self, run: RunId) -> bool {
        self.0.performer.held().holds(run)
    }

    /// From now on these limits hold for a downstream, in this process; what is under way goes on.
    pub fn set_limits(&self, downstream: &str, limits: Limits) {
        self.0.performer.downstreams().set(downstream, limits);
    }

    /// Lets a downstream be asked again at once: whoever calls this knows that it is back.
    pub fn close_breaker(&self, downstream: &str) {
        self.0.performer.downstreams().find(downstream).close();
    }

    /// How every downstream stands that a step has named or limits were set for, in this process.
    #[must_use]
    pub fn downstreams(&self) -> Vec<DownstreamInfo> {
        self.0.performer.downstreams().list()
    }

    /// Somebody has heard that other processes wrote records of these runs: whoever waits for one of them here need not
    /// wait for the next poll.
    pub fn moved(&self, runs: Vec<RunId>) {
        // Nobody listens any more when the engine is stopping.
        drop(self.0.moved.send(runs));
    }

    /// Forgets every run that nobody needs in memory just now; it is brought back from its history when it is needed.
    pub fn evict_idle(&self) {
        self.0.lanes.evict_idle();
    }
}

/// Why a run's key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Ask again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It will not get better.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

pub(crate) const fn check_size(bytes: usize, max: usize) -> Result<(), CallError> {
    if bytes > max { Err(CallError::TooLarge { bytes, max }) } else { Ok(()) }
}
