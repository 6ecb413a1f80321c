//! The pages a shopper sees. They work without scripts and load nothing from elsewhere.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::account::Retailer;
use super::checkout::CheckoutRefused;
use super::order::{Basket, Order};
use super::webhook::INSTALMENTS;
use crate::page::{notice, page};

const HOST: &str = "DivideBuy checkout";

/// The plan shown where the shop preselected none that is on offer.
const MONTHS_DEFAULT: i64 = 3;

/// The checkout of an order; what was decided, and the way back, once it is.
pub(crate) fn checkout(retailer: &Retailer, order: &Order, return_url: Option<String>) -> Response {
    let content = html! {
        section {
            p.soft { "Your order " (order.basket.reference) " at " (retailer.brand) }
            h1 { "Spread the cost of your order" }
            (basket(&order.basket))
        }
        section { (plan(&order.basket)) }
        @match return_url {
            Some(url) => section {
                h2 { "This application is closed" }
                p { "It was " (order.decided.map_or("", |decided| decided.decision.past())) "." }
                a.button href=(url) rel="noreferrer" { "Back to the shop" }
            },
            None => (presses(&order.token)),
        }
    };
    page(StatusCode::OK, HOST, "Checkout", content)
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

fn presses(token: &str) -> Markup {
    let press = |name: &str, class: &str, label: &str| {
        html! {
            form method="post" action={"/checkout/" (token) "/" (name)} {
                button type="submit" class=(class) id=(name) { (label) }
            }
        }
    };
    html! {
        section {
            h2 { "How does it end?" }
            div.presses {
                (press("approve", "yes", "Approve"))
                (press("decline", "no", "Decline"))
                (press("leave", "no", "Leave"))
            }
            p { small {
                "Approve passes the credit check and makes the first payment. Decline fails it. Leave is the "
                "shopper changing their mind. Closing this tab instead sends nothing: neither the shop nor "
                "the browser is told."
            } }
        }
    }
}

/// Where a browser ends whose return to the shop is lost on purpose.
pub(crate) fn lost() -> Response {
    let text = "The decision was taken, and this browser does not return to the shop: the sandbox was asked to \
                lose it on the way.";
    notice(StatusCode::OK, HOST, "You are not being sent back", text)
}

/// Why there is no checkout.
pub(crate) fn refused(refused: &CheckoutRefused) -> Response {
    let title = match refused {
        CheckoutRefused::Pull(_) => "The shop did not confirm this order",
        _ => "This checkout cannot go on",
    };
    notice(refused.status(), HOST, title, &sentence(&refused.to_string()))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn pounds(minor: i64) -> String {
    let (mut major, mut groups) = (minor / 100, Vec::new());
    while major >= 1_000 {
        groups.push(format!(",{:03}", major % 1_000));
        major /= 1_000;
    }
    groups.reverse();
    format!("£{major}{}.{:02}", groups.concat(), minor % 100)
}

/// Splits an amount into equal payments; the pennies that do not divide come with the first.
fn instalments(amount: i64, months: i64) -> Vec<i64> {
    let (each, rest) = (amount / months, amount % months);
    (0..months).map(|month| if month == 0 { each + rest } else { each }).collect()
}

#[cfg(test)]
mod tests {
    use super::{instalments, pounds};

    #[test]
    fn instalments_make_the_amount_to_the_penny() {
        assert_eq!(instalments(191_500, 3), [63_834, 63_833, 63_833]);
        assert_eq!(instalments(10, 3), [4, 3, 3]);
    }

    #[test]
    fn pounds_are_grouped() {
        assert_eq!(pounds(123_456_705), "£1,234,567.05");
        assert_eq!(pounds(5), "£0.05");
    }
}
