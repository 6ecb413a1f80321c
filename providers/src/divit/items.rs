//! An order's items as divit shows them to the customer: of retail from our lines, of flights as the shop gave them.

use super::SPEC;
use super::table::CENTS;
use crate::said::{Said, amount, list, object};
use crate::{EncodeError, Line, OrderContent};
use serde_json::{Map, Value};

/// The order's type and its items.
pub(super) fn items(content: &OrderContent) -> Result<(&'static str, Said), EncodeError> {
    let flights = content.option("flights").and_then(|text| read_flights(text).ok());
    let item = |kind: &str, data: Said| object([("itemData", data), ("itemType", kind.into())]);
    if let Some(flights) = flights {
        let flights = flights.into_iter().map(|one| item("flight", Value::Object(one).into()));
        return Ok(("flight", list(flights)));
    }
    // What is not counted is in the total, and no thing to look at.
    let things = content.lines.iter().filter(|line| SPEC.counts(line.kind));
    let things: Vec<_> = things.map(|line| Ok(item("retail", retail(line)?))).collect::<Result<_, _>>()?;
    Ok(("retail", list(things)))
}

fn retail(line: &Line) -> Result<Said, EncodeError> {
    let picture = |size| (size, line.image_url.as_ref().into());
    Ok(object([
        ("pics", object(["big", "small"].map(picture))),
        ("productID", (&line.sku).into()),
        ("productTitle", (&line.name).into()),
        ("qty", line.quantity.pieces().unwrap_or(1).into()),
        ("subtotal", amount(CENTS, line.total)?),
        ("unitPrice", amount(CENTS, line.unit_price)?),
    ]))
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
