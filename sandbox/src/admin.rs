//! The calls under `/_sandbox`: accounts, faults, shoppers without a browser, and the truth.
//!
//! They are no provider's. Nothing here is protected: the simulator is for a
//! developer's own machine.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extracted};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

mod clock;
mod index;

use crate::account::{self, Account, AccountError, Putting};
use crate::call::{asked_fault, digest};
use crate::checkout::{self, Checkout, CheckoutRefused, Decision, Wished};
use crate::faults::Rule;
use crate::host::Host;
use crate::journal::Broken;
use crate::simulator::Simulator;
use crate::state::{Event, State};

/// All calls under `/_sandbox` that every host has.
pub(crate) fn routes<S: Checkout>() -> Router<Arc<Host<S>>> {
    Router::new()
        .route("/_sandbox", get(index::index::<S>))
        .route("/_sandbox/ledger", get(ledger::<S>))
        .route("/_sandbox/orders", get(orders::<S>))
        .route("/_sandbox/webhooks", get(webhooks::<S>))
        .route("/_sandbox/accounts", get(list_accounts::<S>).put(accounts::<S>))
        .route("/_sandbox/faults", get(list_faults::<S>).post(install_fault::<S>).delete(clear_faults::<S>))
        .route("/_sandbox/orders/{id}/decide", post(decide::<S>))
        .route("/_sandbox/reset", post(reset::<S>))
        .route("/_sandbox/clock", put(clock::set::<S>))
}

type Shared<S> = Extracted<Arc<Host<S>>>;

/// Refuses an admin call.
pub(crate) fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, axum::Json(json!({"error": reason}))).into_response()
}

/// The disk failed.
pub(crate) fn broken() -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, &Broken.to_string())
}

/// Answers with what was written as JSON under the lock, once all of it is on disk.
async fn listed<S: Simulator, T: Serialize>(host: &Host<S>, list: impl FnOnce(&State<S>) -> T) -> Response {
    match host.read(list).await {
        Ok(list) => axum::Json(list).into_response(),
        Err(Broken) => broken(),
    }
}

/// Reads a body that may hold a secret, or says where it cannot be read.
fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Box<Response>> {
    // The message of a parser may quote the body; its position is enough and quotes nothing.
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        unreadable(&format!("the body cannot be read at {place}"))
    })
}

/// Reads a body without secrets, or says what is wrong with it and what could stand there.
fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Box<Response>> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))
}

fn unreadable(reason: &str) -> Box<Response> {
    Box::new(refuse(StatusCode::UNPROCESSABLE_ENTITY, reason))
}

#[derive(Deserialize)]
struct Filter {
    order: Option<String>,
}

impl Filter {
    fn takes(&self, order: Option<&str>) -> bool {
        self.order.is_none() || order == self.order.as_deref()
    }
}

async fn ledger<S: Checkout>(host: Shared<S>, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let entries = state.ledger.entries().iter().filter(|entry| filter.takes(entry.order.as_deref()));
        json!({"entries": entries.collect::<Vec<_>>()})
    })
    .await
}

async fn orders<S: Checkout>(host: Shared<S>, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let orders = state.own.orders().into_iter();
        let orders = orders.filter(|(key, _)| filter.takes(Some(state.own.shop_order(key))));
        json!({"orders": orders.map(|(_, order)| order).collect::<Vec<_>>()})
    })
    .await
}

async fn webhooks<S: Checkout>(host: Shared<S>, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let webhooks = state.webhooks.values().filter(|one| {
            let key = one.notice.key();
            filter.takes(key.as_ref().map(|key| state.own.shop_order(key)))
        });
        json!({"webhooks": webhooks.collect::<Vec<_>>()})
    })
    .await
}

async fn list_accounts<S: Checkout>(host: Shared<S>) -> Response {
    listed(&host, |state| json!({"accounts": state.accounts.keys().collect::<Vec<_>>()})).await
}

