//! What an order is made of, in our words: lines, people, addresses.
//!
//! This is the part of an order that a codec may put on a wire. It never changes after the order is accepted,
//! because providers read it more than once and compare.

mod people;

pub use people::{Address, BankAccount, Customer};

use crate::{Currency, EncodeError, Money, Private, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One order as its provider gets to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderContent {
    /// Our id: 26 characters of Crockford base32, followed by `-n` for attempt n > 1. This is what providers store.
    pub order_id: String,
    /// The shop's own number of it.
    pub client_reference: String,
    /// One currency for everything.
    pub currency: Currency,
    /// The sum of all lines, always (invariant I1).
    pub total: Money,
    /// At least one.
    pub lines: Vec<Line>,
    /// Who buys.
    pub customer: Private<Customer>,
    /// Where the money is settled; the shipping address if none was given.
    pub billing: Private<Address>,
    /// Where the goods go.
    pub shipping_to: Private<Address>,
    /// What only this provider understands, by the names in its table.
    pub provider_options: BTreeMap<String, String>,
}

/// One line of an order. Shipping, fees, discounts and roundings are lines too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Unique within the order; chosen by the shop, or `1`, `2`, … in order.
    pub line_id: String,
    /// The shop's article number.
    pub sku: String,
    /// What the customer reads.
    pub name: String,
    /// What kind of line.
    pub kind: LineKind,
    /// How many.
    pub quantity: Quantity,
    /// Price of one, tax included.
    pub unit_price: Money,
    /// Tax contained in the price, in hundredths of a percent: 2000 is 20 %.
    pub tax_rate_bp: u32,
    /// What the line costs, tax included: quantity × unit price, rounded by the shop to a minor unit.
    pub total: Money,
    /// What the quantity counts: `pcs`, `hour`; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// A picture for the provider's checkout, if there is one.
    pub image_url: Option<String>,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineKind {
    /// Goods that ship.
    Product,
    /// Work or a digital good.
    Service,
    /// Delivery of the rest.
    Shipping,
    /// A surcharge.
    Fee,
    /// Less to pay; its total is zero or negative.
    Discount,
    /// A cent to make the sum right; either sign.
    Rounding,
}

/// Part of a line, in quantity and in money: what is shipped, cancelled or refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Which line.
    pub line_id: String,
    /// How many of it.
    pub quantity: Quantity,
    /// What that part costs, tax included.
    pub amount: Money,
}

impl OrderContent {
    /// The line that a portion is a part of.
    pub(crate) fn line_of(&self, portion: &Portion) -> Result<&Line, EncodeError> {
        let missing = || EncodeError::inexpressible("lines.line_id", "the order has no such line");
        self.lines.iter().find(|line| line.line_id == portion.line_id).ok_or_else(missing)
    }

    /// Whether this can be the postal code of one of its addresses, however it is spaced and cased: where none is known, any
    /// can.
    pub(crate) fn may_be_at(&self, postcode: &str) -> bool {
        let plain = |postcode: &str| postcode.replace(char::is_whitespace, "").to_uppercase();
        let known = [&self.billing, &self.shipping_to].map(|address| plain(&address.expose().postcode));
        known.contains(&plain(postcode)) || known.iter().all(String::is_empty)
    }

    /// The provider option of this name, if the shop gave it.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.provider_options.get(name).map(String::as_str)
    }
}
