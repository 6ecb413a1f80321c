//! PayBy, simulated from its documents: the acquire2 API, its cashier, its notifications.
//!
//! ```text
//! placeOrder ─▶ CREATED ─ approve ─▶ PAID_SUCCESS ─(settle_ms)─▶ SETTLED      acquireOrder ─▶ shop's notifyUrl
//!                  ├─ cancelOrder, expiry, a decline that ends it ─▶ FAILURE ─ pay late ─▶ PAID_SUCCESS
//!                  └─ revokeOrder ─▶ FAILURE, revoked "true"; a paid order goes back whole
//! ```
//!
//! The API lies below `/sgs/api` as at the real host, and at the root too. Requests are verified and answers and
//! notifications signed with the key pairs of the account. What is chosen here because the documents do not say: a
//! wrong signature is `ERROR` with the code 401; a caller without an account is 403, unsigned; a day's statement is
//! there at once; refunds are SUCCESS at once unless the account says `refund_ms`.
//!
//! What a bank or a payer may do besides is asked for: `POST /_sandbox/refunds/{number}/move` with the `status` of a
//! refund that is not over, `POST /_sandbox/orders/{order}/chargeback`, and a code to scan or an agreement to debit
//! that begins with `declined` or `undecided`.
//!
//! Start at [`start`]; what a call does is in `api/`, what happened is in `state.rs`.

mod account;
mod api;
mod event;
mod notice;
mod operation;
mod order;
mod pages;
mod signature;
mod state;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use maud::Markup;
use serde_json::{Value, json};

use self::event::Event;
use self::order::{CURRENCY, Order, Status};
pub(crate) use self::state::PayBy;
use self::state::Timer;
use crate::checkout::{Checkout, CheckoutRefused, Decision, Standing};
use crate::faults::Operation;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::running;
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey, Simulator};
use crate::start::{Config, StartError};
use crate::webhook::{Letter, Webhook};

pub use self::account::{Account, Demo, demo};

/// A running host.
pub type Running = running::Running<Account>;

/// The name on the pages.
const NAME: &str = "PayBy cashier";
/// What happens by itself is written down in lines of at most this many.
const ELAPSED_MAX: usize = 100;

/// Starts the host on the files in its folder, and serves until `shutdown` ends.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    running::start::<PayBy>(config, shutdown).await
}

impl Simulator for PayBy {
    const ID: &'static str = "payby";
    const OPERATIONS: &'static [Operation] = &operation::ALL;
    const WEBHOOK: Operation = operation::WEBHOOK;
    const SIGNATURES: &'static [&'static str] = &["sign"];
    const CALLS: &'static [(&'static str, &'static str)] = &[
        (
            "POST /_sandbox/orders/{id}/chargeback",
            "what the payer's bank does: {\"amount_minor\"?}, else all of it",
        ),
        ("POST /_sandbox/refunds/{number}/move", "what becomes of a refund: {\"status\": \"FAILURE\"}"),
    ];
    const BACKOFF: &'static [Duration] = &notice::BACKOFF;
    type Account = Account;
    type Event = Event;

    fn routes() -> Router<Arc<Host<PayBy>>> {
        Router::new().merge(api::routes()).merge(pages::routes())
    }

    fn put_account(&mut self, account: Account) {
        self.put(account);
    }

    fn apply(&mut self, event: Event, moment: &Moment<'_>, ledger: &mut Ledger) -> Result<(), Unopened> {
        self.applied(event, moment, ledger)
    }

    fn reset(&mut self) {
        self.forget();
    }

    fn numbers_given(&self) -> u64 {
        self.count
    }

    fn go_on_from(&mut self, numbers_given: u64) {
        self.count = numbers_given;
    }

    fn orders(&self) -> Vec<(OrderKey, Value)> {
        self.orders.values().map(|order| (order.key.clone(), summary(order))).collect()
    }

    fn reference(&self, key: &OrderKey) -> Option<&str> {
        let order = self.orders.get(key)?;
        order.text("reserved").or(order.text("subject"))
    }

    fn has_moved(&self, key: &OrderKey) -> bool {
        self.orders.get(key).is_some_and(|order| order.status != Status::Created)
    }

    fn letter(&self, webhook: &Webhook, now: Timestamp) -> Option<Letter> {
        notice::letter(self, webhook, now)
    }

    fn is_taken(status: u16, body: &[u8]) -> bool {
        notice::is_taken(status, body)
    }

    fn account_of(event: &Event) -> &str {
        event.account()
    }

    fn account_with(&self, credential: &str) -> Option<String> {
        self.merchants.contains_key(credential).then(|| credential.to_owned())
    }

    fn timers(&self) -> Box<dyn Iterator<Item = (Timestamp, &str)> + '_> {
        Box::new(self.timers.iter().map(|(due, timer)| (*due, timer.account())))
    }

    fn elapsed(&self, account: &str, now: Timestamp) -> Vec<crate::state::Event<Event>> {
        let due = self.timers.iter().take_while(|(due, _)| *due <= now);
        let due = due.filter(|(_, timer)| timer.account() == account).take(ELAPSED_MAX);
        due.flat_map(|(_, timer)| match timer {
            Timer::Expiry(key) => vec![Event::Expired { key: key.clone() }.into()],
            Timer::Settlement(key) => vec![Event::Settled { key: key.clone() }.into()],
            Timer::RefundDone { account, number } => {
                let done = Event::RefundDone { account: account.clone(), number: number.clone() };
                let refund = self.refunds.get(&(account.clone(), number.clone()));
                let told = refund.and_then(|refund| notice::refunded(&refund.key, &refund.asked));
                std::iter::once(done.into()).chain(told).collect()
            }
        })
        .collect()
    }
}

