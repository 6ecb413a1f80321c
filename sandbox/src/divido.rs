//! Divido, simulated from its v1 documents and what its own clients send and expect.
//!
//! A shop asks for a credit proposal; the customer opens its page and so makes it an application. The lender accepts,
//! the customer pays the deposit and signs. What the shop then activates, cancels or refunds, the lender confirms
//! later. Every change of the status is told to the shop.
//!
//! ```text
//! creditrequest ─▶ /token/… ─▶ approve ─▶ ACCEPTED ─▶ (finalize) ─▶ SIGNED ─▶ READY ─▶ activation ─▶ ACTIVATED
//!                           ├─ refer ─▶ REFERRED ─▶ approve, decline         └─ cancellation ─▶ CANCELLED
//!                           ├─ decline ─▶ DECLINED                  ACTIVATED ─▶ refund ─▶ REFUNDED, COMPLETED
//!                           └─ leave ─▶ CANCELLED
//! ```
//!
//! The wording of errors is the simulator's own; that they come with HTTP 200 is Divido's. Start at [`start`].

mod account;
mod api;
mod application;
mod backoffice;
mod decimal;
mod event;
mod form;
mod json;
mod message;
mod operation;
mod pages;
mod plan;
mod product;
mod record;
mod refusal;
mod sign;
mod state;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use maud::Markup;
use serde_json::{Value, json};

use self::application::Application;
use self::event::Event;
use self::state::Divido;
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
pub use self::plan::Plan;

/// A running host.
pub type Running = running::Running<Account>;

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    running::start::<Divido>(config, shutdown).await
}

/// The plans of the documents, for an account that brings none of its own.
#[must_use]
pub fn documented_plans() -> Vec<Plan> {
    plan::documented()
}

impl Simulator for Divido {
    const ID: &'static str = "divido";
    const OPERATIONS: &'static [Operation] = &operation::ALL;
    const WEBHOOK: Operation = operation::WEBHOOK;
    const SIGNATURES: &'static [&'static str] = &["x-divido-hmac-sha256"];
    const CALLS: &'static [(&'static str, &'static str)] = &[
        (
            "POST /_sandbox/orders/{id}/status",
            "somebody has to act, or there is trouble: {\"status\": \"INFO-NEEDED\"}",
        ),
        (
            "POST /_sandbox/orders/{id}/refuse",
            "the lender says no, acts counted from 0: {\"kind\": \"refund\", \"number\": 0}",
        ),
    ];
    const BACKOFF: &'static [Duration] = &message::BACKOFF;
    type Account = Account;
    type Event = Event;

    fn routes() -> Router<Arc<Host<Divido>>> {
        Router::new().merge(api::routes()).merge(pages::routes()).merge(backoffice::routes())
    }

    fn put_account(&mut self, account: Account) {
        self.accounts.insert(account.merchant_id.clone(), account);
    }

    fn account_clashes(&self, account: &Account) -> bool {
        self.account(&account.api_key).is_some_and(|other| other.merchant_id != account.merchant_id)
    }

    fn apply(&mut self, event: Event, moment: &Moment<'_>, ledger: &mut Ledger) -> Result<(), Unopened> {
        self.applied(event, moment, ledger)
    }

    fn reset(&mut self) {
        self.forget();
    }

    fn orders(&self) -> Vec<(OrderKey, Value)> {
        self.applications.values().map(|it| (it.key.clone(), summary(it))).collect()
    }

    fn shop_order<'a>(&'a self, key: &'a OrderKey) -> &'a str {
        self.applications.get(key).map_or(&key.order, Application::shop_order)
    }

    fn reference(&self, key: &OrderKey) -> Option<&str> {
        Some(&self.applications.get(key)?.asked.marks)
    }

    fn has_moved(&self, key: &OrderKey) -> bool {
        self.applications.get(key).is_some_and(|application| application.status() != "DRAFT")
    }

    fn letter(&self, webhook: &Webhook, _now: Timestamp) -> Option<Letter> {
        let application = self.applications.get(&webhook.notice.key()?)?;
        message::letter(self.accounts.get(&webhook.notice.account)?, application, webhook)
    }

    fn account_of(event: &Event) -> &str {
        event.account()
    }

    fn account_with(&self, credential: &str) -> Option<String> {
        self.account(credential).map(|account| account.merchant_id.clone())
    }

    fn timers(&self) -> Box<dyn Iterator<Item = (Timestamp, &str)> + '_> {
        Box::new(self.all_due())
    }

    fn elapsed(&self, account: &str, now: Timestamp) -> Vec<crate::state::Event<Event>> {
        self.happened_by(account, now)
    }
}

impl Checkout for Divido {
    const NAME: &'static str = "Divido checkout";
    const RETURN: Operation = operation::RETURN;

    fn order_by_token(&self, token: &str) -> Option<OrderKey> {
        self.by_token(token).map(|application| application.key.clone())
    }

    fn page(&self, key: &OrderKey) -> Option<Markup> {
        Some(pages::checkout(self.accounts.get(&key.account)?, self.applications.get(key)?))
    }

    fn press(
        &self,
        key: &OrderKey,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<crate::state::Event<Event>>, CheckoutRefused> {
        let application = self.applications.get(key).ok_or(CheckoutRefused::UnknownOrder)?;
        pages::pressed(self, application, decision, &digest)
    }

    fn standing(&self, key: &OrderKey) -> Option<Standing> {
        let application = self.applications.get(key)?;
        let decision = application.decided?;
        let return_url = pages::way_out(application, Some(decision)).to_owned();
        Some(Standing { decision, status: application.status().to_owned(), return_url })
    }
}

fn summary(application: &Application) -> Value {
    let asked = &application.asked;
    json!({
        "order": application.shop_order(),
        "account": application.key.account,
        "proposal": application.key.order,
        "application": application.id,
        "state": application.status(),
        "currency": asked.currency.code(),
        "amount_minor": asked.amount,
        "deposit_minor": asked.deposit,
        "activated_minor": application.activated(),
        "cancelled_minor": application.cancelled(),
        "refunded_minor": application.refunded(),
    })
}
