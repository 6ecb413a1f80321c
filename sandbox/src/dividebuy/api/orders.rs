//! `getuserorder` and `syncretorder`: how a shop learns that an order was paid, and says that it has.

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::{Call, Outcome};
use crate::dividebuy::event::Event;
use crate::dividebuy::order::{Basket, Order};
use crate::dividebuy::webhook::address;
use crate::exact::Major;
use crate::faults::Twist;

/// The full data of an approved order. Reads only.
pub(super) fn get(call: &Call) -> Outcome {
    let order = call.order(call.retailer_in(call.fields)?, "storeOrderId")?;
    if call.twist.is_stale() {
        return Err(Refusal::OrderNotFound);
    }
    let answer = Answer { status: "ok", data: user_order(order, call.twist) };
    Ok((Vec::new(), serde_json::to_string(&answer).expect("an answer is plain data")))
}

/// Notes that the shop has taken the order over. May be repeated.
pub(super) fn sync(call: &Call) -> Outcome {
    let order = call.order(call.retailer_in(call.fields)?, "storeOrderId")?;
    let synced = Event::Synced { key: order.key.clone(), digest: call.digest.clone() };
    Ok((vec![synced.into()], json!({"status": "ok"}).to_string()))
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'a str,
    data: UserOrder<'a>,
}

/// The guide's `data` object, member by member in its order and spelling.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserOrder<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_details: Option<Value>,
    method: &'a str,
    #[serde(rename = "store_order_id")]
    store_order_id: &'a str,
    order_increment_id: String,
    #[serde(rename = "laravel_order_ref_id")]
    reference: String,
    #[serde(rename = "laravel_order_status")]
    progress: &'a str,
    #[serde(rename = "order_status")]
    order_status: &'a str,
    order_time: String,
    #[serde(rename = "customer_email")]
    email: &'a str,
    address: Value,
    customer_name: String,
    products: Vec<Product<'a>>,
    sub_total: Major,
    vat_total: Major,
    sub_total_incl_vat: Major,
    discount: Major,
    discount_applied: &'a str,
    grand_total: Major,
    shipping_rate: Major,
    shipping_method: &'a str,
    pod_file: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Product<'a> {
    product_id: usize,
    sku: &'a str,
    price_excl_vat: Major,
    vat: Major,
    price: Major,
    product_name: &'a str,
    quantity: i64,
}

fn user_order(order: &Order, twist: Twist) -> UserOrder<'_> {
    let Order { basket, person, decided, .. } = order;
    let tracking_details = order
        .parcels
        .last()
        .map(|parcel| json!({"trackingName": parcel.courier, "trackingNumber": parcel.numbers.first()}));
    UserOrder {
        tracking_details,
        method: "orderSuccess",
        store_order_id: &order.key.order,
        order_increment_id: decided.map(|decided| decided.increment_id()).unwrap_or_default(),
        reference: decided.map(|decided| decided.reference()).unwrap_or_default(),
        progress: "Processing",
        order_status: twist.status("success"),
        order_time: decided.map(|decided| decided.time()).unwrap_or_default(),
        email: &person.email,
        address: address(person),
        customer_name: format!("{} {}", person.first_name, person.last_name),
        products: products(basket),
        sub_total: Major(basket.subtotal),
        vat_total: Major(basket.vat),
        sub_total_incl_vat: Major(basket.subtotal_incl_vat),
        discount: Major(basket.discount),
        discount_applied: &basket.discount_applied,
        grand_total: Major(twist.amount(basket.grand_total)),
        shipping_rate: Major(basket.shipping_incl_vat),
        shipping_method: &basket.shipping_label,
        pod_file: "",
    }
}

fn products(basket: &Basket) -> Vec<Product<'_>> {
    basket
        .lines
        .iter()
        .enumerate()
        .map(|(position, line)| Product {
            // Counted from the number in the guide's example; nothing refers to it.
            product_id: 24_097 + position,
            sku: &line.sku,
            price_excl_vat: Major(line.price),
            vat: Major(line.price_incl_vat - line.price),
            price: Major(line.price_incl_vat),
            product_name: &line.name,
            quantity: line.qty,
        })
        .collect()
}
