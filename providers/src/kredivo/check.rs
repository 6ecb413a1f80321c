//! What no row of the table says of an order: DOKU wants to reach the customer by telephone, in Indonesia.

use super::request::phone;
use crate::faults::Faults;
use crate::{FieldFault, OrderContent};

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    const PHONE: &str = "order.customer.phone";
    match phone(&content.customer.expose().phone) {
        None => faults.invalid(PHONE, "must be a number of Indonesia (+62): DOKU takes no other country's"),
        Some(phone) if !(8..=15).contains(&phone.len()) => {
            faults.invalid(PHONE, "must have 8 to 15 digits, such as 6285694566147");
        }
        Some(_) => {}
    }
    faults.0
}
