//! `ordain demo`: simulated shoppers who buy, pay, keep and send back, through the front door.
//!
//! Every shopper is a plan made from a seed ([`plan`]), carried out over gRPC and plain HTTP ([`shopper`]) exactly
//! as a shop and a browser would. Whatever breaks on the way is waited for, and asked again under the same request
//! ids ([`patience`]). At the end every order is compared with the provider's ledger.

pub mod basket;
pub mod browser;
pub mod dice;
pub mod faults;
pub mod patience;
pub mod plan;
pub mod progress;
pub mod shopper;
pub mod summary;
pub mod till;

use crate::check::ledger::Ledger;
use crate::check::{Books, SANDBOX};
use crate::cli::failure::Failure;
use crate::cli::session::{Session, accounts_over, bounded, orders_over};
use crate::cli::{names, time};
use crate::dev;
use browser::Browser;
use faults::{Faults, Wish};
use futures::StreamExt;
use ordain_proto::accounts::v1::{AccountState, GetProviderAccountRequest};
use patience::Patience;
use plan::{Mix, Plan};
use progress::Progress;
use shopper::{Ended, Shopper};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use till::Till;

/// How long the books may differ at the end: the last webhooks and polls are still on their way.
const SETTLE: Duration = Duration::from_secs(20);
/// An account that completes orders within this is one to wait for.
const COMPLETES_SOON_S: i64 = 60;
/// Shoppers of one demo: more are more than anybody watches, and a day of requests.
const ORDERS_MAX: i64 = 1_000_000;

/// How many shoppers, and how they behave.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain demo --orders 200 --mix everything --fault webhook:drop_webhook@20\n\n\
    Without `--address`, and with nothing listening, it starts an Ordain of its own for as long as it lasts.\n\
    A connection that breaks is waited for: kill Ordain in the middle, start it again, and watch."
)]
pub struct Args {
    /// How many shoppers
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=ORDERS_MAX))]
    orders: u32,
    /// How many at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    concurrency: u32,
    /// Where they pay
    #[arg(long, value_enum, default_value_t = Provider::Dividebuy)]
    provider: Provider,
    /// With whose credentials [default: demo-PROVIDER]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A further node on the same store; may be given again. Calls go to all of them in turn
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
    /// The simulated provider [default: http://127.0.0.1:7711]
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,
    /// The same number makes the same shoppers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How they behave
    #[arg(long, value_enum, default_value_t = Mix::Default)]
    mix: Mix,
    /// What goes wrong at the provider meanwhile: refund:timeout_after_execute, webhook:drop_webhook@20 (percent)
    #[arg(long = "fault", value_name = "[OPERATION:]KIND[@PERCENT]")]
    faults: Vec<Wish>,
    /// Give up after this long without any progress
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = time::span)]
    patience: Duration,
    /// Part of every reference and request id; the token of an earlier demo goes on with its orders [default: new]
    #[arg(long, value_name = "TEXT", value_parser = plan::token)]
    token: Option<String>,
}

/// Providers that have a simulator with a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Provider {
    /// DivideBuy, in pounds
    Dividebuy,
}

impl Provider {
    const fn account(self) -> &'static str {
        match self {
            Self::Dividebuy => "demo-dividebuy",
        }
    }
}

/// Runs the demo and says how it went.
///
/// # Errors
/// When it cannot begin, or a book cannot be read at the end.
pub async fn run(session: &Session, args: Args) -> Result<ExitCode, Failure> {
    let place = Place::find(session, args.sandbox.clone()).await?;
    let session = place.session.as_ref().unwrap_or(session);
    let faults = Faults::at(&place.sandbox)?;
    faults.install(&args.faults).await?;
    let outcome = shop(session, &args, &place.sandbox).await;
    // Faults outlive the demo otherwise, and puzzle whoever comes next.
    let cleared = if args.faults.is_empty() { Ok(()) } else { faults.clear().await };
    let (ended, took) = outcome?;
    cleared?;
    let books = Books { channel: session.connect_when_needed()?, ledger: Ledger::at(&place.sandbox)? };
    let orders: Vec<String> = ended.iter().filter_map(|one| one.order.clone()).collect();
    // Ordain may be down at this very moment, as at any other.
    let progress = Progress::new(session.output(), 0);
    let patience = Patience::new(args.patience, &progress);
    let comparison = patience.persist(async || books.compare_these(&orders, SETTLE).await).await?;
    progress.finish();
    Ok(summary::print(session.output(), &ended, took, &comparison))
}

