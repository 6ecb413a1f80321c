//! Product lines, as a request names them: `products[1][sku]`, counted from 1.
//!
//! Divido takes the sum of quantity × price for the amount. A part of an order is worth its share of the discounts less
//! than its goods, so the goods stand with their own prices, and one more line, `ADJUSTMENT`, makes the sum right.

use crate::form::Form;
use crate::money::hundredths;
use crate::{EncodeError, Line, LineKind, Money, OrderContent, Portion, Quantity};

/// The article number of a line that stands for an amount alone.
const ADJUSTMENT: &str = "ADJUSTMENT";

/// Every line of an order.
pub(super) fn of_order(content: &OrderContent) -> Form {
    let lines = (1..).zip(&content.lines);
    lines.fold(Form::default(), |form, (index, line)| {
        let image = line.image_url.as_deref().unwrap_or_default();
        form.and(product(index, line, line.quantity)).with_any(field(index, "image"), image)
    })
}

/// What a part of an order is made of; its amount is what its lines come to.
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
    for (index, portion) in (1..).zip(portions) {
        let line = content.line_of(portion)?;
        if portion.quantity <= Quantity::ZERO {
            return Err(inexpressible("lines.quantity", "must be above zero"));
        }
        form = form.and(product(index, line, portion.quantity));
        sum += portion.quantity.millionths_of(line.unit_price);
    }
    let missing = i128::from(amount.minor) * 1_000_000 - sum;
    if missing != 0 {
        form = form.and(adjustment(portions.len() + 1, &decimal(missing, content.currency.exponent())));
    }
    Ok(form)
}

/// One line for an amount, and no goods.
pub(super) fn of_amount(amount: Money) -> Form {
    adjustment(1, &amount.to_major())
}

fn product(index: usize, line: &Line, quantity: Quantity) -> Form {
    let sku = if line.sku.is_empty() { &line.line_id } else { &line.sku };
    Form::default()
        .with(field(index, "sku"), sku)
        .with(field(index, "name"), &line.name)
        .with(field(index, "quantity"), quantity)
        .with(field(index, "price"), line.unit_price.to_major())
        .with(field(index, "vat"), hundredths(i128::from(line.tax_rate_bp)))
        .with_any(field(index, "attributes"), attribute(line.kind))
}

fn adjustment(index: usize, price: &str) -> Form {
    Form::default()
        .with(field(index, "sku"), ADJUSTMENT)
        .with(field(index, "name"), "Adjustment")
        .with(field(index, "quantity"), 1)
        .with(field(index, "price"), price)
        .with(field(index, "vat"), 0)
        .with_any(field(index, "attributes"), if price.starts_with('-') { "6" } else { "" })
}

fn field(index: usize, name: &str) -> String {
    format!("products[{index}][{name}]")
}

const fn attribute(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Service => "1",
        LineKind::Shipping => "2",
        LineKind::Fee => "3",
        LineKind::Discount => "6",
        LineKind::Product | LineKind::Rounding => "",
    }
}

/// Millionths of a unit with so many decimals, as an exact decimal: at least those, and no zeros beyond.
fn decimal(millionths: i128, exponent: u32) -> String {
    let places = exponent as usize + 6;
    let digits = format!("{:0>width$}", millionths.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let (kept, beyond) = part.split_at(exponent as usize);
    let part = format!("{kept}{}", beyond.trim_end_matches('0'));
    let sign = if millionths < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(-833_500_000, 2), "-8.335");
        assert_eq!(decimal(1_950_000_000, 2), "19.50");
        assert_eq!(decimal(7_000_000, 0), "7");
    }
}
