//! What we send, byte for byte as the guide shows it.

use super::{account, guide_order, line, request, with_cx};
use ordain_providers::call::{RefundRequest, Shipment, Tracking};
use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::{
    Account, Call, Currency, EncodeError, LineKind, Money, Op, OrderContent, Portion, Quantity,
};
use serde_json::{Value, json};

pub fn portion(line_id: &str, pieces: u32, minor: i64) -> Portion {
    let amount = Money::of(Currency::Gbp, minor);
    Portion { line_id: line_id.to_owned(), quantity: Quantity::whole(pieces), amount }
}

pub fn shipment() -> Shipment {
    let tracking = Tracking { carrier: "DPD UK".to_owned(), number: "123456789".to_owned() };
    Shipment { id: "f1".to_owned(), portions: vec![portion("1", 2, 190_000)], tracking: Some(tracking) }
}

pub fn refund(portions: Vec<Portion>) -> RefundRequest {
    let amount = Money::of(Currency::Gbp, portions.iter().map(|portion| portion.amount.minor).sum());
    let reason = "Customer changed mind about second mattress".to_owned();
    RefundRequest {
        id: "r1".to_owned(),
        portions,
        amount,
        full: false,
        refunded_before: Money::of(Currency::Gbp, 0),
        reason,
    }
}

