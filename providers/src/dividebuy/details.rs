//! The answer to `getorderdetails`: what the order holds, in DivideBuy's words (S1 L225-300).
//!
//! It is made from content that never changes, so every pull gets the same bytes.

use super::SPEC;
use super::credentials::Credentials;
use super::table::POUNDS;
use crate::content::Address;
use crate::said::{Said, digits, list, object, percent, private};
use crate::tax::Taxed;
use crate::{Currency, Line, LineKind, OrderContent};

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
    let goods = Taxed::of_kinds(content, |kind| SPEC.counts(kind));
    let discount = -Taxed::of_kinds(content, |kind| kind == LineKind::Discount).gross;
    let shipping = Taxed::of_kinds(content, |kind| kind == LineKind::Shipping);
    let carriage = content.lines.iter().find(|line| line.kind == LineKind::Shipping);
    // Both flags say that the two addresses differ: so does DivideBuy's own extension, and so it is in the guide.
    let differ = || Said::from(i64::from(content.billing != content.shipping_to));
    // The number that the customer knows the order by; where the shop has none of its own, ours.
    let number = Some(&content.client_reference).filter(|number| !number.trim().is_empty());
    let months = content.option("selected_instalment").and_then(|months| months.parse::<i64>().ok());
    object([
        ("store_order_id", (&content.order_id).into()),
        ("store_order_increment_id", number.unwrap_or(&content.order_id).into()),
        ("store_token", private(credentials.token)),
        ("store_authentication", private(credentials.authentication)),
        ("subtotal", pounds(goods.net())),
        ("subtotalInclVat", pounds(goods.gross)),
        ("vat", pounds(goods.tax)),
        ("discount", pounds(discount)),
        // Our discounts are amounts with the tax in them.
        ("discountApplied", "afterVat".into()),
        // Shipping is left out of DivideBuy's total: 2400 − 500 = 1900 beside a shipping of 15 (S1 L241-248).
        ("grand_total", pounds(goods.gross - discount)),
        ("shipping", pounds(shipping.net())),
        ("shippingInclVat", pounds(shipping.gross)),
        ("shipping_method", carriage.map_or("", |line| &line.sku).into()),
        ("shipping_label", carriage.map_or("", |line| &line.name).into()),
        ("is_default_shipping", differ()),
        ("is_default_billing", differ()),
        ("selected_instalment", months.into()),
    ])
}

fn product(line: &Line) -> Said {
    let price = Taxed::of(line.unit_price, line.tax_rate_bp);
    let row = Taxed::of_line(line);
    object([
        ("name", (&line.name).into()),
        ("sku", (&line.sku).into()),
        ("qty", line.quantity.pieces().into()),
        ("price", pounds(price.net())),
        ("priceInclVat", pounds(price.gross)),
        ("DivVat", percent(line.tax_rate_bp)),
        ("rowTotal", pounds(row.net())),
        ("rowTotalInclVat", pounds(row.gross)),
        ("discount", pounds(0)),
        ("short_description", (&line.name).into()),
        ("image_url", line.image_url.as_deref().unwrap_or("").into()),
        ("product_options", object([])),
    ])
}

/// Of pence, of which a sum may have more than an order's total.
pub(super) fn pounds(pence: i128) -> Said {
    digits(POUNDS.digits(Currency::Gbp, pence))
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
