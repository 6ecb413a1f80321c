//! `ordain check`: what we believe happened, against what the provider's ledger says happened.
//!
//! The simulated provider keeps a ledger of every effect it performed, on disk before it answers. Here every order
//! is laid beside it: approvals, parcels and refunds must be in both books, to the minor unit, and none twice. An
//! operation whose end nobody knows explains a difference and is listed; nothing else does.
//!
//! Start at [`compare::compare`], which is pure. [`belief`] reads our side, [`ledger`] theirs.

pub mod belief;
pub mod compare;
pub mod ledger;
pub mod report;

use crate::cli::failure::Failure;
use crate::cli::order::read::{Listing, one};
use crate::cli::session::{Session, accounts_over, bounded, orders_over};
use crate::cli::time;
use belief::Belief;
use compare::Comparison;
use futures::{StreamExt, TryStreamExt};
use ledger::Ledger;
use ordain_proto::accounts::v1::{Environment, ListProviderAccountsRequest};
use ordain_proto::orders::v1::Order;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tonic::transport::Channel;

/// Where `ordain dev` puts the simulated DivideBuy.
pub const SANDBOX: &str = "http://127.0.0.1:7711";
/// Between two looks at what is still moving.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Orders that are read at a time.
const READS_AT_ONCE: usize = 16;
/// Orders of one page.
const PAGE: usize = 500;

/// Where the other book is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain check\n\n\
    Exit code 1 means that the two books disagree. Orders of accounts at real providers are left out.")]
pub struct Args {
    /// The simulated provider
    #[arg(long, value_name = "URL", default_value = SANDBOX)]
    sandbox: String,
    /// How long a difference may take to go away: whatever is on its way right now is in one book first
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = time::span)]
    settle: Duration,
}

/// Compares everything and says how it went.
///
/// # Errors
/// When one of the two books cannot be read.
pub async fn run(session: &Session, args: Args) -> Result<ExitCode, Failure> {
    let channel = session.connect().await?;
    let books = Books { channel, ledger: Ledger::at(&args.sandbox)? };
    let real = books.real_accounts().await?;
    let comparison = books.compare_all(&real, args.settle).await?;
    Ok(report::print(session.output(), &comparison))
}

/// Both books, open for reading.
#[derive(Debug)]
pub struct Books {
    /// Ours.
    pub channel: Channel,
    /// The provider's.
    pub ledger: Ledger,
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
                    beliefs.push(Belief::of(&order));
                }
            }
        }
        comparison.add(compare::compare(&beliefs, &self.ledger.entries().await?, true));
        self.settle(comparison, true, settle).await
    }

    /// Compares these orders, by their full names.
    ///
    /// # Errors
    /// When a book cannot be read.
    pub async fn compare_these(&self, names: &[String], settle: Duration) -> Result<Comparison, Failure> {
        let beliefs = self.beliefs(names).await?;
        let comparison = compare::compare(&beliefs, &self.ledger.entries().await?, false);
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
            let entries = self.ledger.entries().await?;
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
        Ok(orders.iter().map(Belief::of).collect())
    }

    /// Accounts whose orders no simulated ledger can know.
    async fn real_accounts(&self) -> Result<BTreeSet<String>, Failure> {
        let mut client = accounts_over(self.channel.clone());
        let mut request = ListProviderAccountsRequest {
            parent: "merchants/-".to_owned(),
            page_size: 1_000,
            page_token: String::new(),
        };
        let mut real = BTreeSet::new();
        loop {
            let page = client.list_provider_accounts(bounded(request.clone())).await?.into_inner();
            let is_real = |environment| matches!(environment, Environment::Live | Environment::Sandbox);
            let accounts =
                page.provider_accounts.into_iter().filter(|account| is_real(account.environment()));
            real.extend(accounts.map(|account| account.name));
            if page.next_page_token.is_empty() {
                return Ok(real);
            }
            request.page_token = page.next_page_token;
        }
    }
}
