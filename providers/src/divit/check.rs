//! Whether an order can be said to divit at all.

use super::SPEC;
use super::items::{is_thing, read_flights};
use crate::faults::{Faults, TEXT_BYTES_MAX};
use crate::{FaultReason, FieldFault, OrderContent};

/// Characters of `merchantRef`.
const ORDER_ID_CHARS_MAX: usize = 36;

/// All faults of an order.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    faults.table(content, &SPEC);
    if content.order_id.chars().count() > ORDER_ID_CHARS_MAX {
        faults.invalid("order.order_id", "must not be longer than 36 characters");
    }
    if content.total.minor <= 0 {
        faults.invalid("order.total", "must be above zero");
    }
    lines(content, &mut faults);
    people(content, &mut faults);
    faults.options(content, &SPEC);
    words(content, &mut faults);
    miles(content, &mut faults);
    faults.0
}

fn lines(content: &OrderContent, faults: &mut Faults) {
    for (index, line) in content.lines.iter().enumerate() {
        let path = format!("order.lines[{index}]");
        faults.required(format!("{path}.title"), &line.name, TEXT_BYTES_MAX);
        faults.text(format!("{path}.sku"), &line.sku, TEXT_BYTES_MAX);
        if !is_thing(line.kind) {
            continue;
        }
        if line.quantity.pieces().is_none_or(|pieces| pieces < 1) {
            faults.invalid(format!("{path}.quantity"), "must be a whole number above zero");
        }
        if line.total.minor < 0 || line.unit_price.minor < 0 {
            faults.invalid(format!("{path}.total"), "must not be negative: make it a discount");
        }
    }
}

/// divit knows a customer again by e-mail or telephone, and needs one of them in the fast mode.
fn people(content: &OrderContent, faults: &mut Faults) {
    let customer = content.customer.expose();
    faults.customer(customer);
    faults.address("order.shipping_address", content.shipping_to.expose());
    let is_fast = content.provider_options.get("mode").is_none_or(|mode| mode == "fast");
    if is_fast && customer.email.is_empty() && customer.phone.is_empty() {
        faults.invalid(
            "order.customer",
            "must have an e-mail address or a telephone, or take the mode `normal`",
        );
    }
}

fn words(content: &OrderContent, faults: &mut Faults) {
    let choices: [(&str, &[&str]); 3] = [
        ("mode", &["fast", "normal"]),
        ("product", &["paynow", "paylater"]),
        ("language", &["en", "zh-hk", "zh-cn"]),
    ];
    for (name, words) in choices {
        let given = content.provider_options.get(name);
        if given.is_some_and(|given| !words.contains(&given.as_str())) {
            faults.option(name, &format!("must be one of {}", words.join(", ")));
        }
    }
    if let Some(Err(why)) = content.provider_options.get("flights").map(|text| read_flights(text)) {
        faults.option("flights", why);
    }
}

fn miles(content: &OrderContent, faults: &mut Faults) {
    let number = |name: &str| content.provider_options.get(name).map(|text| text.parse::<u64>().ok());
    let (miles, earning) = (number("miles_for_reward"), number("total_for_reward_minor"));
    for (name, value) in [("miles_for_reward", miles), ("total_for_reward_minor", earning)] {
        if value.is_some_and(|value| value.is_none_or(|number| number > u64::from(u32::MAX) * 1_000)) {
            faults.option(name, "must be a whole number, not below zero");
        }
    }
    if earning.flatten().is_some_and(|earning| i128::from(earning) > i128::from(content.total.minor)) {
        let why = "must not be above the order's total";
        faults.add("order.provider_options[\"total_for_reward_minor\"]", why, FaultReason::Invalid);
    }
    let scheme = content.provider_options.contains_key("reward_scheme");
    if scheme && (miles.is_none() || earning.is_none()) {
        faults.option("reward_scheme", "needs miles_for_reward and total_for_reward_minor beside it");
    }
    if !scheme && earning.is_some() {
        faults.option("total_for_reward_minor", "is for checking by a reward_scheme, and there is none");
    }
}
