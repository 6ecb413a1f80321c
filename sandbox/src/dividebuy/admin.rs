//! The calls under `/_sandbox`: accounts, faults, shoppers without a browser, and the truth.
//!
//! They are not DivideBuy's. Nothing here is protected: the simulator is for
//! a developer's own machine.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extracted};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::account::{Account, AccountError, Credentials};
use super::api::{asked_fault, digest, retailer::configuration};
use super::checkout::{self, CheckoutRefused};
use super::event::Event;
use super::host::Host;
use super::order::{Decision, Order, OrderKey, Parcel};
use super::state::{State, account_place};
use crate::faults::Rule;
use crate::journal::Broken;

/// All calls under `/_sandbox`.
pub(crate) fn routes() -> Router<Arc<Host>> {
    Router::new()
        .route("/_sandbox/ledger", get(ledger))
        .route("/_sandbox/orders", get(orders))
        .route("/_sandbox/webhooks", get(webhooks))
        .route("/_sandbox/accounts", put(accounts))
        .route("/_sandbox/accounts/{retailer_id}/push-configuration", post(push_configuration))
        .route("/_sandbox/faults", get(list_faults).post(install_fault).delete(clear_faults))
        .route("/_sandbox/orders/{id}/decide", post(decide))
        .route("/_sandbox/reset", post(reset))
}

type Shared = Extracted<Arc<Host>>;

fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, axum::Json(json!({"error": reason}))).into_response()
}

fn broken() -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, &Broken.to_string())
}

/// Answers with what was written as JSON under the lock, once all of it is on disk.
async fn listed<T: Serialize>(host: &Host, list: impl FnOnce(&State) -> T) -> Response {
    match host.read(list).await {
        Ok(list) => axum::Json(list).into_response(),
        Err(Broken) => broken(),
    }
}

/// Reads a body, or says where it cannot be read.
fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, String> {
    // The message of a parser may quote the body; its position is enough and quotes nothing.
    serde_json::from_slice(body).map_err(|error| {
        format!("the body cannot be read at line {}, column {}", error.line(), error.column())
    })
}

#[derive(Deserialize)]
struct Filter {
    order: Option<String>,
}

async fn ledger(host: Shared, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let fits = |order: Option<&String>| filter.order.is_none() || order == filter.order.as_ref();
        let entries = state.ledger.iter().filter(|entry| fits(entry.order.as_ref()));
        json!({"entries": entries.collect::<Vec<_>>()})
    })
    .await
}

async fn orders(host: Shared, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let fits = |order: &&Order| filter.order.as_ref().is_none_or(|wanted| *wanted == order.key.order_id);
        json!({"orders": state.orders.values().filter(fits).map(summary).collect::<Vec<_>>()})
    })
    .await
}

fn summary(order: &Order) -> serde_json::Value {
    let parcel = |parcel: &Parcel| json!({"sku": parcel.sku, "qty": parcel.qty, "numbers": parcel.numbers});
    json!({
        "order": order.key.order_id,
        "retailer_id": order.key.retailer_id,
        "reference": order.basket.reference,
        "state": order.decided.map_or("open", |decided| decided.decision.past()),
        "currency": super::ledger::CURRENCY,
        "financed_minor": order.basket.financed(),
        "refunded_minor": order.refunded,
        "remaining_minor": order.remaining(),
        "synced": order.synced,
        "tracked": order.parcels.iter().map(parcel).collect::<Vec<_>>(),
    })
}

async fn webhooks(host: Shared, Query(filter): Query<Filter>) -> Response {
    listed(&host, |state| {
        let fits = |order: Option<&String>| filter.order.is_none() || order == filter.order.as_ref();
        let webhooks = state.webhooks.values().filter(|webhook| fits(webhook.order_id.as_ref()));
        json!({"webhooks": webhooks.collect::<Vec<_>>()})
    })
    .await
}

/// Adds an account, or replaces the one with the same retailer id.
pub(crate) async fn put_account(host: &Host, account: Account) -> Result<(), AccountError> {
    let account = account.checked()?;
    let (token, authentication) = (account.store_token, account.store_authentication);
    let credentials = Credentials { token, authentication };
    let plain = serde_json::to_vec(&credentials).expect("credentials are plain data");
    let put = Event::AccountPut {
        retailer_id: account.retailer_id,
        store_code: account.retailer_store_code,
        store_url: account.store_url,
        brand: account.brand,
        active: account.active,
        sealed_credentials: host.seal.seal(&account_place(account.retailer_id), &plain),
    };
    let committed = host.commit(None, |state| {
        let taken = state.retailer(&credentials).is_some_and(|other| other.id != account.retailer_id);
        if taken { (Vec::new(), Err(AccountError::CredentialsTaken)) } else { (vec![put], Ok(())) }
    });
    committed.await.unwrap_or(Err(AccountError::NotWritten))
}

