//! Which orders divit can be told of.

use super::{hkd, line, order, with_options};
use ordain_providers::divit::DIVIT;
use ordain_providers::{Currency, Customer, LineKind, Money, OrderContent, Private, Quantity};

#[track_caller]
fn check(order: &OrderContent, expected: &[&str]) {
    let faults = DIVIT.check(order);
    let found: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(found, expected, "{faults:?}");
}

#[test]
fn samples_order_can_be_said() {
    check(&order(), &[]);
}

#[test]
fn hong_kong_dollars_only() {
    for currency in Currency::ALL.into_iter().filter(|currency| *currency != Currency::Hkd) {
        let mut order = order();
        (order.currency, order.total) = (currency, Money::of(currency, 115_050));
        check(&order, &["order.total.currency_code"]);
    }
}

#[test]
fn items_come_in_whole_pieces_and_cost_something() {
    let mut order = order();
    order.lines[0].quantity = Quantity::from_micros(500_000);
    order.lines.push(line("4", LineKind::Fee, -1, 1));
    check(&order, &["order.lines[0].quantity", "order.lines[3].total"]);
    order.total = hkd(0);
    order.lines.truncate(0);
    check(&order, &["order.total"]);
}

#[test]
fn fast_mode_needs_a_way_to_know_the_customer_again() {
    let nobody = Private::new(Customer::default());
    check(&OrderContent { customer: nobody.clone(), ..order() }, &["order.customer"]);
    check(&OrderContent { customer: nobody, ..with_options(&[("mode", "normal")]) }, &[]);
}

#[test]
fn options_are_read_before_an_order_is_accepted() {
    let flight = r#"[{"departure":{"iataCode":"HKG","at":"2024-01-01T00:00"},"arrival":{"iataCode":"NRT","at":"2024-01-01T04:00"},"carrierCode":"CX","number":"1"}]"#;
    let good: [&[(&str, &str)]; 9] = [
        &[("nonrefundable_minor", "0"), ("product", "paynow")],
        &[("nonrefundable_minor", "115050")],
        &[("product", "directpay")],
        &[("mode", "normal"), ("product", "paylater"), ("language", "zh-hk")],
        &[("flights", flight)],
        &[("miles_for_reward", "1750")],
        &[("miles_for_reward", "0"), ("reward_scheme", "standard"), ("total_for_reward_minor", "115050")],
        &[("miles_for_reward", "575"), ("reward_scheme", "nobody"), ("total_for_reward_minor", "0")],
        &[],
    ];
    for options in good {
        check(&with_options(options), &[]);
    }
    let bad: [(&[(&str, &str)], &str); 14] = [
        (&[("nonrefundable_minor", "115051")], "nonrefundable_minor"),
        (&[("nonrefundable_minor", "1.50")], "nonrefundable_minor"),
        (&[("nonrefundable_minor", "1"), ("product", "directpay")], "nonrefundable_minor"),
        (&[("mode", "slow")], "mode"),
        (&[("product", "paylink")], "product"),
        (&[("language", "de")], "language"),
        (&[("flights", "[]")], "flights"),
        (&[("flights", "{}")], "flights"),
        (&[("flights", &flight.replace("\"at\":\"2024-01-01T04:00\"", "\"at\":\"\""))], "flights"),
        (&[("miles_for_reward", "-1")], "miles_for_reward"),
        (&[("miles_for_reward", "1.5")], "miles_for_reward"),
        (&[("reward_scheme", "standard")], "reward_scheme"),
        (&[("total_for_reward_minor", "1")], "total_for_reward_minor"),
        (&[("promoCode", "XYZ01")], "promoCode"),
    ];
    for (options, field) in bad {
        check(&with_options(options), &[&format!("order.provider_options[{field:?}]")]);
    }
}
