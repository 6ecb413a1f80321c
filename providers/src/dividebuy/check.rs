//! What no row of the table says of an order: DivideBuy knows goods by their article number alone.

use super::SPEC;
use crate::faults::Faults;
use crate::{FieldFault, LineKind, OrderContent};
use std::collections::BTreeSet;

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let (mut faults, mut skus) = (Faults::default(), BTreeSet::new());
    let goods = content.lines.iter().enumerate().filter(|(_, line)| SPEC.counts(line.kind));
    for (index, line) in goods {
        let field = |name: &str| format!("order.lines[{index}].{name}");
        if line.name.trim().is_empty() {
            faults.invalid(field("title"), "must be given: the customer reads it at DivideBuy");
        }
        if line.sku.trim().is_empty() {
            faults.invalid(field("sku"), "must be given: shipments and refunds name goods by it alone");
        }
        if !skus.insert(line.sku.as_str()) {
            faults.invalid(field("sku"), "must be unique: shipments and refunds name goods by it alone");
        }
    }
    if skus.is_empty() {
        faults.invalid("order.lines", "must hold at least one product, service or fee");
    }
    let financed = content.lines.iter().filter(|line| line.kind != LineKind::Shipping);
    if financed.map(|line| i128::from(line.total.minor)).sum::<i128>() <= 0 {
        faults.invalid("order.total", "must leave something to pay besides shipping");
    }
    faults.0
}
