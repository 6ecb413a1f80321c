//! The auditor: whether every timer fired. It reads what the runs themselves asked for and does nothing else.

use super::JobError;
use jiff::Timestamp;
use ordain_engine::Engine;
use ordain_engine::overdue::Overdue;
use ordain_engine::schedule::Report;
use std::time::Duration;

/// What the engine promises: a lost node's runs go on within this.
const LATE_US: i64 = 15_000_000;
/// Whatever was late because the store was away has gone on by then.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Runs that are named. More of them are one fault, not a hundred.
const NAMED_MAX: usize = 50;

/// Looks twice, and names what was late both times.
pub(super) async fn audit(engine: &Engine) -> Result<Report, JobError> {
    let suspects = engine.overdue(LATE_US, NAMED_MAX).await?;
    let late = if suspects.is_empty() { suspects } else { still_late(engine, &suspects).await? };
    for it in &late {
        tracing::error!(run = %it.run, workflow = it.workflow, since = %time(it.since), "a timer did not fire");
    }
    let findings: Vec<String> = late.iter().map(told).collect();
    let summary = match findings.len() {
        0 => "every timer fired".to_owned(),
        1 => "1 run is overdue".to_owned(),
        NAMED_MAX => format!("{NAMED_MAX} runs or more are overdue"),
        many => format!("{many} runs are overdue"),
    };
    Ok(Report { ok: late.is_empty(), summary, findings })
}

async fn still_late(engine: &Engine, suspects: &[Overdue]) -> Result<Vec<Overdue>, JobError> {
    tokio::time::sleep(LOOK_AGAIN).await;
    let mut late = engine.overdue(LATE_US, NAMED_MAX).await?;
    late.retain(|it| suspects.contains(it));
    Ok(late)
}

fn told(it: &Overdue) -> String {
    let Overdue { run, workflow, sequence, since } = it;
    format!("{workflow} {run} was to be looked at {}; its newest record is {sequence}", time(*since))
}

fn time(micros: i64) -> Timestamp {
    ordain_workflows::time::timestamp(micros)
}
