//! A story's file: a heading that says what is bought where, then one verb a line.

use super::Fault;
use super::verb::Verb;
use crate::cli::{money, time};
use ordain_providers::{Currency, Line, LineKind, Money, Provider, Quantity};
use ordain_workflows::order::LatePayment;
use std::collections::BTreeMap;
use std::time::Duration;

/// A story, read.
pub(super) struct Script {
    /// Its first line.
    pub(super) title: String,
    pub(super) provider: &'static Provider,
    pub(super) currency: Currency,
    /// What the account does with money that comes late.
    pub(super) late: LatePayment,
    /// What the account says otherwise than the demo's.
    pub(super) config: BTreeMap<String, String>,
    /// The order's options for its provider.
    pub(super) options: BTreeMap<String, String>,
    /// How long the shop lets the checkout live, if it says.
    pub(super) expires_in: Option<Duration>,
    pub(super) lines: Vec<Line>,
    /// With the numbers of their lines.
    pub(super) verbs: Vec<(usize, Verb)>,
}

/// The heading as far as it was read.
#[derive(Default)]
struct Heading {
    provider: Option<&'static Provider>,
    currency: Option<Currency>,
    late: LatePayment,
    config: BTreeMap<String, String>,
    options: BTreeMap<String, String>,
    expires_in: Option<Duration>,
    lines: Vec<(usize, String)>,
}

/// What is bought where a story does not say.
const USUAL: [&str; 2] = ["lamp PRODUCT 2 x 100.00", "hour SERVICE 1 x 40.00"];

impl Script {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut lines = (1..).zip(text.lines().map(str::trim));
        let title = lines.next().and_then(|(_, first)| first.strip_prefix('#'));
        let title =
            title.ok_or_else(|| Fault::new(1, "a story begins with its title: `# A customer pays`"))?;
        let mut heading = Heading::default();
        let mut verbs = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
            if verbs.is_empty() && heading.takes(number, line)? {
                continue;
            }
            let (provider, currency) = heading.place().map_err(|why| Fault::new(number, why))?;
            let verb =
                Verb::read(line, provider.spec().id, currency).map_err(|why| Fault::new(number, why))?;
            verbs.push((number, verb));
        }
        let (provider, currency) = heading.place().map_err(|why| Fault::new(0, why))?;
        if heading.lines.is_empty() {
            heading.lines = USUAL.iter().map(|line| (0, (*line).to_owned())).collect();
        }
        let bought = heading.lines.iter();
        let bought = bought.map(|(at, text)| line(text, currency).map_err(|why| Fault::new(*at, why)));
        let lines = bought.collect::<Result<_, _>>()?;
        let Heading { late, config, options, expires_in, .. } = heading;
        let title = title.trim().to_owned();
        Ok(Self { title, provider, currency, late, config, options, expires_in, lines, verbs })
    }
}

impl Heading {
    /// Whether a line belongs to the heading; it is taken in if so.
    fn takes(&mut self, number: usize, line: &str) -> Result<bool, Fault> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let wrong = |why: String| Fault::new(number, why);
        match word {
            "provider" => self.provider = Some(provider(rest).map_err(wrong)?),
            "currency" => self.currency = Some(money::currency(rest).map_err(wrong)?),
            "late" => self.late = late(rest).map_err(wrong)?,
            "config" => drop(pair(rest).map(|(name, value)| self.config.insert(name, value)).map_err(wrong)?),
            "option" => {
                drop(pair(rest).map(|(name, value)| self.options.insert(name, value)).map_err(wrong)?)
            }
            "expires" => self.expires_in = Some(time::span(rest).map_err(wrong)?),
            "line" => self.lines.push((number, rest.to_owned())),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn place(&self) -> Result<(&'static Provider, Currency), String> {
        let provider = self.provider.ok_or("a story says where it happens: `provider divit`")?;
        Ok((provider, self.currency.unwrap_or(provider.spec().currencies[0])))
    }
}

fn provider(id: &str) -> Result<&'static Provider, String> {
    let known = || ordain_providers::ids().collect::<Vec<_>>().join(", ");
    ordain_providers::find(id).ok_or_else(|| format!("there is no provider `{id}`; there are {}", known()))
}

fn late(word: &str) -> Result<LatePayment, String> {
    match word {
        "accept" => Ok(LatePayment::Accept),
        "refund" => Ok(LatePayment::AutoRefund),
        "park" => Ok(LatePayment::Park),
        _ => Err(format!("late money is for `accept`, `refund` or `park`, not `{word}`")),
    }
}

/// `name=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not `name=value`"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// `lamp PRODUCT 2 x 100.00`.
fn line(text: &str, currency: Currency) -> Result<Line, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [line_id, kind, quantity, "x", price] = words.as_slice() else {
        return Err(format!("`{text}` is no line; write `line lamp PRODUCT 2 x 100.00`"));
    };
    let kind: LineKind = serde_json::from_value((*kind).into()).map_err(|_| {
        format!("`{kind}` is no kind of line; PRODUCT, SERVICE, SHIPPING, FEE, DISCOUNT, ROUNDING")
    })?;
    let micros = money::quantity_micros(quantity)?;
    let unit_price =
        Money::from_major(currency, price).map_err(|error| format!("`{price}` in {currency}: {error}"))?;
    let total = money::product(micros, unit_price.minor)
        .ok_or_else(|| format!("{quantity} times {price} is no whole amount"))?;
    Ok(Line {
        line_id: (*line_id).to_owned(),
        sku: line_id.to_uppercase(),
        name: (*line_id).to_owned(),
        kind,
        quantity: Quantity::from_micros(micros),
        unit_price,
        tax_rate_bp: 0,
        total: Money::of(currency, total),
        unit: String::new(),
        image_url: None,
    })
}
