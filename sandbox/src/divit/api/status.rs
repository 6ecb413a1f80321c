//! How an order stands. divit may not know one by its status until the shopper has paid.

use serde_json::{Value, json};

use super::{Outcome, Refusal};
use crate::call::Call;
use crate::divit::CURRENCY;
use crate::divit::account::Account;
use crate::divit::order::{Generation, Order};
use crate::divit::state::Divit;
use crate::faults::Twist;

/// Answers the status query. Reads only.
pub(super) fn status(state: &Divit, account: &Account, call: &Call) -> Outcome {
    let id = asked_about(call).ok_or(Refusal::NotFound)?;
    let order = super::order(state, account, &id)?;
    let paid = order.paid_at.is_some() && !call.twist().is_stale();
    if !paid && !account.shows_unpaid_orders {
        return Err(Refusal::NotFound);
    }
    Ok((Vec::new(), data(order, paid, call.twist())))
}

/// The id in `/…/orders/{id}/status`, however it is escaped.
pub(super) fn asked_about(call: &Call) -> Option<String> {
    let id = call.target.split('/').nth(3)?;
    Some(percent_encoding::percent_decode_str(id).decode_utf8().ok()?.into_owned())
}

fn data(order: &Order, paid: bool, twist: Twist) -> Value {
    let money = |amount: i64| json!({"amount": twist.amount(amount), "currency": twist.currency(CURRENCY)});
    let status = if paid || !twist.is_stale() { order.state() } else { "pending" };
    let series = match order.placed.generation {
        Generation::Paylater => instalments(order.placed.amount),
        _ => vec![order.placed.amount],
    };
    let instalments: Vec<Value> = (1..)
        .zip(series)
        .map(|(number, amount)| {
            let status = if paid && number == 1 { "paid" } else { "pending" };
            json!({"instalmentSeriesID": number, "status": status, "instalmentAmount": money(amount)})
        })
        .collect();
    json!({
        "orderID": order.key.order,
        "merchantRef": order.placed.merchant_ref,
        "orderAmount": money(order.placed.amount),
        "status": twist.status(status),
        "instalments": instalments,
        "merchantFee": money(0),
        "customerFee": money(0),
        "totalRefundRequested": money(order.refund_requested()),
        "totalRefundCompleted": money(order.refund_completed()),
    })
}

/// Three payments; what does not divide comes with the first.
fn instalments(amount: i64) -> Vec<i64> {
    vec![amount / 3 + amount % 3, amount / 3, amount / 3]
}
