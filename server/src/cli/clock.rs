//! Test clocks: the time of an account at a simulated provider, which passes when somebody says so.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::{Session, bounded, request_id};
use super::{json, names, time};
use ordain_proto::accounts::v1::advance_test_clock_request::Destination;
use ordain_proto::accounts::v1::{
    AdvanceTestClockRequest, AdvanceTestClockResponse, CreateTestClockRequest, DeleteTestClockRequest,
    GetTestClockRequest, ListTestClocksRequest, TestClock, TestClockState,
};
use prost_types::Timestamp;
use std::process::ExitCode;
use std::time::Duration;
use tonic::Request;

/// The largest page that the API gives.
const PAGE: i32 = 1_000;
/// The answer travels a little longer than the advance takes.
const MARGIN: Duration = Duration::from_secs(5);

/// Move the time of an account at a simulated provider.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Give an account without orders a clock, which stands still until it is moved
    Create(CreateArgs),
    /// Show where an account's clock stands, and what is due next
    #[command(after_help = "Example: ordain clock show demo-dividebuy")]
    Show(OneArgs),
    /// Move it, timer by timer, and wait until everything due has happened
    Advance(AdvanceArgs),
    /// List the clocks of a merchant's accounts
    #[command(after_help = "Example: ordain clock list")]
    List,
    /// Take it away: the account's next orders live in real time, those on it stay where it stood
    #[command(after_help = "Example: ordain clock delete demo-dividebuy")]
    Delete(OneArgs),
}

