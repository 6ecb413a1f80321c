//! Carrying steps out: attempts, timeouts, backoff, and what to do when nobody knows.
//!
//! A step is handed over only after the record that intends it is durable. Attempts are made here, in memory; what
//! comes of them goes back to the run, which writes it down.

mod ownership;
mod settle;
mod under_way;

pub(crate) use under_way::{UnderWay, at_most};

use crate::activity::{ActivityCx, Attempt, OnUnknown, Policy};
use crate::bounds::{OUTPUT_MAX, cut};
use crate::clock::{Clock, Micros};
use crate::downstream::{Downstreams, Permit, Said};
use crate::held::Held;
use crate::lane::{Arrival, LaneMessage, Lanes};
use crate::peers::Peers;
use crate::registry::{RegisteredActivity, Registry};
use crate::run_id::RunId;
use crate::stage::entropy;
use crate::store::Store;
use crate::turn::StepJob;
use crate::vault::Vault;
use futures::FutureExt as _;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use ownership::Trail;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Attempts under way at a time. Beyond it steps wait in memory; their intents are durable.
const UNDER_WAY_MAX: usize = 1024;
/// The first pause between attempts; each one doubles it.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
/// No pause is longer: by then a person should see the step.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// From this attempt on a failure is put on record, since it begins to explain a delay to a person.
const RECORDED_FROM: u32 = 3;

/// Hands steps to their handlers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Performer(Arc<Inner>);

struct Inner {
    parts: PerformerParts,
    /// The steps that were handed over and have not ended.
    steps: TaskTracker,
    permits: Semaphore,
    under_way: UnderWay,
    runtime: tokio::runtime::Handle,
}

/// What a performer works with.
pub(crate) struct PerformerParts {
    pub(crate) registry: Arc<Registry>,
    pub(crate) lanes: Lanes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) downstreams: Arc<Downstreams>,
    pub(crate) tasks: TaskTracker,
    /// No attempt begins any more, and those under way are dropped.
    pub(crate) stop: CancellationToken,
    pub(crate) peers: Peers,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) held: Held,
}

/// What has come of a step so far.
struct Tried {
    attempt: u32,
    why: String,
    /// An attempt may have had its effect.
    unknown: bool,
    /// When the last attempt of this process ended by the monotonic clock, and the pause after it.
    ended: Option<(Micros, Duration)>,
    /// Of this process's beats, when the step was last found to be its own.
    epoch: u64,
}

impl Performer {
    pub(crate) fn new(parts: PerformerParts) -> Self {
        let permits = Semaphore::new(UNDER_WAY_MAX);
        let (under_way, runtime) = (UnderWay::default(), tokio::runtime::Handle::current());
        let steps = TaskTracker::new();
        Self(Arc::new(Inner { parts, steps, permits, under_way, runtime }))
    }

    pub(crate) fn downstreams(&self) -> &Downstreams {
        &self.0.parts.downstreams
    }

    /// Runs whose steps change nothing for now.
    pub(crate) fn held(&self) -> &Held {
        &self.0.parts.held
    }

    /// What is being carried out here, and what came of it.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    /// Begins steps. What comes of them arrives at their runs, unless the engine stops first; then the next process
    /// takes them over.
    pub(crate) fn begin(&self, jobs: Vec<StepJob>) {
        let (performer, begins) = (self.clone(), self.0.steps.token());
        // A lane is no thread of the runtime: from there every spawn wakes one. From within, only the first does.
        self.0.parts.tasks.spawn_on(
            async move {
                for mut job in jobs {
                    job.orphaned |= performer.held().doubts(&job);
                    let (performer, step) = (performer.clone(), performer.0.steps.token());
                    performer.0.parts.tasks.clone().spawn(async move {
                        performer.perform_until_stop(job).await;
                        drop(step);
                    });
                }
                drop(begins);
            },
            &self.0.runtime,
        );
    }

    /// Ends when no step is being tried, or waits to be.
    pub(crate) async fn idle(&self) {
        self.0.steps.close();
        self.0.steps.wait().await;
    }

    async fn perform_until_stop(self, job: StepJob) {
        let stop = &self.0.parts.stop;
        let trail = Trail::new(&job);
        if !stop.is_cancelled() {
            // The step first: most are never waited for, and waiting for the stop takes a lock that all share.
            tokio::select! {
                biased;
                () = self.perform_guarded(&job, &trail) => return,
                () = stop.cancelled() => {}
            }
        }
        self.released(&job, &trail);
    }

