//! Runs as the engine sees them: histories, replay, and what is parked.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::{Session, bounded, request_id};
use super::{json, names, time};
use ordain_proto::runs::v1::run_service_client::RunServiceClient;
use ordain_proto::runs::v1::{
    CancelRunRequest, GetHistoryRequest, GetRunRequest, HistoryRecord, ListRunsRequest, PauseRunRequest,
    ReplayRunRequest, ResumeRunRequest, Run, RunStatus, Step,
};
use std::borrow::Cow;
use std::process::ExitCode;
use tonic::transport::Channel;

/// Runs of one page.
const PAGE: usize = 200;
/// Characters of one line of a history: two lines of a wide terminal. What is longer holds sealed values.
const LINE_MAX: usize = 240;

/// Which history.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain history 01JARZ3NDEKTSV4RRFFQ69G5FA")]
pub struct HistoryArgs {
    /// A run's id; an order's run has the order's id
    run: String,
    /// Leave out what happened up to this sequence
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: i64,
    /// Print long lines whole; they are mostly sealed values
    #[arg(long)]
    full: bool,
}

/// Which run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain replay 01JARZ3NDEKTSV4RRFFQ69G5FA\n\n\
    Exit code 1 means that this build decides otherwise than the history says.")]
pub struct ReplayArgs {
    /// A run's id; an order's run has the order's id
    run: String,
    /// Print long lines whole; they are mostly sealed values
    #[arg(long)]
    full: bool,
}

/// List, show, pause, resume and cancel runs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List runs, newest first
    List(ListArgs),
    /// Show a run and the steps it waits for
    Show(ShowArgs),
    /// Stop showing a run anything; it goes on receiving, and its timers wait until it is resumed
    #[command(
        after_help = "Example: ordain run pause 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'until we know more'"
    )]
    Pause(ActArgs),
    /// Let a run that was paused or quarantined go on
    #[command(after_help = "Example: ordain run resume 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'fixed in 1.4.2'")]
    Resume(ActArgs),
    /// Ask a run to end; its workflow decides what that takes. To give an order up, use `ordain order cancel`
    #[command(
        after_help = "Example: ordain run cancel 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'no longer needed'"
    )]
    Cancel(ActArgs),
}

