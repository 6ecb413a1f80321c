//! What we say to DOKU.

use super::{
    CLIENT, GENERATE, KEY, NOW, ORDER, account, header, order, request_at, seller, signature, with_cx,
};
use ordain_providers::call::Shipment;
use ordain_providers::kredivo::{KREDIVO, SPEC};
use ordain_providers::spec::Support;
use ordain_providers::{Account, Call, Cx, EncodeError, Op, Private, Request};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn order_is_told_in_whole_rupiah() {
    let request = request_at(NOW, &Op::Create);
    assert_eq!(request.url.expose(), &format!("https://api-sandbox.doku.com{GENERATE}"));
    let body: Value = serde_json::from_slice(request.body.expose()).expect("JSON");
    let place = json!({
        "first_name": "Anton", "last_name": "Budiman", "address": "Menara Mulia, Lantai 8", "city": "Jakarta Selatan",
        "postal_code": "12960", "phone": "6285694566147", "country_code": "IDN",
    });
    let expected = json!({
        "order": {
            "invoice_number": ORDER,
            "line_items": [
                {"name": "T-Shirt", "price": 30_000, "quantity": 3, "id": "1002", "type": "PRODUCT", "url": "https://merchant.example"},
                {"name": "Line 2", "price": 10_000, "quantity": 1, "id": "SKU-2", "type": "SHIPPING", "url": "https://merchant.example"},
            ],
            "amount": 100_000,
            "callback_url": format!("https://ordain.example/a/acc1/doku/return/{ORDER}"),
            "callback_url_cancel": format!("https://ordain.example/a/acc1/doku/cancel/{ORDER}"),
        },
        "peer_to_peer_info": {"expired_time": 60, "merchant_unique_reference": ORDER},
        "customer": {
            "first_name": "Anton", "last_name": "Budiman", "phone": "6285694566147", "email": "anton@example.com",
            "address": "Menara Mulia, Lantai 8",
        },
        "shipping_address": place, "billing_address": place,
    });
    assert_eq!(body, expected);
}

/// What is sent of an order with these options, from an account with these settings.
fn told(options: &[(&str, &str)], config: &[(&str, &str)]) -> Result<Request, EncodeError> {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let (mut order, mut account, refs) = (order(), account(), BTreeMap::new());
    order.provider_options.extend(pairs(options));
    account.config.extend(pairs(config));
    assert_eq!(KREDIVO.check(&order), []);
    let now = NOW.parse().expect("a time");
    let cx =
        Cx { now, account: &account, order: Some(&order), refs: &refs, expires_at: None, entropy: [0; 32] };
    match KREDIVO.encode(&Op::Create, &cx)? {
        Call::Http(request) => Ok(request),
        Call::Local(_) => panic!("no request"),
    }
}

fn body_of(request: &Request) -> Value {
    serde_json::from_slice(request.body.expose()).expect("JSON")
}

#[test]
fn items_are_told_as_they_are_in_the_shop() {
    let items = json!([
        {"line_id": "2", "parent_type": "ITEM", "parent_id": "1002", "type": "CARRIAGE"},
        {"line_id": "1", "url": "https://merchant.example/p/1002", "type": "CLOTHING"},
    ]);
    let request = told(&[("items", &items.to_string())], &[]).expect("it can be told");
    let expected = json!([
        {"name": "T-Shirt", "price": 30_000, "quantity": 3, "id": "1002", "type": "CLOTHING", "url": "https://merchant.example/p/1002"},
        {"name": "Line 2", "price": 10_000, "quantity": 1, "id": "SKU-2", "type": "CARRIAGE", "url": "https://merchant.example",
            "parent_type": "ITEM", "parent_id": "1002"},
    ]);
    assert_eq!(body_of(&request)["order"]["line_items"], expected);
}

