//! From requests to orders: every field is read here, and every fault of every field is reported at once.

use super::{names, people};
use jiff::Timestamp;
use ordain_proto::orders::v1 as proto;
use ordain_providers::call::Tracking;
use ordain_providers::{Currency, FaultReason, FieldFault, Line, LineKind, Money, Quantity};
use ordain_workflows::order::{LineQuantity, People};

/// Digits after the point of a quantity.
const QUANTITY_PLACES: usize = 6;
/// Bytes of a name, a street line or an e-mail address: as long as providers print them.
const TEXT_MAX: usize = 255;

/// Faults found so far.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<FieldFault>);

impl Faults {
    /// Takes note of one.
    pub(super) fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        let (field, description) = (field.into(), description.into());
        self.0.push(FieldFault { field, description, reason: FaultReason::Invalid });
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            self.add(field, "required");
        } else {
            self.optional(field, text);
        }
    }

    /// A text that may be left out.
    pub(super) fn optional(&mut self, field: &str, text: &str) {
        if text.len() > TEXT_MAX {
            self.add(field, format!("at most {TEXT_MAX} bytes"));
        }
    }
}

/// An order as asked for.
pub(super) struct AskedOrder {
    pub(super) account: String,
    pub(super) client_reference: String,
    pub(super) total: Money,
    pub(super) lines: Vec<Line>,
    pub(super) people: People,
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads an order. With faults, what is returned is of no use.
pub(super) fn order(merchant: &str, order: &proto::Order, faults: &mut Faults) -> AskedOrder {
    let account = match names::parse_account("order.provider_account", &order.provider_account) {
        Ok((owner, account)) if owner == merchant => account,
        Ok(_) => {
            faults.add("order.provider_account", "belongs to another merchant than `parent`");
            String::new()
        }
        Err(_) => {
            faults.add("order.provider_account", "expected `merchants/{merchant}/accounts/{account}`");
            String::new()
        }
    };
    let total = money("order.total", order.total.as_ref(), faults);
    let lines = order.lines.iter().enumerate().map(|(index, asked)| line(index, asked, faults)).collect();
    let expires_at = order.expire_time.as_ref().and_then(|asked| {
        let read = time(asked);
        if read.is_none() {
            faults.add("order.expire_time", "not a time");
        }
        read
    });
    let people = people::asked(order, faults);
    AskedOrder { account, client_reference: order.client_reference.clone(), total, lines, people, expires_at }
}

fn line(index: usize, asked: &proto::Line, faults: &mut Faults) -> Line {
    let field = |name: &str| format!("order.lines[{index}].{name}");
    let kind = match asked.kind() {
        proto::LineKind::Unspecified | proto::LineKind::Product => LineKind::Product,
        proto::LineKind::Service => LineKind::Service,
        proto::LineKind::Shipping => LineKind::Shipping,
        proto::LineKind::Fee => LineKind::Fee,
        proto::LineKind::Discount => LineKind::Discount,
        proto::LineKind::Rounding => LineKind::Rounding,
    };
    let line_id = if asked.line_id.is_empty() { (index + 1).to_string() } else { asked.line_id.clone() };
    Line {
        line_id,
        sku: asked.sku.clone(),
        name: asked.title.clone(),
        kind,
        quantity: quantity(&field("quantity"), &asked.quantity, faults),
        unit_price: money(&field("unit_price"), asked.unit_price.as_ref(), faults),
        tax_rate_bp: asked.tax_rate_basis_points,
        total: money(&field("total"), asked.total.as_ref(), faults),
        unit: asked.unit.clone(),
        image_url: (!asked.image_url.is_empty()).then(|| asked.image_url.clone()),
    }
}

/// A time on the wire, if it is one.
pub(super) fn time(asked: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(asked.seconds, asked.nanos).ok()
}

/// Reads an amount.
pub(super) fn money(field: &str, asked: Option<&proto::Money>, faults: &mut Faults) -> Money {
    let Some(asked) = asked else {
        faults.add(field, "required");
        return Money::zero(Currency::Gbp);
    };
    let currency = Currency::from_code(&asked.currency_code).unwrap_or_else(|| {
        let known = Currency::ALL.map(Currency::code).join(", ");
        faults.0.push(FieldFault {
            field: format!("{field}.currency_code"),
            description: format!("one of {known}"),
            reason: FaultReason::CurrencyNotSupported,
        });
        Currency::Gbp
    });
    Money::of(currency, asked.minor_units)
}

/// Reads a decimal of at most six places, digit by digit.
pub(super) fn quantity(field: &str, text: &str, faults: &mut Faults) -> Quantity {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = !whole.is_empty() && digits(whole) && digits(part) && part.len() <= QUANTITY_PLACES;
    let micros = plain.then(|| format!("{whole}{part:0<QUANTITY_PLACES$}").parse().ok()).flatten();
    micros.map_or_else(
        || {
            faults.add(field, "expected a decimal of at most six places, such as `2` or `0.5`");
            Quantity::ZERO
        },
        Quantity::from_micros,
    )
}

/// Reads which parts of which lines; an empty quantity is everything that remains, `remaining` says how much.
pub(super) fn portions(
    field: &str,
    asked: &[proto::Portion],
    remaining: impl Fn(&str) -> Quantity,
    faults: &mut Faults,
) -> Vec<LineQuantity> {
    let read = |(index, portion): (usize, &proto::Portion)| {
        let quantity = if portion.quantity.is_empty() {
            remaining(&portion.line_id)
        } else {
            quantity(&format!("{field}[{index}].quantity"), &portion.quantity, faults)
        };
        LineQuantity { line_id: portion.line_id.clone(), quantity }
    };
    asked.iter().enumerate().map(read).collect()
}

/// Reads a parcel.
pub(super) fn tracking(asked: Option<&proto::Tracking>) -> Option<Tracking> {
    asked.map(|asked| Tracking { carrier: asked.carrier.clone(), number: asked.number.clone() })
}

#[cfg(test)]
mod tests {
    use super::{Faults, quantity};

    #[test]
    fn quantities_are_read_digit_by_digit() {
        for (text, micros) in [("2", 2_000_000), ("0.5", 500_000), ("1.000001", 1_000_001)] {
            let mut faults = Faults::default();
            assert_eq!(quantity("q", text, &mut faults).micros(), micros);
            assert!(faults.0.is_empty());
        }
        for text in ["", ".5", "-1", "1e3", "1.0000001", "99999999999999999999"] {
            let mut faults = Faults::default();
            quantity("q", text, &mut faults);
            assert_eq!(faults.0.len(), 1, "{text}");
        }
    }
}
