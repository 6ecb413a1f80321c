//! What we say to divit.

use super::{DIVIT_ID, NOW, ORDER, account, body_of, hkd, order, request_of, with_cx, with_options};
use ordain_providers::call::{RefundRequest, Shipment};
use ordain_providers::divit::DIVIT;
use ordain_providers::{Account, Call, Cx, EncodeError, Op};
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) fn refund(amount: i64, before: i64, full: bool) -> Op {
    Op::Refund(RefundRequest {
        id: "r-1".to_owned(),
        portions: Vec::new(),
        amount: hkd(amount),
        full,
        refunded_before: hkd(before),
        reason: "Stephen Chow sent it back".to_owned(),
    })
}

#[test]
fn fast_mode_tells_the_customer_and_normal_mode_does_not() {
    let fast = body_of(&Op::Create, &order());
    assert_eq!(
        fast["customer"],
        json!({
            "firstName": "Stephen", "lastName": "Chow", "email": "a@b.hk", "tel": "+85293920190", "language": "en",
            "floor": "", "building": "", "street": "8/F, 1 Queen's Road Central", "district": "Central",
            "region": "Hong Kong Island",
        })
    );
    let normal = body_of(&Op::Create, &with_options(&[("mode", "normal")]));
    assert!(normal.get("customer").is_none());
    assert_eq!(normal["order"], fast["order"]);
}

#[test]
fn address_that_was_taken_apart_is_told_by_its_parts() {
    let mut order = order();
    let mut home = order.shipping_to.expose().clone();
    let parts = [&mut home.flat, &mut home.building_name, &mut home.building_number, &mut home.street];
    for (part, said) in parts.into_iter().zip(["8/F", "Prince's Building", "10", "Chater Road"]) {
        *part = said.to_owned();
    }
    order.shipping_to = home.into();
    let customer = &body_of(&Op::Create, &order)["customer"];
    let told = ["floor", "building", "street"].map(|name| customer[name].as_str().expect("a text"));
    assert_eq!(told, ["8/F", "Prince's Building", "10 Chater Road"]);
    let mut present = order;
    present.provider_options.insert("product".to_owned(), "directpay".to_owned());
    assert_eq!(body_of(&Op::Create, &present)["customer"]["address2"], "1 Queen's Road Central");
}

#[test]
fn present_api_is_told_the_same_in_its_own_spelling() {
    let (before, now) = (body_of(&Op::Create, &order()), with_options(&[("product", "directpay")]));
    let now = body_of(&Op::Create, &now);
    assert_eq!(
        now["customer"],
        json!({
            "firstName": "Stephen", "lastName": "Chow", "email": "a@b.hk", "tel": "+85293920190", "language": "en",
            "address1": "8/F", "address2": "1 Queen's Road Central", "district": "Central",
            "province": "Hong Kong Island", "postalCode": "", "country": "HK",
        })
    );
    let mut order = now["order"].clone();
    let number = order.as_object_mut().expect("an object").remove("merchantUniqueOrderID");
    assert_eq!(number, Some(json!(ORDER)));
    order["uniqueMerchantOrderID"] = json!(ORDER);
    assert_eq!(order, before["order"]);
}

#[test]
fn order_is_told_in_cents_with_three_urls() {
    let items = json!([
        {"itemType": "retail", "itemData": {
            "productID": "ID", "productTitle": "Cat Food", "qty": 2, "unitPrice": 57_500, "subtotal": 115_000,
            "pics": {"big": "https://shop.example/cat.png", "small": "https://shop.example/cat.png"},
        }},
        {"itemType": "retail", "itemData": {
            "productID": "SKU-2", "productTitle": "Line 2", "qty": 1, "unitPrice": 100, "subtotal": 100, "pics": {},
        }},
    ]);
    let expected = json!({
        "totalAmount": {"amount": 115_050, "currency": "HKD"}, "orderType": "retail", "orderItems": items,
        "webhookSuccess": format!("https://ordain.example/a/acc1/divit/success/{ORDER}"),
        "webhookFailure": format!("https://ordain.example/a/acc1/divit/failure/{ORDER}"),
        "webhookEvents": "https://ordain.example/a/acc1/divit/events",
        "expiredAt": NOW + 1_800, "merchantRef": ORDER, "uniqueMerchantOrderID": ORDER, "language": "en",
        "promoCode": "", "milesForReward": 0, "totalForReward": {"amount": 0, "currency": "HKD"},
    });
    assert_eq!(body_of(&Op::Create, &order())["order"], expected);
}

