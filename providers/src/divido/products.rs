//! Product lines, as a request names them: `products[1][sku]`, counted from 1.
//!
//! Divido takes the sum of quantity × price for the amount. A part of an order is worth its share of the discounts less
//! than its goods, so the goods stand with their own prices, and one more line, `ADJUSTMENT`, makes the sum right.

use super::request::inexpressible;
use crate::form::Form;
use crate::{EncodeError, Line, LineKind, Money, OrderContent, Portion, Quantity};

/// The article number of a line that stands for an amount alone.
pub(super) const ADJUSTMENT: &str = "ADJUSTMENT";

/// Quantity × price in millionths of a minor unit.
pub(super) fn worth_exactly(price: Money, quantity: Quantity) -> i128 {
    i128::from(price.minor) * i128::from(quantity.micros())
}

/// Every line of an order.
pub(super) fn of_order(content: &OrderContent) -> Form {
    let mut form = Form::default();
    for (index, line) in content.lines.iter().enumerate() {
        push(&mut form, index + 1, line, line.quantity);
        if let Some(image) = &line.image_url {
            form.push_if_any(field(index + 1, "image"), image);
        }
    }
    form
}

/// What a part of an order is made of; its amount is what its lines come to.
pub(super) fn of_portions(
    content: &OrderContent,
    portions: &[Portion],
    amount: Money,
) -> Result<Form, EncodeError> {
    if amount.minor <= 0 || amount.currency != content.currency {
        return Err(inexpressible("amount", "must be above zero, in the order's currency"));
    }
    let (mut form, mut sum) = (Form::default(), 0);
    for (index, portion) in portions.iter().enumerate() {
        let line = content.line(&portion.line_id);
        let line = line.ok_or_else(|| inexpressible("lines.line_id", "the order has no such line"))?;
        if portion.quantity <= Quantity::ZERO {
            return Err(inexpressible("lines.quantity", "must be above zero"));
        }
        push(&mut form, index + 1, line, portion.quantity);
        sum += worth_exactly(line.unit_price, portion.quantity);
    }
    let missing = i128::from(amount.minor) * 1_000_000 - sum;
    if missing != 0 {
        adjust(&mut form, portions.len() + 1, &decimal(missing, content.currency.exponent()));
    }
    Ok(form)
}

/// One line for an amount, and no goods.
pub(super) fn of_amount(amount: Money) -> Form {
    let mut form = Form::default();
    adjust(&mut form, 1, &amount.to_major());
    form
}

fn push(form: &mut Form, index: usize, line: &Line, quantity: Quantity) {
    let sku = if line.sku.is_empty() { &line.line_id } else { &line.sku };
    form.push(field(index, "sku"), sku);
    form.push(field(index, "name"), &line.name);
    form.push(field(index, "quantity"), quantity);
    form.push(field(index, "price"), line.unit_price.to_major());
    // A rate in hundredths of a percent: as many decimals as pence.
    form.push(field(index, "vat"), trimmed(&decimal(i128::from(line.tax_rate_bp) * 1_000_000, 2)));
    if let Some(attribute) = attribute(line.kind) {
        form.push(field(index, "attributes"), attribute);
    }
}

fn adjust(form: &mut Form, index: usize, price: &str) {
    form.push(field(index, "sku"), ADJUSTMENT);
    form.push(field(index, "name"), "Adjustment");
    form.push(field(index, "quantity"), 1);
    form.push(field(index, "price"), price);
    form.push(field(index, "vat"), 0);
    if price.starts_with('-') {
        form.push(field(index, "attributes"), 6);
    }
}

fn field(index: usize, name: &str) -> String {
    format!("products[{index}][{name}]")
}

const fn attribute(kind: LineKind) -> Option<u8> {
    match kind {
        LineKind::Service => Some(1),
        LineKind::Shipping => Some(2),
        LineKind::Fee => Some(3),
        LineKind::Discount => Some(6),
        LineKind::Product | LineKind::Rounding => None,
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

fn trimmed(decimal: &str) -> &str {
    decimal.trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::{decimal, trimmed};

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(-833_500_000, 2), "-8.335");
        assert_eq!(decimal(1_950_000_000, 2), "19.50");
        assert_eq!(decimal(7_000_000, 0), "7");
        assert_eq!(trimmed(&decimal(2_000_000_000, 2)), "20");
        assert_eq!(trimmed(&decimal(1_750_000_000, 2)), "17.5");
        assert_eq!(trimmed(&decimal(0, 2)), "0");
    }
}
