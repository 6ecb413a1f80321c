//! What is checked before an order is accepted.

use crate::stage::{line, new_order};
use crate::tables::ON_SHIPMENT;
use jiff::Timestamp;
use ordain_providers::{Currency, LineKind, Money, Quantity};
use ordain_workflows::order::NewOrder;

/// Spoils a good order and compares which fields are at fault.
#[track_caller]
fn check(spoil: impl FnOnce(&mut NewOrder), expected: &[&str]) {
    let mut order = new_order();
    spoil(&mut order);
    let now: Timestamp = "2024-11-21T09:00:00Z".parse().expect("a time");
    let faults = order.validate(now, &ON_SHIPMENT);
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, expected);
}

#[test]
fn faults_name_their_field() {
    check(|_| {}, &[]);
    check(|order| order.total.minor = 2_999, &["order.total"]);
    check(|order| order.lines.clear(), &["order.lines", "order.total", "order.lines"]);
    check(|order| order.lines[1].line_id = "a".to_owned(), &["order.lines[1].line_id"]);
    check(|order| order.lines[0].quantity = Quantity::ZERO, &["order.lines[0].quantity"]);
    check(|order| order.lines[2].sku = String::new(), &["order.lines[2].sku"]);
    check(|order| order.lines[0].unit_price.minor = -1, &["order.lines[0].unit_price"]);
    check(|order| order.lines[0].total = Money::of(Currency::Eur, 2_000), &["order.lines[0].total"]);
    check(|order| order.client_reference = "x".repeat(65), &["order.client_reference"]);
    check(|order| order.return_url = Some("javascript:alert(1)".to_owned()), &["order.return_url"]);
    check(
        |order| order.expires_at = Some("2024-11-21T08:59:59Z".parse().expect("a time")),
        &["order.expire_time"],
    );
    check(
        |order| order.expires_at = Some("2034-11-21T08:59:59Z".parse().expect("a time")),
        &["order.expire_time"],
    );
    check(|order| drop(order.metadata.insert("k".to_owned(), "v".repeat(501))), &["order.metadata"]);
    check(|order| order.settings.poll_scale = 0, &["order.settings.poll_scale"]);
}

#[test]
fn only_discounts_and_roundings_may_be_negative() {
    check(|order| order.lines[3] = line("d", LineKind::Rounding, 1, -500), &[]);
    check(
        |order| order.lines[3] = line("d", LineKind::Fee, 1, -500),
        &["order.lines[3].total", "order.lines[3].unit_price"],
    );
    check(
        |order| {
            order.lines[3] = line("d", LineKind::Discount, 1, 500);
            order.total.minor = 4_000;
        },
        &["order.lines[3].total"],
    );
}

#[test]
fn sums_that_do_not_fit_are_faults_and_no_panic() {
    check(
        |order| {
            order.lines[0].total.minor = i64::MAX;
            order.lines[1].total.minor = i64::MAX;
        },
        &["order.lines[0].total", "order.lines[1].total", "order.total", "order.lines"],
    );
}

#[test]
fn currency_must_be_the_providers() {
    check(
        |order| {
            order.currency = Currency::Hkd;
            order.total.currency = Currency::Hkd;
            for line in &mut order.lines {
                line.total.currency = Currency::Hkd;
                line.unit_price.currency = Currency::Hkd;
            }
        },
        &["order.total.currency_code"],
    );
}
