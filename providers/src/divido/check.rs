//! What no row of the table says of an order: one option.

use crate::faults::Faults;
use crate::{FieldFault, OrderContent};

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !content.option("language").is_none_or(is_code) {
        faults.option("language", "must be two capital letters");
    }
    faults.0
}