#[test]
fn calls_go_where_divit_takes_them() {
    let host = "https://sandbox-api.divit.dev";
    let later = with_options(&[("product", "paylater")]);
    let present = with_options(&[("product", "directpay")]);
    let expected = [
        (Op::Create, order(), "POST", "/paynow/orders".to_owned()),
        (Op::Create, later.clone(), "POST", "/paylater/orders".to_owned()),
        (Op::Sync, order(), "GET", format!("/paynow/orders/{}/status", DIVIT_ID.replace('-', "%2D"))),
        (refund(1, 0, false), order(), "POST", "/paynow/orders/refund/request".to_owned()),
        (refund(1, 0, false), later, "POST", "/paylater/orders/refund/request".to_owned()),
        (Op::Create, present.clone(), "POST", "/directpay/o/order".to_owned()),
        (Op::Sync, present.clone(), "GET", format!("/paynow/orders/{}/status", DIVIT_ID.replace('-', "%2D"))),
        (refund(1, 0, false), present, "POST", "/paynow/orders/refund/request".to_owned()),
        (Op::VerifyAccount, order(), "GET", "/directpay/profile".to_owned()),
    ];
    for (op, order, method, path) in expected {
        let request = request_of(&op, &order);
        assert_eq!((request.method, request.url.expose()), (method, &format!("{host}{path}")));
        let key = request.headers.iter().find(|(name, _)| *name == "api-key").expect("a key");
        assert_eq!(key.1.expose(), "dvt_rREeGJ4FXp69nQEJ7Arq08stvtacFyPrTzKr");
    }
}

#[test]
fn flights_are_told_as_the_shop_gave_them() {
    let flight = r#"[{"aircraft":{"code":"CX"},"departure":{"iataCode":"HKG","terminal":"","at":"2024-01-01T00:00"},"arrival":{"iataCode":"NRT","terminal":"","at":"2024-01-01T04:00"},"carrierCode":"CX","number":"1","operating":{"carrierCode":"CX"},"duration":"1:00","numberOfStops":0,"id":""}]"#;
    let body = body_of(&Op::Create, &with_options(&[("flights", flight)]));
    assert_eq!(body["order"]["orderType"], "flight");
    let given: serde_json::Value = serde_json::from_str(flight).expect("JSON");
    assert_eq!(body["order"]["orderItems"], json!([{"itemType": "flight", "itemData": given[0]}]));
}

#[test]
fn miles_are_told_with_the_secret_code_and_it_is_never_shown() {
    let order = with_options(&[
        ("miles_for_reward", "575"),
        ("total_for_reward_minor", "115000"),
        ("reward_scheme", "standard"),
    ]);
    let told = &body_of(&Op::Create, &order)["order"];
    assert_eq!(
        (&told["promoCode"], &told["milesForReward"], &told["totalForReward"]["amount"]),
        (&json!("XYZ01"), &json!(575), &json!(115_000))
    );
    let shown = request_of(&Op::Create, &order).redacted;
    assert!(!shown.contains("XYZ01") && shown.contains("575"), "{shown}");
}

