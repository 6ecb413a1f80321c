//! What PayBy and the payer's browser tell us.

use super::refund::refund_order;
use super::{Known, ORDER, acquire_order, aed, ingest, notify, paid, signed, worked};
use ordain_providers::call::{AmountKind, Flag, Standing};
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::payby::PAYBY;
use ordain_providers::{Inbound, InboundError, Ingested, OperationStanding, Private};
use serde_json::{Value, json};

fn notification(change: Value) -> String {
    let mut body = json!({
        "notify_id": "202004170007499051", "notify_timestamp": 1_587_113_039_189_i64,
        "notify_time": "20200417124359", "_input_charset": "UTF-8",
    });
    for (name, value) in change.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body.to_string()
}

#[track_caller]
fn genuine(body: &str) -> Ingested {
    ingest(&notify(body, &signed(body))).expect("it is genuine")
}

fn browser(query: &str) -> Inbound {
    Inbound {
        method: "GET".to_owned(),
        path: "/payby/return".to_owned(),
        query: Private::new(query.to_owned()),
        headers: Vec::new(),
        ..notify("", "")
    }
}

#[test]
fn published_payment_notification_is_understood() {
    let vectors = worked();
    let entry = vectors["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["name"].as_str().is_some_and(|name| name.starts_with("notification_body")));
    let entry = entry.expect("it is among the vectors");
    let message = notify(entry["body"].as_str().unwrap(), entry["sign_fresh_key"].as_str().unwrap());
    let seen = ingest(&message).expect("it is genuine");
    assert_eq!(seen.about, About::Order("eaa16681-070b-4ae6-9b13-809b0db6eb89".to_owned()));
    assert_eq!((seen.kind, seen.trust, seen.then), (InboundKind::Webhook, Trust::Verified, Then::Nothing));
    assert_eq!((seen.dedup.as_str(), seen.dedup_is_weak), ("notify_id:202004280007581901", false));
    assert_eq!(seen.facts.standing, Some(Standing::Captured));
    let captured = seen.facts.amounts.iter().find(|fact| fact.kind == AmountKind::Captured);
    assert_eq!(captured.map(|fact| fact.amount), Some(aed(10)));
    assert_eq!(seen.facts.provider_time.as_deref(), Some("1588066471000"));
}

#[test]
fn people_in_a_notification_are_not_kept() {
    let mut body: Value = serde_json::from_str(&acquire_order(paid)).expect("JSON");
    let order = &mut body["body"]["acquireOrder"];
    (order["payerName"], order["paymentInfo"]["payerMobile"]) =
        (json!("Amina Hassan"), json!("+971585812345"));
    let seen = genuine(&notification(json!({ "acquireOrder": order })));
    assert_eq!(seen.facts.standing, Some(Standing::Captured));
    let kept = serde_json::to_string(&seen).expect("serialises");
    assert!(!kept.contains("Amina") && !kept.contains("58581"), "{kept}");
}

#[test]
fn refund_notification_names_our_refund() {
    for (status, standing) in
        [("SUCCESS", OperationStanding::Succeeded), ("FAILURE", OperationStanding::Failed)]
    {
        let seen = genuine(&notification(json!({"refundOrder": refund_order(status, |_| {})})));
        assert_eq!(seen.about, About::Order(ORDER.to_owned()));
        assert_eq!(
            (seen.facts.operations[0].id.as_deref(), seen.facts.operations[0].standing),
            (Some("1"), standing)
        );
        assert_eq!((seen.facts.standing, seen.label.as_str()), (None, "refundOrder"));
    }
}

#[test]
fn failed_refund_says_why_by_its_code() {
    let failed = |code: Value| {
        let failed = refund_order("FAILURE", |order| {
            (order["failCode"], order["failDes"]) = (code, json!("the bank said no to Amina"));
        });
        let seen = genuine(&notification(json!({"refundOrder": failed})));
        assert!(!format!("{seen:?}").contains("the bank"), "{seen:?}");
        seen.facts.operations[0].failure.clone()
    };
    assert_eq!(failed(json!("62030")).as_deref(), Some("62030"));
    assert_eq!(failed(Value::Null), None);
    let done = refund_order("SUCCESS", |order| order["failCode"] = json!("0"));
    assert_eq!(genuine(&notification(json!({"refundOrder": done}))).facts.operations[0].failure, None);
}

#[test]
fn refund_of_somebody_else_is_not_taken_for_ours() {
    // Made in the portal, or by another system of the merchant's that numbers its refunds as we do.
    for number in ["portal1", "X-R1", "-R1", "R1", &format!("1{ORDER}-R1"), &format!("{ORDER}-R2-R1")] {
        let foreign = refund_order("SUCCESS", |order| order["refundMerchantOrderNo"] = json!(number));
        let seen = genuine(&notification(json!({"refundOrder": foreign})));
        assert_eq!(seen.facts.operations[0].id, None, "{number}");
        assert_eq!(seen.about, About::Order(ORDER.to_owned()), "it still has its order");
    }
}

#[test]
fn chargeback_disputes_its_amount() {
    let chargeback = json!({
        "chargebackTime": 1_581_493_898_000_i64, "merchantOrderNo": ORDER, "orderNo": "O1000",
        "payAmount": {"amount": 1.01, "currency": "AED"}, "chargebackAmount": {"amount": 0.5, "currency": "AED"},
        "caseType": "fraud", "partnerId": "200000003232",
    });
    let seen = genuine(&notification(json!({"acquireChargeback": chargeback})));
    assert_eq!(seen.facts.flags, [Flag::Disputed { amount: Some(aed(50)) }]);
    assert_eq!(seen.facts.standing, None);
}

#[test]
fn void_of_a_pre_authorisation_only_makes_us_ask() {
    let void = json!({"voidMerchantOrderNo": "V1", "voidOrderNo": "1", "originMerchantOrderNo": ORDER, "status": "SUCCESS"});
    let seen = genuine(&notification(json!({"voidOrder": void})));
    assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync));
}

