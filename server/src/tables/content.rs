//! What an order must be like at a provider, as a message.

use ordain_proto::orders::v1::LineKind as ProtoKind;
use ordain_proto::providers::v1 as proto;
use ordain_providers::LineKind;
use ordain_providers::rules::{ContentRules, CountryRule, LineRule, QuantityRule, Sign, TextRule};

/// Every kind of line, in the API's order.
const KINDS: [(LineKind, ProtoKind); 6] = [
    (LineKind::Product, ProtoKind::Product),
    (LineKind::Service, ProtoKind::Service),
    (LineKind::Shipping, ProtoKind::Shipping),
    (LineKind::Fee, ProtoKind::Fee),
    (LineKind::Discount, ProtoKind::Discount),
    (LineKind::Rounding, ProtoKind::Rounding),
];

/// The rules of a table.
pub(super) fn message(rules: &ContentRules) -> proto::ContentRules {
    let countries = match rules.countries {
        CountryRule::Any | CountryRule::Iso => &[],
        CountryRule::OneOf(codes) => codes,
    };
    let is_given = |code: &&&str| !code.is_empty();
    proto::ContentRules {
        order_id_characters_max: size(rules.order_id_chars_max),
        amount_step_minor: rules.amount.step_minor,
        amount_max_minor: Some(rules.amount.minor_max).filter(|max| *max < i64::MAX),
        texts: rules.texts.iter().map(text).collect(),
        lines: KINDS.into_iter().map(|(kind, told)| line(told, (rules.line)(kind))).collect(),
        quantity: quantity(rules.quantity).into(),
        adds_up: rules.adds_up,
        tells_tax: rules.tells_tax,
        country_rule: country_rule(rules.countries).into(),
        countries: countries.iter().filter(is_given).map(|code| (*code).to_owned()).collect(),
        known_by_sku: rules.known_by_sku,
        country_optional: matches!(rules.countries, CountryRule::Any) || countries.contains(&""),
    }
}

fn text(rule: &TextRule) -> proto::TextRule {
    proto::TextRule { path: rule.path.to_owned(), required: rule.required, bytes_max: size(rule.bytes_max) }
}

fn line(kind: ProtoKind, rule: LineRule) -> proto::LineRule {
    let told = proto::LineRule { kind: kind.into(), ..Default::default() };
    match rule {
        LineRule::Refused(why) => proto::LineRule { refused: why.to_owned(), ..told },
        LineRule::Taken { sign, counted } => proto::LineRule { sign: signed(sign).into(), counted, ..told },
    }
}

const fn signed(sign: Sign) -> proto::Sign {
    match sign {
        Sign::Any => proto::Sign::Any,
        Sign::NotNegative => proto::Sign::NotNegative,
        Sign::NotPositive => proto::Sign::NotPositive,
    }
}

const fn quantity(rule: QuantityRule) -> proto::QuantityRule {
    match rule {
        QuantityRule::AboveZero => proto::QuantityRule::AboveZero,
        QuantityRule::Whole => proto::QuantityRule::Whole,
    }
}

const fn country_rule(rule: CountryRule) -> proto::CountryRule {
    match rule {
        CountryRule::Any => proto::CountryRule::Any,
        CountryRule::Iso => proto::CountryRule::Iso,
        CountryRule::OneOf(_) => proto::CountryRule::OneOf,
    }
}

fn size(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
