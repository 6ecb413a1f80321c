//! `ordain demo`: simulated shoppers who buy, pay, keep and send back, through the front door.
//!
//! Every shopper is a plan made from a seed ([`plan`]), carried out over gRPC and plain HTTP ([`shopper`]) exactly
//! as a shop and a browser would. Whatever breaks on the way is waited for, and asked again under the same request
//! ids ([`patience`]). At the end every order is compared with the provider's ledger.

pub mod basket;
pub mod browser;
pub mod dice;
pub mod manners;
pub mod patience;
pub mod plan;
pub mod progress;
pub mod shopper;
pub mod summary;
pub mod till;
pub mod venue;

use crate::check::Books;
use crate::check::ledger::Ledger;
use crate::cli::failure::{Failure, with_causes};
use crate::cli::session::{Session, orders_over};
use crate::cli::{names, time};
use crate::simulated::faults::{self, Wish};
use crate::{dev, simulated};
use futures::StreamExt;
use patience::Patience;
use plan::{Mix, Plan};
use progress::Progress;
use shopper::{Ended, Shopper};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use till::Till;
use venue::Venue;

/// How long the books may differ at the end: the last webhooks and polls are still on their way.
const SETTLE: Duration = Duration::from_secs(20);
/// Everywhere, in turn.
const ALL: &str = "all";
/// Shoppers of one demo: more are more than anybody watches, and a day of requests.
const ORDERS_MAX: i64 = 1_000_000;

/// How many shoppers, and how they behave.
#[derive(Debug, clap::Args)]
#[command(
    after_help = format!("Example: ordain demo --orders 200 --mix everything --fault webhook:drop_webhook@20\n\n\
    Without `--address`, and with nothing listening, it starts an Ordain of its own for as long as it lasts.\n\
    A connection that breaks is waited for: kill Ordain in the middle, start it again, and watch.\n\n{}", faults::list())
)]
pub struct Args {
    /// How many shoppers
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=ORDERS_MAX))]
    orders: u32,
    /// How many at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    concurrency: u32,
    /// Where they pay: a provider, or `all` in turn
    #[arg(long, value_name = "ID", default_value = "dividebuy", value_parser = provider)]
    provider: String,
    /// With whose credentials [default: demo-PROVIDER]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A further node on the same store; may be given again. Calls go to all of them in turn
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
    /// The simulated provider [default: where the account's provider is]
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,
    /// The same number makes the same shoppers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How they behave
    #[arg(long, value_enum, default_value_t = Mix::Default)]
    mix: Mix,
    /// What goes wrong at the provider meanwhile, listed below; may be given again
    #[arg(long = "fault", value_name = "[OPERATION:]KIND[@PERCENT][,DETAIL=N…]")]
    faults: Vec<Wish>,
    /// Give up after this long without any progress
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = time::span)]
    patience: Duration,
    /// Part of every reference and request id; the token of an earlier demo goes on with its orders [default: new]
    #[arg(long, value_name = "TEXT", value_parser = plan::token)]
    token: Option<String>,
}

fn provider(id: &str) -> Result<String, String> {
    let ids: Vec<&str> = simulated::KINDS.iter().map(|kind| kind.id).chain([ALL]).collect();
    if ids.contains(&id) { Ok(id.to_owned()) } else { Err(format!("it is one of {}", ids.join(", "))) }
}

/// Runs the demo and says how it went.
///
/// # Errors
/// When it cannot begin, or a book cannot be read at the end.
pub async fn run(session: &Session, args: Args) -> Result<ExitCode, Failure> {
    let place = Place::find(session).await?;
    let session = place.session.as_ref().unwrap_or(session);
    let progress = Progress::new(session.output(), 0);
    let patience = Patience::new(args.patience, &progress);
    let venues = venues(session, &args, &patience).await?;
    let sandboxes: Vec<String> = venues.iter().map(|venue| venue.sandbox.clone()).collect();
    faults::install(&sandboxes, &args.faults).await?;
    let outcome = shop(session, &args, &venues).await;
    // Faults outlive the demo otherwise, and puzzle whoever comes next.
    let cleared = if args.faults.is_empty() { Ok(()) } else { faults::clear(&sandboxes).await };
    let (ended, took) = outcome?;
    cleared?;
    let ledgers = venues.iter().map(|venue| Ledger::at(&venue.sandbox)).collect::<Result<_, _>>()?;
    let unshipped = venues.iter().filter(|venue| !venue.manners.ships()).map(|venue| venue.account.clone());
    let (channel, unshipped) = (session.connect_when_needed()?, unshipped.collect());
    let books = Books { channel, ledgers, unshipped, kept_since: None };
    let orders: Vec<String> = ended.iter().filter_map(|one| one.order.clone()).collect();
    // Ordain may be down at this very moment, as at any other.
    let comparison = patience.persist(async || books.compare_these(&orders, SETTLE).await).await?;
    progress.finish();
    Ok(summary::print(session.output(), &ended, took, &comparison))
}

