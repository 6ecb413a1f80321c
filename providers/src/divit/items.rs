//! An order's items as divit shows them to the customer: of retail from our lines, of flights as the shop gave them.

use super::SPEC;
use super::table::CENTS;
use crate::said::{Said, amount, list, object};
use crate::{EncodeError, Line, OrderContent};

/// The order's type and its items.
pub(super) fn items(content: &OrderContent) -> Result<(&'static str, Said), EncodeError> {
    let flights = content.json("flights");
    let item = |kind: &str, data: Said| object([("itemData", data), ("itemType", kind.into())]);
    if flights.is_truthy() {
        let flights = flights.items("").iter().map(|flight| item("flight", flight.into()));
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
