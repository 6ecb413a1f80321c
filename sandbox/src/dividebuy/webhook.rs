//! The messages DivideBuy sends to a shop's response webhook, and how often it tries.

use std::time::Duration;

use serde_json::{Value, json};

use super::account::Retailer;
use super::order::{Decided, Order, Person};
use crate::faults::Twist;

/// The waits after the first, second, … failed try. The guide names no retry policy; six tries within three
/// minutes bridge a restart of the shop without keeping a test waiting for a day.
pub(crate) const BACKOFF: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(20),
    Duration::from_secs(45),
    Duration::from_secs(90),
];

/// The `method` of a message.
pub(crate) const RETAILER_CONFIGURATIONS: &str = "retailerConfigurations";
/// The shopper was accepted.
pub(crate) const ORDER_SUCCESS: &str = "orderSuccess";
/// Declined or left.
pub(crate) const ORDER_CANCEL: &str = "orderCancel";

/// `orderSuccess`, as the guide prints it.
pub(crate) fn order_success(retailer: &Retailer, order: &Order, decided: &Decided) -> Value {
    json!({
        "method": "orderSuccess",
        "store_order_id": order.key.order,
        "store_token": retailer.credentials.token,
        "store_authentication": retailer.credentials.authentication,
        "order_status": "success",
        "orderTime": decided.time(),
        "retailer_store_code": retailer.store_code,
        "customer_email": order.person.email,
        "laravel_order_ref_id": decided.reference(),
        "address": address(&order.person),
    })
}

/// `orderCancel`, as the guide prints it; the same for a decline and for a change of mind.
pub(crate) fn order_cancel(retailer: &Retailer, order_id: &str) -> Value {
    json!({
        "method": "orderCancel",
        "store_order_id": order_id,
        "retailer_store_code": retailer.store_code,
        "store_token": retailer.credentials.token,
        "store_authentication": retailer.credentials.authentication,
        "delete_user_order": 1,
    })
}

/// The same message as a fault wants it: with another's credentials, or a word that no guide has.
pub(crate) fn twisted(message: &mut Value, twist: Twist) {
    if let Some(token) = message["store_token"].as_str() {
        message["store_token"] = json!(twist.key(token));
    }
    if let Some(status) = message["order_status"].as_str() {
        message["order_status"] = json!(twist.status(status));
    }
}

/// The address as the calls of the guide give it: the first street line split into number and street.
pub(crate) fn address(person: &Person) -> Value {
    let first = person.street.first().map_or("", String::as_str);
    let (number, street) = match first.split_once(' ') {
        Some((number, street)) if number.starts_with(|digit: char| digit.is_ascii_digit()) => {
            (number, street)
        }
        _ => ("", first),
    };
    json!({
        "prefix": "",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "contact_number": person.phone,
        "house_name": "",
        "house_number": number,
        "street": street,
        "address2": person.street.get(1..).unwrap_or_default().join(", "),
        "city": person.city,
        "region": person.region,
        "postcode": person.postcode,
    })
}

/// One instalment plan on offer, with its numbers as the guide writes them.
pub(crate) struct Instalments {
    pub(crate) months: i64,
    kind: &'static str,
    /// Yearly rate in percent, as JSON.
    pub(crate) rate: &'static str,
    min: &'static str,
    position: &'static str,
}

const fn plan(
    position: &'static str,
    kind: &'static str,
    months: i64,
    rate: &'static str,
    min: &'static str,
) -> Instalments {
    Instalments { months, kind, rate, min, position }
}

/// The plans of the guide's example, under the positions it gives them.
pub(crate) const INSTALMENTS: [Instalments; 5] = [
    plan("16", "instalments", 3, "0", "200.0"),
    plan("19", "instalments", 6, "0", "300.0"),
    plan("22", "instalments", 9, "0", "500.0"),
    plan("25", "instalments-ibc", 18, "9.5", "800.0"),
    plan("28", "instalments-ibc", 24, "19.9", "1100.0"),
];

/// `retailerConfigurations`, with the entries of the guide's example and its gaps between the positions.
pub(crate) fn retailer_configurations(retailer: &Retailer) -> Value {
    let id = retailer.id;
    let global =
        |key: &str, value: &str| json!({"type": "global", "key": key, "value": value, "retailer_id": id});
    let number =
        |text: &str| serde_json::from_str::<Value>(text).expect("the table above holds JSON numbers");
    let mut details = json!({
        "0": global("taxClass", "20"),
        "1": global("description", &retailer.brand),
        "9": global("representativeAPR", "19.9"),
        "10": global("averageIbcTermLength", "24"),
        "11": global("averageIbcOrderValue", "2450.00"),
        "12": global("markOrderComplete", "0"),
        "13": {"type": "allowedIps", "key": "allowedIps", "value": retailer.allowed_ips, "retailer_id": id},
    });
    for plan in &INSTALMENTS {
        details[plan.position] = json!({
            "type": plan.kind,
            "key": plan.months.to_string(),
            "interest_rate": number(plan.rate),
            "apr": number(plan.rate),
            "min": number(plan.min),
            "max": number("6000.0"),
            "retailer_id": id,
        });
    }
    json!({
        "method": "retailerConfigurations",
        "retailer_id": id,
        "retailer_store_code": retailer.store_code,
        "store_token": retailer.credentials.token,
        "store_authentication": retailer.credentials.authentication,
        "allowedIps": retailer.allowed_ips,
        "retailerConfigurationDetails": details,
    })
}