#[test]
fn sellers_are_told_in_full_and_never_shown() {
    let request = told(&[("sellers", r#"["toko"]"#)], &[]).expect("it can be told");
    assert_eq!(body_of(&request)["sellers"], json!([seller()]));
    for secret in ["Ana", "3171234567890001", "Sudirman", "6281398154809"] {
        assert!(!request.redacted.contains(secret), "{secret} in {}", request.redacted);
    }
    let Err(EncodeError::NotExpressible { field, why }) = told(&[("sellers", r#"["toko","warung"]"#)], &[])
    else {
        panic!("nobody knows that seller");
    };
    assert_eq!(field, "order.provider_options[\"sellers\"]");
    assert!(why.contains("`sellers`"), "{why}");
}

#[test]
fn page_bill_and_notifications_are_as_shop_and_account_want_them() {
    let plain = body_of(&told(&[], &[]).expect("it can be told"));
    for absent in ["/order/auto_redirect", "/order/descriptor", "/additional_info", "/sellers"] {
        assert_eq!(plain.pointer(absent), None, "{absent}");
    }
    let options = [("auto_redirect", "true"), ("descriptor", "MERCHANT SHOES")];
    let body = body_of(&told(&options, &[("override_notification", "true")]).expect("it can be told"));
    assert_eq!(body["order"]["auto_redirect"], true);
    assert_eq!(body["order"]["descriptor"], "MERCHANT SHOES");
    let ours = "https://ordain.example/a/acc1/doku/notification";
    assert_eq!(body["additional_info"], json!({"override_notification_url": ours}));
}

#[test]
fn requests_are_signed_over_what_is_sent() {
    for op in [Op::Create, Op::Sync] {
        let request = request_at(NOW, &op);
        let target =
            request.url.expose().strip_prefix("https://api-sandbox.doku.com").expect("the API's host");
        let mut described = json!({
            "client_id": CLIENT, "request_id": header(&request, "request-id"),
            "request_timestamp": header(&request, "request-timestamp"), "request_target": target, "secret_key": KEY,
        });
        if op == Op::Create {
            described["body"] = String::from_utf8(request.body.expose().clone()).expect("text").into();
        }
        assert_eq!(header(&request, "signature"), signature(&described));
        assert_eq!(header(&request, "request-timestamp"), NOW);
    }
    assert!(request_at(NOW, &Op::Sync).url.expose().ends_with(&format!("/orders/v1/status/{ORDER}")));
}

#[test]
fn t16_retry_is_the_same_request_to_the_byte() {
    let (first, later) = (request_at(NOW, &Op::Create), request_at("2026-11-21T06:20:00Z", &Op::Create));
    assert_eq!(first.body.expose(), later.body.expose(), "the minutes to live too");
    assert_eq!(header(&first, "request-id"), header(&later, "request-id"));
    assert_ne!(header(&first, "signature"), header(&later, "signature"), "the time is the attempt's own");
    let questions = [NOW, "2026-11-21T06:20:00Z"].map(|now| request_at(now, &Op::Sync));
    assert_ne!(
        header(&questions[0], "request-id"),
        header(&questions[1], "request-id"),
        "no question is a replay"
    );
}

#[test]
fn t16_status_is_asked_for_a_minute_later_at_the_earliest() {
    let first = SPEC.poll_after.first().expect("there is a schedule");
    assert!(first.as_secs() >= 60, "{first:?}");
    // A browser that came back, and an order that expires, wait as long.
    assert!(SPEC.status_settles_within.as_secs() >= 60);
}

#[test]
fn other_ids_live_from_now() {
    let mut order = order();
    order.order_id = "INV-1".to_owned();
    let (account, refs) = (account(), BTreeMap::new());
    let now = NOW.parse().expect("a time");
    // Rounded down, or DOKU's page would close after ours; and one at least, which is the least that can be said.
    for (ends, minutes) in
        [("2026-11-21T06:30:00Z", 29), ("2026-11-21T06:31:00Z", 30), (NOW, 1), ("2026-11-21T06:00:00Z", 1)]
    {
        let expires_at = ends.parse().ok();
        let cx =
            Cx { now, account: &account, order: Some(&order), refs: &refs, expires_at, entropy: [0; 32] };
        let Ok(Call::Http(request)) = KREDIVO.encode(&Op::Create, &cx) else { panic!("no request") };
        let body: Value = serde_json::from_slice(request.body.expose()).expect("JSON");
        assert_eq!(body["peer_to_peer_info"]["expired_time"], minutes, "{ends}");
    }
}

#[test]
fn phones_are_said_with_the_country_in_front() {
    for given in [
        "+62 856-9456-6147",
        "085694566147",
        "6285694566147",
        "006285694566147",
        "+62 0856-9456-6147",
        "+62 (0) 85694566147",
        "85694566147",
    ] {
        let (mut order, account, refs) = (order(), account(), BTreeMap::new());
        let mut who = order.customer.expose().clone();
        who.phone = given.to_owned();
        order.customer = Private::new(who);
        let now = NOW.parse().expect("a time");
        let cx = Cx {
            now,
            account: &account,
            order: Some(&order),
            refs: &refs,
            expires_at: None,
            entropy: [0; 32],
        };
        let Ok(Call::Http(request)) = KREDIVO.encode(&Op::Create, &cx) else { panic!("no request") };
        let body: Value = serde_json::from_slice(request.body.expose()).expect("JSON");
        assert_eq!(body["customer"]["phone"], "6285694566147", "{given}");
        assert!(body["peer_to_peer_info"].get("expired_time").is_none());
    }
}

#[test]
fn refunds_are_the_back_offices() {
    assert_eq!(SPEC.operations.refund.support, Support::Manual);
    assert!(!SPEC.operations.refund.support.is_offered());
    let shipment = Shipment { id: "f".to_owned(), portions: Vec::new(), tracking: None };
    assert!(matches!(with_cx(|cx| KREDIVO.encode(&Op::Fulfil(shipment.clone()), cx)), Ok(Call::Local(_))));
    for op in [Op::Revoke, Op::Ack, Op::VerifyAccount] {
        assert!(matches!(with_cx(|cx| KREDIVO.encode(&op, cx)), Err(EncodeError::Unsupported { .. })));
    }
}

#[test]
fn account_without_a_key_sends_nothing() {
    let account = Account {
        secrets: BTreeMap::from([("secret_key".to_owned(), Private::new(String::new()))]),
        ..account()
    };
    let (order, refs) = (order(), BTreeMap::new());
    let now = NOW.parse().expect("a time");
    let cx =
        Cx { now, account: &account, order: Some(&order), refs: &refs, expires_at: None, entropy: [0; 32] };
    assert!(matches!(
        KREDIVO.encode(&Op::Sync, &cx),
        Err(EncodeError::AccountIncomplete { field: "secret_key" })
    ));
}

#[test]
fn nothing_private_is_shown() {
    let request = request_at(NOW, &Op::Create);
    let shown = format!("{request:?}{}", request.redacted);
    for secret in ["Anton", "Budiman", "anton@", "85694566147", "Menara", "12960", KEY] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("T-Shirt") && shown.contains(ORDER));
}
