//! An order's items as divit shows them to the customer: of retail from our lines, of flights as the shop gave them.

use crate::{Line, LineKind, OrderContent};
use serde_json::{Map, Value, json};

/// The order's type and its items.
pub(super) fn items(content: &OrderContent) -> (&'static str, Vec<Value>) {
    if let Some(flights) = flights(content) {
        let item = |flight| json!({"itemType": "flight", "itemData": flight});
        return ("flight", flights.into_iter().map(item).collect());
    }
    // Discounts and roundings are in the total; as things to look at they are none.
    let things = content.lines.iter().filter(|line| is_thing(line.kind));
    let item = |line| json!({"itemType": "retail", "itemData": retail(line)});
    ("retail", things.map(item).collect())
}

/// Whether the customer sees such a line as an item.
pub(super) const fn is_thing(kind: LineKind) -> bool {
    !matches!(kind, LineKind::Discount | LineKind::Rounding)
}

fn retail(line: &Line) -> Value {
    let pictures = line.image_url.as_ref().map_or_else(|| json!({}), |url| json!({"big": url, "small": url}));
    json!({
        "productID": line.sku, "productTitle": line.name, "qty": line.quantity.pieces().unwrap_or(1),
        "unitPrice": line.unit_price.minor, "subtotal": line.total.minor, "pics": pictures,
    })
}

fn flights(content: &OrderContent) -> Option<Vec<Map<String, Value>>> {
    read_flights(content.provider_options.get("flights")?).ok()
}

/// Reads the option `flights`.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read_flights(text: &str) -> Result<Vec<Map<String, Value>>, &'static str> {
    let flights: Vec<Map<String, Value>> =
        serde_json::from_str(text).map_err(|_| "must be a JSON array of flight items")?;
    if flights.is_empty() || flights.len() > 50 {
        return Err("must hold from 1 to 50 flight items");
    }
    if flights.iter().all(is_flight) {
        Ok(flights)
    } else {
        Err("each flight needs departure and arrival with iataCode and at, carrierCode and number")
    }
}

fn is_flight(flight: &Map<String, Value>) -> bool {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let stop = |name| flight.get(name).is_some_and(|stop| text(stop.get("iataCode")) && text(stop.get("at")));
    stop("departure") && stop("arrival") && text(flight.get("carrierCode")) && text(flight.get("number"))
}
