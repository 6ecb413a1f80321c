//! `ordain check`: what we believe happened, against what the provider's ledger says happened, and against itself.
//!
//! First the store: every run's history is whole, unchanged and makes what is stored, and every order's invariants hold
//! ([`runs`]). Then the simulated providers.
//!
//! A simulated provider keeps a ledger of every effect it performed, on disk before it answers. Here every order
//! is laid beside it: approvals, parcels and refunds must be in both books, to the minor unit, and none twice. An
//! operation whose end nobody knows explains a difference and is listed; nothing else does.
//!
//! Start at [`compare::compare`], which is pure. [`belief`] reads our side, [`ledger`] theirs.

pub mod belief;
pub mod compare;
pub mod ledger;
pub mod report;
pub mod runs;

use crate::cli::account::every;
use crate::cli::failure::Failure;
use crate::cli::order::read::{Listing, one};
use crate::cli::session::{Session, bounded, orders_over};
use crate::cli::time;
use crate::jobs::retention::Retention;
use belief::Belief;
use compare::Comparison;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use ledger::{Entry, Ledger};
use ordain_engine::RunId;
use ordain_proto::accounts::v1::{Environment, ProviderAccount};
use ordain_proto::orders::v1::Order;
use ordain_proto::schedules::v1::GetScheduleRequest;
use ordain_providers::spec::Support;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tonic::Code;
use tonic::transport::Channel;

/// Between two looks at what is still moving.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Orders that are read at a time.
const READS_AT_ONCE: usize = 16;
/// Orders of one page.
const PAGE: usize = 500;

/// Where the other book is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain check\n\n\
    Every history is checked and replayed, every order's invariants are asked for, and then its money is compared with\n\
    the ledgers of the simulated providers; orders of accounts at real ones are left out of that.\n\
    Exit code 1 means that a history was changed, an invariant does not hold, or the two books disagree.")]
pub struct Args {
    /// A simulated provider, may be repeated [default: wherever the simulated accounts' providers are]
    #[arg(long = "sandbox", value_name = "URL")]
    sandboxes: Vec<String>,
    /// Leave the ledgers alone: check histories and invariants only
    #[arg(long, conflicts_with = "sandboxes")]
    no_ledgers: bool,
    /// How long a difference may take to go away: whatever is on its way right now is in one book first
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = time::span)]
    settle: Duration,
}

/// Compares everything and says how it went.
///
/// # Errors
/// When one of the two books cannot be read.
pub async fn run(session: &Session, args: Args) -> Result<ExitCode, Failure> {
    let checked = runs::check(session).await?;
    let code = if checked.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if !session.output().json {
        runs::print(session.output(), &checked);
    }
    if args.no_ledgers {
        if session.output().json {
            session.output().line(runs::as_json(&checked));
        }
        return Ok(code);
    }
    let comparison = compare_ledgers(session, args).await?;
    if session.output().json {
        let mut told = report::as_json(&comparison);
        told["store"] = runs::as_json(&checked);
        session.output().line(told);
    } else {
        report::tell(session.output(), &comparison);
    }
    Ok(if comparison.violations.is_empty() { code } else { ExitCode::FAILURE })
}

async fn compare_ledgers(session: &Session, args: Args) -> Result<Comparison, Failure> {
    let channel = session.connect().await?;
    let (real, simulated): (Vec<_>, Vec<_>) =
        every(session.accounts().await?, "-").await?.into_iter().partition(is_real);
    let real = real.into_iter().map(|account| account.name).collect();
    let found: BTreeSet<String> = simulated.iter().filter_map(origin).collect();
    let places = if args.sandboxes.is_empty() { found } else { args.sandboxes.into_iter().collect() };
    let ledgers = places.iter().map(|place| Ledger::at(place)).collect::<Result<_, _>>()?;
    let kept_since = kept_since(session).await?;
    let books = Books { channel, ledgers, unshipped: unshipped(&simulated), kept_since };
    books.compare_all(&real, args.settle).await
}

/// Both books, open for reading.
#[derive(Debug)]
pub struct Books {
    /// Ours.
    pub channel: Channel,
    /// The providers'.
    pub ledgers: Vec<Ledger>,
    /// Accounts whose provider hears of no parcels: those are in our book alone.
    pub unshipped: BTreeSet<String>,
    /// Older orders may have been deleted here by retention; what the ledgers know of them is no difference.
    pub kept_since: Option<RunId>,
}

impl Books {
    /// Compares every order, and everything in the ledger that we do not know.
    ///
    /// # Errors
    /// When a book cannot be read.
    pub async fn compare_all(
        &self,
        real_accounts: &BTreeSet<String>,
        settle: Duration,
    ) -> Result<Comparison, Failure> {
        let mut comparison = Comparison::default();
        let mut names = BTreeSet::new();
        let mut client = orders_over(self.channel.clone());
        let mut listing = Listing::of("merchants/-".to_owned(), String::new());
        let mut beliefs = Vec::new();
        while let Some(page) = listing.next(&mut client, PAGE).await? {
            for order in page {
                if real_accounts.contains(&order.provider_account) {
                    comparison.left_out += 1;
                } else if names.insert(order.name.clone()) {
                    beliefs.push(self.belief(&order));
                }
            }
        }
        let entries = self.without_deleted(self.entries().await?, &beliefs);
        comparison.add(compare::compare(&beliefs, &entries, true));
        self.settle(comparison, true, settle).await
    }

