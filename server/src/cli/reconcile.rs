//! What providers say of orders against what we believe, from the shell.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::{Session, bounded, request_id};
use super::{json, names, time};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use ordain_proto::reconciliation::v1::{
    Discrepancy, GetReconciliationRequest, ListDiscrepanciesRequest, Reconciliation, ReconciliationSource,
    ReconciliationState, ResolveDiscrepancyRequest, StartReconciliationRequest,
};

/// Start and show reconciliations, list and resolve what differs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Compare an account's statements of some days with its orders, or ask about the orders; returns at once
    #[command(
        after_help = "Example: ordain reconcile start shop-eu --from 2026-11-01 --to 2026-11-20\n         \
        ordain reconcile start shop-eu --source sync\n\n\
        With `--source sync` every open order that began on the days asks the provider how it stands, and takes the \
        answer in by its own rules; `ordain history ORDER` tells what that changed.\n\
        `ordain reconcile show` says how far it is. The schedule `statements` does this for the day before, every day."
    )]
    Start(StartArgs),
    /// Show how far a reconciliation is, and what differs
    #[command(after_help = "Example: ordain reconcile show 01JARZ3NDEKTSV4RRFFQ69G5FA")]
    Show(ShowArgs),
    /// List what differs and waits for a person, of all reconciliations
    #[command(after_help = "Example: ordain reconcile list --account shop-eu")]
    List(ListArgs),
    /// Say why a difference is none any more; changes no order
    #[command(
        after_help = "Example: ordain reconcile resolve 01JARZ3NDEKTSV4RRFFQ69G5FA 2026-11-20:3 --reason 'their test order'"
    )]
    Resolve(ResolveArgs),
}

/// Of which account and days.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// The account's id or full name
    account: String,
    /// What the provider is to say it with
    #[arg(long, value_name = "SOURCE", value_enum, default_value_t = Source::Statements)]
    source: Source,
    /// The first day, by the provider's calendar, with sync by UTC [default: yesterday; with sync 90 days ago]
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last day [default: the first; with sync today]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// From what an account is reconciled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Source {
    /// The provider's statements, line by line
    Statements,
    /// Its answers, open order by open order
    Sync,
}

impl Source {
    /// The days that are meant where none are said.
    fn days(self) -> (Date, Date) {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        match self {
            Self::Statements => (today.saturating_sub(1.day()), today.saturating_sub(1.day())),
            Self::Sync => (today.saturating_sub(90.days()), today),
        }
    }

    const fn message(self) -> ReconciliationSource {
        match self {
            Self::Statements => ReconciliationSource::Statements,
            Self::Sync => ReconciliationSource::Sync,
        }
    }
}

/// Which reconciliation.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// As `ordain reconcile start` and `ordain reconcile list` name it
    reconciliation: String,
}

/// Which differences.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Of this account only
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Also those that were resolved
    #[arg(long)]
    all: bool,
}

/// Which difference, and why.
#[derive(Debug, clap::Args)]
pub struct ResolveArgs {
    /// As `ordain reconcile list` names it
    reconciliation: String,
    /// As `ordain reconcile list` names it
    discrepancy: String,
    /// Recorded with your name
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Start(args) => start(session, args).await,
        Command::Show(ShowArgs { reconciliation }) => show(session, reconciliation).await,
        Command::List(args) => list(session, args).await,
        Command::Resolve(args) => resolve(session, args).await,
    }
}

async fn start(session: &Session, args: StartArgs) -> Result<(), Failure> {
    let (first, last) = args.source.days();
    // Of statements one day alone is meant as soon as a day is named.
    let last = if args.source == Source::Statements { args.from.unwrap_or(last) } else { last };
    let request = StartReconciliationRequest {
        account: names::account(session.merchant(), &args.account),
        first_day: args.from.unwrap_or(first).to_string(),
        last_day: args.to.unwrap_or(last).to_string(),
        source: args.source.message().into(),
        request_id: request_id(args.request_id),
    };
    let mut client = session.reconciliations().await?;
    let answer = client.start_reconciliation(bounded(request)).await?.into_inner();
    print(session.output(), &answer.reconciliation.unwrap_or_default());
    Ok(())
}

