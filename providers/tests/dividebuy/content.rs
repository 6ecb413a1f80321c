//! Which orders DivideBuy can be told of, and what it is told.

use super::{account, answered, gbp, genuine, guide_order, line, with_cx};
use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::inbound::{InboundKind, Verdict};
use ordain_providers::{Currency, FaultReason, LineKind, Money, OrderContent, Private, Quantity};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The fields that are at fault once the guide's order is changed.
#[track_caller]
fn check(change: impl FnOnce(&mut OrderContent), expected: &[(&str, FaultReason)]) {
    let mut order = guide_order();
    change(&mut order);
    let faults = DIVIDEBUY.check(&order);
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(found, expected, "{faults:?}");
}

fn address(change: impl FnOnce(&mut ordain_providers::Address)) -> Private<ordain_providers::Address> {
    let mut address = guide_order().billing.into_exposed();
    change(&mut address);
    Private::new(address)
}

fn details(order: &OrderContent) -> Value {
    let (status, body) = answered(&genuine(InboundKind::Pull), Verdict::Accepted(Some(order)));
    assert_eq!(status, 200, "{body}");
    body
}

use FaultReason::{AmountNotRepresentable, CurrencyNotSupported, Invalid};

#[test]
fn guides_order_can_be_said() {
    check(|_| {}, &[]);
}

#[test]
fn other_currencies_are_refused() {
    check(
        |order| {
            order.currency = Currency::Eur;
            order.lines[0].total = Money::of(Currency::Eur, 240_000);
        },
        &[
            ("order.total.currency_code", CurrencyNotSupported),
            ("order.lines[0].total.currency_code", CurrencyNotSupported),
        ],
    );
}

#[test]
fn quantities_are_whole_and_agree_with_the_price() {
    for quantity in [Quantity::from_micros(500_000), Quantity::ZERO, Quantity::from_micros(-1_000_000)] {
        check(|order| order.lines[0].quantity = quantity, &[("order.lines[0].quantity", Invalid)]);
    }
    check(
        |order| order.lines[0].unit_price = gbp(119_999),
        &[("order.lines[0].total", AmountNotRepresentable)],
    );
    check(
        |order| order.lines[0].unit_price = gbp(i64::MAX),
        &[("order.lines[0].total", AmountNotRepresentable)],
    );
}

#[test]
fn roundings_cannot_be_said() {
    check(
        |order| order.lines.push(line("4", LineKind::Rounding, 1, 1, 0)),
        &[("order.lines[3].kind", AmountNotRepresentable)],
    );
}

#[test]
fn goods_are_told_apart_by_their_number() {
    check(|order| order.lines[0].sku = " ".to_owned(), &[("order.lines[0].sku", Invalid)]);
    check(|order| order.lines[0].sku = "x".repeat(65), &[("order.lines[0].sku", Invalid)]);
    check(
        |order| {
            let same = ordain_providers::Line {
                sku: "SUPCOOLMAT-1".to_owned(),
                ..line("4", LineKind::Fee, 100, 1, 0)
            };
            order.lines.push(same);
        },
        &[("order.lines[3].sku", Invalid)],
    );
    // Shipping and discounts are not goods.
    check(|order| order.lines[1].sku = String::new(), &[]);
}

#[test]
fn signs_must_fit_their_kind() {
    check(|order| order.lines[1].total = gbp(50_000), &[("order.lines[1].total", Invalid)]);
    check(|order| order.lines[2].total = gbp(-1), &[("order.lines[2].total", Invalid)]);
    check(
        |order| (order.lines[0].unit_price, order.lines[0].total) = (gbp(-1), gbp(-2)),
        &[("order.lines[0].total", Invalid), ("order.total", Invalid)],
    );
}

#[test]
fn something_besides_shipping_must_be_left_to_pay() {
    check(|order| order.lines[1].total = gbp(-240_000), &[("order.total", Invalid)]);
    check(|order| order.lines.truncate(0), &[("order.lines", Invalid), ("order.total", Invalid)]);
    check(
        |order| order.lines.extend((0..200).map(|n| line(&format!("x{n}"), LineKind::Product, 1, 1, 0))),
        &[("order.lines", Invalid)],
    );
}

