//! divit, simulated from its order-creation guide and what its own clients send and expect.
//!
//! Three generations of one API create orders: `/paynow/orders`,
//! `/paylater/orders` and `/directpay/o/order`; so does a signed link. The shopper comes with the
//! token of the answer, pays or not, and divit tells the shop by signed
//! events. Refunds are asked for and settled later, by staff.
//!
//! ```text
//! create ─▶ redirectURI&token ─▶ approve ─▶ 2001      refund request ─▶ (staff) ─▶ 2100
//!                              ├─ leave  ─▶ 4000                              └─▶ 4100
//!                              └─ too late ─▶ 4001 (and 2001 still, if paid late)
//! ```
//!
//! The documents show no error code and no error but "not 0": the codes here
//! are the simulator's own. Start at [`start`]; calls are in `api/`.

mod account;
mod api;
mod create;
mod event;
mod link;
mod message;
mod miles;
mod operation;
mod order;
mod pages;
mod state;
mod token;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use maud::Markup;
use serde_json::Value;

use self::event::Event;
use self::order::Order;
use self::state::Divit;
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

/// The one currency of divit.
const CURRENCY: &str = "HKD";

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    running::start::<Divit>(config, shutdown).await
}

impl Simulator for Divit {
    const ID: &'static str = "divit";
    const OPERATIONS: &'static [Operation] = &operation::ALL;
    const WEBHOOK: Operation = operation::WEBHOOK;
    const SIGNATURES: &'static [&'static str] = &["x-divit-signature"];
    const CALLS: &'static [(&'static str, &'static str)] = &[(
        "POST /_sandbox/orders/{id}/refunds/{number}/end",
        "what divit's staff does, refunds counted from 0: {\"completed\": true}",
    )];
    const BACKOFF: &'static [Duration] = &message::BACKOFF;
    type Account = Account;
    type Event = Event;

    fn routes() -> Router<Arc<Host<Divit>>> {
        Router::new().merge(api::routes()).merge(pages::routes())
    }

    fn put_account(&mut self, account: Account) {
        self.accounts.insert(account.branch_id.clone(), account);
    }

    fn account_clashes(&self, account: &Account) -> bool {
        self.account(&account.api_key).is_some_and(|other| other.branch_id != account.branch_id)
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

    fn shop_order<'a>(&'a self, key: &'a OrderKey) -> &'a str {
        self.orders.get(key).map_or(&key.order, |order| &order.placed.merchant_ref)
    }

    fn reference(&self, key: &OrderKey) -> Option<&str> {
        Some(&self.orders.get(key)?.placed.merchant_ref)
    }

    fn has_moved(&self, key: &OrderKey) -> bool {
        self.orders.get(key).is_some_and(|order| !order.is_open())
    }

    fn letter(&self, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
        let order = self.orders.get(&webhook.notice.key()?)?;
        message::letter(self.accounts.get(&webhook.notice.account)?, order, webhook, now)
    }

    fn account_of(event: &Event) -> &str {
        event.account()
    }

    fn account_with(&self, credential: &str) -> Option<String> {
        self.account(credential).map(|account| account.branch_id.clone())
    }

    fn timers(&self) -> Box<dyn Iterator<Item = (Timestamp, &str)> + '_> {
        Box::new(self.all_due())
    }

    fn elapsed(&self, account: &str, now: Timestamp) -> Vec<crate::state::Event<Event>> {
        self.happened_by(account, now)
    }
}

impl Checkout for Divit {
    const NAME: &'static str = "divit checkout";
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
        let order = self.orders.get(key).ok_or(CheckoutRefused::UnknownOrder)?;
        order.pressed(self.accounts.get(&key.account), decision, digest)
    }

    fn expire(&self, key: &OrderKey) -> Vec<crate::state::Event<Event>> {
        if self.orders.get(key).is_some_and(Order::is_open) { self.expiry(key) } else { Vec::new() }
    }

    fn standing(&self, key: &OrderKey) -> Option<Standing> {
        let order = self.orders.get(key)?;
        let decision = order.decided?;
        let paid = order.paid_at.is_some();
        let url = if paid { &order.placed.webhook_success } else { &order.placed.webhook_failure };
        let status = if paid { "completed" } else { "unpaid" };
        // Who came by a link that names no way back stays here.
        let return_url = if url.is_empty() { format!("/checkout/{}", order.token) } else { url.clone() };
        Some(Standing { decision, status: status.to_owned(), return_url })
    }
}
