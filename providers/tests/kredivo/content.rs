//! Which orders DOKU can be told of.

use super::{idr, line, order};
use ordain_providers::FaultReason::{AmountNotRepresentable, CurrencyNotSupported, Invalid};
use ordain_providers::kredivo::KREDIVO;
use ordain_providers::{Currency, Customer, FaultReason, LineKind, Money, OrderContent, Private, Quantity};

#[track_caller]
fn check(change: impl FnOnce(&mut OrderContent), expected: &[(&str, FaultReason)]) {
    let mut order = order();
    change(&mut order);
    let faults = KREDIVO.check(&order);
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(found, expected, "{faults:?}");
}

#[test]
fn documented_order_can_be_said() {
    check(|_| {}, &[]);
}

#[test]
fn t15_parts_of_a_rupiah_are_refused_and_never_rounded() {
    check(
        |order| {
            order.total = Money::of(Currency::Idr, 10_000_050);
            order.lines[1].unit_price = Money::of(Currency::Idr, 1_000_050);
            order.lines[1].total = Money::of(Currency::Idr, 1_000_050);
        },
        &[("order.total", AmountNotRepresentable), ("order.lines[1].unit_price", AmountNotRepresentable)],
    );
    check(|order| order.total = idr(1_000_000_000_000), &[("order.total", AmountNotRepresentable)]);
}

#[test]
fn t15_prices_times_quantities_are_the_amount() {
    check(|order| order.lines[0].total = idr(89_999), &[("order.lines[0].total", AmountNotRepresentable)]);
    check(
        |order| order.lines.push(line("3", LineKind::Discount, -1, 1)),
        &[("order.lines[2].kind", AmountNotRepresentable)],
    );
    check(
        |order| order.lines.push(line("3", LineKind::Rounding, 1, 1)),
        &[("order.lines[2].kind", AmountNotRepresentable)],
    );
    check(
        |order| order.lines[0].quantity = Quantity::from_micros(1),
        &[("order.lines[0].quantity", Invalid)],
    );
}

#[test]
fn rupiah_only() {
    check(
        |order| (order.currency, order.total) = (Currency::Jpy, Money::of(Currency::Jpy, 100)),
        &[("order.total.currency_code", CurrencyNotSupported)],
    );
}

#[test]
fn people_and_places_are_as_doku_wants_them() {
    let change = |order: &mut OrderContent| {
        let mut who = order.customer.expose().clone();
        (who.first_name, who.phone) = (String::new(), "12".to_owned());
        order.customer = Private::new(who);
        let mut to = order.shipping_to.expose().clone();
        (to.town, to.postcode, to.country_code) = (String::new(), String::new(), "XX".to_owned());
        order.shipping_to = Private::new(to);
    };
    check(
        change,
        &[
            ("order.customer.first_name", Invalid),
            ("order.shipping_address.town", Invalid),
            ("order.shipping_address.postcode", Invalid),
            ("order.shipping_address.country_code", Invalid),
            ("order.customer.phone", Invalid),
        ],
    );
    check(
        |order| drop(order.provider_options.insert("x".to_owned(), "y".to_owned())),
        &[("order.provider_options[\"x\"]", Invalid)],
    );
}

#[test]
fn telephone_is_one_of_indonesia() {
    for (phone, fits) in [
        ("+6285694566147", true),
        ("0062 856 9456 6147", true),
        ("0856 9456 6147", true),
        ("+447700900123", false),
        ("00447700900123", false),
        ("+1 62 5694566147", false),
        ("+62 12345", false),
        ("+62 85694566147890", false),
        ("", false),
    ] {
        let mut order = order();
        let who = Customer { phone: phone.to_owned(), ..order.customer.expose().clone() };
        order.customer = Private::new(who);
        let faults = KREDIVO.check(&order);
        assert_eq!(faults.is_empty(), fits, "{phone}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.field == "order.customer.phone"), "{phone}: {faults:?}");
    }
}

#[test]
fn items_are_about_lines_that_there_are() {
    let faults = |items: &str| {
        let mut order = order();
        order.provider_options.insert("items".to_owned(), items.to_owned());
        let faults = KREDIVO.check(&order).into_iter();
        faults
            .inspect(|fault| assert_eq!(fault.field, "order.provider_options[\"items\"]"))
            .map(|fault| fault.description)
            .collect::<Vec<_>>()
    };
    let good = r#"[{"line_id":"2","url":"https://m.example/2","parent_type":"ITEM","parent_id":"1002"},{"line_id":"1"}]"#;
    assert_eq!(faults(good), [""; 0]);
    for (items, expected) in [
        (r#"[{"line_id":"3"}]"#, "`[0].line_id` must be the id of a line"),
        (r#"[{"line_id":"1"},{"line_id":"1"}]"#, "`[1].line_id` must be named once"),
        (r#"[{"line_id":"1","url":"shoes"}]"#, "`[0].url` must be an http or https URL"),
        (
            r#"[{"line_id":"2","parent_type":"SELLER"}]"#,
            "`[0].parent_id` and `parent_type` must be given together",
        ),
        (
            r#"[{"line_id":"2","parent_id":"S-1"}]"#,
            "`[0].parent_id` and `parent_type` must be given together",
        ),
        (
            r#"[{"line_id":"2","parent_type":"ITEM","parent_id":"x"}]"#,
            "`[0].parent_id` must be the sku of a line",
        ),
        (
            r#"[{"line_id":"2","parent_type":"SHOP","parent_id":"x"}]"#,
            "`[0].parent_type` must be one of SELLER, ITEM",
        ),
    ] {
        assert_eq!(faults(items), [expected], "{items}");
    }
    for unreadable in ["", "{}", "[]", "[1]", r#"[{"type":"A"}]"#] {
        assert!(!faults(unreadable).is_empty(), "{unreadable}");
    }
}
