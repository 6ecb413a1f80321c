//! Whether an order can be said to DivideBuy at all.
//!
//! What is said here must hold later: the details that DivideBuy pulls carry quantity, price and row total, and
//! shipments and refunds name their goods by article number alone.

use super::SPEC;
use crate::content::{Address, Customer};
use crate::{Currency, FaultReason, FieldFault, Line, LineKind, OrderContent};
use std::collections::BTreeSet;

/// Bytes of an article number; long ones would not fit DivideBuy's back office.
const SKU_BYTES_MAX: usize = 64;
/// Bytes of any other text.
const TEXT_BYTES_MAX: usize = 255;
/// Bytes of a picture's address.
const URL_BYTES_MAX: usize = 2_048;
/// Addresses carry no country on this wire; these are the ones that British postcodes cover.
const COUNTRIES: [&str; 5] = ["", "GB", "GG", "IM", "JE"];

/// All faults of an order, in the order of its fields.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults(Vec::new());
    faults.order(content);
    let mut skus = BTreeSet::new();
    for (index, line) in content.lines.iter().enumerate() {
        let path = format!("order.lines[{index}]");
        faults.line(&path, line);
        if is_article(line.kind) && !skus.insert(line.sku.as_str()) {
            faults.invalid(
                format!("{path}.sku"),
                "must be unique: shipments and refunds name goods by it alone",
            );
        }
    }
    faults.customer(content.customer.expose());
    faults.address("order.billing_address", content.billing.expose());
    faults.address("order.shipping_address", content.shipping_to.expose());
    faults.options(content);
    faults.0
}

/// Whether DivideBuy knows such a line as a product.
pub(super) const fn is_article(kind: LineKind) -> bool {
    matches!(kind, LineKind::Product | LineKind::Service | LineKind::Fee)
}

struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: String, description: &str, reason: FaultReason) {
        self.0.push(FieldFault { field, description: description.to_owned(), reason });
    }

    fn invalid(&mut self, field: String, description: &str) {
        self.add(field, description, FaultReason::Invalid);
    }

    fn text(&mut self, field: String, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            self.invalid(field, &format!("must not be longer than {bytes_max} bytes"));
        }
    }

    fn order(&mut self, content: &OrderContent) {
        if content.currency != Currency::Gbp || content.total.currency != Currency::Gbp {
            let field = "order.total.currency_code".to_owned();
            self.add(field, "DivideBuy settles in GBP only", FaultReason::CurrencyNotSupported);
        }
        self.text("order.client_reference".to_owned(), &content.client_reference, TEXT_BYTES_MAX);
        if content.lines.len() > SPEC.limits.lines_max {
            self.invalid(
                "order.lines".to_owned(),
                &format!("must not be more than {}", SPEC.limits.lines_max),
            );
        }
        if !content.lines.iter().any(|line| is_article(line.kind)) {
            self.invalid("order.lines".to_owned(), "must hold at least one product, service or fee");
        }
        let financed = content.lines.iter().filter(|line| line.kind != LineKind::Shipping);
        if financed.map(|line| i128::from(line.total.minor)).sum::<i128>() <= 0 {
            self.invalid("order.total".to_owned(), "must leave something to pay besides shipping");
        }
    }

    fn line(&mut self, path: &str, line: &Line) {
        if line.total.currency != Currency::Gbp || line.unit_price.currency != Currency::Gbp {
            let field = format!("{path}.total.currency_code");
            self.add(field, "DivideBuy settles in GBP only", FaultReason::CurrencyNotSupported);
        }
        self.text(format!("{path}.title"), &line.name, TEXT_BYTES_MAX);
        self.text(format!("{path}.sku"), &line.sku, SKU_BYTES_MAX);
        if line.tax_rate_bp > 10_000 {
            self.invalid(format!("{path}.tax_rate_basis_points"), "must not be above 10000, which is 100 %");
        }
        match line.kind {
            LineKind::Rounding => {
                let why = "DivideBuy has no rounding lines: put the difference into a discount or a fee";
                self.add(format!("{path}.kind"), why, FaultReason::AmountNotRepresentable);
            }
            LineKind::Discount if line.total.minor > 0 => {
                self.invalid(format!("{path}.total"), "a discount must be zero or negative");
            }
            LineKind::Shipping if line.total.minor < 0 => {
                self.invalid(format!("{path}.total"), "must not be negative");
            }
            LineKind::Discount | LineKind::Shipping => {}
            LineKind::Product | LineKind::Service | LineKind::Fee => self.article(path, line),
        }
    }

    fn article(&mut self, path: &str, line: &Line) {
        if line.sku.trim().is_empty() {
            self.invalid(
                format!("{path}.sku"),
                "must be given: shipments and refunds name goods by it alone",
            );
        }
        if line.name.trim().is_empty() {
            self.invalid(format!("{path}.title"), "must be given: the customer reads it at DivideBuy");
        }
        if line.total.minor < 0 || line.unit_price.minor < 0 {
            self.invalid(format!("{path}.total"), "must not be negative: make it a discount");
        }
        if line.image_url.as_ref().is_some_and(|url| url.len() > URL_BYTES_MAX) {
            self.invalid(
                format!("{path}.image_url"),
                &format!("must not be longer than {URL_BYTES_MAX} bytes"),
            );
        }
        let Some(pieces) = line.quantity.pieces().filter(|pieces| *pieces > 0) else {
            return self.invalid(format!("{path}.quantity"), "must be a whole number above zero");
        };
        if i128::from(pieces) * i128::from(line.unit_price.minor) != i128::from(line.total.minor) {
            let why = "must be quantity × unit price: DivideBuy is told all three";
            self.add(format!("{path}.total"), why, FaultReason::AmountNotRepresentable);
        }
    }

    fn customer(&mut self, customer: &Customer) {
        let fields = [
            ("first_name", &customer.first_name),
            ("last_name", &customer.last_name),
            ("email", &customer.email),
            ("phone", &customer.phone),
        ];
        for (name, text) in fields {
            self.text(format!("order.customer.{name}"), text, TEXT_BYTES_MAX);
        }
    }

    fn address(&mut self, path: &str, address: &Address) {
        for (index, line) in address.lines.iter().enumerate() {
            self.text(format!("{path}.lines[{index}]"), line, TEXT_BYTES_MAX);
        }
        let fields = [("town", &address.town), ("region", &address.region), ("postcode", &address.postcode)];
        for (name, text) in fields {
            self.text(format!("{path}.{name}"), text, TEXT_BYTES_MAX);
        }
        if !COUNTRIES.contains(&address.country_code.as_str()) {
            self.invalid(
                format!("{path}.country_code"),
                "must be GB, GG, IM or JE: DivideBuy is not told countries",
            );
        }
    }

    fn options(&mut self, content: &OrderContent) {
        for (name, value) in &content.provider_options {
            let field = format!("order.provider_options[{name:?}]");
            match name.as_str() {
                "selected_instalment" if value.parse::<u8>().is_ok_and(|months| months > 0) => {}
                "selected_instalment" => self.invalid(field, "must be a number of months from 1 to 255"),
                _ => self.invalid(field, "is not an option of DivideBuy; there is `selected_instalment`"),
            }
        }
    }
}