async fn show(session: &Session, reconciliation_id: String) -> Result<(), Failure> {
    let mut client = session.reconciliations().await?;
    let request = GetReconciliationRequest { reconciliation_id: reconciliation_id.clone() };
    let answer = client.get_reconciliation(bounded(request)).await?.into_inner();
    print(session.output(), &answer.reconciliation.unwrap_or_default());
    let request =
        ListDiscrepanciesRequest { reconciliation_id, include_resolved: true, ..Default::default() };
    let answer = client.list_discrepancies(bounded(request)).await?.into_inner();
    print_all(session.output(), &answer.discrepancies);
    Ok(())
}

async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let mut client = session.reconciliations().await?;
    let account = args.account.map(|id| names::account(session.merchant(), &id)).unwrap_or_default();
    let mut request = ListDiscrepanciesRequest { account, include_resolved: args.all, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = client.list_discrepancies(bounded(request.clone())).await?.into_inner();
        found.extend(page.discrepancies);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let output = session.output();
    if found.is_empty() && !output.json {
        output.line("no difference waits for a person");
    }
    print_all(output, &found);
    Ok(())
}

async fn resolve(session: &Session, args: ResolveArgs) -> Result<(), Failure> {
    let request = ResolveDiscrepancyRequest {
        reconciliation_id: args.reconciliation,
        discrepancy_id: args.discrepancy,
        reason: args.reason,
        request_id: request_id(args.request_id),
    };
    let mut client = session.reconciliations().await?;
    let answer = client.resolve_discrepancy(bounded(request)).await?.into_inner();
    print_all(session.output(), answer.discrepancy.as_slice());
    Ok(())
}

fn print(output: &Output, it: &Reconciliation) {
    if output.json {
        return output.line(json::of("ordain.reconciliation.v1.Reconciliation", it));
    }
    output.line(output.paint(Paint::Bold, &it.reconciliation_id));
    let word = word(it.state().as_str_name(), "RECONCILIATION_STATE_");
    let paint = match it.state() {
        ReconciliationState::Settled => Paint::Good,
        ReconciliationState::Open => Paint::Bad,
        ReconciliationState::Running | ReconciliationState::Unspecified => Paint::Warn,
    };
    let more = if it.more == 0 { String::new() } else { format!(", and {} more that are not kept", it.more) };
    let (lines, asked) = if it.source() == ReconciliationSource::Sync {
        (String::new(), it.asked.to_string())
    } else {
        (format!("{}, of which {} agree", it.lines, it.matched), String::new())
    };
    output.pairs(&[
        ("state", output.paint(paint, &word)),
        ("account", it.account.clone()),
        ("days", format!("{} to {}", it.first_day, it.last_day)),
        ("statements", it.statements.join(", ")),
        ("lines", lines),
        ("orders asked", asked),
        ("differences", format!("{} open, {} resolved{more}", it.open, it.resolved)),
        ("began", time::instant(it.create_time.as_ref())),
    ]);
}

fn print_all(output: &Output, discrepancies: &[Discrepancy]) {
    if output.json {
        let one = |it| output.line(json::of("ordain.reconciliation.v1.Discrepancy", it));
        return discrepancies.iter().for_each(one);
    }
    let mut table =
        Table::new(&["reconciliation", "difference", "kind", "order", "theirs", "ours", "what", "resolved"]);
    for it in discrepancies {
        let resolved = match it.resolved_by.as_str() {
            "" => String::new(),
            who => format!("by {who}: {}", it.resolution),
        };
        table.row(vec![
            Cell::new(&it.reconciliation_id),
            Cell::new(&it.discrepancy_id),
            Cell::new(word(it.kind().as_str_name(), "DISCREPANCY_KIND_")).painted(Paint::Warn),
            Cell::new(&it.order_id),
            Cell::number(&it.theirs),
            Cell::number(&it.ours),
            Cell::new(&it.message),
            Cell::new(resolved),
        ]);
    }
    output.table(&table);
}

fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}