#[test]
fn sizes_and_places_are_bounded() {
    let long = "x".repeat(256);
    check(|order| order.lines[0].name = long.clone(), &[("order.lines[0].title", Invalid)]);
    check(|order| order.lines[0].tax_rate_bp = 10_001, &[("order.lines[0].tax_rate_basis_points", Invalid)]);
    check(
        |order| order.lines[0].image_url = Some("x".repeat(2_049)),
        &[("order.lines[0].image_url", Invalid)],
    );
    check(
        |order| order.shipping_to = address(|to| to.country_code = "FR".to_owned()),
        &[("order.shipping_address.country_code", Invalid)],
    );
    check(
        |order| order.billing = address(|to| to.lines[1] = long.clone()),
        &[("order.billing_address.lines[1]", Invalid)],
    );
    check(
        |order| {
            order.billing = address(|to| to.postcode = " ".to_owned());
            order.shipping_to = address(|to| to.postcode = String::new());
        },
        &[("order.billing_address.postcode", Invalid), ("order.shipping_address.postcode", Invalid)],
    );
    let customer = ordain_providers::Customer { email: long.clone(), ..Default::default() };
    check(|order| order.customer = Private::new(customer), &[("order.customer.email", Invalid)]);
}

#[test]
fn options_are_known_ones() {
    for (name, value, fits) in
        [("selected_instalment", "12", true), ("selected_instalment", "0", false), ("gift", "1", false)]
    {
        let mut order = guide_order();
        order.provider_options = [(name.to_owned(), value.to_owned())].into();
        assert_eq!(DIVIDEBUY.check(&order).is_empty(), fits, "{name}={value}");
    }
}

#[test]
fn faults_repeat_no_personal_data() {
    let mut order = guide_order();
    order.customer =
        Private::new(ordain_providers::Customer { last_name: "Secretson".repeat(40), ..Default::default() });
    order.billing = address(|to| to.postcode = "PRIVATE".repeat(40));
    let shown = format!("{:?}", DIVIDEBUY.check(&order));
    assert!(!shown.contains("Secretson") && !shown.contains("PRIVATE"), "{shown}");
}

#[test]
fn pull_is_answered_as_in_the_guide() {
    let home = json!({
        "first_name": "John", "last_name": "Smith", "email": "john.smith@email.com",
        "street": ["1 Little Cottage", "Customtown"], "city": "Cityville", "region": "Countyshire", "postcode": "AB12 3CD",
    });
    let expected = json!({
        "order_detail": {
            "store_order_id": "1024", "store_order_increment_id": "REF109846",
            "store_token": "abcdef123456", "store_authentication": "zyxwvu987654",
            "subtotal": 2000, "subtotalInclVat": 2400, "vat": 400, "discount": 500, "discountApplied": "afterVat",
            "grand_total": 1900, "shipping": 15, "shippingInclVat": 15, "shipping_method": "express",
            "shipping_label": "Express Shipping", "is_default_shipping": 0, "is_default_billing": 0,
            "selected_instalment": 3,
        },
        "product_details": [{
            "name": "Supreme Cool Mattress", "sku": "SUPCOOLMAT-1", "qty": 2, "price": 1000, "priceInclVat": 1200,
            "DivVat": 20, "rowTotal": 2000, "rowTotalInclVat": 2400, "discount": 0,
            // We know no longer description and no picture here.
            "short_description": "Supreme Cool Mattress", "image_url": "", "product_options": {},
        }],
        "shipping_address": home, "billing_address": home,
    });
    assert_eq!(details(&guide_order()), expected);
}

#[test]
fn order_without_a_number_of_the_shops_has_ours() {
    let order = OrderContent { client_reference: String::new(), ..guide_order() };
    assert_eq!(details(&order)["order_detail"]["store_order_increment_id"], "1024");
}

#[test]
fn differing_addresses_are_flagged() {
    let mut order = guide_order();
    order.billing = address(|to| to.town = "Elsewhere".to_owned());
    let answer = details(&order);
    assert_eq!(
        (&answer["order_detail"]["is_default_billing"], &answer["billing_address"]["city"]),
        (&json!(1), &json!("Elsewhere"))
    );
    assert_eq!(answer["shipping_address"]["city"], "Cityville");
}

