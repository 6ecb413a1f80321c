//! What an order starts from, and what is checked before it is accepted.

use crate::order::amounts::{is_adjustment, is_goods};
use crate::order::{People, Settings};
use jiff::{SignedDuration, Timestamp};
use ordain_engine::Sealed;
use ordain_providers::{Currency, FaultReason, FieldFault, Line, LineKind, Money, ProviderSpec};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The start of an order's run: everything that is not computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// Ours, made by whoever starts the run.
    pub id: String,
    /// The shop.
    pub merchant: String,
    /// Its account at the provider.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// The shop's own number; unique per shop.
    pub client_reference: String,
    /// One for everything.
    pub currency: Currency,
    /// Σ lines.
    pub total: Money,
    /// At least one of goods.
    pub lines: Vec<Line>,
    /// Who buys and where it goes.
    pub people: Sealed<People>,
    /// What only this provider understands.
    pub provider_options: BTreeMap<String, String>,
    /// Where the shop wants the customer back.
    pub return_url: Option<String>,
    /// The shop's own notes.
    pub metadata: BTreeMap<String, String>,
    /// When an unpaid checkout is given up; the provider's table says how long, if none.
    pub expires_at: Option<Timestamp>,
    /// Pace, from the account.
    pub settings: Settings,
}

/// Bytes of the shop's own number: the shortest field that a provider prints it in.
const CLIENT_REFERENCE_MAX: usize = 64;
/// Bytes of a line's id; it is only ever ours and the shop's.
const LINE_ID_MAX: usize = 64;
/// Bytes of an article number or a name, as most providers' documents have it.
const TEXT_MAX: usize = 255;
/// Bytes of what a quantity counts: a word.
const UNIT_MAX: usize = 32;
/// Bytes of an address on the web, as browsers take it.
const URL_MAX: usize = 2_048;
/// Minor units of one line: sums of a full order stay far inside 64 bits.
const MINOR_MAX: i64 = 1_000_000_000_000;
/// Millionths of one line's quantity: a million pieces.
const QUANTITY_MAX: i64 = 1_000_000_000_000;
/// Hundredths of a percent: all of the price.
const TAX_RATE_MAX: u32 = 10_000;
/// Notes of the shop, so that an order's record stays small.
const METADATA_MAX: usize = 50;
/// Bytes of a note's name.
const METADATA_KEY_MAX: usize = 64;
/// Bytes of a note.
const METADATA_VALUE_MAX: usize = 500;
/// A checkout that lives longer is a forgotten one.
const EXPIRY_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Faults of one order under inspection.
struct Faults(Vec<FieldFault>);

impl Faults {
    fn check(&mut self, holds: bool, field: &str, description: impl Into<String>) {
        if !holds {
            self.add(field, description.into(), FaultReason::Invalid);
        }
    }

    fn add(&mut self, field: &str, description: String, reason: FaultReason) {
        self.0.push(FieldFault { field: format!("order.{field}"), description, reason });
    }

    fn size(&mut self, text: &str, most: usize, field: &str) {
        self.check(!text.is_empty() && text.len() <= most, field, format!("1 to {most} bytes"));
    }
}

impl NewOrder {
    /// Every fault of every field; empty when the order may be accepted as far as our own rules go. The provider's
    /// codec has its say besides ([`ordain_providers::Provider::check`]).
    #[must_use]
    pub fn validate(&self, now: Timestamp, spec: &ProviderSpec) -> Vec<FieldFault> {
        let mut faults = Faults(Vec::new());
        faults.size(&self.client_reference, CLIENT_REFERENCE_MAX, "client_reference");
        faults.check(self.settings.poll_scale >= 1, "settings.poll_scale", "at least 1");
        self.check_currency(spec, &mut faults);
        self.check_lines(spec, &mut faults);
        self.check_sums(&mut faults);
        self.check_extras(now, &mut faults);
        faults.0
    }

    fn check_currency(&self, spec: &ProviderSpec, faults: &mut Faults) {
        if !spec.currencies.contains(&self.currency) {
            let takes: Vec<&str> = spec.currencies.iter().map(|currency| currency.code()).collect();
            let description = format!("{} takes {}", spec.name, takes.join(", "));
            faults.add("total.currency_code", description, FaultReason::CurrencyNotSupported);
        }
        faults.check(self.total.currency == self.currency, "total.currency_code", "one currency per order");
    }

