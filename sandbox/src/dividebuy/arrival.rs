//! The arrival: a shopper comes with a splash key, and the order is pulled from the shop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extracted};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::NAME;
use super::account::Retailer;
use super::api::retailer::configuration;
use super::event::Event;
use super::order::{Basket, Order, Person, splash_status};
use super::pulled::{self, PullRefused};
use super::splash;
use super::state::DivideBuy;
use crate::admin;
use crate::call::asked_fault;
use crate::checkout::{CheckoutRefused, new_token, shown};
use crate::page;
use crate::simulator::{OrderKey, Simulator};

type Host = crate::host::Host<DivideBuy>;

/// Largest answer of a shop to `getorderdetails`; the same bound the host sets itself.
const ANSWER_MAX: usize = 1 << 20;
/// How long a shop may take to answer: a shopper is waiting.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// What a link may lack, and what it may be wrong about.
const INCOMPLETE: &str = "it carries secureVersion=1, a retailerId that is a number, and a splashKey";
const NO_RETAILER: &str = "no retailer has its retailerId";

/// Where a shopper arrives, and the admin call that only this host has.
pub(crate) fn routes() -> Router<Arc<Host>> {
    Router::new()
        .route("/", get(arrive))
        .route("/_sandbox/accounts/{retailer_id}/push-configuration", post(push_configuration))
}

impl From<PullRefused> for CheckoutRefused {
    fn from(refused: PullRefused) -> CheckoutRefused {
        CheckoutRefused::Shop(refused.to_string())
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
        let Query(arrival) = query.map_err(|_| CheckoutRefused::Link(INCOMPLETE))?;
        let key = arrived_order(&host, &arrival).await?;
        open(&host, &key).await?;
        Ok(key)
    };
    match arrived.await {
        Ok(key) => shown(&host, |_| Some(key)).await,
        Err(refused) => page::refused(NAME, &refused),
    }
}

/// The order a splash key names.
async fn arrived_order(host: &Host, arrival: &Arrival) -> Result<OrderKey, CheckoutRefused> {
    let (Some("1"), Some(retailer_id), Some(parameter)) =
        (arrival.secure_version.as_deref(), arrival.retailer_id, arrival.splash_key.as_deref())
    else {
        return Err(CheckoutRefused::Link(INCOMPLETE));
    };
    let account = retailer_id.to_string();
    let order = host
        .read(|state| {
            let retailer = state.own.retailers.get(&account).ok_or(CheckoutRefused::Link(NO_RETAILER))?;
            let opened = splash::order_id(parameter, &retailer.credentials, retailer_id);
            opened.ok_or(CheckoutRefused::Link("its splashKey does not open with the retailer's credentials"))
        })
        .await??;
    Ok(OrderKey { account, order })
}

/// What the call to the shop needs; a copy, since nothing is locked while the shop thinks.
struct Question {
    url: String,
    body: serde_json::Value,
}

/// Opens the checkout of an order: pulls its details unless it is decided already.
pub(crate) async fn open(host: &Host, key: &OrderKey) -> Result<(), CheckoutRefused> {
    let question = host
        .read(|state| {
            if state.own.orders.get(key).is_some_and(|order| order.decided.is_some()) {
                return Ok(None);
            }
            let retailer = state.own.retailers.get(&key.account).ok_or(CheckoutRefused::Link(NO_RETAILER))?;
            if retailer.enabled() {
                Ok(Some(question(retailer, key)))
            } else {
                Err(CheckoutRefused::Disabled(super::PROVIDER))
            }
        })
        .await??;
    let Some(question) = question else { return Ok(()) };
    let answer = asked(host, question).await?;
    let opened = host.commit(None, |own| {
        let told = read_answer(own, key, &answer);
        match told.and_then(|(basket, person)| opened_events(host, own, key, basket, &person)) {
            Ok(events) => (events, Ok(())),
            Err(refused) => (Vec::new(), Err(refused)),
        }
    });
    opened.await?
}

fn question(retailer: &Retailer, key: &OrderKey) -> Question {
    Question {
        url: format!("{}/dividebuy/api/getorderdetails", retailer.store_url),
        body: json!({
            "orderId": key.order,
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

fn read_answer(own: &DivideBuy, key: &OrderKey, answer: &[u8]) -> Result<(Basket, Person), CheckoutRefused> {
    let retailer = own.retailers.get(&key.account).ok_or(CheckoutRefused::Link(NO_RETAILER))?;
    Ok(pulled::order(answer, retailer, &key.order)?)
}

/// Nothing where the order was decided while the shop was asked, or where it is known just so. What a shop says of an order
/// "does not change" (S1 L315).
fn opened_events(
    host: &Host,
    own: &DivideBuy,
    key: &OrderKey,
    basket: Basket,
    person: &Person,
) -> Result<Vec<crate::state::Event<Event>>, CheckoutRefused> {
    if let Some(known) = own.orders.get(key) {
        let same = known.decided.is_some() || (known.basket == basket && known.person == *person);
        return if same { Ok(Vec::new()) } else { Err(PullRefused::Changed.into()) };
    }
    let plain = serde_json::to_vec(person).expect("a person is plain data");
    let sealed_person = host.seal.seal(&key.place(), &plain);
    Ok(vec![Event::Opened { key: key.clone(), token: new_token(), basket, sealed_person }.into()])
}

/// The address that takes the shopper back with the decision, once there is one.
pub(crate) fn return_url(retailer: &Retailer, order: &Order) -> Option<String> {
    let status = splash_status(order.decided?.decision);
    let key = splash::return_key(&retailer.credentials, &order.key.order, status, &retailer.store_code);
    Some(format!("{}/dividebuy/payment/response?splashKey={key}", retailer.store_url))
}

async fn push_configuration(
    Extracted(host): Extracted<Arc<Host>>,
    Path(retailer_id): Path<u64>,
    headers: HeaderMap,
) -> Response {
    let asked = match asked_fault(&headers, &[DivideBuy::WEBHOOK]) {
        Ok(asked) => asked,
        Err(refused) => return admin::refuse(StatusCode::BAD_REQUEST, &refused.to_string()),
    };
    let account = retailer_id.to_string();
    let queued = host.commit(asked, |own| match own.retailers.contains_key(&account) {
        true => (vec![configuration(account)], true),
        false => (Vec::new(), false),
    });
    match queued.await {
        Ok(true) => StatusCode::ACCEPTED.into_response(),
        Ok(false) => admin::refuse(StatusCode::NOT_FOUND, "no such retailer"),
        Err(_) => admin::broken(),
    }
}