/// Where the shoppers go.
async fn venues(session: &Session, args: &Args, patience: &Patience<'_>) -> Result<Vec<Venue>, Failure> {
    let everywhere = args.provider == ALL;
    if everywhere && (args.account.is_some() || args.sandbox.is_some()) {
        let why = "`--account` and `--sandbox` belong to one provider, and this is `--provider all`";
        return Err(Failure::Usage(why.to_owned()));
    }
    let channel = session.connect_when_needed()?;
    let mut venues = Vec::new();
    for kind in simulated::KINDS.iter().filter(|kind| everywhere || kind.id == args.provider) {
        let account = args.account.clone().unwrap_or_else(|| kind.account_id());
        let account = names::account(session.merchant(), &account);
        venues.push(Venue::find(&channel, &account, args.sandbox.as_deref(), patience).await?);
    }
    Ok(venues)
}

/// Lets all shoppers shop, so many at a time.
async fn shop(session: &Session, args: &Args, venues: &[Venue]) -> Result<(Vec<Ended>, Duration), Failure> {
    let token = args.token.clone().unwrap_or_else(plan::new_token);
    let progress = Progress::new(session.output(), u64::from(args.orders));
    progress.say(&format!(
        "{} shoppers at {}, token {token}, seed {}",
        args.orders,
        session.address(),
        args.seed
    ));
    let patience = Patience::new(args.patience, &progress);
    let mut nodes = vec![orders_over(session.connect_when_needed()?)];
    for node in &args.nodes {
        nodes.push(orders_over(session.at(node).connect_when_needed()?));
    }
    let till = Till::new(nodes, &patience);
    let begun = Instant::now();
    let shoppers = (0..args.orders).zip(venues.iter().cycle()).map(|(index, venue)| {
        let setting = plan::Setting {
            merchant: session.merchant().to_owned(),
            account: venue.account.clone(),
            completes: venue.completes,
            manners: venue.manners,
            token: token.clone(),
            loses_webhooks: args.faults.iter().any(Wish::loses_webhooks),
        };
        let plan = Plan::of(&setting, args.seed, index, args.mix);
        Shopper { plan, till: &till, browser: &venue.browser, patience: &patience }.shop()
    });
    let mut under_way = futures::stream::iter(shoppers).buffer_unordered(args.concurrency as usize);
    let mut ended = Vec::new();
    while let Some(one) = progress.during(under_way.next()).await {
        progress.one_ended();
        ended.push(one);
    }
    progress.finish();
    Ok((ended, begun.elapsed()))
}

/// Where the demo takes place.
struct Place {
    /// A session with an Ordain of our own, if we had to start one.
    session: Option<Session>,
    /// Ends with the demo.
    _own: Option<dev::Addresses>,
}

impl Place {
    /// A running Ordain; without one, and without an address that somebody insists on, one of our own.
    async fn find(session: &Session) -> Result<Self, Failure> {
        match session.connect().await {
            Ok(_) => {}
            Err(Failure::Unreachable { .. }) if !session.address_was_given() => {
                return Self::own(session).await;
            }
            Err(failure) => return Err(failure),
        }
        Ok(Self { session: None, _own: None })
    }

    async fn own(session: &Session) -> Result<Self, Failure> {
        session
            .output()
            .note(format!("nothing listens on {}; starting an Ordain of our own", session.address()));
        let own = dev::in_process().await;
        let own =
            own.map_err(|error| Failure::Failed(format!("cannot start one: {}", with_causes(&error))))?;
        Ok(Self { session: Some(session.at(&own.grpc)), _own: Some(own) })
    }
}
