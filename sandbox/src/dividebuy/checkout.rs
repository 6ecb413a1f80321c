//! The checkout: a shopper arrives with a splash key, decides, and is sent back.
//!
//! Arriving pulls the order from the shop, as the real checkout does. The
//! first decision on an order stands; a second press of any button sends the
//! shopper back with the first. Closing the tab sends nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extracted};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::account::Retailer;
use super::api::asked_fault;
use super::event::{Event, Plan};
use super::host::{self, Host};
use super::order::{Basket, Decision, OrderKey, Person};
use super::pulled::{self, PullRefused};
use super::state::State;
use super::webhook::Method;
use super::{pages, splash};
use crate::faults::{Fault, FaultRefused, Kind};
use crate::journal::Broken;
use crate::server::pause;

/// Largest answer of a shop to `getorderdetails`; the same bound the host sets itself.
const ANSWER_MAX: usize = 1 << 20;
/// How long a shop may take to answer: a shopper is waiting.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The pages of the checkout.
pub(crate) fn routes() -> Router<Arc<Host>> {
    Router::new()
        .route("/", get(arrive))
        .route("/checkout/{token}", get(look))
        .route("/checkout/{token}/lost", get(|| async { pages::lost() }))
        .route("/checkout/{token}/approve", post(|a, b, c| press(a, b, c, Decision::Approve)))
        .route("/checkout/{token}/decline", post(|a, b, c| press(a, b, c, Decision::Decline)))
        .route("/checkout/{token}/leave", post(|a, b, c| press(a, b, c, Decision::Leave)))
}

