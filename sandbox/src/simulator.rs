//! What one simulated provider is, beside what all of them share.
//!
//! [`Simulator`] is its state as the sum of its journal and what it says when
//! it is asked; [`Checkout`](crate::checkout::Checkout) is its pages. Both are
//! written for one provider and driven by the host, which keeps the journal,
//! the ledger, the webhooks and the faults.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::faults::Operation;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::seal::{Seal, Unopened};
use crate::state::Event;
use crate::webhook::{Letter, Webhook};

/// One provider. Its value is its state, and only [`Simulator::apply`] and its like change it.
pub(crate) trait Simulator: Default + Send + Sync + 'static {
    /// The provider's id; its files and log lines carry it.
    const ID: &'static str;
    /// All that can go wrong on demand.
    const OPERATIONS: &'static [Operation];
    /// The operation of `OPERATIONS` that is its webhooks.
    const WEBHOOK: Operation;
    /// The headers that carry its signatures, in small letters; none where it signs nothing.
    const SIGNATURES: &'static [&'static str];
    /// The admin calls that only this host has, each with what it does.
    const CALLS: &'static [(&'static str, &'static str)] = &[];
    /// The waits after the first, second, … failed try of a webhook, at the provider's real pace.
    const BACKOFF: &'static [Duration];

    /// An account, as the admin calls take it.
    type Account: Account;
    /// What the journal holds of this provider alone. Its names are the file's format.
    type Event: Clone + Serialize + DeserializeOwned + Send;

    /// The provider's own paths.
    fn routes() -> Router<Arc<Host<Self>>>;

    /// Adds a checked account, or replaces the one with the same id.
    fn put_account(&mut self, account: Self::Account);

    /// An account that was put, with what the shop's own calls have changed in it since then.
    fn as_held(&self, account: Self::Account) -> Self::Account {
        account
    }

    /// Whether a call of this account could not be told from one of another. Where calls name their account, none is.
    fn account_clashes(&self, _account: &Self::Account) -> bool {
        false
    }

    /// Applies one event, live and at a restart alike; what is an effect over there goes into the ledger.
    ///
    /// # Errors
    /// When a sealed value does not open, which means that the key is not the one the file was written with.
    fn apply(&mut self, event: Self::Event, moment: &Moment<'_>, ledger: &mut Ledger)
    -> Result<(), Unopened>;

    /// Forgets the orders and keeps the accounts as they were put.
    fn reset(&mut self);

    /// Whether something that happened before a reset still counts after it, beside accounts that were put.
    fn outlives_reset(_event: &Self::Event) -> bool {
        false
    }

    /// How many numbers this provider has given, which a reset does not give again.
    fn numbers_given(&self) -> u64 {
        0
    }

    /// Gives numbers from there on.
    fn go_on_from(&mut self, _numbers_given: u64) {}

    /// Every order, summed up for the admin calls, with nothing personal in it.
    fn orders(&self) -> Vec<(OrderKey, serde_json::Value)>;

    /// The shop's own id of an order, where the provider's is the key.
    fn shop_order<'a>(&'a self, key: &'a OrderKey) -> &'a str {
        &key.order
    }

    /// The texts of an order in which a fault may be asked for.
    fn reference(&self, key: &OrderKey) -> Option<&str>;

    /// Whether an order is no longer as it began, so that a stale answer about it would be another one.
    fn has_moved(&self, key: &OrderKey) -> bool;

    /// A message ready to go, signed now as its fault wants it; None where a reset has removed what it is about, or
    /// nobody is to be told. It is given up then.
    fn letter(&self, webhook: &Webhook, now: Timestamp) -> Option<Letter>;

    /// Whether a shop's answer means that it took the message.
    fn is_taken(status: u16, _body: &[u8]) -> bool {
        (200..300).contains(&status)
    }

    /// Whose account an event is about.
    fn account_of(event: &Self::Event) -> &str;

    /// The id of the account whose calls carry this credential: its API key, or what stands for it.
    fn account_with(&self, credential: &str) -> Option<String>;

    /// When something happens by itself, and at which account: an order expires, a refund settles. The first one first.
    fn timers(&self) -> Box<dyn Iterator<Item = (Timestamp, &str)> + '_> {
        Box::new(std::iter::empty())
    }

    /// What has happened by itself at an account up to `now`, its time. Called again until it is nothing.
    fn elapsed(&self, _account: &str, _now: Timestamp) -> Vec<Event<Self::Event>> {
        Vec::new()
    }
}

/// When an event happened, and what opens its sealed fields.
pub(crate) struct Moment<'a> {
    pub(crate) at: Timestamp,
    pub(crate) seal: &'a Seal,
}

/// Which order: the shop's order ids are only unique within its account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct OrderKey {
    pub(crate) account: String,
    pub(crate) order: String,
}

impl OrderKey {
    /// The place its sealed fields are bound to.
    pub(crate) fn place(&self) -> String {
        format!("order:{}:{}", self.account, self.order)
    }
}
