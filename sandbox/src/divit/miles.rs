//! Miles: what a promo code says an order earns, and when divit's staff wants to know more.
//!
//! The miles that the shop supplies are always credited. An order that
//! supplies others than its promo code comes to, or whose miles cost more than
//! the order brings, raises an alert.

use serde::{Deserialize, Serialize};

use super::account::Account;

/// What an order says of its miles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Miles {
    pub(crate) supplied: i64,
    pub(crate) promo_code: String,
    /// The part of the total that earns miles, in cents.
    pub(crate) earning: i64,
}

/// Reads `miles:dollars`.
pub(crate) fn ratio(text: &str) -> Option<(i64, i64)> {
    let (miles, dollars) = text.split_once(':')?;
    let read = |text: &str| text.parse::<i64>().ok().filter(|number| (1..=1_000_000).contains(number));
    Some((read(miles)?, read(dollars)?))
}

impl Miles {
    /// Why divit's staff opens a ticket for an order of this total.
    pub(crate) fn alerts(&self, account: &Account, total: i64) -> Vec<&'static str> {
        let mut alerts = Vec::new();
        // An empty code and nothing that earns: the shop asks for no verification.
        if !self.promo_code.is_empty() || self.earning != 0 {
            match account.promo_codes.get(&self.promo_code).and_then(|text| ratio(text)) {
                None => alerts.push("promo_code_unknown"),
                Some((miles, dollars)) => {
                    // The documents name no rounding: parts of a mile are not given.
                    let computed = i128::from(self.earning) * i128::from(miles) / i128::from(dollars * 100);
                    if computed != i128::from(self.supplied) {
                        alerts.push("miles_differ");
                    }
                }
            }
        }
        if i128::from(self.supplied) * i128::from(account.mile_cost_minor) > i128::from(total) {
            alerts.push("miles_cost_more_than_the_order");
        }
        alerts
    }
}