/// Why a shopper cannot check out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckoutRefused {
    /// The address is incomplete, or its key was not made for this retailer.
    #[error("this checkout link is not valid")]
    Link,
    /// The retailer has switched the option off, or never on.
    #[error("this shop does not offer DivideBuy at the moment")]
    Disabled,
    /// There is no such order.
    #[error("there is no such order")]
    UnknownOrder,
    /// The shop's answer was not taken.
    #[error(transparent)]
    Pull(#[from] PullRefused),
    /// The host cannot write anything down.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The request asked for a fault that does not exist.
    #[error(transparent)]
    Fault(#[from] FaultRefused),
}

impl CheckoutRefused {
    /// The status a page or answer about it has.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            CheckoutRefused::Link | CheckoutRefused::Fault(_) => StatusCode::BAD_REQUEST,
            CheckoutRefused::Disabled => StatusCode::FORBIDDEN,
            CheckoutRefused::UnknownOrder => StatusCode::NOT_FOUND,
            CheckoutRefused::Pull(_) => StatusCode::BAD_GATEWAY,
            CheckoutRefused::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arrival {
    secure_version: Option<String>,
    retailer_id: Option<u64>,
    splash_key: Option<String>,
}

async fn arrive(
    Extracted(host): Extracted<Arc<Host>>,
    query: Result<Query<Arrival>, QueryRejection>,
) -> Response {
    let arrived = async {
        let Query(arrival) = query.map_err(|_| CheckoutRefused::Link)?;
        let key = arrived_order(&host, &arrival).await?;
        open(&host, key).await
    };
    match arrived.await {
        Ok(key) => shown(&host, |state| state.orders.get(&key)).await,
        Err(refused) => pages::refused(&refused),
    }
}

/// The order a splash key names.
async fn arrived_order(host: &Host, arrival: &Arrival) -> Result<OrderKey, CheckoutRefused> {
    let (Some("1"), Some(retailer_id), Some(parameter)) =
        (arrival.secure_version.as_deref(), arrival.retailer_id, arrival.splash_key.as_deref())
    else {
        return Err(CheckoutRefused::Link);
    };
    let order_id = host
        .read(|state| {
            let retailer = state.retailers.get(&retailer_id)?;
            splash::order_id(parameter, &retailer.credentials, retailer_id)
        })
        .await?;
    Ok(OrderKey { retailer_id, order_id: order_id.ok_or(CheckoutRefused::Link)? })
}

/// What the call to the shop needs; a copy, since nothing is locked while the shop thinks.
struct Question {
    url: String,
    body: serde_json::Value,
}

/// Opens the checkout of an order: pulls its details unless it is decided already.
pub(crate) async fn open(host: &Host, key: OrderKey) -> Result<OrderKey, CheckoutRefused> {
    let question = host
        .read(|state| {
            if state.orders.get(&key).is_some_and(|order| order.decided.is_some()) {
                return Ok(None);
            }
            let retailer = state.retailers.get(&key.retailer_id).ok_or(CheckoutRefused::Link)?;
            if retailer.enabled() {
                Ok(Some(question(retailer, &key)))
            } else {
                Err(CheckoutRefused::Disabled)
            }
        })
        .await??;
    let Some(question) = question else { return Ok(key) };
    let answer = asked(host, question).await?;
    let opened = host.commit(None, |state| match read_answer(state, &key, &answer) {
        Ok((basket, person)) => (opened_events(host, state, &key, basket, &person), Ok(())),
        Err(refused) => (Vec::new(), Err(refused)),
    });
    opened.await??;
    Ok(key)
}

fn question(retailer: &Retailer, key: &OrderKey) -> Question {
    Question {
        url: format!("{}/dividebuy/api/getorderdetails", retailer.store_url),
        body: json!({
            "orderId": key.order_id,
            "storeToken": retailer.credentials.token,
            "storeAuthentication": retailer.credentials.authentication,
            "retailerStoreCode": retailer.store_code,
        }),
    }
}

/// Asks the shop and returns the bytes of an answer with status 200.
async fn asked(host: &Host, question: Question) -> Result<Vec<u8>, PullRefused> {
    let sent = host.shops.post(question.url).timeout(ANSWER_TIMEOUT).json(&question.body).send().await;
    let mut answer = sent.map_err(|error| unreachable(&error.without_url()))?;
    if answer.status() != StatusCode::OK {
        return Err(PullRefused::ByShop(format!("HTTP status {}", answer.status().as_u16())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error.without_url()))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_MAX {
            return Err(PullRefused::ByShop("the answer is larger than 1 MiB".to_owned()));
        }
    }
    Ok(bytes)
}

fn unreachable(error: &reqwest::Error) -> PullRefused {
    tracing::warn!(%error, "the shop did not answer getorderdetails");
    PullRefused::Unreachable
}

fn read_answer(state: &State, key: &OrderKey, answer: &[u8]) -> Result<(Basket, Person), CheckoutRefused> {
    let retailer = state.retailers.get(&key.retailer_id).ok_or(CheckoutRefused::Link)?;
    Ok(pulled::order(answer, retailer, &key.order_id)?)
}

/// Nothing where the order was decided while the shop was asked, or where it is known just so.
fn opened_events(host: &Host, state: &State, key: &OrderKey, basket: Basket, person: &Person) -> Vec<Event> {
    let known = state.orders.get(key);
    if known
        .is_some_and(|order| order.decided.is_some() || (order.basket == basket && order.person == *person))
    {
        return Vec::new();
    }
    let token = known.map_or_else(new_token, |order| order.token.clone());
    let plain = serde_json::to_vec(person).expect("a person is plain data");
    let sealed_person = host.seal.seal(&key.place(), &plain);
    vec![Event::Opened { key: key.clone(), token, basket, sealed_person }]
}

/// Unguessable: whoever has it can decide for the shopper.
fn new_token() -> String {
    crate::seal::random::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn look(Extracted(host): Extracted<Arc<Host>>, Path(token): Path<String>) -> Response {
    shown(&host, |state| state.order_by_token(&token)).await
}

/// The page of the order that `find` finds.
async fn shown(
    host: &Host,
    find: impl for<'s> FnOnce(&'s State) -> Option<&'s super::order::Order>,
) -> Response {
    let page = host.read(|state| {
        let order = find(state)?;
        let retailer = state.retailers.get(&order.key.retailer_id)?;
        Some(pages::checkout(retailer, order, return_url(retailer, order)))
    });
    match page.await {
        Ok(page) => page.unwrap_or_else(|| pages::refused(&CheckoutRefused::UnknownOrder)),
        Err(broken) => pages::refused(&broken.into()),
    }
}

/// The address that takes the shopper back with the decision, once there is one.
fn return_url(retailer: &Retailer, order: &super::order::Order) -> Option<String> {
    let status = order.decided?.decision.splash_status();
    let key = splash::return_key(&retailer.credentials, &order.key.order_id, status, &retailer.store_code);
    Some(format!("{}/dividebuy/payment/response?splashKey={key}", retailer.store_url))
}

async fn press(
    Extracted(host): Extracted<Arc<Host>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    decision: Decision,
) -> Response {
    let pressed = async {
        let asked = asked_fault(&headers)?;
        let key = host.read(|state| state.order_by_token(&token).map(|order| order.key.clone())).await?;
        decide(&host, &key.ok_or(CheckoutRefused::UnknownOrder)?, decision, (asked, None)).await
    };
    let location = match pressed.await {
        Ok(Pressed { return_url: Some(url), .. }) => url,
        Ok(_) => format!("/checkout/{token}/lost"),
        Err(refused) => return pages::refused(&refused),
    };
    let headers = [(header::LOCATION, location), (header::REFERRER_POLICY, "no-referrer".to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// What became of a press.
pub(crate) struct Pressed {
    /// The decision that stands: the first.
    pub(crate) decision: Decision,
    /// Whether this press made it.
    pub(crate) first: bool,
    /// Where the browser goes; None when the return is lost on purpose.
    pub(crate) return_url: Option<String>,
}

/// Decides an opened order, once. `cause` is the fault the request asked for and the digest of its body.
pub(crate) async fn decide(
    host: &Host,
    key: &OrderKey,
    decision: Decision,
    (asked, digest): (Option<Fault>, Option<String>),
) -> Result<Pressed, CheckoutRefused> {
    let decided = host.commit(asked, |state| match decision_events(state, key, decision, digest) {
        Ok(events) => (events.clone(), Ok(!events.is_empty())),
        Err(refused) => (Vec::new(), Err(refused)),
    });
    let first = decided.await??;
    let fault = if first { host.take_fault(host::RETURN, asked, Some(key.clone())).await? } else { None };
    if let Some(Fault { kind: Kind::Delay, .. }) = fault {
        pause(fault.map_or(Duration::ZERO, |fault| fault.delay()), &host.stop).await;
    }
    let dropped = fault.is_some_and(|fault| fault.kind == Kind::DropReturn);
    let stands = host.read(|state| {
        let order = state.orders.get(key)?;
        let retailer = state.retailers.get(&key.retailer_id)?;
        Some((order.decided?.decision, return_url(retailer, order)))
    });
    let (decision, url) = stands.await?.ok_or(CheckoutRefused::UnknownOrder)?;
    tracing::info!(decision = decision.past(), first, dropped, "the shopper decided");
    Ok(Pressed { decision, first, return_url: url.filter(|_| !dropped) })
}

/// The first decision and its webhook, or nothing where there was one before.
fn decision_events(
    state: &State,
    key: &OrderKey,
    decision: Decision,
    digest: Option<String>,
) -> Result<Vec<Event>, CheckoutRefused> {
    let order = state.orders.get(key).ok_or(CheckoutRefused::UnknownOrder)?;
    let retailer = state.retailers.get(&key.retailer_id).ok_or(CheckoutRefused::UnknownOrder)?;
    if order.decided.is_some() {
        return Ok(Vec::new());
    }
    let method = match decision {
        Decision::Approve if !retailer.enabled() => return Err(CheckoutRefused::Disabled),
        Decision::Approve => Method::OrderSuccess,
        Decision::Decline | Decision::Leave => Method::OrderCancel,
    };
    let plan = Plan { due: jiff::Timestamp::UNIX_EPOCH, copies: 1 };
    let (retailer_id, order_id) = (key.retailer_id, Some(key.order_id.clone()));
    Ok(vec![
        Event::Decided { key: key.clone(), decision, digest },
        Event::WebhookQueued { retailer_id, order_id, method, plan },
    ])
}