async fn accounts(host: Shared, body: Bytes) -> Response {
    let account = match parsed::<Account>(&body) {
        Ok(account) => account,
        Err(reason) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &reason),
    };
    match put_account(&host, account).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ AccountError::Invalid(_)) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
        Err(error @ AccountError::CredentialsTaken) => refuse(StatusCode::CONFLICT, &error.to_string()),
        Err(AccountError::NotWritten) => broken(),
    }
}

async fn push_configuration(host: Shared, Path(retailer_id): Path<u64>, headers: HeaderMap) -> Response {
    let asked = match asked_fault(&headers) {
        Ok(asked) => asked,
        Err(refused) => return refuse(StatusCode::BAD_REQUEST, &refused.to_string()),
    };
    let queued = host.commit(asked, |state| match state.retailers.contains_key(&retailer_id) {
        true => (vec![configuration(retailer_id)], true),
        false => (Vec::new(), false),
    });
    match queued.await {
        Ok(true) => StatusCode::ACCEPTED.into_response(),
        Ok(false) => refuse(StatusCode::NOT_FOUND, "no such retailer"),
        Err(Broken) => broken(),
    }
}

async fn list_faults(host: Shared) -> Response {
    axum::Json(json!({"faults": host.faults.list()})).into_response()
}

async fn install_fault(host: Shared, body: Bytes) -> Response {
    let rule = match parsed::<Rule>(&body) {
        Ok(rule) => rule,
        Err(reason) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &reason),
    };
    match host.faults.install(rule) {
        Ok(id) => (StatusCode::CREATED, axum::Json(json!({"id": id}))).into_response(),
        Err(refused) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &refused.to_string()),
    }
}

async fn clear_faults(host: Shared) -> Response {
    host.faults.clear();
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    decision: Decision,
    /// Needed where several accounts exist and the order was not opened before.
    retailer_id: Option<u64>,
}

/// A shopper without a browser: opens the checkout if it is not open, and presses a button.
async fn decide(host: Shared, Path(order_id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let wish = match parsed::<Wish>(&body) {
        Ok(wish) => wish,
        Err(reason) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &reason),
    };
    let pressed = async {
        let asked = asked_fault(&headers)?;
        let found = host.read(|state| wished_order(state, &order_id, wish.retailer_id)).await?;
        let (key, is_open) = found.ok_or(CheckoutRefused::UnknownOrder)?;
        let key = if is_open { key } else { checkout::open(&host, key).await? };
        let cause = (asked, Some(digest(&body)));
        checkout::decide(&host, &key, wish.decision, cause).await
    };
    match pressed.await {
        Ok(pressed) => {
            let answer = axum::Json(json!({
                "order": order_id,
                "decision": pressed.decision,
                "status": pressed.decision.splash_status(),
                "first": pressed.first,
                "return_url": pressed.return_url,
            }));
            ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
        }
        Err(refused) => refuse(refused.status(), &refused.to_string()),
    }
}

/// The order an id means and whether it is opened: the only one of that id, or one of the only account.
fn wished_order(state: &State, order_id: &str, retailer_id: Option<u64>) -> Option<(OrderKey, bool)> {
    let fits = |id: u64| retailer_id.is_none_or(|wanted| wanted == id);
    let key = |retailer_id| OrderKey { retailer_id, order_id: order_id.to_owned() };
    let retailers: Vec<u64> = state.retailers.keys().copied().filter(|id| fits(*id)).collect();
    let opened: Vec<OrderKey> =
        retailers.iter().map(|id| key(*id)).filter(|key| state.orders.contains_key(key)).collect();
    match (opened.as_slice(), retailers.as_slice()) {
        ([only], _) => Some((only.clone(), true)),
        ([], [only]) => Some((key(*only), false)),
        _ => None,
    }
}

/// Forgets orders, ledger, webhooks and faults; keeps the accounts.
async fn reset(host: Shared) -> Response {
    host.faults.clear();
    match host.commit(None, |_| (vec![Event::Reset], ())).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Broken) => broken(),
    }
}
