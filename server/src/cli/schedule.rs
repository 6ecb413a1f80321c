//! What is done at set times, from the shell.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::{Session, bounded, request_id};
use super::{json, time};
use ordain_proto::schedules::v1::{
    Firing, FiringState, GetScheduleRequest, ListSchedulesRequest, PauseScheduleRequest,
    ResumeScheduleRequest, Schedule, ScheduleState, TriggerScheduleRequest,
};
use std::time::Duration;

/// List, show, pause, resume and trigger schedules.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List what is done at set times, and what came of it last
    List,
    /// Show a schedule and its last firings, with what they found
    #[command(after_help = "Example: ordain schedule show auditor")]
    Show(ShowArgs),
    /// Let no time fire any more; what is under way goes on
    #[command(
        after_help = "Example: ordain schedule pause retention --reason 'the auditors want to look first'"
    )]
    Pause(ActArgs),
    /// Let times fire again, from the next one on
    #[command(after_help = "Example: ordain schedule resume retention --reason 'they have looked'")]
    Resume(ActArgs),
    /// Let it fire now, paused or not
    #[command(after_help = "Example: ordain schedule trigger reconciliation --reason 'their outage is over'")]
    Trigger(ActArgs),
}

/// Which schedule.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// As `ordain schedule list` names it
    schedule: String,
}

/// Which schedule, and why.
#[derive(Debug, clap::Args)]
pub struct ActArgs {
    /// As `ordain schedule list` names it
    schedule: String,
    /// Recorded with your name
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

impl ActArgs {
    /// Schedule, reason and request id.
    fn parts(self) -> (String, String, String) {
        (self.schedule, self.reason, request_id(self.request_id))
    }
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    let mut client = session.schedules().await?;
    let schedule = match command {
        Command::List => {
            let answer = client.list_schedules(bounded(ListSchedulesRequest {})).await?.into_inner();
            list(session.output(), &answer.schedules);
            return Ok(());
        }
        Command::Show(ShowArgs { schedule: schedule_id }) => {
            client.get_schedule(bounded(GetScheduleRequest { schedule_id })).await?.into_inner().schedule
        }
        Command::Pause(args) => {
            let (schedule_id, reason, request_id) = args.parts();
            let request = PauseScheduleRequest { schedule_id, reason, request_id };
            client.pause_schedule(bounded(request)).await?.into_inner().schedule
        }
        Command::Resume(args) => {
            let (schedule_id, reason, request_id) = args.parts();
            let request = ResumeScheduleRequest { schedule_id, reason, request_id };
            client.resume_schedule(bounded(request)).await?.into_inner().schedule
        }
        Command::Trigger(args) => {
            let (schedule_id, reason, request_id) = args.parts();
            let request = TriggerScheduleRequest { schedule_id, reason, request_id };
            client.trigger_schedule(bounded(request)).await?.into_inner().schedule
        }
    };
    show(session.output(), &schedule.unwrap_or_default());
    Ok(())
}

fn list(output: &Output, schedules: &[Schedule]) {
    if output.json {
        return schedules.iter().for_each(|it| output.line(json::of("ordain.schedules.v1.Schedule", it)));
    }
    let mut table = Table::new(&["schedule", "state", "when", "next", "fired", "failed", "came of the last"]);
    for it in schedules {
        let last = it.firings.iter().find(|firing| firing.end_time.is_some());
        table.row(vec![
            Cell::new(&it.schedule_id),
            state(it.state()),
            Cell::new(format!("{} {}", it.cron, it.time_zone)),
            Cell::new(time::instant(it.next_fire_time.as_ref())),
            Cell::number(it.fired.to_string()),
            Cell::number(it.failed.to_string()),
            Cell::new(last.map(|firing| firing.summary.clone()).unwrap_or_default()),
        ]);
    }
    output.table(&table);
}

fn show(output: &Output, it: &Schedule) {
    if output.json {
        return output.line(json::of("ordain.schedules.v1.Schedule", it));
    }
    output.line(output.paint(Paint::Bold, &it.schedule_id));
    let span = |span: Option<prost_types::Duration>| {
        let span = span.and_then(|span| Duration::try_from(span).ok()).filter(|span| !span.is_zero());
        span.map(time::lasted).unwrap_or_default()
    };
    let paused = match (it.paused_by.as_str(), it.pause_reason.as_str()) {
        ("", why) => why.to_owned(),
        (who, why) => format!("by {who}: {why}"),
    };
    output.pairs(&[
        ("state", word(it.state().as_str_name(), "SCHEDULE_STATE_")),
        ("paused", paused),
        ("when", format!("{} {}", it.cron, it.time_zone)),
        ("next", time::instant(it.next_fire_time.as_ref())),
        ("overlap", word(it.overlap().as_str_name(), "OVERLAP_")),
        ("catches up", span(it.catch_up)),
        ("jitter", span(it.jitter)),
        ("input", it.input_json.clone()),
        (
            "fired",
            format!("{}, failed {}, skipped {}, missed {}", it.fired, it.failed, it.skipped, it.missed),
        ),
        ("run", it.run_id.clone()),
    ]);
    let mut table = Table::new(&["firing", "state", "for", "took", "asked by", "what came of it"]);
    for firing in &it.firings {
        table.row(firing_row(firing));
    }
    output.table(&table);
    let newest = it.firings.iter().find(|firing| firing.end_time.is_some());
    newest.iter().flat_map(|firing| &firing.findings).for_each(|finding| output.line(format!("  {finding}")));
}

fn firing_row(firing: &Firing) -> Vec<Cell> {
    let paint = match firing.state() {
        FiringState::Succeeded => Paint::Good,
        FiringState::Failed => Paint::Bad,
        FiringState::UnderWay | FiringState::Waiting => Paint::Warn,
        FiringState::Unspecified => Paint::Dim,
    };
    let asked = match (firing.asked_by.as_str(), firing.reason.as_str()) {
        ("", _) => String::new(),
        (who, why) => format!("{who}: {why}"),
    };
    vec![
        Cell::number(firing.number.to_string()),
        Cell::new(word(firing.state().as_str_name(), "FIRING_STATE_")).painted(paint),
        Cell::new(time::instant(firing.due_time.as_ref())),
        Cell::new(took(firing)),
        Cell::new(asked),
        Cell::new(&firing.summary),
    ]
}

/// How long it took; nothing while it is under way.
fn took(firing: &Firing) -> String {
    let at = |time: Option<&prost_types::Timestamp>| {
        time.and_then(|time| jiff::Timestamp::new(time.seconds, time.nanos).ok())
    };
    let span = at(firing.begin_time.as_ref()).zip(at(firing.end_time.as_ref()));
    let span = span.and_then(|(begin, end)| Duration::try_from(end.duration_since(begin)).ok());
    span.map(time::lasted).unwrap_or_default()
}

fn state(state: ScheduleState) -> Cell {
    Cell::new(word(state.as_str_name(), "SCHEDULE_STATE_")).painted(match state {
        ScheduleState::Active => Paint::Good,
        ScheduleState::Paused => Paint::Warn,
        ScheduleState::Faulty => Paint::Bad,
        ScheduleState::Unspecified => Paint::Dim,
    })
}

fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}
