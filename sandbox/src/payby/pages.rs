//! The cashier, and the admin call that only this host has. Pages work without scripts.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use maud::{Markup, html};
use serde::Deserialize;

use super::account::Merchant;
use super::event::Event;
use super::notice;
use super::order::{Order, RefundStatus, Status};
use super::state::PayBy;
use crate::checkout::{Decision, Wished, wished};
use crate::host::Host;
use crate::page::{money, presses};

const NOTES: &[(Decision, &str)] = &[
    (Decision::Approve, "Approve pays from the wallet's balance."),
    (
        Decision::Decline,
        "Decline is the bank's no; it ends the order only where the shop asked for one attempt.",
    ),
    (Decision::Leave, "Leave is the payer going back."),
    (Decision::PayLate, "Pay late is a payment that was under way all the while."),
];

/// The cashier of an order, as it stands.
pub(crate) fn checkout(merchant: &Merchant, order: &Order) -> Markup {
    html! {
        section {
            p.soft { (order.text("subject").unwrap_or("Your order")) " at " (merchant.brand) }
            h1 { "Pay " (money("AED ", order.placed.total)) }
            @if let Some(goods) = order.content["accessoryContent"]["goodsDetail"]["goodsName"].as_str() {
                p { (goods) }
            }
            p { small { "Order " (order.placed.order_no) } }
        }
        @match order.status {
            Status::Created => (presses(&order.placed.token, &[Decision::Approve, Decision::Decline, Decision::Leave], NOTES)),
            Status::Failure if !order.revoked => {
                (closed(order))
                (presses(&order.placed.token, &[Decision::PayLate], NOTES))
            }
            _ => (closed(order)),
        }
    }
}

fn closed(order: &Order) -> Markup {
    html! {
        section {
            h2 { "This order is closed" }
            p { "It is " (order.status.word().replace('_', " ").to_lowercase()) "." }
            @if let Some(url) = order.redirect_url() {
                a.button href=(url) rel="noreferrer" { "Back to the shop" }
            }
        }
    }
}

/// What a payer's bank does is no part of PayBy's API.
pub(crate) fn routes() -> Router<Arc<Host<PayBy>>> {
    Router::new()
        .route("/_sandbox/orders/{id}/chargeback", post(charge_back))
        .route("/_sandbox/refunds/{number}/move", post(move_refund))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// PayBy's word for how the refund stands from now on.
    status: RefundStatus,
}

/// What a bank makes of a refund: an end that it does not come to by itself, or a step on its way.
async fn move_refund(
    Extracted(host): Extracted<Arc<Host<PayBy>>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Response {
    let Ok(Move { status }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let written = host.commit(None, |own| {
        let mut found = own.refunds.iter().filter(|((_, known), _)| *known == number);
        let (Some((_, refund)), None) = (found.next(), found.next()) else {
            return (Vec::new(), StatusCode::NOT_FOUND);
        };
        if refund.status.is_end() || status == RefundStatus::Created {
            return (Vec::new(), StatusCode::CONFLICT);
        }
        let key = refund.key.clone();
        let told = status.is_end().then(|| notice::refunded(&key, &refund.asked)).flatten();
        let event = Event::RefundMoved { key, number: number.clone(), status };
        (std::iter::once(event.into()).chain(told).collect(), StatusCode::ACCEPTED)
    });
    written.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chargeback {
    /// All of the order, if nothing is said.
    amount_minor: Option<i64>,
}

async fn charge_back(
    Extracted(host): Extracted<Arc<Host<PayBy>>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let Ok(wish) = serde_json::from_slice::<Chargeback>(body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let known = host.read(|state| wished(state, &id, None)).await;
    let Ok(Wished::Known(key)) = known else { return StatusCode::NOT_FOUND.into_response() };
    let at = host.now(|_| Some(key.account.clone()));
    let written = host.commit(None, |own| {
        let Some(order) = own.orders.get(&key).filter(|order| order.paid_ms.is_some()) else {
            return (Vec::new(), StatusCode::CONFLICT);
        };
        let amount = wish.amount_minor.unwrap_or(order.placed.total);
        if !(1..=order.placed.total).contains(&amount) {
            return (Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
        }
        let event = Event::ChargedBack { key: key.clone(), amount, at };
        let told = notice::charged_back(order, amount, at);
        (std::iter::once(event.into()).chain(told).collect(), StatusCode::ACCEPTED)
    });
    written.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
