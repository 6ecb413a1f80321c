//! DivideBuy, simulated from its bespoke integration guide.
//!
//! One host serves what the real one has on two: the API under `/api` and the
//! checkout at `/`. It never moves money and never calls anything but the
//! shops it was given.
//!
//! ```text
//! GET / ─▶ getorderdetails ◀─ shop      approve │ decline │ leave
//!             └─ open ──────────────────────┬──────────────────┘
//!                                orderSuccess │ orderCancel ─▶ shop's response webhook
//!                                303 with the return splash key ─▶ shop
//! ```
//!
//! Start at [`start`]; what a call does is in `api/`, what happened is in `state.rs`.

mod account;
mod api;
mod arrival;
mod event;
mod operation;
mod order;
mod pages;
mod pulled;
mod splash;
mod state;
mod webhook;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use maud::Markup;
use serde_json::{Value, json};

use self::event::Event;
use self::order::{Order, Parcel};
use self::state::{CURRENCY, DivideBuy};
use crate::checkout::{Checkout, CheckoutRefused, Decision, Standing};
use crate::faults::Operation;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::running;
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey, Simulator};
use crate::start::{Config, StartError};
use crate::webhook::{Letter, Notice, Webhook};

pub use self::account::Account;

/// A running host.
pub type Running = running::Running<Account>;

/// The provider's name.
const PROVIDER: &str = "DivideBuy";
/// The name on the pages.
const NAME: &str = "DivideBuy checkout";

/// The key that a shopper of this retailer brings back, ready to stand in a query: for whoever plays a browser.
#[must_use]
pub fn return_key(account: &Account, order_id: &str, status: &str) -> String {
    splash::return_key(&account.credentials(), order_id, status, &account.retailer_store_code)
}

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    running::start::<DivideBuy>(config, shutdown).await
}

impl Simulator for DivideBuy {
    const ID: &'static str = "dividebuy";
    const OPERATIONS: &'static [Operation] = &operation::ALL;
    const WEBHOOK: Operation = operation::WEBHOOK;
    const SIGNATURES: &'static [&'static str] = &[];
    const CALLS: &'static [(&'static str, &'static str)] =
        &[("POST /_sandbox/accounts/{id}/push-configuration", "sends the shop its configuration")];
    const BACKOFF: &'static [Duration] = &webhook::BACKOFF;
    type Account = Account;
    type Event = Event;

    fn routes() -> Router<Arc<Host<DivideBuy>>> {
        Router::new().merge(api::routes()).merge(arrival::routes())
    }

    fn put_account(&mut self, account: Account) {
        self.put(account);
    }

    fn as_held(&self, account: Account) -> Account {
        let confirmed = self.retailers.get(&account.retailer_id.to_string());
        let retailer_store_code = confirmed.map(|retailer| retailer.store_code.clone());
        match retailer_store_code {
            Some(retailer_store_code) => Account { retailer_store_code, ..account },
            None => account,
        }
    }

    fn account_clashes(&self, account: &Account) -> bool {
        self.retailer(&account.credentials()).is_some_and(|other| other.id != account.retailer_id)
    }

    fn apply(&mut self, event: Event, moment: &Moment<'_>, ledger: &mut Ledger) -> Result<(), Unopened> {
        self.applied(event, moment, ledger)
    }

    fn reset(&mut self) {
        self.forget();
    }

    /// "You should return a status of 200": that alone is complete (S1 L495).
    fn is_taken(status: u16, _body: &[u8]) -> bool {
        status == 200
    }

    fn outlives_reset(event: &Event) -> bool {
        matches!(event, Event::StoreCodeConfirmed { .. } | Event::StatusSet { .. })
    }

    fn numbers_given(&self) -> u64 {
        self.decided_count
    }

    fn go_on_from(&mut self, numbers_given: u64) {
        self.decided_count = numbers_given;
    }

    fn orders(&self) -> Vec<(OrderKey, Value)> {
        self.orders.values().map(|order| (order.key.clone(), summary(order))).collect()
    }

    fn reference(&self, key: &OrderKey) -> Option<&str> {
        self.orders.get(key).map(|order| order.basket.reference.as_str())
    }

    fn account_of(event: &Event) -> &str {
        event.account()
    }

    fn account_with(&self, credential: &str) -> Option<String> {
        self.retailer_with(credential).map(|retailer| retailer.id.to_string())
    }

    fn has_moved(&self, key: &OrderKey) -> bool {
        self.orders.get(key).is_some_and(|order| order.decided.is_some())
    }

    fn letter(&self, webhook: &Webhook, _now: Timestamp) -> Option<Letter> {
        let retailer = self.retailers.get(&webhook.notice.account)?;
        let order = || self.orders.get(&webhook.notice.key()?);
        let mut body = match webhook.notice.kind.as_str() {
            webhook::RETAILER_CONFIGURATIONS => webhook::retailer_configurations(retailer),
            webhook::ORDER_CANCEL => webhook::order_cancel(retailer, &order()?.key.order),
            webhook::ORDER_SUCCESS => webhook::order_success(retailer, order()?, &order()?.decided?),
            _ => return None,
        };
        webhook::twisted(&mut body, webhook.twist());
        Some(Letter::json(format!("{}/dividebuy/api/response", retailer.store_url), &body))
    }
}