/// Compares an operation on the guide's order with what the guide shows.
#[track_caller]
fn check(op: &Op, method: &str, path: &str, body: &Value) {
    let sent = request(op);
    assert_eq!(sent.method, method);
    assert_eq!(sent.url.expose(), &format!("https://api.dividebuysandbox.co.uk{path}"));
    let said: Value = serde_json::from_slice(sent.body.expose()).expect("JSON");
    assert_eq!(&said, body);
    assert!(
        sent.headers
            .iter()
            .any(|(name, value)| *name == "content-type" && value.expose() == "application/json")
    );
    let shown = format!("{sent:?}");
    assert!(sent.redacted.starts_with(&format!("{method} {path}\n{{")), "{}", sent.redacted);
    for secret in ["abcdef123456", "zyxwvu987654", "changed mind"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Why an operation on this order is not sent.
#[track_caller]
fn check_refused(op: &Op, order: &OrderContent, field: &str) {
    match with_cx(&account(), Some(order), |cx| DIVIDEBUY.encode(op, cx)) {
        Err(EncodeError::NotExpressible { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{op:?} was encoded: {other:?}"),
    }
}

#[test]
fn sync_and_ack_name_the_order() {
    let body =
        json!({"storeOrderId": "1024", "storeToken": "abcdef123456", "storeAuthentication": "zyxwvu987654"});
    check(&Op::Sync, "POST", "/api/getuserorder", &body);
    check(&Op::Ack, "POST", "/api/syncretorder", &body);
}

#[test]
fn accounts_are_confirmed_and_switched() {
    let confirm = json!({
        "storeToken": "abcdef123456", "storeAuthentication": "zyxwvu987654", "retailerStoreCode": "acmeinc_default",
    });
    check(&Op::VerifyAccount, "PUT", "/api/confirmretailer", &confirm);
    for (active, status) in [(true, "1"), (false, "0")] {
        let switch = json!({
            "storeToken": "abcdef123456", "storeAuthentication": "zyxwvu987654",
            "retailerStatus": status, "allowedIps": "",
        });
        check(&Op::ActivateAccount { active }, "POST", "/api/updateretailerstatus", &switch);
    }
}

#[test]
fn shipment_is_the_guides_tracking() {
    let body = json!({
        "storeToken": "abcdef123456", "storeAuthentication": "zyxwvu987654", "storeOrderId": "1024",
        "deleteTracking": 0,
        "trackingInfo": [{
            "title": "DPD UK", "carrierCode": "DPD UK", "trackNumber": "123456789", "description": null,
        }],
        "productDetails": [{"sku": "SUPCOOLMAT-1", "qty": 2}],
    });
    check(&Op::Fulfil(shipment()), "POST", "/api/tracking", &body);
    // Shipping goes along without being named.
    let portions = vec![portion("1", 2, 190_000), portion("3", 1, 1_500)];
    check(&Op::Fulfil(Shipment { portions, ..shipment() }), "POST", "/api/tracking", &body);
}

#[test]
fn shipment_without_goods_or_number_is_not_sent() {
    let order = guide_order();
    let nameless = Tracking { carrier: "DPD UK".to_owned(), number: String::new() };
    for tracking in [None, Some(nameless)] {
        check_refused(&Op::Fulfil(Shipment { tracking, ..shipment() }), &order, "fulfilment.tracking");
    }
    let no_goods = Shipment { portions: vec![portion("3", 1, 1_500)], ..shipment() };
    check_refused(&Op::Fulfil(no_goods), &order, "fulfilment.lines");
    let none = Shipment { portions: vec![portion("1", 0, 0)], ..shipment() };
    check_refused(&Op::Fulfil(none), &order, "fulfilment.lines.quantity");
    let unknown = Shipment { portions: vec![portion("9", 1, 0)], ..shipment() };
    check_refused(&Op::Unfulfil(unknown), &order, "lines.line_id");
}

/// What a refund of the guide's order says, its credentials and reason left out.
fn refund_said(op: &Op, order: &OrderContent) -> Value {
    let sent = with_cx(&account(), Some(order), |cx| match DIVIDEBUY.encode(op, cx) {
        Ok(Call::Http(sent)) => sent,
        other => panic!("{other:?}"),
    });
    let mut said: Value = serde_json::from_slice(sent.body.expose()).expect("JSON");
    for told_elsewhere in ["orderId", "retailer", "reason"] {
        said.as_object_mut().expect("an object").remove(told_elsewhere);
    }
    said
}

#[test]
fn partial_refund_is_the_guides() {
    let body = json!({
        "orderId": "1024",
        "retailer": {"storeToken": "abcdef123456", "storeAuthentication": "zyxwvu987654"},
        "refundType": "PARTIAL",
        "product": [{"sku": "SUPCOOLMAT-1", "qty": 1, "rowTotal": 1000, "rowInclTotal": 1200}],
        "totalRefund": 1200,
        "reason": "Customer changed mind about second mattress",
        "shippingCostAmount": 0,
        "shippingTaxAmount": 0,
    });
    check(&Op::Refund(refund(vec![portion("1", 1, 120_000)])), "POST", "/api/refund", &body);
}

#[test]
fn rows_of_a_refund_are_at_the_orders_prices_and_its_total_is_what_goes_back() {
    // The discount is carried by the goods: they are worth 1900, and each of them 950.
    let said = json!({
        "refundType": "PARTIAL",
        "product": [{"sku": "SUPCOOLMAT-1", "qty": 1, "rowTotal": 1000, "rowInclTotal": 1200}],
        "totalRefund": 950, "shippingCostAmount": 0, "shippingTaxAmount": 0,
    });
    assert_eq!(refund_said(&Op::Refund(refund(vec![portion("1", 1, 95_000)])), &guide_order()), said);
    let portions = vec![portion("1", 2, 190_000), portion("3", 1, 1_500)];
    let said = json!({
        "refundType": "FULL",
        "product": [{"sku": "SUPCOOLMAT-1", "qty": 2, "rowTotal": 2000, "rowInclTotal": 2400}],
        "totalRefund": 1915, "shippingCostAmount": 15, "shippingTaxAmount": 0,
    });
    let full = RefundRequest { full: true, ..refund(portions) };
    assert_eq!(refund_said(&Op::Refund(full), &guide_order()), said);
}

#[test]
fn refund_without_a_reason_is_given_one() {
    for empty in ["", " "] {
        let refund = RefundRequest { reason: empty.to_owned(), ..refund(vec![portion("1", 1, 95_000)]) };
        let said: Value = serde_json::from_slice(request(&Op::Refund(refund)).body.expose()).expect("JSON");
        assert_eq!(said["reason"], "requested by shop");
    }
}

#[test]
fn taxed_shipping_is_split_and_sums_to_what_goes_back() {
    let mut order = guide_order();
    order.lines[2] = line("3", LineKind::Shipping, 1_195, 1, 2_000);
    let op = Op::Refund(refund(vec![portion("3", 1, 1_195)]));
    let sent = with_cx(&account(), Some(&order), |cx| match DIVIDEBUY.encode(&op, cx) {
        Ok(Call::Http(sent)) => String::from_utf8(sent.body.into_exposed()).expect("text"),
        other => panic!("{other:?}"),
    });
    // The digits themselves: no binary fraction ever stood between the pence and the wire.
    assert!(sent.contains(r#""totalRefund":11.95,"#), "{sent}");
    assert!(sent.contains(r#""shippingCostAmount":9.96,"shippingTaxAmount":1.99}"#), "{sent}");
}

#[test]
fn refund_that_does_not_add_up_is_not_sent() {
    let order = guide_order();
    let off_by_one =
        RefundRequest { amount: Money::of(Currency::Gbp, 120_001), ..refund(vec![portion("1", 1, 120_000)]) };
    check_refused(&Op::Refund(off_by_one), &order, "refund.amount");
    check_refused(&Op::Refund(refund(Vec::new())), &order, "refund.amount");
    check_refused(&Op::Refund(refund(vec![portion("1", 1, -5)])), &order, "refund.amount");
    let below = refund(vec![portion("3", 1, 1_500), portion("1", 1, -5)]);
    check_refused(&Op::Refund(below), &order, "refund.lines.amount");
    let half = Portion { quantity: Quantity::from_micros(500_000), ..portion("1", 1, 60_000) };
    check_refused(&Op::Refund(refund(vec![half])), &order, "lines.quantity");
    check_refused(&Op::Refund(refund(vec![portion("1", 0, 95_000)])), &order, "lines.quantity");
    let mut dearest = order;
    dearest.lines[0].unit_price = Money::of(Currency::Gbp, i64::MAX);
    check_refused(&Op::Refund(refund(vec![portion("1", 2, 1)])), &dearest, "lines.quantity");
}

#[test]
fn pence_are_written_without_trailing_zeros() {
    for (minor, digits) in
        [(1, "0.01"), (10, "0.1"), (1_050, "10.5"), (999_999_999_999_999_999, "9999999999999999.99")]
    {
        let sent = request(&Op::Refund(refund(vec![portion("1", 1, minor)])));
        let text = String::from_utf8_lossy(sent.body.expose()).into_owned();
        assert!(text.contains(&format!(r#""totalRefund":{digits},"#)), "{text}");
    }
}

#[test]
fn incomplete_account_sends_nothing() {
    let check = |change: fn(&mut Account), missing: &str| {
        let mut account = account();
        change(&mut account);
        let tried = with_cx(&account, Some(&guide_order()), |cx| DIVIDEBUY.encode(&Op::Create, cx));
        assert!(
            matches!(tried, Err(EncodeError::AccountIncomplete { field }) if field == missing),
            "{missing} is missing, and it said {tried:?}"
        );
    };
    check(|account| drop(account.secrets.remove("store_token")), "store_token");
    check(
        |account| drop(account.secrets.insert("store_authentication".to_owned(), String::new().into())),
        "store_authentication",
    );
    check(|account| drop(account.config.insert("retailer_id".to_owned(), String::new())), "retailer_id");
    check(|account| drop(account.config.remove("checkout_url")), "checkout_url");
}