    /// From now on no attempt begins; ends when none is under way.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(UNDER_WAY_MAX).expect("a small number");
        if let Ok(permits) = self.0.permits.acquire_many(all).await {
            permits.forget();
        }
    }

    /// A handler that panics is caught where it is called; anything else of the host's that does, its policy or a
    /// look-up's input, must not leave the step under way for ever.
    async fn perform_guarded(&self, job: &StepJob, trail: &Trail) {
        if AssertUnwindSafe(self.perform(job, trail)).catch_unwind().await.is_err() {
            self.parked(job, job.attempts.max(1), "the code around the step panicked".into(), true);
        }
    }

    async fn perform(&self, job: &StepJob, trail: &Trail) {
        let Some(activity) = self.0.parts.registry.find_activity(&job.kind) else {
            let why = format!("this build has no step `{}`", job.kind);
            return self.parked(job, job.attempts, why, false);
        };
        let policy = match activity.policy(&job.input) {
            Ok(policy) => policy,
            Err(why) => return self.parked(job, job.attempts, why, false),
        };
        if job.orphaned && policy.on_unknown == OnUnknown::Park {
            let what_happened = if self.held().forgot(job.run) {
                "this store was brought back as it was before, and may have forgotten that it was done"
            } else {
                "the process that was carrying it out stopped"
            };
            let why = format!("{what_happened}; it may or may not have had its effect");
            return self.parked(job, job.attempts.max(1), why, true);
        }
        self.attempts((job, trail), activity, &policy).await;
    }

    async fn attempts(
        &self,
        (job, trail): (&StepJob, &Trail),
        activity: &dyn RegisteredActivity,
        policy: &Policy,
    ) {
        let mut overdue = std::pin::pin!(self.overdue(job, policy));
        // Another process may have sent an attempt that nobody knows the end of.
        let unknown = job.orphaned && policy.on_unknown != OnUnknown::Reads;
        let (why, epoch) = ("it could not begin".into(), job.epoch);
        let mut tried = Tried { attempt: job.attempts, why, unknown, ended: None, epoch };
        loop {
            let goes_on = tokio::select! {
                biased;
                () = &mut overdue => return self.given_up(job, policy, tried),
                goes_on = self.settled(job, policy, &mut tried) => goes_on,
                () = self.0.under_way.disowned(job.run, job.op) => false,
            };
            if !goes_on {
                return;
            }
            trail.leads_to(&tried);
            if tried.attempt >= policy.attempts_max && tried.ended.is_some() {
                let why = format!("gave up after {} attempts: {}", tried.attempt, tried.why);
                return self.parked(job, tried.attempt, why, tried.unknown);
            }
            let leave = tokio::select! {
                biased;
                () = &mut overdue => return self.given_up(job, policy, tried),
                leave = self.pause_and_permits(job, policy, &mut tried) => leave,
                () = self.0.under_way.disowned(job.run, job.op) => None,
            };
            let Some((attempt, downstream)) = leave else { return };
            tried.attempt += 1;
            trail.is_lost();
            let came = one_attempt(job, activity, policy, tried.attempt).await;
            drop(attempt);
            if let Some(permit) = downstream {
                permit.ended(said_by(&came));
            }
            if !self.goes_on(job, policy, &mut tried, came) {
                return;
            }
        }
    }

    /// Takes note of what came of an attempt. False if that ends the step.
    fn goes_on(&self, job: &StepJob, policy: &Policy, tried: &mut Tried, came: Attempt<Vec<u8>>) -> bool {
        let mut pause = None;
        match came {
            Attempt::Done(output) if output.len() > OUTPUT_MAX => {
                self.parked(job, tried.attempt, too_large(output.len()), true);
                return false;
            }
            Attempt::Done(output) => {
                self.ended(job, tried.attempt, output);
                return false;
            }
            Attempt::Park { why } => {
                self.parked(job, tried.attempt, why, tried.unknown);
                return false;
            }
            Attempt::Unknown { why } if policy.on_unknown == OnUnknown::Park => {
                self.parked(job, tried.attempt, why, true);
                return false;
            }
            Attempt::Retry { why, after } => (tried.why, pause) = (why, after),
            Attempt::Unknown { why } => {
                (tried.why, tried.unknown) = (why, policy.on_unknown != OnUnknown::Reads);
            }
        }
        tried.ended = Some((
            self.0.parts.clock.monotonic(),
            pause.unwrap_or_default().max(backoff(job, tried.attempt)),
        ));
        true
    }

    /// Waits out the pause after the attempt before, then for leave to make the next. None if the step turns out to be
    /// somebody else's.
    async fn pause_and_permits(
        &self,
        job: &StepJob,
        policy: &Policy,
        tried: &mut Tried,
    ) -> Option<(SemaphorePermit<'_>, Option<Permit>)> {
        if let Some((_, pause)) = tried.ended {
            if tried.attempt >= RECORDED_FROM {
                let reason = cut(tried.why.clone());
                let failed = wire::AttemptFailed { op: job.op, attempt: tried.attempt, reason };
                self.arrives(job.run, Arrival::AttemptFailed(failed));
            }
            self.0.parts.clock.pause(micros(pause)).await;
        }
        if policy.on_unknown != OnUnknown::Reads {
            self.held().released(job.run).await;
        }
        loop {
            let permits = self.permits(policy).await;
            if policy.on_unknown == OnUnknown::Reads || self.0.parts.peers.fit(tried.epoch) {
                return Some(permits);
            }
            // Others may make attempts while this process finds out how it stands with the store.
            drop(permits);
            if !self.still_ours(job, tried).await {
                return None;
            }
        }
    }

    /// Ends when the step's overall deadline has passed.
    async fn overdue(&self, job: &StepJob, policy: &Policy) {
        match policy.give_up_after {
            Some(span) => self.0.parts.clock.sleep_until(job.since.saturating_add(micros(span))).await,
            None => std::future::pending().await,
        }
    }

    /// Waits for leave to make an attempt: of the downstream first, since whoever waits for that must not keep
    /// others out.
    async fn permits(&self, policy: &Policy) -> (SemaphorePermit<'_>, Option<Permit>) {
        let downstream = match &policy.downstream {
            Some(name) => Some(self.downstreams().find(name).permit().await),
            None => None,
        };
        let attempt = self.0.permits.acquire().await.expect("the permits are never closed");
        (attempt, downstream)
    }

    fn given_up(&self, job: &StepJob, policy: &Policy, tried: Tried) {
        let span = policy.give_up_after.unwrap_or_default();
        let why = format!("gave up after {span:?}: {}", tried.why);
        self.parked(job, tried.attempt, why, tried.unknown);
    }

    fn ended(&self, job: &StepJob, attempt: u32, output_json: Vec<u8>) {
        self.over(job, Input::StepEnded(wire::StepEnded { op: job.op, attempt, output_json, late: false }));
    }

    fn parked(&self, job: &StepJob, attempt: u32, reason: String, outcome_unknown: bool) {
        let reason = cut(reason);
        tracing::warn!(run = %job.run, step = job.op, kind = job.kind, reason, outcome_unknown, "step parked");
        self.over(job, Input::StepParked(wire::StepParked { op: job.op, attempt, reason, outcome_unknown }));
    }

    /// The news stays here until it is on record; its run is only told to look.
    fn over(&self, job: &StepJob, news: Input) {
        self.0.under_way.ended(job.run, job.op, news);
        self.arrives(job.run, Arrival::Wake);
    }

    fn arrives(&self, run: RunId, arrival: Arrival) {
        self.0.parts.lanes.send(run, LaneMessage::Arrived { run, arrival });
    }
}

