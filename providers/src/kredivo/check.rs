//! Whether an order can be said to DOKU at all: whole rupiah, and lines whose prices add up to the total.

use super::SPEC;
use super::request::{phone, rupiah};
use crate::country::alpha3;
use crate::faults::{Faults, TEXT_BYTES_MAX};
use crate::{FaultReason, FieldFault, Line, LineKind, OrderContent};

/// Characters of an invoice number.
const ORDER_ID_CHARS_MAX: usize = 64;
/// Twelve digits.
const RUPIAH_MAX: i64 = 999_999_999_999;

/// All faults of an order.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    faults.table(content, &SPEC);
    if content.order_id.chars().count() > ORDER_ID_CHARS_MAX {
        faults.invalid("order.order_id", "must not be longer than 64 characters");
    }
    amount("order.total", content.total, &mut faults);
    if content.total.minor <= 0 {
        faults.invalid("order.total", "must be above zero");
    }
    for (index, line) in content.lines.iter().enumerate() {
        self::line(&format!("order.lines[{index}]"), line, &mut faults);
    }
    people(content, &mut faults);
    faults.options(content, &SPEC);
    faults.0
}

fn amount(field: &str, money: crate::Money, faults: &mut Faults) {
    if rupiah(money).is_err() {
        let why = "must be whole rupiah, not below zero: DOKU writes no decimals";
        faults.add(field, why, FaultReason::AmountNotRepresentable);
    } else if money.minor / 100 > RUPIAH_MAX {
        faults.add(field, "must not have more than 12 digits", FaultReason::AmountNotRepresentable);
    }
}

fn line(path: &str, line: &Line, faults: &mut Faults) {
    faults.required(format!("{path}.title"), &line.name, TEXT_BYTES_MAX);
    faults.required(format!("{path}.sku"), &line.sku, TEXT_BYTES_MAX);
    if matches!(line.kind, LineKind::Discount | LineKind::Rounding) {
        let why = "DOKU has no lines below zero: take discounts and roundings off the prices";
        return faults.add(format!("{path}.kind"), why, FaultReason::AmountNotRepresentable);
    }
    amount(&format!("{path}.unit_price"), line.unit_price, faults);
    let Some(pieces) = line.quantity.pieces().filter(|pieces| *pieces > 0) else {
        return faults.invalid(format!("{path}.quantity"), "must be a whole number above zero");
    };
    if i128::from(pieces) * i128::from(line.unit_price.minor) != i128::from(line.total.minor) {
        let why = "must be quantity × unit price: DOKU adds them up";
        faults.add(format!("{path}.total"), why, FaultReason::AmountNotRepresentable);
    }
}

fn people(content: &OrderContent, faults: &mut Faults) {
    let (who, to) = (content.customer.expose(), content.shipping_to.expose());
    faults.customer(who);
    faults.required("order.customer.first_name", &who.first_name, TEXT_BYTES_MAX);
    if !(8..=15).contains(&phone(&who.phone).len()) {
        faults.invalid("order.customer.phone", "must have 8 to 15 digits, such as 6285694566147");
    }
    faults.address("order.billing_address", content.billing.expose());
    faults.address("order.shipping_address", to);
    let street = to.lines.join(", ");
    let fields = [("lines", street.as_str()), ("town", &to.town), ("postcode", &to.postcode)];
    for (name, text) in fields.into_iter().filter(|(_, text)| text.trim().is_empty()) {
        faults.required(format!("order.shipping_address.{name}"), text, TEXT_BYTES_MAX);
    }
    for (path, code) in
        [("billing_address", &content.billing.expose().country_code), ("shipping_address", &to.country_code)]
    {
        if alpha3(code).is_none() {
            let field = format!("order.{path}.country_code");
            faults.invalid(field, "must be a country of ISO 3166-1, such as ID");
        }
    }
}
