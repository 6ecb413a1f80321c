//! Carrying steps out: attempts, timeouts, backoff, and what to do when nobody knows.
//!
//! A step is handed over only after the record that intends it is durable. Attempts are made here, in memory; what
//! comes of them goes back to the run, which writes it down.

use crate::activity::{ActivityCx, Attempt, OnUnknown, Policy};
use crate::clock::{Clock, Micros};
use crate::lane::{Arrival, LaneMessage, Lanes};
use crate::registry::{RegisteredActivity, Registry};
use crate::stage::entropy;
use crate::turn::StepJob;
use crate::vault::dice;
use futures::FutureExt as _;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Steps under way at a time. Beyond it steps wait in memory; their intents are durable.
const UNDER_WAY_MAX: usize = 1024;
/// The first pause between attempts; each one doubles it.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
/// No pause is longer: by then a person should see the step.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// From this attempt on a failure is put on record, since it begins to explain a delay to a person.
const RECORDED_FROM: u32 = 3;

/// Hands steps to their handlers.
#[derive(Clone)]
pub(crate) struct Performer {
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    lanes: Lanes,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: tokio::runtime::Handle,
}

impl Performer {
    pub(crate) fn new(
        registry: Arc<Registry>,
        clock: Arc<dyn Clock>,
        lanes: Lanes,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        Self { registry, clock, lanes, permits, tasks, stop, runtime: tokio::runtime::Handle::current() }
    }

    /// Begins steps. What comes of them arrives at their runs, unless the engine stops first; then the next process
    /// takes them over.
    pub(crate) fn begin(&self, jobs: Vec<StepJob>) {
        let performer = self.clone();
        // A lane is no thread of the runtime: from there every spawn wakes one. From within, only the first does.
        self.tasks.spawn_on(
            async move {
                for job in jobs {
                    performer.tasks.spawn(performer.clone().perform_until_stop(job));
                }
            },
            &self.runtime,
        );
    }

    async fn perform_until_stop(self, job: StepJob) {
        if self.stop.is_cancelled() {
            return;
        }
        // The step first: most are never waited for, and waiting for the stop takes a lock that all share.
        tokio::select! {
            biased;
            () = self.perform(job) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// From now on no step begins; ends when none is under way.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(UNDER_WAY_MAX).expect("a small number");
        if let Ok(permits) = self.permits.acquire_many(all).await {
            permits.forget();
        }
    }

    async fn perform(&self, job: StepJob) {
        let Ok(_permit) = self.permits.acquire().await else { return };
        let Some(activity) = self.registry.find_activity(&job.kind) else {
            let why = format!("this build has no step `{}`", job.kind);
            return self.parked(&job, job.attempts, why, false);
        };
        let policy = match activity.policy(&job.input) {
            Ok(policy) => policy,
            Err(why) => return self.parked(&job, job.attempts, why, false),
        };
        if job.orphaned && policy.on_unknown == OnUnknown::Park {
            let why =
                "the process that was carrying it out stopped; it may or may not have had its effect".into();
            return self.parked(&job, job.attempts.max(1), why, true);
        }
        self.attempts(&job, activity, policy).await;
    }

    async fn attempts(&self, job: &StepJob, activity: &dyn RegisteredActivity, policy: Policy) {
        let mut attempt = job.attempts;
        loop {
            attempt += 1;
            let (why, after, unknown) = match one_attempt(job, activity, policy, attempt).await {
                Attempt::Done(output) => return self.ended(job, attempt, output),
                Attempt::Park { why } => return self.parked(job, attempt, why, false),
                Attempt::Retry { why, after } => (why, after, false),
                Attempt::Unknown { why } if policy.on_unknown == OnUnknown::Park => {
                    return self.parked(job, attempt, why, true);
                }
                Attempt::Unknown { why } => (why, None, policy.on_unknown == OnUnknown::Again),
            };
            if attempt >= policy.attempts_max {
                let why = format!("gave up after {attempt} attempts: {why}");
                return self.parked(job, attempt, why, unknown);
            }
            if attempt >= RECORDED_FROM {
                let failed = wire::AttemptFailed { op: job.op, attempt, reason: why };
                self.report(job, Input::AttemptFailed(failed));
            }
            let pause = after.unwrap_or_default().max(backoff(attempt)).as_micros();
            let pause = Micros::try_from(pause).unwrap_or(Micros::MAX);
            self.clock.sleep_until(self.clock.now().saturating_add(pause)).await;
        }
    }

    fn ended(&self, job: &StepJob, attempt: u32, output_json: Vec<u8>) {
        self.report(job, Input::StepEnded(wire::StepEnded { op: job.op, attempt, output_json, late: false }));
    }

    fn parked(&self, job: &StepJob, attempt: u32, reason: String, outcome_unknown: bool) {
        tracing::warn!(run = %job.run, step = job.op, kind = job.kind, reason, outcome_unknown, "step parked");
        self.report(
            job,
            Input::StepParked(wire::StepParked { op: job.op, attempt, reason, outcome_unknown }),
        );
    }

    fn report(&self, job: &StepJob, input: Input) {
        self.lanes.send(job.run, LaneMessage::Arrived { run: job.run, arrival: Arrival::OfStep(input) });
    }
}

async fn one_attempt(
    job: &StepJob,
    activity: &dyn RegisteredActivity,
    policy: Policy,
    attempt: u32,
) -> Attempt<Vec<u8>> {
    let entropy = entropy(&job.seed, b"step", job.op);
    let cx = ActivityCx { run: job.run, step: job.op, attempt, entropy };
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

/// Doubling pauses, each somewhere between half of itself and itself, so that many retries do not march in step.
fn backoff(attempt: u32) -> Duration {
    let full = BACKOFF_FIRST.saturating_mul(1 << (attempt - 1).min(16)).min(BACKOFF_MAX);
    let [dice] = dice::<1>();
    full / 2 + full / 2 * u32::from(dice) / 255
}