/// Which runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain run list --parked")]
pub struct ListArgs {
    /// Only those that wait for a person
    #[arg(long)]
    parked: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// Which run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain run show 01JARZ3NDEKTSV4RRFFQ69G5FA")]
pub struct ShowArgs {
    /// A run's id; an order's run has the order's id
    run: String,
}

/// Which run, and why.
#[derive(Debug, clap::Args)]
pub struct ActArgs {
    /// A run's id; an order's run has the order's id
    run: String,
    /// Recorded in its history
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

impl ActArgs {
    /// Run, reason and request id.
    fn parts(self) -> (String, String, String) {
        (names::run(&self.run), self.reason, request_id(self.request_id))
    }
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(session, args).await,
        Command::Show(args) => {
            let run = get(&mut session.runs().await?, &names::run(&args.run)).await?;
            show(session.output(), &run);
            Ok(())
        }
        Command::Pause(args) => {
            let (run_id, reason, request_id) = args.parts();
            let request = PauseRunRequest { run_id, reason, request_id };
            let answer = session.runs().await?.pause_run(bounded(request)).await?.into_inner();
            show(session.output(), &answer.run.unwrap_or_default());
            Ok(())
        }
        Command::Resume(args) => {
            let (run_id, reason, request_id) = args.parts();
            let request = ResumeRunRequest { run_id, reason, request_id };
            let answer = session.runs().await?.resume_run(bounded(request)).await?.into_inner();
            show(session.output(), &answer.run.unwrap_or_default());
            Ok(())
        }
        Command::Cancel(args) => {
            let (run_id, reason, request_id) = args.parts();
            let request = CancelRunRequest { run_id, reason, request_id };
            let answer = session.runs().await?.cancel_run(bounded(request)).await?.into_inner();
            show(session.output(), &answer.run.unwrap_or_default());
            Ok(())
        }
    }
}

async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let mut client = session.runs().await?;
    let (mut runs, mut page_token) = (Vec::new(), String::new());
    while runs.len() < args.limit {
        let size = PAGE.min(args.limit - runs.len());
        let page_size = i32::try_from(size).expect("a page fits");
        let request = ListRunsRequest { page_size, page_token, parked_only: args.parked };
        let page = client.list_runs(bounded(request)).await?.into_inner();
        runs.extend(page.runs);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let output = session.output();
    if output.json {
        runs.iter().for_each(|run| output.line(json::of("ordain.runs.v1.Run", run)));
    } else if runs.is_empty() {
        output.line(if args.parked { "nothing waits for a person" } else { "no runs" });
    } else {
        output.table(&listing(&runs));
    }
    Ok(())
}

fn listing(runs: &[Run]) -> Table {
    let mut table = Table::new(&["run", "workflow", "status", "sequence", "updated", "waits for"]);
    for run in runs {
        let waits = run.outstanding_steps.iter().map(|step| {
            let parked = if step.parked { format!(" parked: {}", step.reason) } else { String::new() };
            format!("{} #{}{parked}", step.key, step.step_id)
        });
        table.row(vec![
            Cell::new(&run.run_id),
            Cell::new(&run.workflow),
            Cell::new(status_word(run.status())).painted(status_paint(run.status())),
            Cell::number(run.sequence.to_string()),
            Cell::new(time::instant(run.update_time.as_ref())),
            Cell::new(waits.collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

/// A run, as it is now.
///
/// # Errors
/// Whatever was refused.
pub async fn get(client: &mut RunServiceClient<Channel>, run_id: &str) -> Result<Run, Failure> {
    let answer = client.get_run(bounded(GetRunRequest { run_id: run_id.to_owned() })).await?.into_inner();
    answer.run.ok_or_else(|| Failure::Failed(format!("the answer holds no run {run_id}")))
}

/// Prints a run and what it waits for.
pub fn show(output: &Output, run: &Run) {
    if output.json {
        return output.line(json::of("ordain.runs.v1.Run", run));
    }
    let status = output.paint(status_paint(run.status()), status_word(run.status()));
    output.line(format!("{}  {status}", output.paint(Paint::Bold, &run.run_id)));
    output.pairs(&[
        ("workflow", run.workflow.clone()),
        ("resource", run.resource.clone()),
        ("why", run.status_reason.clone()),
        ("sequence", run.sequence.to_string()),
        ("created", time::instant(run.create_time.as_ref())),
        ("updated", time::instant(run.update_time.as_ref())),
    ]);
    output.table(&steps(&run.outstanding_steps));
    if run.outstanding_steps.iter().any(|step| step.parked) {
        let text = format!("  end it with `ordain step retry|skip|complete {} --reason …`", run.run_id);
        output.line(output.paint(Paint::Dim, &text));
    }
}

fn steps(steps: &[Step]) -> Table {
    let mut table = Table::new(&["step", "kind", "key", "attempts", "since", "state", "asked for at"]);
    for step in steps {
        let state = match (step.parked, step.outcome_unknown) {
            (true, true) => format!("PARKED, outcome unknown: {}", step.reason),
            (true, false) => format!("PARKED: {}", step.reason),
            (false, _) => "under way".to_owned(),
        };
        table.row(vec![
            Cell::number(step.step_id.to_string()),
            Cell::new(&step.kind),
            Cell::new(&step.key),
            Cell::number(step.attempts.to_string()),
            Cell::new(time::instant(step.since.as_ref())),
            Cell::new(state).painted(if step.parked { Paint::Warn } else { Paint::Plain }),
            Cell::new(&step.call_site).painted(Paint::Dim),
        ]);
    }
    table
}

/// Prints a run's records, oldest first.
///
/// # Errors
/// Whatever was refused.
pub async fn history(session: &Session, args: HistoryArgs) -> Result<(), Failure> {
    let (mut client, run_id) = (session.runs().await?, names::run(&args.run));
    let mut after_sequence = args.after;
    loop {
        let request = GetHistoryRequest { run_id: run_id.clone(), after_sequence };
        let records = client.get_history(bounded(request)).await?.into_inner().records;
        // An answer may hold a part of a long history; the one that holds nothing new is the last.
        let Some(last) = records.last().filter(|last| last.sequence > after_sequence) else { return Ok(()) };
        after_sequence = last.sequence;
        let width = if args.full { usize::MAX } else { LINE_MAX };
        records.iter().for_each(|record| print_record(session.output(), record, width));
    }
}

/// Replays a run's history, prints its turns, and ends with the verdict.
///
/// # Errors
/// Whatever was refused.
pub async fn replay(session: &Session, args: ReplayArgs) -> Result<ExitCode, Failure> {
    let request = ReplayRunRequest { run_id: names::run(&args.run) };
    let answer = session.runs().await?.replay_run(bounded(request)).await?.into_inner();
    let output = session.output();
    if output.json {
        output.line(json::of("ordain.runs.v1.ReplayRunResponse", &answer));
    } else {
        let width = if args.full { usize::MAX } else { LINE_MAX };
        answer.records.iter().for_each(|record| print_record(output, record, width));
        let records = answer.records.len();
        if answer.matches {
            output.line(
                output.paint(Paint::Good, &format!("{records} records replayed: matches the stored state")),
            );
        } else {
            output.line(output.paint(Paint::Bad, &format!("first difference: {}", answer.first_difference)));
        }
    }
    Ok(if answer.matches { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_record(output: &Output, record: &HistoryRecord, width: usize) {
    if output.json {
        return output.line(json::of("ordain.runs.v1.HistoryRecord", record));
    }
    let sequence = output.paint(Paint::Bold, &format!("#{}", record.sequence));
    let rest = format!("{}  {} B", time::instant(record.time.as_ref()), record.bytes);
    output.line(format!("{sequence}  {}", output.paint(Paint::Dim, &rest)));
    for line in &record.lines {
        let site =
            if line.call_site.is_empty() { String::new() } else { format!("  ← {}", line.call_site) };
        let text = cut(&line.text, width);
        output.line(format!("    {:<10} {text}{}", line.kind, output.paint(Paint::Dim, &site)));
    }
}

/// At most so many characters of it.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    match text.char_indices().nth(width) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

fn status_word(status: RunStatus) -> &'static str {
    let name = status.as_str_name();
    name.strip_prefix("RUN_STATUS_").unwrap_or(name)
}

const fn status_paint(status: RunStatus) -> Paint {
    match status {
        RunStatus::Open => Paint::Good,
        RunStatus::Parked | RunStatus::Paused => Paint::Warn,
        RunStatus::Quarantined => Paint::Bad,
        RunStatus::Closed | RunStatus::Unspecified => Paint::Dim,
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(cut("größer", 3), "grö…");
        assert_eq!(cut("größer", 6), "größer");
    }
}