#[test]
fn notification_without_its_signature_is_nothing() {
    let body = notification(json!({"refundOrder": refund_order("SUCCESS", |_| {})}));
    let sign = signed(&body);
    let refused = |message: &Inbound| assert_eq!(ingest(message), Err(InboundError::Unauthenticated));
    refused(&Inbound { headers: Vec::new(), ..notify(&body, "") });
    refused(&notify(&body, ""));
    refused(&notify(&body, "not base64!"));
    refused(&notify(&body.replace("SUCCESS", "FAILURE"), &sign));
    refused(&notify(&format!("{body} "), &sign));
    let mut keyless = Known { order: None, ..Known::default() };
    keyless.account.config.remove("payby_public_key");
    assert_eq!(keyless.ask(|cx| PAYBY.ingest(&notify(&body, &sign), cx)), Err(InboundError::Unauthenticated));
}

#[test]
fn genuine_nonsense_is_refused_by_field() {
    let check = |body: &str, field: &str| match ingest(&notify(body, &signed(body))) {
        Err(InboundError::Malformed { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{other:?}"),
    };
    check("[]", "body");
    check(&notification(json!({})), "body");
    check(
        &notification(json!({"notify_id": null, "voidOrder": {"originMerchantOrderNo": ORDER}})),
        "notify_id",
    );
    check(&notification(json!({"voidOrder": {"originMerchantOrderNo": "no such/thing"}})), "merchantOrderNo");
    let both = json!({"voidOrder": {"originMerchantOrderNo": ORDER}, "refundOrder": refund_order("SUCCESS", |_| {})});
    check(&notification(both), "body");
    check(&notification(json!({"refundOrder": refund_order("ODD", |_| {})})), "refundOrder.status");
}

#[test]
fn browser_proves_nothing_and_makes_us_ask() {
    let seen = ingest(&browser(&format!("order={ORDER}&utm=1"))).expect("it names an order");
    assert_eq!((seen.kind, seen.trust, seen.then), (InboundKind::Return, Trust::Hint, Then::Sync));
    assert_eq!((seen.about, seen.facts.standing), (About::Order(ORDER.to_owned()), None));
    for query in ["", "order=", "order=a%20b", "status=success"] {
        assert_eq!(ingest(&browser(query)), Err(InboundError::Unauthenticated), "{query}");
    }
    let elsewhere = Inbound { path: "/payby/other".to_owned(), ..notify("", "") };
    assert_eq!(ingest(&elsewhere), Err(InboundError::UnknownPath));
    assert_eq!(
        ingest(&Inbound { method: "GET".to_owned(), ..notify("", "") }),
        Err(InboundError::UnknownPath)
    );
}

#[test]
fn answers_are_the_documented_ones() {
    let seen = genuine(&notification(json!({"refundOrder": refund_order("SUCCESS", |_| {})})));
    let answered = |seen: &Ingested, verdict| {
        let reply = Known::default().ask(|cx| PAYBY.answer(seen, &verdict, cx));
        (reply.status, String::from_utf8(reply.body.into_exposed()).unwrap())
    };
    let success = (200, r#"{"response":"SUCCESS"}"#.to_owned());
    assert_eq!(answered(&seen, Verdict::Accepted(None)), success);
    assert_eq!(answered(&seen, Verdict::OrderUnknown), success, "it is kept, and would only come again");
    assert_eq!(answered(&seen, Verdict::Refused { why: "cancelled".to_owned() }), success);
    assert_eq!(answered(&seen, Verdict::Unavailable), (503, r#"{"response":"FAIL"}"#.to_owned()));
    for (error, status) in [(InboundError::Unauthenticated, 401), (InboundError::UnknownPath, 404)] {
        assert_eq!(PAYBY.reject(&error).status, status);
    }
}