    fn check_lines(&self, spec: &ProviderSpec, faults: &mut Faults) {
        let most = spec.limits.lines_max;
        faults.check(self.lines.len() <= most, "lines", format!("at most {most} lines"));
        let goods = self.lines.iter().any(|line| is_goods(line.kind));
        faults.check(goods, "lines", "at least one line of kind PRODUCT or SERVICE");
        let mut seen = BTreeSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            let field = |name: &str| format!("lines[{index}].{name}");
            faults.check(seen.insert(&line.line_id), &field("line_id"), "must be unique within the order");
            self.check_line(line, &field, faults);
        }
    }

    fn check_line(&self, line: &Line, field: &dyn Fn(&str) -> String, faults: &mut Faults) {
        faults.size(&line.line_id, LINE_ID_MAX, &field("line_id"));
        faults.size(&line.sku, TEXT_MAX, &field("sku"));
        faults.size(&line.name, TEXT_MAX, &field("name"));
        let quantity = line.quantity.micros();
        faults.check(
            (1..=QUANTITY_MAX).contains(&quantity),
            &field("quantity"),
            "more than 0, at most 1000000",
        );
        faults.check(line.tax_rate_bp <= TAX_RATE_MAX, &field("tax_rate"), "at most 100 %");
        for (name, money) in [("total", line.total), ("unit_price", line.unit_price)] {
            faults.check(money.currency == self.currency, &field(name), "one currency per order");
            let (allowed, rule) = match line.kind {
                LineKind::Discount => (-MINOR_MAX..=0, "zero or negative on a DISCOUNT line"),
                LineKind::Rounding => (-MINOR_MAX..=MINOR_MAX, "within bounds"),
                _ => (0..=MINOR_MAX, "zero or positive, except on DISCOUNT and ROUNDING lines"),
            };
            // A discount may be written as so many times a price, or as a price taken off.
            let fits = allowed.contains(&money.minor)
                || (name == "unit_price" && (0..=MINOR_MAX).contains(&money.minor));
            faults.check(fits, &field(name), rule);
        }
        faults.check(line.unit.len() <= UNIT_MAX, &field("unit"), format!("at most {UNIT_MAX} bytes"));
        if let Some(url) = &line.image_url {
            faults.size(url, URL_MAX, &field("image_url"));
        }
    }

    /// I1, and what the spreading of discounts rests on.
    fn check_sums(&self, faults: &mut Faults) {
        match sum_of(self.lines.iter()) {
            Some(total) if total == self.total.minor => {}
            Some(total) => {
                let lines = Money::of(self.currency, total);
                faults.check(
                    false,
                    "total",
                    format!("the lines sum to {lines}, the total says {}", self.total),
                );
            }
            None => faults.check(false, "total", "the lines' sum does not fit"),
        }
        faults.check(self.total.minor > 0, "total", "more than nothing");
        let priced = sum_of(self.lines.iter().filter(|line| !is_adjustment(line.kind)));
        let costs = priced.is_some_and(|sum| sum > 0);
        faults.check(costs, "lines", "some line besides discounts and roundings costs something");
    }

    fn check_extras(&self, now: Timestamp, faults: &mut Faults) {
        faults.check(
            self.metadata.len() <= METADATA_MAX,
            "metadata",
            format!("at most {METADATA_MAX} entries"),
        );
        for (key, value) in &self.metadata {
            faults.size(key, METADATA_KEY_MAX, "metadata");
            let fits = value.len() <= METADATA_VALUE_MAX;
            faults.check(fits, "metadata", format!("values of at most {METADATA_VALUE_MAX} bytes"));
        }
        if let Some(url) = &self.return_url {
            let web = url.starts_with("https://") || url.starts_with("http://");
            faults.check(
                web && url.len() <= URL_MAX,
                "return_url",
                format!("http(s), at most {URL_MAX} bytes"),
            );
        }
        if let Some(expires_at) = self.expires_at {
            let ahead = expires_at.duration_since(now);
            let fits = ahead > SignedDuration::ZERO && ahead <= EXPIRY_MAX;
            faults.check(fits, "expire_time", "in the future, at most 366 days ahead");
        }
    }
}

fn sum_of<'a>(mut lines: impl Iterator<Item = &'a Line>) -> Option<i64> {
    lines.try_fold(0_i64, |sum, line| sum.checked_add(line.total.minor))
}