fn cx(job: &StepJob, attempt: u32) -> ActivityCx {
    let entropy = entropy(&job.seed, b"step", job.op);
    ActivityCx { run: job.run, step: job.op, attempt, entropy }
}

async fn one_attempt(
    job: &StepJob,
    activity: &dyn RegisteredActivity,
    policy: &Policy,
    attempt: u32,
) -> Attempt<Vec<u8>> {
    let cx = cx(job, attempt);
    let running = async {
        match activity.perform(cx, &job.input) {
            Ok(running) => running.await,
            Err(why) => Attempt::Park { why },
        }
    };
    // If the handler panics, this step is parked and nothing else is harmed; the handler is not polled again.
    match tokio::time::timeout(policy.timeout, AssertUnwindSafe(running).catch_unwind()).await {
        Ok(Ok(attempt)) => attempt,
        Ok(Err(_)) => Attempt::Unknown { why: "the step's handler panicked".into() },
        Err(_) => Attempt::Unknown { why: format!("no answer within {:?}", policy.timeout) },
    }
}

/// It had its effect, so it must not be made again blindly; what it brought cannot be kept.
fn too_large(bytes: usize) -> String {
    format!("it was carried out, and its result of {bytes} bytes is more than {OUTPUT_MAX} and was not kept")
}

/// What an attempt says of its downstream. A refusal is an answer; a step that parks itself may never have asked.
const fn said_by(attempt: &Attempt<Vec<u8>>) -> Said {
    match attempt {
        Attempt::Done(_) => Said::Answered,
        Attempt::Retry { .. } | Attempt::Unknown { .. } => Said::Failed,
        Attempt::Park { .. } => Said::Nothing,
    }
}

fn micros(span: Duration) -> Micros {
    Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX)
}

/// Doubling pauses, each somewhere between half of itself and itself, so that many retries do not march in step. Where
/// is the step's own affair: the same world comes to the same twice.
fn backoff(job: &StepJob, attempt: u32) -> Duration {
    let full = BACKOFF_FIRST.saturating_mul(1 << (attempt - 1).min(16)).min(BACKOFF_MAX);
    let place = entropy(&job.run.to_bytes(), b"backoff", job.op ^ (u64::from(attempt) << 32))[0];
    full / 2 + full / 2 * u32::from(place) / 255
}