    /// Compares these orders, by their full names.
    ///
    /// # Errors
    /// When a book cannot be read.
    pub async fn compare_these(&self, names: &[String], settle: Duration) -> Result<Comparison, Failure> {
        let beliefs = self.beliefs(names).await?;
        let comparison = compare::compare(&beliefs, &self.entries().await?, false);
        self.settle(comparison, false, settle).await
    }

    /// Looks again at what differs, until it does not, or has had its time. Our side was read before theirs, so
    /// whatever happened in between looks like a difference at first.
    async fn settle(
        &self,
        mut comparison: Comparison,
        strangers: bool,
        settle: Duration,
    ) -> Result<Comparison, Failure> {
        let until = Instant::now() + settle;
        while !comparison.violations.is_empty() && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
            let suspects = comparison.take_suspects();
            let mut names: Vec<String> = Vec::new();
            let mut unknown = BTreeSet::new();
            for id in &suspects {
                match comparison.orders.get(id) {
                    Some(name) => names.push(name.clone()),
                    None => drop(unknown.insert(id.clone())),
                }
            }
            names.extend(self.known_by_now(&unknown).await?);
            let beliefs = self.beliefs(&names).await?;
            let entries = self.entries().await?;
            let entries: Vec<_> =
                entries.into_iter().filter(|entry| suspects.contains(entry.order_id())).collect();
            comparison.add(compare::compare(&beliefs, &entries, strangers));
        }
        Ok(comparison)
    }

    /// The full names of those strangers that we know by now: an order that was created while we read is in the
    /// ledger first.
    async fn known_by_now(&self, ids: &BTreeSet<String>) -> Result<Vec<String>, Failure> {
        let mut client = orders_over(self.channel.clone());
        let mut listing = Listing::of("merchants/-".to_owned(), String::new());
        let mut names = Vec::new();
        while names.len() < ids.len() {
            let Some(page) = listing.next(&mut client, PAGE).await? else { break };
            let wanted = page.into_iter().filter(|order| ids.contains(crate::cli::names::last(&order.name)));
            names.extend(wanted.map(|order| order.name));
        }
        Ok(names)
    }

    async fn beliefs(&self, names: &[String]) -> Result<Vec<Belief>, Failure> {
        let read = |name: &String| {
            let (mut client, name) = (orders_over(self.channel.clone()), name.clone());
            async move { one(&mut client, &name).await }
        };
        let orders: Vec<Order> =
            futures::stream::iter(names.iter().map(read)).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(orders.iter().map(|order| self.belief(order)).collect())
    }

    fn belief(&self, order: &Order) -> Belief {
        let mut belief = Belief::of(order);
        if self.unshipped.contains(&order.provider_account) {
            belief.parcels.clear();
        }
        belief
    }

    /// What the ledgers know of orders that we have, or that nothing has deleted.
    fn without_deleted(&self, entries: Vec<Entry>, beliefs: &[Belief]) -> Vec<Entry> {
        let Some(kept_since) = self.kept_since else { return entries };
        let ours: BTreeSet<&str> = beliefs.iter().map(|belief| belief.order_id.as_str()).collect();
        let deleted = |entry: &Entry| {
            let id = entry.order_id();
            !ours.contains(id) && id.parse::<RunId>().is_ok_and(|id| id < kept_since)
        };
        entries.into_iter().filter(|entry| !deleted(entry)).collect()
    }

    /// Everything that happened at any of the providers.
    async fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let ledgers = futures::future::try_join_all(self.ledgers.iter().map(Ledger::entries)).await?;
        Ok(ledgers.into_iter().flatten().collect())
    }
}

/// The id that orders have which retention has not reached; none where it reaches nothing.
async fn kept_since(session: &Session) -> Result<Option<RunId>, Failure> {
    let request = GetScheduleRequest { schedule_id: "retention".to_owned() };
    let told = match session.schedules().await?.get_schedule(bounded(request)).await {
        Ok(told) => told.into_inner().schedule.unwrap_or_default(),
        Err(status) if matches!(status.code(), Code::NotFound | Code::Unimplemented) => return Ok(None),
        Err(status) => return Err(status.into()),
    };
    let retention: Option<Retention> = serde_json::from_str(&told.input_json).ok();
    Ok(retention.map(|it| RunId::new(it.cutoff_us(Timestamp::now().as_microsecond()), [0; 10])))
}

/// Whether no simulated ledger can know an account's orders.
fn is_real(account: &ProviderAccount) -> bool {
    matches!(account.environment(), Environment::Live | Environment::Sandbox)
}

/// Where an account's provider is: the beginning of its API's URL.
#[must_use]
pub fn origin(account: &ProviderAccount) -> Option<String> {
    let url = reqwest::Url::parse(account.config.get("api_url")?).ok()?;
    url.has_host().then(|| url.origin().ascii_serialization())
}

/// The accounts among these whose provider hears of no parcels.
fn unshipped(accounts: &[ProviderAccount]) -> BTreeSet<String> {
    let hears = |provider: &str| {
        ordain_providers::find(provider)
            .is_some_and(|known| known.spec().operations.fulfil.support == Support::Native)
    };
    let silent = accounts.iter().filter(|account| !hears(&account.provider));
    silent.map(|account| account.name.clone()).collect()
}
