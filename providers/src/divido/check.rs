//! Whether an order can be said to Divido at all.

use super::SPEC;
use super::products::worth_exactly;
use crate::faults::{Faults, TEXT_BYTES_MAX};
use crate::{FaultReason, FieldFault, Line, LineKind, Money, OrderContent, Quantity};

/// Bytes of an article number.
const SKU_BYTES_MAX: usize = 64;
/// Bytes of a picture's address.
const URL_BYTES_MAX: usize = 2_048;

/// All faults of an order, in the order of its fields.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    faults.table(content, &SPEC);
    faults.text("order.client_reference", &content.client_reference, TEXT_BYTES_MAX);
    if content.total.minor <= 0 {
        faults.invalid("order.total", "must be above zero: there is nothing to finance");
    }
    for (index, line) in content.lines.iter().enumerate() {
        check_line(&mut faults, &format!("order.lines[{index}]"), line);
    }
    faults.customer(content.customer.expose());
    faults.address("order.billing_address", content.billing.expose());
    faults.address("order.shipping_address", content.shipping_to.expose());
    faults.options(content, &SPEC);
    check_options(&mut faults, content);
    faults.0
}

fn check_line(faults: &mut Faults, path: &str, line: &Line) {
    faults.required(format!("{path}.title"), &line.name, TEXT_BYTES_MAX);
    faults.text(format!("{path}.sku"), &line.sku, SKU_BYTES_MAX);
    if line.image_url.as_ref().is_some_and(|url| url.len() > URL_BYTES_MAX) {
        faults
            .invalid(format!("{path}.image_url"), &format!("must not be longer than {URL_BYTES_MAX} bytes"));
    }
    if line.quantity <= Quantity::ZERO {
        faults.invalid(format!("{path}.quantity"), "must be above zero");
    }
    if line.tax_rate_bp > 10_000 {
        faults.invalid(format!("{path}.tax_rate_basis_points"), "must not be above 10000, which is 100 %");
    }
    if line.kind == LineKind::Discount && line.total.minor > 0 {
        faults.invalid(format!("{path}.total"), "a discount must be zero or negative");
    }
    let exact = i128::from(line.total.minor) * 1_000_000;
    if worth_exactly(line.unit_price, line.quantity) != exact {
        let why = "must be quantity × unit price: Divido adds its lines up and compares";
        faults.add(format!("{path}.total"), why, FaultReason::AmountNotRepresentable);
    }
}

fn check_options(faults: &mut Faults, content: &OrderContent) {
    let option = |name: &str| content.provider_options.get(name).map(String::as_str);
    if option("finance").is_some_and(|plan| plan.is_empty() || plan.len() > SKU_BYTES_MAX) {
        faults.option("finance", "must be the id of a finance plan");
    }
    if let Some(text) = option("deposit") {
        let deposit = Money::from_major(content.currency, text).ok();
        if deposit.is_none_or(|deposit| deposit.minor < 0 || deposit.minor > content.total.minor) {
            faults.option("deposit", "must be an amount in major units, from 0 to the total");
        }
    }
    if option("direct_sign").is_some_and(|word| !matches!(word, "true" | "false")) {
        faults.option("direct_sign", "must be `true` or `false`");
    }
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if option("language").is_some_and(|text| !is_code(text)) {
        faults.option("language", "must be two capital letters");
    }
}
