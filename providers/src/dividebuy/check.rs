//! Whether an order can be said to DivideBuy at all.
//!
//! What is said here must hold later: the details that DivideBuy pulls carry quantity, price and row total, and
//! shipments and refunds name their goods by article number alone.

use super::SPEC;
use crate::content::Address;
use crate::faults::{Faults, TEXT_BYTES_MAX};
use crate::{FaultReason, FieldFault, Line, LineKind, OrderContent};
use std::collections::BTreeSet;

/// Bytes of an article number; long ones would not fit DivideBuy's back office.
const SKU_BYTES_MAX: usize = 64;
/// Bytes of a picture's address.
const URL_BYTES_MAX: usize = 2_048;
/// Addresses carry no country on this wire; these are the ones that British postcodes cover.
const COUNTRIES: [&str; 5] = ["", "GB", "GG", "IM", "JE"];

/// All faults of an order, in the order of its fields.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    faults.table(content, &SPEC);
    order(content, &mut faults);
    let mut skus = BTreeSet::new();
    for (index, line) in content.lines.iter().enumerate() {
        let path = format!("order.lines[{index}]");
        self::line(&path, line, &mut faults);
        if is_article(line.kind) && !skus.insert(line.sku.as_str()) {
            faults.invalid(
                format!("{path}.sku"),
                "must be unique: shipments and refunds name goods by it alone",
            );
        }
    }
    faults.customer(content.customer.expose());
    address("order.billing_address", content.billing.expose(), &mut faults);
    address("order.shipping_address", content.shipping_to.expose(), &mut faults);
    faults.options(content, &SPEC);
    let instalment = content.provider_options.get("selected_instalment");
    if instalment.is_some_and(|months| !months.parse::<u8>().is_ok_and(|months| months > 0)) {
        faults.option("selected_instalment", "must be a number of months from 1 to 255");
    }
    faults.0
}

/// Whether DivideBuy knows such a line as a product.
pub(super) const fn is_article(kind: LineKind) -> bool {
    matches!(kind, LineKind::Product | LineKind::Service | LineKind::Fee)
}

fn order(content: &OrderContent, faults: &mut Faults) {
    faults.text("order.client_reference", &content.client_reference, TEXT_BYTES_MAX);
    if !content.lines.iter().any(|line| is_article(line.kind)) {
        faults.invalid("order.lines", "must hold at least one product, service or fee");
    }
    let financed = content.lines.iter().filter(|line| line.kind != LineKind::Shipping);
    if financed.map(|line| i128::from(line.total.minor)).sum::<i128>() <= 0 {
        faults.invalid("order.total", "must leave something to pay besides shipping");
    }
}

fn line(path: &str, line: &Line, faults: &mut Faults) {
    faults.text(format!("{path}.title"), &line.name, TEXT_BYTES_MAX);
    faults.text(format!("{path}.sku"), &line.sku, SKU_BYTES_MAX);
    if line.tax_rate_bp > 10_000 {
        faults.invalid(format!("{path}.tax_rate_basis_points"), "must not be above 10000, which is 100 %");
    }
    match line.kind {
        LineKind::Rounding => {
            let why = "DivideBuy has no rounding lines: put the difference into a discount or a fee";
            faults.add(format!("{path}.kind"), why, FaultReason::AmountNotRepresentable);
        }
        LineKind::Discount if line.total.minor > 0 => {
            faults.invalid(format!("{path}.total"), "a discount must be zero or negative");
        }
        LineKind::Shipping if line.total.minor < 0 => {
            faults.invalid(format!("{path}.total"), "must not be negative");
        }
        LineKind::Discount | LineKind::Shipping => {}
        LineKind::Product | LineKind::Service | LineKind::Fee => article(path, line, faults),
    }
}

fn article(path: &str, line: &Line, faults: &mut Faults) {
    if line.sku.trim().is_empty() {
        faults.invalid(format!("{path}.sku"), "must be given: shipments and refunds name goods by it alone");
    }
    if line.name.trim().is_empty() {
        faults.invalid(format!("{path}.title"), "must be given: the customer reads it at DivideBuy");
    }
    if line.total.minor < 0 || line.unit_price.minor < 0 {
        faults.invalid(format!("{path}.total"), "must not be negative: make it a discount");
    }
    if line.image_url.as_ref().is_some_and(|url| url.len() > URL_BYTES_MAX) {
        faults
            .invalid(format!("{path}.image_url"), &format!("must not be longer than {URL_BYTES_MAX} bytes"));
    }
    let Some(pieces) = line.quantity.pieces().filter(|pieces| *pieces > 0) else {
        return faults.invalid(format!("{path}.quantity"), "must be a whole number above zero");
    };
    if i128::from(pieces) * i128::from(line.unit_price.minor) != i128::from(line.total.minor) {
        let why = "must be quantity × unit price: DivideBuy is told all three";
        faults.add(format!("{path}.total"), why, FaultReason::AmountNotRepresentable);
    }
}

fn address(path: &str, address: &Address, faults: &mut Faults) {
    faults.address(path, address);
    if !COUNTRIES.contains(&address.country_code.as_str()) {
        faults.invalid(
            format!("{path}.country_code"),
            "must be GB, GG, IM or JE: DivideBuy is not told countries",
        );
    }
}
