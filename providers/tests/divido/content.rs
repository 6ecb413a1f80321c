//! Which orders Divido can be told of.

use super::{gbp, sample_order};
use ordain_providers::divido::DIVIDO;
use ordain_providers::{Currency, FaultReason, LineKind, Money, OrderContent, Quantity};
use proptest::prelude::*;

/// The fields that are at fault once the sample order is changed.
#[track_caller]
fn check(change: impl FnOnce(&mut OrderContent), expected: &[(&str, FaultReason)]) {
    let mut order = sample_order();
    change(&mut order);
    let faults = DIVIDO.check(&order);
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(found, expected, "{faults:?}");
}

use FaultReason::{AmountNotRepresentable, CurrencyNotSupported, Invalid};

#[test]
fn documents_order_can_be_said() {
    check(|_| {}, &[]);
}

#[test]
fn other_currencies_are_refused() {
    for currency in [Currency::Idr, Currency::Jpy, Currency::Kwd, Currency::Aed] {
        check(
            |order| {
                order.currency = currency;
                order.lines[0].total = Money::of(currency, 115_300);
            },
            &[
                ("order.total.currency_code", CurrencyNotSupported),
                ("order.lines[0].total.currency_code", CurrencyNotSupported),
            ],
        );
    }
}

#[test]
fn line_totals_that_divido_would_add_up_otherwise_are_refused() {
    check(|order| order.lines[1].total = gbp(4_449), &[("order.lines[1].total", AmountNotRepresentable)]);
    check(
        |order| order.lines[1].quantity = Quantity::from_micros(333_333),
        &[("order.lines[1].total", AmountNotRepresentable)],
    );
}

#[test]
fn nothing_to_finance_is_refused() {
    check(
        |order| {
            order.total = gbp(0);
            order.provider_options.clear();
        },
        &[("order.total", Invalid)],
    );
    check(|order| order.lines[0].kind = LineKind::Discount, &[("order.lines[0].total", Invalid)]);
}

#[test]
fn options_are_checked() {
    for (name, value) in [
        ("deposit", "100.001"),
        ("deposit", "-1"),
        ("deposit", "1197.51"),
        ("direct_sign", "True"),
        ("language", "en"),
        ("finance", ""),
        ("colour", "red"),
        ("metadata", "Invoice Number: 844001"),
        ("metadata", r#"{"Invoice Number": 844001}"#),
        ("metadata", r#"{"Ordain Order": "another one"}"#),
        ("metadata", r#"{"a][b": "c"}"#),
    ] {
        let field = format!("order.provider_options[{name:?}]");
        check(
            |order| drop(order.provider_options.insert(name.to_owned(), value.to_owned())),
            &[(field.as_str(), Invalid)],
        );
    }
}

proptest! {
    #[test]
    fn any_order_is_checked_without_panic(minor in any::<i64>(), micros in any::<i64>(), deposit in ".{0,12}") {
        let mut order = sample_order();
        order.lines[0].unit_price = gbp(minor);
        order.lines[0].total = gbp(minor);
        order.lines[1].quantity = Quantity::from_micros(micros);
        order.provider_options.insert("deposit".to_owned(), deposit);
        let _ = DIVIDO.check(&order);
    }
}