/// Adds an account, or replaces the one with the same id, if it is to be. What was put before in the same words is
/// nothing new: what the shop's own calls have changed since then stays.
pub(crate) async fn put_account<S: Simulator>(
    host: &Host<S>,
    account: S::Account,
    putting: Putting,
) -> Result<(), AccountError> {
    let account = account.checked()?;
    let plain = serde_json::to_vec(&account).expect("an account is plain data");
    let id = account.id();
    let sealed = host.seal.seal(&account::place(&id), &plain);
    let committed = host.write(|state| {
        let stays = |last: &Vec<u8>| putting == Putting::Begins || *last == plain;
        if state.accounts.get(&id).is_some_and(stays) {
            (Vec::new(), Ok(()))
        } else if state.own.account_clashes(&account) {
            (Vec::new(), Err(AccountError::CredentialsTaken))
        } else {
            (vec![Event::AccountPut { account: id, sealed }], Ok(()))
        }
    });
    committed.await.unwrap_or(Err(AccountError::NotWritten))
}

/// Every account as it is now.
pub(crate) async fn held_accounts<S: Simulator>(host: &Host<S>) -> Result<Vec<S::Account>, AccountError> {
    let read = |plain: &Vec<u8>| serde_json::from_slice(plain).expect("it was read before");
    let held = |state: &State<S>| -> Vec<S::Account> {
        state.accounts.values().map(|plain| state.own.as_held(read(plain))).collect()
    };
    host.read(held).await.map_err(|Broken| AccountError::NotWritten)
}

async fn accounts<S: Checkout>(host: Shared<S>, body: Bytes) -> Response {
    let account = match parsed::<S::Account>(&body) {
        Ok(account) => account,
        Err(refused) => return *refused,
    };
    match put_account(&host, account, Putting::Replaces).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ AccountError::Invalid(_)) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
        Err(error @ AccountError::CredentialsTaken) => refuse(StatusCode::CONFLICT, &error.to_string()),
        Err(AccountError::NotWritten) => broken(),
    }
}

async fn list_faults<S: Checkout>(host: Shared<S>) -> Response {
    axum::Json(json!({"faults": host.faults.list()})).into_response()
}

async fn install_fault<S: Checkout>(host: Shared<S>, body: Bytes) -> Response {
    let rule = match read::<Rule>(&body) {
        Ok(rule) => rule,
        Err(refused) => return *refused,
    };
    match host.faults.install(rule) {
        Ok(id) => (StatusCode::CREATED, axum::Json(json!({"id": id}))).into_response(),
        Err(refused) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &refused.to_string()),
    }
}

async fn clear_faults<S: Checkout>(host: Shared<S>) -> Response {
    host.faults.clear();
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    decision: Decision,
    /// Needed where several accounts exist and the order is not known to the host.
    account: Option<String>,
}

/// Why an id alone is not enough.
const SEVERAL: &str = "several accounts or orders may be meant: name the account in `account`, or the order by the host's own number";

/// A shopper without a browser: arrives if need be, and presses a button.
async fn decide<S: Checkout>(
    host: Shared<S>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wish = match read::<Wish>(&body) {
        Ok(wish) => wish,
        Err(refused) => return *refused,
    };
    let pressed = async {
        let asked = asked_fault(&headers, &checkout::acting::<S>())?;
        let found = host.read(|state| checkout::wished(state, &order, wish.account.as_deref())).await?;
        let key = match found {
            Wished::Known(key) => key,
            Wished::New(key) => {
                S::open(&host, &key).await?;
                key
            }
            Wished::Several => return Err(CheckoutRefused::Rule(SEVERAL)),
            Wished::Unknown => return Err(CheckoutRefused::UnknownOrder),
        };
        checkout::decide(&host, &key, wish.decision, (asked, Some(digest(&body)))).await
    };
    match pressed.await {
        Ok(pressed) => {
            let answer = axum::Json(json!({
                "order": order,
                "decision": pressed.decision,
                "status": pressed.status,
                "first": pressed.first,
                "return_url": pressed.return_url,
            }));
            ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
        }
        Err(refused) => refuse(refused.status(), &refused.to_string()),
    }
}

/// Forgets orders, ledger, webhooks and faults; keeps the accounts.
async fn reset<S: Checkout>(host: Shared<S>) -> Response {
    host.faults.clear();
    match host.commit(None, |_| (vec![Event::Reset], ())).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Broken) => broken(),
    }
}
