//! What an order must be like to be said to a provider: rows of its table, and the one check that reads them.
//!
//! A wire that has 64 characters for an article number, or no word for a discount, has them for every order. So these are
//! data beside the other facts of the table, and a codec checks only what no row can say.

use crate::content::{Address, LineKind};
use crate::country::alpha3;
use crate::faults::Faults;
use crate::spec::TotalRule;
use crate::{FaultReason, Line, Money, OrderContent, ProviderSpec, Quantity};
use std::collections::BTreeSet;

/// What an order must be like to be said to a provider.
#[derive(Debug)]
pub struct ContentRules {
    /// Characters of our order id there.
    pub order_id_chars_max: usize,
    /// What an amount can be.
    pub amount: AmountRule,
    /// Texts, by the beginning of their path without indexes; the first row counts, and what has no row is not said.
    pub texts: &'static [TextRule],
    /// What a line of each kind is to the provider.
    pub line: fn(LineKind) -> LineRule,
    /// How many of a counted line there can be.
    pub quantity: QuantityRule,
    /// Whether counted lines are known by their article number alone: there is one at least, and no two share a number.
    pub known_by_sku: bool,
    /// Whether rates of tax are told.
    pub tells_tax: bool,
    /// Whether a counted line's total must be its quantity × unit price.
    pub adds_up: bool,
    /// Where the customer and the goods can be.
    pub countries: CountryRule,
}

impl ContentRules {
    /// For a wire that is told a total and an order id of at most 64 characters, and neither lines nor people.
    pub const TOTAL_ALONE: Self = Self {
        order_id_chars_max: 64,
        amount: AmountRule::ANY,
        texts: &[],
        line: |_| LineRule::Taken { sign: Sign::Any, counted: false },
        quantity: QuantityRule::AboveZero,
        known_by_sku: false,
        tells_tax: false,
        adds_up: false,
        countries: CountryRule::Any,
    };
}

/// What an amount can be: the total, and the unit price of a counted line.
#[derive(Debug)]
pub struct AmountRule {
    /// In minor units; 100 where no hundredths are written.
    pub step_minor: i64,
    /// In minor units.
    pub minor_max: i64,
}

impl AmountRule {
    /// Whatever the currency can say.
    pub const ANY: Self = Self { step_minor: 1, minor_max: i64::MAX };
}

/// How long a text may be, and whether there must be one.
#[derive(Debug)]
pub struct TextRule {
    /// The beginning of its path without indexes: `order.lines[].sku`, `order.customer.`.
    pub path: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// How long it may be.
    pub bytes_max: usize,
}

impl TextRule {
    /// A text that may be left out.
    #[must_use]
    pub const fn may(path: &'static str, bytes_max: usize) -> Self {
        Self { path, required: false, bytes_max }
    }

    /// A text without which the provider takes no order.
    #[must_use]
    pub const fn must(path: &'static str, bytes_max: usize) -> Self {
        Self { path, required: true, bytes_max }
    }
}

/// What a line of some kind is to a provider.
#[derive(Debug, Clone, Copy)]
pub enum LineRule {
    /// Something that it cannot be told, and why.
    Refused(&'static str),
    /// Something that it can be told.
    Taken {
        /// What its amounts can be.
        sign: Sign,
        /// Whether quantity and unit price are told too, and so are held to the rules for them.
        counted: bool,
    },
}

/// What the amounts of a line can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Anything.
    Any,
    /// Zero or more.
    NotNegative,
    /// Zero or less.
    NotPositive,
}

/// How many of a counted line there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantityRule {
    /// Any part of one, and more than none.
    AboveZero,
    /// Whole pieces, and at least one.
    Whole,
}

/// Where the customer and the goods can be.
#[derive(Debug, Clone, Copy)]
pub enum CountryRule {
    /// Anywhere.
    Any,
    /// In a country of ISO 3166-1.
    Iso,
    /// In one of these; the empty one is none given.
    OneOf(&'static [&'static str]),
}

/// All faults that the table tells, in the order of the fields.
pub(crate) fn check(content: &OrderContent, spec: &ProviderSpec) -> Faults {
    let (mut faults, rules) = (Faults::default(), &spec.content);
    faults.table(content, spec);
    if content.order_id.chars().count() > rules.order_id_chars_max {
        let why = format!("must not be longer than {} characters", rules.order_id_chars_max);
        faults.invalid("order.order_id", &why);
    }
    text(&mut faults, rules, "order.client_reference", "order.client_reference", &content.client_reference);
    if content.total.minor <= 0 {
        faults.invalid("order.total", "must be above zero");
    }
    amount(&mut faults, spec, "order.total", content.total);
    for (index, one) in content.lines.iter().enumerate() {
        line(&mut faults, spec, &format!("order.lines[{index}]"), one);
    }
    if rules.known_by_sku {
        articles(&mut faults, content, spec);
    }
    // Every line is in our own total, which is above zero already.
    if spec.total_rule != TotalRule::AllLines {
        told_total(&mut faults, content, spec);
    }
    for (name, value) in content.customer.expose().details() {
        let path = format!("order.customer.{name}");
        text(&mut faults, rules, &path, &path, &value);
    }
    address(&mut faults, rules, "order.billing_address", content.billing.expose());
    address(&mut faults, rules, "order.shipping_address", content.shipping_to.expose());
    faults.options(content, spec);
    faults
}

