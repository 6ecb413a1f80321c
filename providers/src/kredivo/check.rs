//! What no row of the table says of an order: DOKU wants to reach the customer by telephone.

use super::request::phone;
use crate::faults::Faults;
use crate::{FieldFault, OrderContent};

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    if !(8..=15).contains(&phone(&content.customer.expose().phone).len()) {
        faults.invalid("order.customer.phone", "must have 8 to 15 digits, such as 6285694566147");
    }
    faults.0
}
