//! The pages a shopper sees. They work without scripts and load nothing from elsewhere.

use maud::{Markup, html};

use super::account::Retailer;
use super::order::{Basket, Order};
use super::webhook::INSTALMENTS;
use crate::checkout::Decision;
use crate::page::{closed, money, presses};

const NOTES: &[(Decision, &str)] = &[
    (Decision::Approve, "Approve passes the credit check and makes the first payment."),
    (Decision::Decline, "Decline fails it."),
    (Decision::Leave, "Leave is the shopper changing their mind."),
];

/// The plan shown where the shop preselected none that is on offer.
const MONTHS_DEFAULT: i64 = 3;

/// The checkout of an order; what was decided, and the way back, once it is.
pub(crate) fn checkout(retailer: &Retailer, order: &Order, return_url: Option<String>) -> Markup {
    html! {
        section {
            p.soft { "Your order " (order.basket.reference) " at " (retailer.brand) }
            h1 { "Spread the cost of your order" }
            (basket(&order.basket))
        }
        section { (plan(&order.basket)) }
        @match return_url {
            Some(url) => (closed(order.decided.map_or("", |decided| decided.decision.past()), &url)),
            None => (presses(&order.token, &[Decision::Approve, Decision::Decline, Decision::Leave], NOTES)),
        }
    }
}

fn basket(basket: &Basket) -> Markup {
    html! {
        table {
            thead { tr { th { "Article" } th { "Quantity" } th { "Price" } } }
            tbody {
                @for line in &basket.lines {
                    tr { td { (line.name) } td { (line.qty) } td { (pounds(line.row_total_incl_vat)) } }
                }
                @if basket.discount > 0 {
                    tr { td colspan="2" { "Discount" } td { "−" (pounds(basket.discount)) } }
                }
                @if basket.shipping_incl_vat > 0 {
                    tr { td colspan="2" { (shipping(basket)) } td { (pounds(basket.shipping_incl_vat)) } }
                }
                tr.total { td colspan="2" { "Total" } td { (pounds(basket.financed())) } }
            }
        }
    }
}

fn shipping(basket: &Basket) -> &str {
    if basket.shipping_label.is_empty() { "Shipping" } else { &basket.shipping_label }
}

fn plan(basket: &Basket) -> Markup {
    let selected = INSTALMENTS.iter().find(|plan| Some(plan.months) == basket.selected_instalment);
    let (months, rate) = selected.map_or((MONTHS_DEFAULT, "0"), |plan| (plan.months, plan.rate));
    let payments = instalments(basket.financed(), months);
    html! {
        h2 { "Your plan: " (months) " monthly payments" }
        ol.plan {
            @for (number, amount) in payments.iter().enumerate() {
                li {
                    small { @if number == 0 { "Today" } @else { "Month " (number) } }
                    b { (pounds(*amount)) }
                }
            }
        }
        @if rate == "0" {
            p { small { "No interest, no fees." } }
        } @else {
            p { small { "Plus interest at " (rate) " % APR on what is outstanding." } }
        }
    }
}

fn pounds(minor: i64) -> String {
    money("£", minor)
}

/// Splits an amount into equal payments; the pennies that do not divide come with the first.
fn instalments(amount: i64, months: i64) -> Vec<i64> {
    let (each, rest) = (amount / months, amount % months);
    (0..months).map(|month| if month == 0 { each + rest } else { each }).collect()
}

#[cfg(test)]
mod tests {
    use super::instalments;

    #[test]
    fn instalments_make_the_amount_to_the_penny() {
        assert_eq!(instalments(191_500, 3), [63_834, 63_833, 63_833]);
        assert_eq!(instalments(10, 3), [4, 3, 3]);
    }
}
