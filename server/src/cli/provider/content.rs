//! What an order must be like at a provider, as a person reads it.

use super::show::word;
use crate::cli::output::{Cell, Table};
use ordain_proto::providers::v1 as proto;

/// The rules for the whole order.
pub(super) fn rules(rules: &proto::ContentRules) -> Vec<(&'static str, String)> {
    vec![
        ("our order id", format!("at most {} characters", rules.order_id_characters_max)),
        ("amounts", amounts(rules)),
        ("quantities", quantities(rules).to_owned()),
        ("line totals", line_totals(rules).to_owned()),
        (
            "article numbers",
            if rules.known_by_sku { "one for each line of goods" } else { "not needed" }.to_owned(),
        ),
        ("rates of tax", if rules.tells_tax { "told" } else { "not told" }.to_owned()),
        ("countries", countries(rules)),
    ]
}

/// The texts that are told, and how long they may be.
pub(super) fn texts(rules: &proto::ContentRules) -> Table {
    let mut table = Table::new(&["field", "needed", "bytes at most"]);
    for text in &rules.texts {
        // A path that ends so stands for every field below it that has no row of its own above.
        let path = if text.path.ends_with('.') { format!("{}*", text.path) } else { text.path.clone() };
        let needed = if text.required { "required" } else { "optional" };
        table.row(vec![Cell::new(path), Cell::new(needed), Cell::number(text.bytes_max.to_string())]);
    }
    table
}

/// What a line of each kind can be.
pub(super) fn lines(rules: &proto::ContentRules) -> Table {
    let mut table = Table::new(&["kind", "amounts", "quantity and unit price", "refused"]);
    for line in &rules.lines {
        let kind = Cell::new(word(line.kind().as_str_name(), "LINE_KIND_"));
        let told = if line.counted { "told" } else { "not told" };
        let (amounts, told) = if line.refused.is_empty() { (amounts_of(line), told) } else { ("", "") };
        table.row(vec![kind, Cell::new(amounts), Cell::new(told), Cell::new(&line.refused)]);
    }
    table
}

fn amounts(rules: &proto::ContentRules) -> String {
    let step = match rules.amount_step_minor {
        1 => "any minor unit".to_owned(),
        step => format!("multiples of {step} minor units"),
    };
    match rules.amount_max_minor {
        None => step,
        Some(max) => format!("{step}, at most {max} minor units"),
    }
}

fn quantities(rules: &proto::ContentRules) -> &'static str {
    match rules.quantity() {
        proto::QuantityRule::Whole => "whole pieces, at least one",
        proto::QuantityRule::AboveZero => "any part of a piece above zero",
        proto::QuantityRule::Unspecified => "",
    }
}

const fn line_totals(rules: &proto::ContentRules) -> &'static str {
    if rules.adds_up { "quantity × unit price, exactly" } else { "the shop's own sum" }
}

fn countries(rules: &proto::ContentRules) -> String {
    let named = match rules.country_rule() {
        proto::CountryRule::Unspecified | proto::CountryRule::Any => return "any, or none".to_owned(),
        proto::CountryRule::Iso => "any of ISO 3166-1".to_owned(),
        proto::CountryRule::OneOf => rules.countries.join(" "),
    };
    if rules.country_optional { format!("{named}, or none") } else { named }
}

fn amounts_of(line: &proto::LineRule) -> &'static str {
    match line.sign() {
        proto::Sign::NotNegative => "zero or more",
        proto::Sign::NotPositive => "zero or less",
        proto::Sign::Any | proto::Sign::Unspecified => "any",
    }
}