fn text(faults: &mut Faults, rules: &ContentRules, path: &str, key: &str, text: &str) {
    let Some(rule) = rules.texts.iter().find(|rule| key.starts_with(rule.path)) else { return };
    if rule.required && text.trim().is_empty() {
        faults.invalid(path, "must be given");
    } else if text.len() > rule.bytes_max {
        faults.invalid(path, &format!("must not be longer than {} bytes", rule.bytes_max));
    }
}

fn amount(faults: &mut Faults, spec: &ProviderSpec, path: &str, money: Money) {
    let AmountRule { step_minor, minor_max } = spec.content.amount;
    let unit = Money::of(money.currency, step_minor);
    if money.minor % step_minor != 0 {
        let why = format!("must be a multiple of {unit}: {} writes nothing smaller", spec.name);
        faults.add(path, &why, FaultReason::AmountNotRepresentable);
    } else if money.minor > minor_max {
        let why = format!(
            "must not be above {}: {} has no more digits",
            Money::of(money.currency, minor_max),
            spec.name
        );
        faults.add(path, &why, FaultReason::AmountNotRepresentable);
    }
}

fn line(faults: &mut Faults, spec: &ProviderSpec, path: &str, line: &Line) {
    let rules = &spec.content;
    let picture = line.image_url.as_deref().unwrap_or_default();
    let texts =
        [("title", line.name.as_str()), ("sku", &line.sku), ("unit", &line.unit), ("image_url", picture)];
    for (name, value) in texts {
        text(faults, rules, &format!("{path}.{name}"), &format!("order.lines[].{name}"), value);
    }
    if rules.tells_tax && line.tax_rate_bp > 10_000 {
        faults.invalid(format!("{path}.tax_rate_basis_points"), "must not be above 10000, which is 100 %");
    }
    let (sign, counted) = match (rules.line)(line.kind) {
        LineRule::Refused(why) => {
            return faults.add(format!("{path}.kind"), why, FaultReason::AmountNotRepresentable);
        }
        LineRule::Taken { sign, counted } => (sign, counted),
    };
    match sign {
        Sign::NotNegative if line.total.minor < 0 || line.unit_price.minor < 0 => {
            faults.invalid(format!("{path}.total"), "must not be negative: make it a discount");
        }
        Sign::NotPositive if line.total.minor > 0 => {
            faults.invalid(format!("{path}.total"), "must not be above zero: it is less to pay");
        }
        _ => {}
    }
    if counted {
        count(faults, spec, path, line);
    }
}

fn count(faults: &mut Faults, spec: &ProviderSpec, path: &str, line: &Line) {
    let rules = &spec.content;
    let field = format!("{path}.quantity");
    amount(faults, spec, &format!("{path}.unit_price"), line.unit_price);
    match rules.quantity {
        QuantityRule::AboveZero if line.quantity <= Quantity::ZERO => {
            faults.invalid(field, "must be above zero");
        }
        QuantityRule::Whole if line.quantity.pieces().is_none_or(|pieces| pieces < 1) => {
            faults.invalid(field, "must be a whole number above zero");
        }
        _ if rules.adds_up
            && line.quantity.millionths_of(line.unit_price) != i128::from(line.total.minor) * 1_000_000 =>
        {
            let why = format!("must be quantity × unit price: {} is told all three", spec.name);
            faults.add(format!("{path}.total"), &why, FaultReason::AmountNotRepresentable);
        }
        _ => {}
    }
}

fn articles(faults: &mut Faults, content: &OrderContent, spec: &ProviderSpec) {
    let mut skus = BTreeSet::new();
    let why = format!("{} knows goods by it alone", spec.name);
    for (index, line) in content.lines.iter().enumerate().filter(|(_, line)| spec.counts(line.kind)) {
        let field = format!("order.lines[{index}].sku");
        if line.sku.trim().is_empty() {
            faults.invalid(&field, &format!("must be given: {why}"));
        }
        if !skus.insert(line.sku.as_str()) {
            faults.invalid(&field, &format!("must be unique: {why}"));
        }
    }
    if skus.is_empty() {
        faults.invalid("order.lines", "must hold at least one product, service or fee");
    }
}

fn told_total(faults: &mut Faults, content: &OrderContent, spec: &ProviderSpec) {
    let told = content.lines.iter().filter(|line| spec.total_rule.includes(line.kind));
    if told.map(|line| i128::from(line.total.minor)).sum::<i128>() <= 0 {
        faults.invalid("order.total", "must leave something to pay besides shipping");
    }
}

fn address(faults: &mut Faults, rules: &ContentRules, path: &str, address: &Address) {
    for (index, one) in address.lines.iter().enumerate() {
        text(faults, rules, &format!("{path}.lines[{index}]"), &format!("{path}.lines[]"), one);
    }
    if address.lines.iter().all(|line| line.trim().is_empty()) {
        let all = format!("{path}.lines");
        text(faults, rules, &all, &all, "");
    }
    for (name, value) in address.details() {
        let path = format!("{path}.{name}");
        text(faults, rules, &path, &path, &value);
    }
    let country = address.country_code.as_str();
    let wanted = match rules.countries {
        CountryRule::Iso if alpha3(country).is_none() => "must be a country of ISO 3166-1".to_owned(),
        CountryRule::OneOf(codes) if !codes.contains(&country) => {
            let codes: Vec<_> = codes.iter().copied().filter(|code| !code.is_empty()).collect();
            format!("must be one of {}", codes.join(", "))
        }
        _ => return,
    };
    faults.invalid(format!("{path}.country_code"), &wanted);
}
