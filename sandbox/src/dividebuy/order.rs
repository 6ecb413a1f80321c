//! An order as DivideBuy knows it: what the shop answered, what the shopper decided, what happened since.
//!
//! Amounts are minor units of GBP, the one currency of this provider. The
//! personal part ([`Person`]) is a type of its own so that it can be sealed
//! whole; it has no `Debug`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::checkout::Decision;
use crate::simulator::OrderKey;

/// The impersonal part of `getorderdetails`, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Basket {
    /// `store_order_increment_id`, the number the shopper knows the order by.
    pub(crate) reference: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) subtotal: i64,
    pub(crate) subtotal_incl_vat: i64,
    pub(crate) vat: i64,
    /// Never negative here, whichever sign the shop wrote.
    pub(crate) discount: i64,
    pub(crate) discount_applied: String,
    /// Subtotal with VAT less the discount; shipping is not in it.
    pub(crate) grand_total: i64,
    pub(crate) shipping: i64,
    pub(crate) shipping_incl_vat: i64,
    pub(crate) shipping_label: String,
    pub(crate) selected_instalment: Option<i64>,
}

impl Basket {
    /// What the shopper borrows: the grand total and, beside it, the shipping.
    pub(crate) fn financed(&self) -> i64 {
        self.grand_total + self.shipping_incl_vat
    }

    /// How many of each article were ordered.
    pub(crate) fn ordered(&self) -> BTreeMap<&str, i64> {
        self.lines.iter().fold(BTreeMap::new(), |mut sum, line| {
            *sum.entry(line.sku.as_str()).or_default() += line.qty;
            sum
        })
    }
}

/// One line of the basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) sku: String,
    pub(crate) qty: i64,
    pub(crate) price: i64,
    pub(crate) price_incl_vat: i64,
    pub(crate) row_total: i64,
    pub(crate) row_total_incl_vat: i64,
}

/// Who the shopper is. Sealed on disk, and without `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) street: Vec<String>,
    pub(crate) city: String,
    pub(crate) region: String,
    pub(crate) postcode: String,
}

/// The status in the return splash key. The wire has one word for declined and left.
pub(crate) fn splash_status(decision: Decision) -> &'static str {
    if decision == Decision::Approve { "success" } else { "cancel" }
}

/// A decision with its time and the numbers DivideBuy gave the order then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) at: Timestamp,
    /// Counts the decided orders of this host, from 1; DivideBuy's own numbers are made from it.
    pub(crate) count: u64,
}

impl Decided {
    /// `laravel_order_ref_id`, DivideBuy's own reference, a text of nine digits.
    pub(crate) fn reference(&self) -> String {
        (100_054_380 + self.count).to_string()
    }

    /// `orderIncrementId`.
    pub(crate) fn increment_id(&self) -> String {
        (145_006_484 + self.count).to_string()
    }

    /// `orderTime`, as the guide prints times.
    pub(crate) fn time(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// Some of one article in one or more parcels, as reported by `tracking`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parcel {
    pub(crate) courier: String,
    pub(crate) numbers: BTreeSet<String>,
    pub(crate) sku: String,
    pub(crate) qty: i64,
}

/// An order and all that happened to it.
pub(crate) struct Order {
    pub(crate) key: OrderKey,
    /// The secret part of its checkout address.
    pub(crate) token: String,
    pub(crate) basket: Basket,
    pub(crate) person: Person,
    pub(crate) decided: Option<Decided>,
    pub(crate) synced: bool,
    /// What is tracked now, oldest first.
    pub(crate) parcels: Vec<Parcel>,
    /// Parcels whose tracking was deleted; a second deletion is a repeat, not an error.
    pub(crate) deleted: Vec<Parcel>,
    pub(crate) refunded: i64,
    /// How many of each article were refunded.
    pub(crate) returned: BTreeMap<String, i64>,
}

impl Order {
    /// Whether the shopper was accepted: only then do the calls of the guide know the order.
    pub(crate) fn approved(&self) -> bool {
        self.decided.is_some_and(|decided| decided.decision == Decision::Approve)
    }

    /// What may still be refunded.
    pub(crate) fn remaining(&self) -> i64 {
        self.basket.financed() - self.refunded
    }

    /// How many of `sku` are tracked now.
    pub(crate) fn tracked(&self, sku: &str) -> i64 {
        self.parcels.iter().filter(|parcel| parcel.sku == sku).map(|parcel| parcel.qty).sum()
    }

    /// Whether exactly this is tracked already.
    pub(crate) fn is_tracked(&self, parcel: &Parcel) -> bool {
        self.parcels.iter().any(|known| {
            known.sku == parcel.sku && known.qty == parcel.qty && parcel.numbers.is_subset(&known.numbers)
        })
    }
}