/// Lets all shoppers shop, so many at a time.
async fn shop(session: &Session, args: &Args, sandbox: &str) -> Result<(Vec<Ended>, Duration), Failure> {
    let token = args.token.clone().unwrap_or_else(plan::new_token);
    let account = args.account.as_deref().unwrap_or(args.provider.account());
    let account = names::account(session.merchant(), account);
    let progress = Progress::new(session.output(), u64::from(args.orders));
    progress.say(&format!(
        "{} shoppers at {}, token {token}, seed {}",
        args.orders,
        session.address(),
        args.seed
    ));
    let patience = Patience::new(args.patience, &progress);
    let channel = session.connect_when_needed()?;
    let setting = plan::Setting {
        merchant: session.merchant().to_owned(),
        completes: completes_soon(channel.clone(), &account, &patience).await?,
        account,
        token,
        loses_webhooks: args.faults.iter().any(Wish::loses_webhooks),
    };
    let mut nodes = vec![orders_over(channel)];
    for node in &args.nodes {
        nodes.push(orders_over(session.at(node).connect_when_needed()?));
    }
    let till = Till::new(nodes, &patience);
    let browser = Browser::new(sandbox)?;
    let begun = Instant::now();
    let plans = (0..args.orders).map(|index| Plan::of(&setting, args.seed, index, args.mix));
    let shoppers =
        plans.map(|plan| Shopper { plan, till: &till, browser: &browser, patience: &patience }.shop());
    let mut under_way = futures::stream::iter(shoppers).buffer_unordered(args.concurrency as usize);
    let mut ended = Vec::new();
    while let Some(one) = progress.during(under_way.next()).await {
        progress.one_ended();
        ended.push(one);
    }
    progress.finish();
    Ok((ended, begun.elapsed()))
}

/// Whether orders of this account complete while somebody watches: real accounts take a fortnight. Waits for an
/// account whose credentials are still being checked.
async fn completes_soon(
    channel: tonic::transport::Channel,
    account: &str,
    patience: &Patience<'_>,
) -> Result<bool, Failure> {
    let account = patience.persist(async || {
        let request = bounded(GetProviderAccountRequest { name: account.to_owned() });
        let answer = accounts_over(channel.clone()).get_provider_account(request).await?.into_inner();
        let found = answer.provider_account.unwrap_or_default();
        match found.state() {
            AccountState::Active => Ok(found),
            AccountState::Refused => {
                Err(Failure::Failed(format!("{account} is not active: {}", found.message)))
            }
            _ => Err(Failure::Passing(format!("{account} is not active yet"))),
        }
    });
    Ok(account.await?.complete_after_seconds.is_some_and(|seconds| seconds <= COMPLETES_SOON_S))
}

/// Where the demo takes place.
struct Place {
    /// A session with an Ordain of our own, if we had to start one.
    session: Option<Session>,
    sandbox: String,
    /// Ends with the demo.
    _own: Option<dev::Addresses>,
}

impl Place {
    /// A running Ordain; without one, and without an address that somebody insists on, one of our own.
    async fn find(session: &Session, sandbox: Option<String>) -> Result<Self, Failure> {
        match session.connect().await {
            Ok(_) => {}
            Err(Failure::Unreachable { .. }) if !session.address_was_given() => {
                return Self::own(session).await;
            }
            Err(failure) => return Err(failure),
        }
        Ok(Self { session: None, sandbox: sandbox.unwrap_or_else(|| SANDBOX.to_owned()), _own: None })
    }

    async fn own(session: &Session) -> Result<Self, Failure> {
        session
            .output()
            .note(format!("nothing listens on {}; starting an Ordain of our own", session.address()));
        let own = dev::in_process().await;
        let own = own.map_err(|error| Failure::Failed(format!("cannot start one: {}", causes(&error))))?;
        Ok(Self { session: Some(session.at(&own.grpc)), sandbox: own.sandbox.clone(), _own: Some(own) })
    }
}

/// An error and what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
