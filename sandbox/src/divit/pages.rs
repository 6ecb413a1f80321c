//! The pages a shopper sees at divit, and how one arrives there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State as Extracted};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::account::Account;
use super::api::link_signature;
use super::link;
use super::order::Order;
use super::state::Divit;
use super::token;
use crate::checkout::{Checkout, CheckoutRefused, Decision, shown};
use crate::host::Host;
use crate::page::{closed, expired, money, presses, refused};
use crate::simulator::OrderKey;

const NOTES: &[(Decision, &str)] = &[
    (Decision::Approve, "Approve pays by FPS."),
    (Decision::Decline, "Decline is a bank that refuses one payment: the order stays open."),
    (Decision::Leave, "Leave cancels the order."),
    (Decision::PayLate, "Pay late is a payment that arrives after the order has expired."),
];

/// Where shoppers arrive.
pub(crate) fn routes() -> Router<Arc<Host<Divit>>> {
    Router::new()
        .route("/paynow/{id}/fast", get(arrive_fast))
        .route("/paylater/{id}/fast", get(arrive_fast))
        .route("/paynow/{id}", get(arrive))
        .route("/paylater/{id}", get(arrive))
        .route("/request/fps/{id}", get(arrive_by_link))
        .route(link::PATH, get(link::arrive))
}

type Shared = Extracted<Arc<Host<Divit>>>;

#[derive(Deserialize)]
struct Arrival {
    #[serde(default)]
    token: String,
    #[serde(default)]
    signature: String,
}

fn found(state: &Divit, id: &str) -> Option<OrderKey> {
    state.orders.keys().find(|key| key.order == id).cloned()
}

/// With the token that came with the order.
async fn arrive_fast(host: Shared, Path(id): Path<String>, Query(arrival): Query<Arrival>) -> Response {
    let now = host.now(|own| found(own, &id).map(|key| key.account));
    if !token::is_good(&arrival.token, &id, now) {
        return refused(Divit::NAME, &CheckoutRefused::Link("its token is not the order's, or too old"));
    }
    shown(&host, |state| found(state, &id)).await
}

/// Without one: divit asks the shopper to sign in, which the simulator skips.
async fn arrive(host: Shared, Path(id): Path<String>) -> Response {
    shown(&host, |state| {
        found(state, &id).filter(|key| state.orders.get(key).is_some_and(|it| !it.placed.fast))
    })
    .await
}

/// By a signed link of the third generation.
async fn arrive_by_link(host: Shared, Path(id): Path<String>, Query(arrival): Query<Arrival>) -> Response {
    let genuine = |state: &Divit, key: &OrderKey| {
        let account = state.accounts.get(&key.account);
        account.is_some_and(|account| link_signature(account, &id) == arrival.signature)
    };
    shown(&host, |state| found(state, &id).filter(|key| genuine(state, key))).await
}

/// The page of an order, as it stands.
pub(crate) fn checkout(account: &Account, order: &Order) -> Markup {
    let placed = &order.placed;
    html! {
        section {
            p.soft { "Your order " (placed.merchant_ref.replace('\0', "")) " at " (account.merchant_name) }
            h1 { "Pay with divit" }
            table {
                thead { tr { th { "Article" } th { "Quantity" } th { "Price" } } }
                tbody {
                    @for item in &placed.items {
                        tr {
                            td { (item.title) }
                            td { (item.qty) }
                            td { @if let Some(price) = item.price { (money("HK$", price)) } }
                        }
                    }
                    tr.total { td colspan="2" { "Total" } td { (money("HK$", placed.amount)) } }
                }
            }
            @if placed.miles.supplied > 0 { p { small { "You earn " (placed.miles.supplied) " miles." } } }
        }
        @if order.paid_at.is_some() || order.cancelled {
            (closed(order.state(), if order.paid_at.is_some() { &placed.webhook_success } else { &placed.webhook_failure }))
        } @else if order.expired {
            (expired())
            (presses(&order.token, &[Decision::PayLate], NOTES))
        } @else {
            (presses(&order.token, &[Decision::Approve, Decision::Decline, Decision::Leave], NOTES))
        }
    }
}
