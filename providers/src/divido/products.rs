//! Product lines, as a request names them: `products[1][sku]`, counted from 1.
//!
//! Divido takes the sum of quantity × price for the amount. A part of an order is worth its share of the discounts less
//! than its goods, so the goods stand with their own prices, and one more line, `ADJUSTMENT`, makes the sum right.

use super::table::{ATTRIBUTES, MAJOR};
use crate::form::Form;
use crate::money::decimal;
use crate::{EncodeError, Line, Money, OrderContent, Portion, Quantity};

/// The article number of a line that stands for an amount alone.
const ADJUSTMENT: &str = "ADJUSTMENT";

/// Every line of an order.
pub(super) fn of_order(content: &OrderContent) -> Result<Form, EncodeError> {
    (1..).zip(&content.lines).try_fold(Form::default(), |form, (index, line)| {
        Ok(form
            .and(product(index, line, line.quantity)?)
            .with_any(field(index, "unit"), &line.unit)
            .with_any(field(index, "image"), line.image_url.as_deref().unwrap_or_default()))
    })
}

/// What a part of an order is made of; its amount is what its lines come to. What is of no pieces stands in one line,
/// which is an amount.
pub(super) fn of_portions(
    content: &OrderContent,
    portions: &[Portion],
    amount: Money,
) -> Result<Form, EncodeError> {
    let inexpressible = EncodeError::inexpressible;
    if amount.minor <= 0 || amount.currency != content.currency {
        return Err(inexpressible("amount", "must be above zero, in the order's currency"));
    }
    let (mut form, mut sum) = (Form::default(), 0);
    let pieces: Vec<_> = portions.iter().filter(|portion| portion.quantity != Quantity::ZERO).collect();
    for (index, portion) in (1..).zip(&pieces) {
        let line = content.line_of(portion)?;
        if portion.quantity <= Quantity::ZERO {
            return Err(inexpressible("lines.quantity", "must be above zero"));
        }
        form = form.and(product(index, line, portion.quantity)?);
        sum += portion.quantity.millionths_of(line.unit_price);
    }
    let missing = i128::from(amount.minor) * 1_000_000 - sum;
    if missing != 0 {
        let exponent = content.currency.exponent() as usize;
        form = form.and(adjustment(pieces.len() + 1, &decimal(missing, exponent + 6, exponent)));
    }
    Ok(form)
}

fn product(index: usize, line: &Line, quantity: Quantity) -> Result<Form, EncodeError> {
    let attribute = ATTRIBUTES.iter().find(|(kind, _)| *kind == line.kind);
    Ok(Form::default()
        .with(field(index, "sku"), if line.sku.is_empty() { &line.line_id } else { &line.sku })
        .with(field(index, "name"), &line.name)
        .with(field(index, "quantity"), quantity)
        .with_amount(field(index, "price"), MAJOR, line.unit_price)?
        // Hundredths of a percent.
        .with(field(index, "vat"), decimal(line.tax_rate_bp.into(), 2, 0))
        .with_any(field(index, "attributes"), attribute.map_or("", |(_, code)| code)))
}

fn adjustment(index: usize, price: &str) -> Form {
    Form::default()
        .with(field(index, "sku"), ADJUSTMENT)
        .with(field(index, "name"), "Adjustment")
        .with(field(index, "quantity"), 1)
        .with(field(index, "price"), price)
        // Without attributes: parts of an order know none of a discount (S3 L908, L1021).
        .with(field(index, "vat"), 0)
}

fn field(index: usize, name: &str) -> String {
    format!("products[{index}][{name}]")
}
