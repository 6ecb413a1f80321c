//! What the store says of itself: every run's history, replay and invariants, checked by the node that is asked.

use crate::cli::failure::Failure;
use crate::cli::output::{Cell, Output, Paint, Table};
use crate::cli::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget};
use ordain_proto::runs::v1::check_runs_response::Message;
use ordain_proto::runs::v1::{CheckFinding, CheckProgress, CheckRunsRequest};
use serde_json::{Value, json};
use std::time::Duration;

/// Between two steps of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// Rows of the table; JSON has them all.
const ROWS_MAX: usize = 50;

/// What came of it.
#[derive(Debug, Default)]
pub struct Checked {
    /// How much was checked.
    pub progress: CheckProgress,
    /// What must not be.
    pub findings: Vec<CheckFinding>,
}

/// Checks every run of the store, and shows meanwhile how far it is.
///
/// # Errors
/// When nobody answers, or the store cannot be read.
pub async fn check(session: &Session) -> Result<Checked, Failure> {
    let mut stream = session.runs().await?.check_runs(CheckRunsRequest {}).await?.into_inner();
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.enable_steady_tick(TICK);
    let mut checked = Checked::default();
    while let Some(response) = stream.message().await? {
        match response.message {
            Some(Message::Finding(finding)) => checked.findings.push(finding),
            Some(Message::Progress(progress)) => {
                bar.set_message(format!("{} runs, {} records", progress.runs, progress.records));
                checked.progress = progress;
            }
            None => {}
        }
    }
    bar.finish_and_clear();
    Ok(checked)
}

/// Prints what is broken, and one line that says it all.
pub fn print(output: &Output, checked: &Checked) {
    let findings = &checked.findings;
    if !findings.is_empty() {
        output.line(output.paint(Paint::Bad, &format!("BROKEN ({})", findings.len())));
    }
    let mut table = Table::new(&["run", "record", "invariant", "what"]);
    for finding in findings.iter().take(ROWS_MAX) {
        table.row(vec![
            Cell::new(&finding.resource),
            Cell::number(finding.sequence.to_string()),
            Cell::new(&finding.invariant),
            Cell::new(&finding.detail),
        ]);
    }
    output.table(&table);
    let paint = if findings.is_empty() { Paint::Good } else { Paint::Bad };
    output.line(output.paint(paint, &verdict(checked)));
}

/// One line that says it all.
#[must_use]
pub fn verdict(checked: &Checked) -> String {
    let word = match checked.findings.len() {
        0 => "every invariant holds".to_owned(),
        1 => "AN INVARIANT DOES NOT HOLD".to_owned(),
        many => format!("{many} INVARIANTS DO NOT HOLD"),
    };
    let CheckProgress { runs, records } = checked.progress;
    format!("{word}: {runs} runs and their {records} records checked and replayed")
}

/// The same, for programs.
#[must_use]
pub fn as_json(checked: &Checked) -> Value {
    let finding = |it: &CheckFinding| {
        json!({
            "run": it.run_id, "resource": it.resource, "record": it.sequence, "invariant": it.invariant,
            "what": it.detail,
        })
    };
    json!({
        "hold": checked.findings.is_empty(),
        "runs": checked.progress.runs,
        "records": checked.progress.records,
        "broken": checked.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
