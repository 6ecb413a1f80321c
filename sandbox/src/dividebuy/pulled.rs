//! What a shop answers to `getorderdetails`, checked as the guide describes it.
//!
//! Accepted are the guide's names and those of the Magento extension, which
//! writes the discount with a minus. Nothing is corrected: sums that do not
//! add up are refused, and so is an order that has changed, since either "can
//! cause issues later with any refunds".

use super::account::Retailer;
use super::order::{Basket, Line, Person};
use crate::exact::{Fault, Fields, wrong};

/// Longest part of a shop's own message that is shown.
const MESSAGE_MAX: usize = 200;

/// Why the shop's answer was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PullRefused {
    /// The shop refused: it does not know the order, or does not sell it this way.
    #[error("the shop refused the order: {0}")]
    ByShop(String),
    /// The shop could not be asked, or gave no answer in time.
    #[error("the shop could not be reached")]
    Unreachable,
    /// The answer's credentials are not the retailer's.
    #[error("the shop's answer does not carry the retailer's credentials")]
    Credentials,
    /// The answer is about another order.
    #[error("the shop answered about another order")]
    OtherOrder,
    /// The order is another than it was when it was pulled first.
    #[error("the shop's answer has changed since the checkout was opened")]
    Changed,
    /// A field is missing or is not what it has to be.
    #[error("the shop's answer cannot be used: {0}")]
    Field(Fault),
    /// The sums contradict each other.
    #[error("the shop's sums do not add up: {0}")]
    Sums(&'static str),
}

impl From<Fault> for PullRefused {
    fn from(fault: Fault) -> PullRefused {
        PullRefused::Field(fault)
    }
}

/// Reads an answer with status 200 about `order_id`.
pub(crate) fn order(
    body: &[u8],
    retailer: &Retailer,
    order_id: &str,
) -> Result<(Basket, Person), PullRefused> {
    let answer = Fields::parse(body)?;
    if !answer.has("order_detail") && (answer.has("error") || answer.has("message")) {
        let message = answer.text("message").unwrap_or_else(|_| "no reason given".to_owned());
        return Err(PullRefused::ByShop(message.chars().take(MESSAGE_MAX).collect()));
    }
    let detail = answer.object("order_detail")?;
    let token_fits = detail.text("store_token")? == retailer.credentials.token;
    if !token_fits || detail.text("store_authentication")? != retailer.credentials.authentication {
        return Err(PullRefused::Credentials);
    }
    if detail.id("store_order_id")? != order_id {
        return Err(PullRefused::OtherOrder);
    }
    let lines =
        answer.some_objects("product_details")?.iter().map(line).collect::<Result<Vec<_>, Fault>>()?;
    let basket = basket(&detail, lines)?;
    sums(&basket)?;
    person(&answer.object("shipping_address")?)?;
    Ok((basket, person(&answer.object("billing_address")?)?))
}

fn basket(detail: &Fields, lines: Vec<Line>) -> Result<Basket, Fault> {
    let discount_applied = detail.text("discountApplied")?;
    if !matches!(discount_applied.as_str(), "afterVat" | "beforeVat") {
        return Err(wrong("discountApplied", "afterVat or beforeVat"));
    }
    let selected_instalment = match detail.has("selected_instalment") {
        true => Some(detail.whole("selected_instalment")?),
        false => None,
    };
    detail.text_or_empty("shipping_method")?;
    Ok(Basket {
        reference: detail.id("store_order_increment_id")?,
        lines,
        subtotal: detail.amount_owed("subtotal")?,
        subtotal_incl_vat: detail.amount_owed("subtotalInclVat")?,
        vat: detail.amount_owed("vat")?,
        discount: detail.amount("discount")?.abs(),
        discount_applied,
        grand_total: detail.amount_owed("grand_total")?,
        shipping: detail.amount_owed("shipping")?,
        shipping_incl_vat: detail.amount_owed("shippingInclVat")?,
        shipping_label: detail.text_or_empty("shipping_label")?,
        selected_instalment,
    })
}

fn line(product: &Fields) -> Result<Line, Fault> {
    let qty = product.whole("qty")?;
    if !(1..=1_000_000).contains(&qty) {
        return Err(wrong("qty", "from 1 to 1000000"));
    }
    product.amount_owed("DivVat")?;
    product.amount("discount")?;
    Ok(Line {
        name: product.text("name")?,
        sku: product.text("sku")?,
        qty,
        price: product.amount_owed("price")?,
        price_incl_vat: product.amount_owed("priceInclVat")?,
        row_total: product.amount_owed("rowTotal")?,
        row_total_incl_vat: product.amount_owed("rowTotalInclVat")?,
    })
}

fn person(address: &Fields) -> Result<Person, Fault> {
    Ok(Person {
        first_name: address.text("first_name")?,
        last_name: address.text("last_name")?,
        email: address.text("email")?,
        phone: address.text_or_empty("contact_number")?,
        street: address.some_texts("street")?,
        city: address.text("city")?,
        region: address.text_or_empty("region")?,
        postcode: address.text("postcode")?,
    })
}

fn sums(basket: &Basket) -> Result<(), PullRefused> {
    let total = |part: fn(&Line) -> i64| basket.lines.iter().map(part).sum::<i64>();
    // A shop rounds prices, not only rows, so a row may differ by a penny for each piece.
    let row_fits = |line: &Line| {
        let pieces = i128::from(line.price_incl_vat) * i128::from(line.qty);
        (pieces - i128::from(line.row_total_incl_vat)).abs() <= i128::from(line.qty)
    };
    let refusal = if !basket.lines.iter().all(row_fits) {
        "a row is not its price times its quantity"
    } else if total(|line| line.row_total) != basket.subtotal {
        "subtotal is not the sum of the rows"
    } else if total(|line| line.row_total_incl_vat) != basket.subtotal_incl_vat {
        "subtotalInclVat is not the sum of the rows"
    } else if basket.subtotal + basket.vat != basket.subtotal_incl_vat {
        "subtotal and vat do not make subtotalInclVat"
    } else if basket.subtotal_incl_vat - basket.discount != basket.grand_total {
        "grand_total is not subtotalInclVat less the discount"
    } else if basket.financed() == 0 {
        "there is nothing to finance"
    } else {
        return Ok(());
    };
    Err(PullRefused::Sums(refusal))
}