#[test]
fn promo_codes_and_costs_that_cannot_be_used_are_the_account_s_fault() {
    let missing = |account: &Account, scheme: &str| {
        let order = with_options(&[
            ("miles_for_reward", "1"),
            ("total_for_reward_minor", "2"),
            ("reward_scheme", scheme),
        ]);
        with_cx(&order, |cx| match DIVIT.encode(&Op::Create, &Cx { account, ..*cx }) {
            Err(EncodeError::AccountIncomplete { field }) => Some(field),
            _ => None,
        })
    };
    // Nobody knows the first, and the ratio of the second is none.
    for scheme in ["gold", "broken"] {
        assert_eq!(missing(&account(), scheme), Some("promo_codes"), "{scheme}");
    }
    assert_eq!(missing(&account(), "standard"), None);
    for codes in ["", "{", "[]", r#"{"standard":"XYZ01"}"#, r#"{"standard":{"code":"","ratio":"1:2"}}"#] {
        let mut account = account();
        account.secrets.insert("promo_codes".to_owned(), codes.to_owned().into());
        assert_eq!(missing(&account, "standard"), Some("promo_codes"), "{codes}");
    }
    let mut account = account();
    account.config.insert("mile_cost_minor".to_owned(), "ten cents".to_owned());
    assert_eq!(missing(&account, "standard"), Some("mile_cost_minor"));
    let without = with_cx(&order(), |cx| DIVIT.encode(&Op::Create, &Cx { account: &account, ..*cx }).is_ok());
    assert!(without, "an order without miles asks for no cost");
}

#[test]
fn t17_refunds_are_told_in_dollars() {
    let request = request_of(&refund(10_050, 0, false), &order());
    let text = String::from_utf8(request.body.expose().clone()).expect("text");
    assert!(text.contains(r#""refundAmount":100.50"#), "{text}");
    let body = body_of(&refund(115_050, 0, true), &order());
    assert_eq!((&body["refundType"], &body["orderID"]), (&json!("full"), &json!(DIVIT_ID)));
    assert_eq!(body["callbackURI"], "https://ordain.example/a/acc1/divit/events");
    assert_eq!(body["refundRef"], "r-1");
    assert!(with_cx(&order(), |cx| DIVIT.encode(&refund(0, 0, false), cx).is_err()));
}

#[test]
fn what_cannot_go_back_is_told_beside_what_can_and_is_not_asked_for() {
    let order = with_options(&[("nonrefundable_minor", "15050")]);
    let told = &body_of(&Op::Create, &order)["order"];
    assert_eq!(told["nonrefundableAmount"], json!({"amount": 15_050, "currency": "HKD"}));
    assert_eq!(told["refundableAmount"], json!({"amount": 100_000, "currency": "HKD"}));
    let silent = &body_of(&Op::Create, &super::order())["order"];
    assert!(silent.get("nonrefundableAmount").is_none() && silent.get("refundableAmount").is_none());
    let asked = |amount, before| with_cx(&order, |cx| DIVIT.encode(&refund(amount, before, false), cx));
    assert!(asked(100_000, 0).is_ok() && asked(60_000, 40_000).is_ok());
    for (amount, before) in [(100_001, 0), (60_001, 40_000), (1, 100_000), (115_050, 0)] {
        assert!(
            matches!(asked(amount, before), Err(EncodeError::NotExpressible { .. })),
            "{amount} {before}"
        );
    }
}

#[test]
fn nothing_private_is_shown() {
    for op in [Op::Create, refund(1, 0, false), Op::Sync] {
        let request = request_of(&op, &order());
        let shown = format!("{request:?}{}", request.redacted);
        for secret in ["Stephen", "Chow", "a@b.hk", "93920190", "Queen", "dvt_", "divit-sig-key"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn shipments_are_ours_alone_and_the_rest_does_not_exist() {
    let shipment = Shipment { id: "f".to_owned(), portions: Vec::new(), tracking: None };
    assert!(matches!(
        with_cx(&order(), |cx| DIVIT.encode(&Op::Fulfil(shipment.clone()), cx)),
        Ok(Call::Local(_))
    ));
    for op in [Op::Ack, Op::Unfulfil(shipment), Op::Revoke] {
        let refused = with_cx(&order(), |cx| DIVIT.encode(&op, cx).map(|_| ()));
        assert!(matches!(refused, Err(EncodeError::Unsupported { .. })));
    }
}

#[test]
fn nothing_is_asked_before_divit_told_its_number() {
    let (refs, account, order) = (BTreeMap::new(), account(), order());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let cx =
        Cx { now, account: &account, order: Some(&order), refs: &refs, expires_at: None, entropy: [0; 32] };
    for op in [Op::Sync, refund(1, 0, false)] {
        assert!(matches!(DIVIT.encode(&op, &cx), Err(EncodeError::NotExpressible { .. })));
    }
    assert!(DIVIT.encode(&Op::Create, &cx).is_ok());
}
