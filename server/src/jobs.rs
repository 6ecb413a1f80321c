//! What is done at set times: the product's schedules, and what each of them does when it fires.
//!
//! | schedule | what it does |
//! |---|---|
//! | `reconciliation` | asks the provider about open orders that were not asked about for long |
//! | `statements` | reconciles every account with its provider's statements of the day before |
//! | `retention` | puts orders away that are over for long, and deletes what was put away |
//! | `auditor` | names runs whose time came and that did not go on |
//!
//! A job may be attempted again, by another node too, so each of them does nothing twice that matters. What is too much
//! for one firing is left to the next.

mod auditor;
pub mod reconciliation;
pub mod retention;
pub mod statements;

use ordain_engine::schedule::{Fire, Overlap, Report, ScheduleSpec};
use ordain_engine::store::StoreError;
use ordain_engine::{Attempt, CallError, Engine};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two tries to have the schedules made, while the store does not answer.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// Until a firing is tried again whose node is not up yet, or whose store is away.
const RETRY_AFTER: Duration = Duration::from_secs(5);

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 60 * MINUTE_US;

/// What jobs work with.
#[derive(Clone, Default)]
pub struct Desk {
    /// Set once the engine is open: handlers are made before it.
    engine: Arc<OnceLock<Engine>>,
}

/// Why a job did not get to its end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store does not answer: try again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine takes nothing now: try again.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What the schedule says is no input of this job.
    #[error("the schedule's input does not read: {0}")]
    Input(#[from] serde_json::Error),
}

impl Desk {
    /// Opens the desk.
    pub fn open(&self, engine: &Engine) {
        // A second engine on one desk would be our own mistake, and the first one stays.
        drop(self.engine.set(engine.clone()));
    }

    /// The engine, once it is open.
    pub fn engine(&self) -> Option<Engine> {
        self.engine.get().cloned()
    }

    /// Carries out one firing.
    pub async fn fire(self, fire: Fire) -> Attempt<Report> {
        let Some(engine) = self.engine.get() else {
            return Attempt::Retry { why: "this node is not up yet".into(), after: Some(RETRY_AFTER) };
        };
        let done = match fire.job.as_str() {
            "reconciliation" => reconciliation::ask(engine, &fire).await,
            "statements" => statements::start_all(engine, &fire).await,
            "retention" => retention::put_away(engine, &fire).await,
            "auditor" => auditor::audit(engine).await,
            // An older build may meet a newer one's schedule.
            other => Ok(failed(format!("this build has no job `{other}`"))),
        };
        match done {
            Ok(report) => {
                tracing::info!(job = fire.job, number = fire.number, report.ok, report.summary, "fired");
                Attempt::Done(report)
            }
            Err(error @ JobError::Input(_)) => Attempt::Done(failed(error.to_string())),
            Err(error) => Attempt::Retry { why: error.to_string(), after: Some(RETRY_AFTER) },
        }
    }
}

fn failed(summary: String) -> Report {
    Report { ok: false, summary, findings: Vec::new() }
}

/// Sees to it that every schedule is there and as this build wants it. Any number of nodes may do so at once.
pub async fn ensure(engine: Engine, retain_days: u32, stop: CancellationToken) {
    for (name, spec) in schedules(retain_days) {
        while let Err(error) = engine.ensure_schedule(name, &spec).await {
            tracing::warn!(schedule = name, %error, "the schedule could not be made; trying again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TRY_AGAIN) => {}
            }
        }
    }
}

/// The schedules by name.
fn schedules(retain_days: u32) -> Vec<(&'static str, ScheduleSpec)> {
    vec![
        // Orders poll for themselves; this finds those that have no reason to, and may have changed over there.
        ("reconciliation", spec("reconciliation", "7 */6 * * *", 5 * MINUTE_US, json!({}))),
        // A day's statement is there when the day is over everywhere, and its night's work done.
        ("statements", spec("statements", "40 13 * * *", 10 * MINUTE_US, json!({}))),
        ("retention", spec("retention", "20 3 * * *", 10 * MINUTE_US, json!({ "retain_days": retain_days }))),
        ("auditor", spec("auditor", "*/5 * * * *", 0, json!({}))),
    ]
}

/// A firing that was missed for less than an hour is made up for; while one is under way, no other is needed.
fn spec(job: &str, cron: &str, jitter_us: i64, input: Value) -> ScheduleSpec {
    ScheduleSpec {
        job: job.to_owned(),
        input,
        cron: cron.to_owned(),
        zone: "UTC".to_owned(),
        overlap: Overlap::Skip,
        catch_up_us: 60 * MINUTE_US,
        jitter_us,
    }
}

#[cfg(test)]
mod tests {
    use ordain_engine::schedule::calendar::Calendar;

    #[test]
    fn every_schedule_has_a_calendar() {
        for (name, spec) in super::schedules(400) {
            assert!(Calendar::of(&spec).is_ok_and(|calendar| calendar.plan(0, 1).next.is_some()), "{name}");
        }
    }
}