#[test]
fn tax_is_rounded_half_up_by_row() {
    let mut order = guide_order();
    // 1.01 at 2.5 %: 0.02463… is 2p. 0.21 at 5 %: exactly 1p. 0.63 at 5 %: exactly 3p; 0.03 at 20 %: 0.5p is 1p.
    order.lines = vec![
        line("a", LineKind::Product, 101, 1, 250),
        line("b", LineKind::Service, 21, 3, 500),
        line("c", LineKind::Fee, 3, 1, 2_000),
    ];
    let answer = details(&order);
    let nets: Vec<_> = answer["product_details"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["rowTotal"].to_string())
        .collect();
    assert_eq!(nets, ["0.99", "0.6", "0.02"]);
    assert_eq!(answer["product_details"][0]["DivVat"].to_string(), "2.5");
    assert_eq!(answer["order_detail"]["vat"].to_string(), "0.06");
}

#[test]
fn content_that_cannot_be_said_is_not_said_wrongly() {
    let mut order = guide_order();
    order.lines[0].quantity = Quantity::from_micros(1_500_000);
    let (status, body) = answered(&genuine(InboundKind::Pull), Verdict::Accepted(Some(&order)));
    assert_eq!((status, &body["error"]), (503, &json!(1)));
}

/// Pence of a number as it was written.
fn pence(value: &Value) -> i64 {
    Money::from_major(Currency::Gbp, &value.to_string()).expect("two decimals").minor
}

proptest! {
    #[test]
    fn sums_of_an_answer_agree(
        goods in prop::collection::vec((1_i64..100_000, 1_u32..50, 0_u32..3_000), 1..8), off in 0_i64..100, shipping in 0_i64..5_000,
    ) {
        let mut order = guide_order();
        order.lines = goods.iter().enumerate()
            .map(|(n, (unit, pieces, rate))| line(&n.to_string(), LineKind::Product, *unit, *pieces, *rate)).collect();
        order.lines.push(line("off", LineKind::Discount, -off, 1, 0));
        order.lines.push(line("ship", LineKind::Shipping, shipping, 1, 2_000));
        let body = details(&order);
        let (sums, rows) = (&body["order_detail"], body["product_details"].as_array().expect("rows"));
        let row_sum = |field: &str| rows.iter().map(|row| pence(&row[field])).sum::<i64>();
        prop_assert_eq!(pence(&sums["subtotalInclVat"]) - pence(&sums["vat"]), pence(&sums["subtotal"]));
        prop_assert_eq!(row_sum("rowTotal"), pence(&sums["subtotal"]));
        prop_assert_eq!(row_sum("rowTotalInclVat"), pence(&sums["subtotalInclVat"]));
        let total: i64 = order.lines.iter().map(|line| line.total.minor).sum();
        prop_assert_eq!(pence(&sums["grand_total"]), total - pence(&sums["shippingInclVat"]));
        prop_assert_eq!(pence(&sums["subtotalInclVat"]) - pence(&sums["discount"]), pence(&sums["grand_total"]));
        prop_assert!(rows.iter().all(|row| pence(&row["priceInclVat"]) * row["qty"].as_i64().expect("whole") == pence(&row["rowTotalInclVat"])));
    }

    #[test]
    fn any_amounts_are_judged_without_overflow(unit in any::<i64>(), total in any::<i64>(), micros in any::<i64>(), rate in any::<u32>()) {
        let mut order = guide_order();
        let changed = &mut order.lines[0];
        (changed.unit_price, changed.total, changed.tax_rate_bp) = (gbp(unit), gbp(total), rate);
        changed.quantity = Quantity::from_micros(micros);
        let _ = DIVIDEBUY.check(&order);
        let pull = genuine(InboundKind::Pull);
        let _ = with_cx(&account(), None, |cx| DIVIDEBUY.answer(&pull, &Verdict::Accepted(Some(&order)), cx).status);
    }
}
