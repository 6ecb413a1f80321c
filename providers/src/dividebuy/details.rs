//! The answer to `getorderdetails`: what the order holds, in DivideBuy's words (S1 L225-300).
//!
//! It is made from content that never changes, so every pull gets the same bytes. Prices with tax are ours and exact;
//! tax is rounded half up by row, and all that is without tax is what remains.

use super::check::is_article;
use super::wire::{Credentials, Hundredths, vat_within};
use crate::content::Address;
use crate::{Line, LineKind, OrderContent};
use serde::Serialize;

/// The answer's bytes, or nothing where the order cannot be said here (its content would not pass the check).
pub(super) fn details(content: &OrderContent, credentials: &Credentials<'_>) -> Option<Vec<u8>> {
    let articles = content.lines.iter().filter(|line| is_article(line.kind));
    let answer = Details {
        order_detail: order_detail(content, credentials),
        product_details: articles.map(product).collect::<Option<_>>()?,
        shipping_address: address(content, content.shipping_to.expose()),
        billing_address: address(content, content.billing.expose()),
    };
    serde_json::to_vec(&answer).ok()
}

#[derive(Serialize)]
struct Details<'a> {
    order_detail: OrderDetail<'a>,
    product_details: Vec<Product<'a>>,
    shipping_address: PostalAddress<'a>,
    billing_address: PostalAddress<'a>,
}

#[derive(Serialize)]
struct OrderDetail<'a> {
    store_order_id: &'a str,
    store_order_increment_id: &'a str,
    store_token: &'a str,
    store_authentication: &'a str,
    subtotal: Hundredths,
    #[serde(rename = "subtotalInclVat")]
    subtotal_incl_vat: Hundredths,
    vat: Hundredths,
    discount: Hundredths,
    #[serde(rename = "discountApplied")]
    discount_applied: &'static str,
    grand_total: Hundredths,
    shipping: Hundredths,
    #[serde(rename = "shippingInclVat")]
    shipping_incl_vat: Hundredths,
    shipping_method: &'a str,
    shipping_label: &'a str,
    is_default_shipping: u8,
    is_default_billing: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_instalment: Option<u8>,
}

#[derive(Serialize)]
struct Product<'a> {
    name: &'a str,
    sku: &'a str,
    qty: i64,
    price: Hundredths,
    #[serde(rename = "priceInclVat")]
    price_incl_vat: Hundredths,
    #[serde(rename = "DivVat")]
    vat_percent: Hundredths,
    #[serde(rename = "rowTotal")]
    row_total: Hundredths,
    #[serde(rename = "rowTotalInclVat")]
    row_total_incl_vat: Hundredths,
    discount: Hundredths,
    short_description: &'a str,
    image_url: &'a str,
    product_options: Empty,
}

/// `{}`
#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct PostalAddress<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    street: &'a [String],
    city: &'a str,
    region: &'a str,
    postcode: &'a str,
}

fn order_detail<'a>(content: &'a OrderContent, credentials: &Credentials<'a>) -> OrderDetail<'a> {
    let rows = Sum::of(content, is_article);
    let discount = -Sum::of(content, |kind| kind == LineKind::Discount).gross;
    let shipping = Sum::of(content, |kind| kind == LineKind::Shipping);
    let carriage = content.lines.iter().find(|line| line.kind == LineKind::Shipping);
    // Both flags say that the two addresses differ: so does DivideBuy's own extension, and so it is in the guide.
    let differ = u8::from(content.billing != content.shipping_to);
    OrderDetail {
        store_order_id: &content.order_id,
        store_order_increment_id: &content.client_reference,
        store_token: credentials.token,
        store_authentication: credentials.authentication,
        subtotal: Hundredths(rows.gross - rows.vat),
        subtotal_incl_vat: Hundredths(rows.gross),
        vat: Hundredths(rows.vat),
        discount: Hundredths(discount),
        // Our discounts are amounts with the tax in them.
        discount_applied: "afterVat",
        // Shipping is left out of DivideBuy's total: 2400 − 500 = 1900 beside a shipping of 15 (S1 L241-248).
        grand_total: Hundredths(rows.gross - discount),
        shipping: Hundredths(shipping.gross - shipping.vat),
        shipping_incl_vat: Hundredths(shipping.gross),
        shipping_method: carriage.map_or("", |line| &line.sku),
        shipping_label: carriage.map_or("", |line| &line.name),
        is_default_shipping: differ,
        is_default_billing: differ,
        selected_instalment: content
            .provider_options
            .get("selected_instalment")
            .and_then(|text| text.parse().ok()),
    }
}

/// What lines of one kind come to.
struct Sum {
    gross: i128,
    vat: i128,
}

impl Sum {
    fn of(content: &OrderContent, counts: impl Fn(LineKind) -> bool) -> Self {
        let lines = || content.lines.iter().filter(|line| counts(line.kind));
        Self {
            gross: lines().map(|line| i128::from(line.total.minor)).sum(),
            vat: lines().map(|line| vat_within(i128::from(line.total.minor), line.tax_rate_bp)).sum(),
        }
    }
}

fn product(line: &Line) -> Option<Product<'_>> {
    let (price, row) = (i128::from(line.unit_price.minor), i128::from(line.total.minor));
    Some(Product {
        name: &line.name,
        sku: &line.sku,
        qty: line.quantity.pieces()?,
        price: Hundredths(price - vat_within(price, line.tax_rate_bp)),
        price_incl_vat: Hundredths(price),
        vat_percent: Hundredths(i128::from(line.tax_rate_bp)),
        row_total: Hundredths(row - vat_within(row, line.tax_rate_bp)),
        row_total_incl_vat: Hundredths(row),
        discount: Hundredths(0),
        short_description: &line.name,
        image_url: line.image_url.as_deref().unwrap_or(""),
        product_options: Empty {},
    })
}

fn address<'a>(content: &'a OrderContent, address: &'a Address) -> PostalAddress<'a> {
    let customer = content.customer.expose();
    PostalAddress {
        first_name: &customer.first_name,
        last_name: &customer.last_name,
        email: &customer.email,
        street: &address.lines,
        city: &address.town,
        region: &address.region,
        postcode: &address.postcode,
    }
}
