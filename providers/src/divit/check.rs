//! What no row of the table says of an order: whom divit knows, flights, and miles that belong together.

use super::items::read_flights;
use crate::faults::Faults;
use crate::{FieldFault, OrderContent};

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    // divit knows a customer again by e-mail or telephone, and needs one of them in the fast mode.
    let customer = content.customer.expose();
    let is_fast = content.option("mode").is_none_or(|mode| mode == "fast");
    if is_fast && customer.email.is_empty() && customer.phone.is_empty() {
        let why = "must have an e-mail address or a telephone, or take the mode `normal`";
        faults.invalid("order.customer", why);
    }
    if let Some(Err(why)) = content.option("flights").map(read_flights) {
        faults.option("flights", why);
    }
    let earning = content.option("total_for_reward_minor").map(str::parse::<i64>);
    if earning
        .as_ref()
        .is_some_and(|earning| earning.as_ref().is_ok_and(|minor| *minor > content.total.minor))
    {
        faults.option("total_for_reward_minor", "must not be above the order's total");
    }
    let scheme = content.option("reward_scheme").is_some();
    if scheme && (content.option("miles_for_reward").is_none() || earning.is_none()) {
        faults.option("reward_scheme", "needs miles_for_reward and total_for_reward_minor beside it");
    }
    if !scheme && earning.is_some() {
        faults.option("total_for_reward_minor", "is for checking by a reward_scheme, and there is none");
    }
    faults.0
}