/// Whose clock, and where it stands at first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain clock create demo-dividebuy --at 2026-03-01T09:30:00Z")]
pub struct CreateArgs {
    /// The account's id, or its full name
    account: String,
    /// Where it stands [default: now]
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    at: Option<Timestamp>,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Whose clock.
#[derive(Debug, clap::Args)]
pub struct OneArgs {
    /// The account's id, or its full name
    account: String,
}

/// Whose clock, and where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ordain clock advance demo-dividebuy --by 49h\n  \
    ordain clock advance demo-dividebuy --to 2026-03-15T00:00:00Z\n  \
    ordain clock advance demo-dividebuy --to-next-timer\n\n\
    It fails if something due has not happened when patience ends; the same again goes on from there.")]
pub struct AdvanceArgs {
    /// The account's id, or its full name
    account: String,
    #[command(flatten)]
    destination: Where,
    /// Times at which it may stop on its way
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    max_steps: i32,
    /// How long to wait for everything due
    #[arg(long, value_name = "SPAN", value_parser = time::span, default_value = "5m")]
    patience: Duration,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Where a clock is to go.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Where {
    /// To a time, no earlier than where it stands
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    to: Option<Timestamp>,
    /// By a span: 90m, 49h, 14d
    #[arg(long, value_name = "SPAN", value_parser = time::span)]
    by: Option<Duration>,
    /// To the first time at which anything is due
    #[arg(long)]
    to_next_timer: bool,
}

impl Where {
    fn destination(&self) -> Option<Destination> {
        let by = self.by.and_then(|span| prost_types::Duration::try_from(span).ok());
        self.to
            .map(Destination::To)
            .or_else(|| by.map(Destination::By))
            .or_else(|| self.to_next_timer.then_some(Destination::ToNextTimer(true)))
    }
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<ExitCode, Failure> {
    let mut client = session.clocks().await?;
    let output = session.output();
    let name = |account: &str| names::clock(session.merchant(), account);
    match command {
        Command::Create(args) => {
            let request = CreateTestClockRequest {
                parent: names::account(session.merchant(), &args.account),
                frozen_time: args.at,
                request_id: request_id(args.request_id),
            };
            let answer = client.create_test_clock(bounded(request)).await?.into_inner();
            show(output, answer.test_clock.as_ref());
        }
        Command::Show(args) => {
            let request = GetTestClockRequest { name: name(&args.account) };
            let answer = client.get_test_clock(bounded(request)).await?.into_inner();
            show(output, answer.test_clock.as_ref());
        }
        Command::Advance(args) => return advance(session, args).await,
        Command::List => list(session).await?,
        Command::Delete(args) => {
            let request = DeleteTestClockRequest { name: name(&args.account), request_id: request_id(None) };
            client.delete_test_clock(bounded(request)).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn advance(session: &Session, args: AdvanceArgs) -> Result<ExitCode, Failure> {
    let mut request = Request::new(AdvanceTestClockRequest {
        name: names::clock(session.merchant(), &args.account),
        destination: args.destination.destination(),
        max_steps: args.max_steps,
        request_id: request_id(args.request_id),
    });
    request.set_timeout(args.patience.saturating_add(MARGIN));
    let answer = session.clocks().await?.advance_test_clock(request).await?.into_inner();
    let is_there = answer.test_clock.as_ref().is_some_and(|clock| clock.state() == TestClockState::Ready);
    let output = session.output();
    if output.json {
        output.line(json::of("ordain.accounts.v1.AdvanceTestClockResponse", &answer));
    } else {
        stops(output, &answer);
        show(output, answer.test_clock.as_ref());
    }
    Ok(if is_there { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn list(session: &Session) -> Result<(), Failure> {
    let mut client = session.clocks().await?;
    let mut request = ListTestClocksRequest {
        parent: format!("merchants/{}", session.merchant()),
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut clocks = Vec::new();
    loop {
        let page = client.list_test_clocks(bounded(request.clone())).await?.into_inner();
        clocks.extend(page.test_clocks);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let output = session.output();
    if output.json {
        clocks.iter().for_each(|clock| output.line(json::of("ordain.accounts.v1.TestClock", clock)));
    } else if clocks.is_empty() {
        output.line("no account has a clock; `ordain clock create --help` shows how to give it one");
    } else {
        output.table(&listing(&clocks));
    }
    Ok(())
}

fn listing(clocks: &[TestClock]) -> Table {
    let mut table = Table::new(&["account", "state", "time", "next timer"]);
    for clock in clocks {
        let (word, paint) = state(clock);
        table.row(vec![
            Cell::new(account_of(clock)),
            Cell::new(word).painted(paint),
            Cell::new(time::instant(clock.time.as_ref())),
            Cell::new(time::instant(clock.next_timer_time.as_ref())),
        ]);
    }
    table
}

/// Prints what fired, time by time.
fn stops(output: &Output, answer: &AdvanceTestClockResponse) {
    for stop in &answer.stops {
        let fired: Vec<&str> = stop.fired.iter().map(|order| names::last(order)).collect();
        output.line(format!("{}  {}", time::instant(stop.time.as_ref()), fired.join(" ")));
    }
}

fn show(output: &Output, clock: Option<&TestClock>) {
    let Some(clock) = clock else { return };
    if output.json {
        return output.line(json::of("ordain.accounts.v1.TestClock", clock));
    }
    let (word, paint) = state(clock);
    output.line(format!("{}  {}", output.paint(Paint::Bold, account_of(clock)), output.paint(paint, word)));
    let provider = if clock.provider_is_busy { "has something under way" } else { "" };
    output.pairs(&[
        ("stands at", time::instant(clock.time.as_ref())),
        ("is to go to", time::instant(clock.target_time.as_ref())),
        ("next timer", time::instant(clock.next_timer_time.as_ref())),
        ("under way", clock.under_way.join(" ")),
        ("provider", provider.to_owned()),
        ("run", clock.run_id.clone()),
    ]);
}

fn account_of(clock: &TestClock) -> &str {
    names::last(clock.name.trim_end_matches("/testClock"))
}

fn state(clock: &TestClock) -> (&'static str, Paint) {
    let name = clock.state().as_str_name();
    let paint = if clock.state() == TestClockState::Ready { Paint::Good } else { Paint::Warn };
    (name.strip_prefix("TEST_CLOCK_STATE_").unwrap_or(name), paint)
}
