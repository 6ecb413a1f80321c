//! Kredivo through DOKU, simulated from DOKU's guide and its clients.
//!
//! One call opens an order, one asks how it stands; requests, answers and
//! notifications are all signed in the same way. There is no cancellation and
//! no refund over the API: what goes back is the back office's doing.
//!
//! ```text
//! generate-order ─▶ payment.url ─▶ approve ─▶ SUCCESS notification
//!                               ├─ decline ─▶ FAILED notification, and the shopper may try again
//!                               ├─ leave   ─▶ callback_url_cancel, nothing is told
//!                               └─ too late ─▶ EXPIRED, nothing is told
//! ```
//!
//! Start at [`start`]; the two calls are in `api.rs`, the signatures in `signature.rs`.

mod account;
mod api;
mod event;
mod generate;
mod message;
mod operation;
mod order;
mod pages;
mod people;
mod signature;
mod state;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use maud::Markup;
use serde_json::Value;

use self::event::Event;
use self::state::Kredivo;
use crate::checkout::{Checkout, CheckoutRefused, Decision, Standing};
use crate::faults::Operation;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::running;
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey, Simulator};
use crate::start::{Config, StartError};
use crate::webhook::{Letter, Webhook};

pub use self::account::Account;

/// A running host.
pub type Running = running::Running<Account>;

/// The one currency of Kredivo.
const CURRENCY: &str = "IDR";

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    running::start::<Kredivo>(config, shutdown).await
}

impl Simulator for Kredivo {
    const ID: &'static str = "kredivo";
    const OPERATIONS: &'static [Operation] = &operation::ALL;
    const WEBHOOK: Operation = operation::WEBHOOK;
    const SIGNATURES: &'static [&'static str] = &["signature"];
    const CALLS: &'static [(&'static str, &'static str)] =
        &[("POST /_sandbox/orders/{id}/refund", "what DOKU's back office does: all of a paid order")];
    const BACKOFF: &'static [Duration] = &message::BACKOFF;
    type Account = Account;
    type Event = Event;

    fn routes() -> Router<Arc<Host<Kredivo>>> {
        api::routes()
    }

    fn put_account(&mut self, account: Account) {
        self.accounts.insert(account.client_id.clone(), account);
    }

    fn apply(&mut self, event: Event, moment: &Moment<'_>, ledger: &mut Ledger) -> Result<(), Unopened> {
        self.applied(event, moment, ledger);
        Ok(())
    }

    fn reset(&mut self) {
        self.forget();
    }

    fn orders(&self) -> Vec<(OrderKey, Value)> {
        self.orders.values().map(|order| (order.key.clone(), order.summary())).collect()
    }

    fn reference(&self, key: &OrderKey) -> Option<&str> {
        Some(&self.orders.get(key)?.key.order)
    }

    fn has_moved(&self, key: &OrderKey) -> bool {
        self.orders.get(key).is_some_and(|order| order.status() != "PENDING")
    }

    fn letter(&self, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
        let order = self.orders.get(&webhook.notice.key()?)?;
        message::letter(self.accounts.get(&webhook.notice.account)?, order, webhook, now)
    }

    fn account_of(event: &Event) -> &str {
        event.account()
    }

    fn account_with(&self, credential: &str) -> Option<String> {
        self.accounts.get(credential).map(|account| account.client_id.clone())
    }

    fn timers(&self) -> Box<dyn Iterator<Item = (Timestamp, &str)> + '_> {
        Box::new(self.all_due())
    }

    fn elapsed(&self, account: &str, now: Timestamp) -> Vec<crate::state::Event<Event>> {
        self.expired_by(account, now)
    }
}

impl Checkout for Kredivo {
    const NAME: &'static str = "Kredivo checkout";
    const RETURN: Operation = operation::RETURN;
    const PAYMENT: Option<Operation> = Some(operation::PAYMENT);

    fn order_by_token(&self, token: &str) -> Option<OrderKey> {
        self.by_token.get(token).cloned()
    }

    fn page(&self, key: &OrderKey) -> Option<Markup> {
        Some(pages::checkout(self.accounts.get(&key.account)?, self.orders.get(key)?))
    }

    fn press(
        &self,
        key: &OrderKey,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<crate::state::Event<Event>>, CheckoutRefused> {
        self.orders.get(key).ok_or(CheckoutRefused::UnknownOrder)?.pressed(decision, digest)
    }

    fn expire(&self, key: &OrderKey) -> Vec<crate::state::Event<Event>> {
        let open = self.orders.get(key).is_some_and(|order| order.paid_at.is_none() && !order.expired);
        open.then(|| Event::Expired { key: key.clone() }.into()).into_iter().collect()
    }

    fn standing(&self, key: &OrderKey) -> Option<Standing> {
        let order = self.orders.get(key)?;
        let decision = order.decided?;
        let status = order.status().to_owned();
        Some(Standing { decision, status, return_url: order.way_back().to_owned() })
    }
}
