//! What no row of the table says of an order: whom divit knows, how much can earn miles, and how much goes back.

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
    for part in ["nonrefundable_minor", "total_for_reward_minor"] {
        let minor = content.option(part).and_then(|minor| minor.parse::<i64>().ok());
        if minor.is_some_and(|minor| minor > content.total.minor) {
            faults.option(part, "must not be above the order's total");
        }
    }
    let is_paynow = content.option("product").is_none_or(|product| product == "paynow");
    if content.option("nonrefundable_minor").is_some() && !is_paynow {
        faults.option("nonrefundable_minor", "is documented for the product `paynow` alone");
    }
    faults.0
}