impl Checkout for DivideBuy {
    const NAME: &'static str = NAME;
    const RETURN: Operation = operation::RETURN;

    fn order_by_token(&self, token: &str) -> Option<OrderKey> {
        self.key_of_token(token).cloned()
    }

    fn page(&self, key: &OrderKey) -> Option<Markup> {
        let (retailer, order) = (self.retailers.get(&key.account)?, self.orders.get(key)?);
        Some(pages::checkout(retailer, order, arrival::return_url(retailer, order)))
    }

    /// The first decision stands.
    fn press(
        &self,
        key: &OrderKey,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<crate::state::Event<Event>>, CheckoutRefused> {
        let order = self.orders.get(key).ok_or(CheckoutRefused::UnknownOrder)?;
        let retailer = self.retailers.get(&key.account).ok_or(CheckoutRefused::UnknownOrder)?;
        if order.decided.is_some() {
            return Ok(Vec::new());
        }
        let method = match decision {
            Decision::Approve if !retailer.enabled() => return Err(CheckoutRefused::Disabled(PROVIDER)),
            Decision::Approve => webhook::ORDER_SUCCESS,
            Decision::Decline | Decision::Leave => webhook::ORDER_CANCEL,
            Decision::Refer | Decision::PayLate => {
                return Err(CheckoutRefused::Rule("DivideBuy's guide knows no such end"));
            }
        };
        let decided = Event::Decided { key: key.clone(), decision, digest };
        let notice = Notice::about(key, method, Value::Null);
        Ok(vec![decided.into(), crate::state::Event::webhook(notice)])
    }

    fn standing(&self, key: &OrderKey) -> Option<Standing> {
        let (retailer, order) = (self.retailers.get(&key.account)?, self.orders.get(key)?);
        let decision = order.decided?.decision;
        let return_url = arrival::return_url(retailer, order)?;
        Some(Standing { decision, status: order::splash_status(decision).to_owned(), return_url })
    }

    async fn open(host: &Host<DivideBuy>, key: &OrderKey) -> Result<(), CheckoutRefused> {
        arrival::open(host, key).await
    }
}

fn summary(order: &Order) -> Value {
    let parcel = |parcel: &Parcel| json!({"sku": parcel.sku, "qty": parcel.qty, "numbers": parcel.numbers});
    json!({
        "order": order.key.order,
        "account": order.key.account,
        "reference": order.basket.reference,
        "state": order.decided.map_or("open", |decided| decided.decision.past()),
        "currency": CURRENCY,
        "financed_minor": order.basket.financed(),
        "refunded_minor": order.refunded,
        "remaining_minor": order.remaining(),
        "synced": order.synced,
        "tracked": order.parcels.iter().map(parcel).collect::<Vec<_>>(),
    })
}
