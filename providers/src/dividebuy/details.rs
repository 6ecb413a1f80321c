//! The answer to `getorderdetails`: what the order holds, in DivideBuy's words (S1 L225-300).
//!
//! It is made from content that never changes, so every pull gets the same bytes. Prices with tax are ours and exact;
//! tax is rounded half up by row, and all that is without tax is what remains.

use super::SPEC;
use super::wire::{Credentials, Sum, hundredths};
use crate::content::Address;
use crate::said::{Said, list, object};
use crate::{Line, LineKind, OrderContent};

/// The whole answer, or nothing where the order cannot be said here: its content would not pass the check.
pub(super) fn details(content: &OrderContent, credentials: &Credentials<'_>) -> Option<Said> {
    let goods = || content.lines.iter().filter(|line| SPEC.counts(line.kind));
    let answer = object([
        ("order_detail", order_detail(content, credentials)),
        ("product_details", list(goods().map(product))),
        ("shipping_address", address(content, content.shipping_to.expose())),
        ("billing_address", address(content, content.billing.expose())),
    ]);
    goods().all(|line| line.quantity.pieces().is_some()).then_some(answer)
}

fn order_detail(content: &OrderContent, credentials: &Credentials<'_>) -> Said {
    let goods = sum(content, |kind| SPEC.counts(kind));
    let discount = -sum(content, |kind| kind == LineKind::Discount).gross;
    let shipping = sum(content, |kind| kind == LineKind::Shipping);
    let carriage = content.lines.iter().find(|line| line.kind == LineKind::Shipping);
    let [token, authentication] = credentials.said();
    // Both flags say that the two addresses differ: so does DivideBuy's own extension, and so it is in the guide.
    let differ = || Said::from(i64::from(content.billing != content.shipping_to));
    let months = content.option("selected_instalment").and_then(|months| months.parse::<i64>().ok());
    object([
        ("store_order_id", (&content.order_id).into()),
        ("store_order_increment_id", (&content.client_reference).into()),
        ("store_token", token),
        ("store_authentication", authentication),
        ("subtotal", goods.without_vat()),
        ("subtotalInclVat", goods.with_vat()),
        ("vat", hundredths(goods.vat)),
        ("discount", hundredths(discount)),
        // Our discounts are amounts with the tax in them.
        ("discountApplied", "afterVat".into()),
        // Shipping is left out of DivideBuy's total: 2400 − 500 = 1900 beside a shipping of 15 (S1 L241-248).
        ("grand_total", hundredths(goods.gross - discount)),
        ("shipping", shipping.without_vat()),
        ("shippingInclVat", shipping.with_vat()),
        ("shipping_method", carriage.map_or("", |line| &line.sku).into()),
        ("shipping_label", carriage.map_or("", |line| &line.name).into()),
        ("is_default_shipping", differ()),
        ("is_default_billing", differ()),
        ("selected_instalment", months.into()),
    ])
}

fn sum(content: &OrderContent, counts: impl Fn(LineKind) -> bool) -> Sum {
    let lines = content.lines.iter().filter(|line| counts(line.kind));
    lines.map(|line| Sum::of(line.total.minor, line.tax_rate_bp)).fold(Sum::default(), Sum::plus)
}

fn product(line: &Line) -> Said {
    let price = Sum::of(line.unit_price.minor, line.tax_rate_bp);
    let row = Sum::of(line.total.minor, line.tax_rate_bp);
    object([
        ("name", (&line.name).into()),
        ("sku", (&line.sku).into()),
        ("qty", line.quantity.pieces().into()),
        ("price", price.without_vat()),
        ("priceInclVat", price.with_vat()),
        ("DivVat", hundredths(i128::from(line.tax_rate_bp))),
        ("rowTotal", row.without_vat()),
        ("rowTotalInclVat", row.with_vat()),
        ("discount", hundredths(0)),
        ("short_description", (&line.name).into()),
        ("image_url", line.image_url.as_deref().unwrap_or("").into()),
        ("product_options", object([])),
    ])
}

fn address(content: &OrderContent, address: &Address) -> Said {
    let customer = content.customer.expose();
    object([
        ("first_name", (&customer.first_name).into()),
        ("last_name", (&customer.last_name).into()),
        ("email", (&customer.email).into()),
        ("street", list(address.lines.iter().map(Said::from))),
        ("city", (&address.town).into()),
        ("region", (&address.region).into()),
        ("postcode", (&address.postcode).into()),
    ])
}