impl Checkout for PayBy {
    const NAME: &'static str = NAME;
    const RETURN: Operation = operation::RETURN;
    const PAYMENT: Option<Operation> = Some(operation::PAYMENT);

    fn order_by_token(&self, token: &str) -> Option<OrderKey> {
        self.key_of_token(token).cloned()
    }

    fn page(&self, key: &OrderKey) -> Option<Markup> {
        let (merchant, order) = (self.merchants.get(&key.account)?, self.orders.get(key)?);
        Some(pages::checkout(merchant, order))
    }

    fn press(
        &self,
        key: &OrderKey,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<crate::state::Event<Event>>, CheckoutRefused> {
        let order = self.orders.get(key).ok_or(CheckoutRefused::UnknownOrder)?;
        let legal = match (decision, order.status) {
            (Decision::Refer, _) => return Err(CheckoutRefused::Rule("PayBy decides at once")),
            (Decision::PayLate, Status::Failure) => !order.revoked,
            (Decision::PayLate, _) => {
                return Err(CheckoutRefused::Rule("this order can still be paid in time"));
            }
            (_, status) => status == Status::Created,
        };
        if !legal {
            // What has ended stays as it is, and its page says so.
            return if order.decided.is_some() {
                Ok(Vec::new())
            } else {
                Err(CheckoutRefused::Rule("this order is closed"))
            };
        }
        let decided = Event::Decided { key: key.clone(), decision, digest };
        let is_paid = matches!(decision, Decision::Approve | Decision::PayLate);
        let told = is_paid.then(|| notice::paid(order)).flatten();
        Ok(std::iter::once(decided.into()).chain(told).collect())
    }

    fn expire(&self, key: &OrderKey) -> Vec<crate::state::Event<Event>> {
        let open = self.orders.get(key).is_some_and(|order| order.status == Status::Created);
        open.then(|| Event::Expired { key: key.clone() }.into()).into_iter().collect()
    }

    fn standing(&self, key: &OrderKey) -> Option<Standing> {
        let order = self.orders.get(key)?;
        let own = || format!("/checkout/{}", order.placed.token);
        Some(Standing {
            decision: order.decided?,
            status: order.status.word().to_owned(),
            return_url: order.redirect_url().map_or_else(own, str::to_owned),
        })
    }
}

fn summary(order: &Order) -> Value {
    json!({
        "order": order.key.order,
        "account": order.key.account,
        "reference": order.placed.order_no,
        "state": order.status.word(),
        "revoked": order.revoked,
        "currency": CURRENCY,
        "total_minor": order.placed.total,
        "refunded_minor": order.refunded,
        "remaining_minor": order.remaining(),
        "scene": order.placed.scene,
    })
}
