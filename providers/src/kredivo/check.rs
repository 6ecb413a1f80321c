//! What no row of the table says of an order: DOKU wants to reach the customer by telephone, in Indonesia, and what the
//! options tell of lines must be about lines that there are.

use super::request::phone;
use super::table::ITEM_PARENT;
use crate::faults::Faults;
use crate::reply::redirect;
use crate::{FieldFault, OrderContent};
use std::collections::BTreeSet;

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    const PHONE: &str = "order.customer.phone";
    let mut faults = Faults::default();
    match phone(&content.customer.expose().phone) {
        None => faults.invalid(PHONE, "must be a number of Indonesia (+62): DOKU takes no other country's"),
        Some(phone) if !(8..=15).contains(&phone.len()) => {
            faults.invalid(PHONE, "must have 8 to 15 digits, such as 6285694566147");
        }
        Some(_) => {}
    }
    items(content, &mut faults);
    faults.0
}

fn items(content: &OrderContent, faults: &mut Faults) {
    let (given, mut seen) = (content.json("items"), BTreeSet::new());
    for (index, item) in given.items("").iter().enumerate() {
        let mut wrong =
            |field: &str, why: &str| faults.option("items", &format!("`[{index}].{field}` {why}"));
        let id = item.text("line_id");
        if !content.lines.iter().any(|line| line.line_id == id) {
            wrong("line_id", "must be the id of a line");
        } else if !seen.insert(id) {
            wrong("line_id", "must be named once");
        }
        if item.has("url") && redirect(item.text("url")).is_none() {
            wrong("url", "must be an http or https URL");
        }
        let (kind, parent) = (item.word("parent_type"), item.word("parent_id"));
        if kind.is_some() != parent.is_some() {
            wrong("parent_id", "and `parent_type` must be given together");
        }
        let is_sku = |id: &str| content.lines.iter().any(|line| line.sku == id);
        if kind == Some(ITEM_PARENT) && parent.is_some_and(|id| !is_sku(id)) {
            wrong("parent_id", "must be the sku of a line");
        }
    }
}
