//! The page a shopper sees at Kredivo.

use maud::{Markup, html};

use super::account::Account;
use super::order::Order;
use crate::checkout::Decision;
use crate::page::{closed, expired, presses, whole};

const NOTES: &[(Decision, &str)] = &[
    (Decision::Approve, "Approve is credit given."),
    (Decision::Decline, "Decline is credit refused: the shopper may try again."),
    (Decision::Leave, "Leave goes back without paying."),
    (Decision::PayLate, "Pay late is a payment that arrives after the order has expired."),
];

/// The page of an order, as it stands.
pub(crate) fn checkout(account: &Account, order: &Order) -> Markup {
    let placed = &order.placed;
    html! {
        section {
            p.soft { "Your order " (order.key.order) " at " (account.merchant_name) }
            h1 { "Buy now, pay later" }
            table {
                thead { tr { th { "Article" } th { "Quantity" } th { "Price" } } }
                tbody {
                    @for item in &placed.items {
                        tr { td { (item.name) } td { (item.quantity) } td { (whole("Rp ", item.price * item.quantity)) } }
                    }
                    tr.total { td colspan="2" { "Total" } td { (whole("Rp ", placed.amount)) } }
                }
            }
        }
        @if order.paid_at.is_some() {
            (closed("approved", &placed.callback_url))
        } @else if order.expired {
            (expired())
            (presses(&order.token, &[Decision::PayLate], NOTES))
        } @else {
            (presses(&order.token, &[Decision::Approve, Decision::Decline, Decision::Leave], NOTES))
        }
    }
}
