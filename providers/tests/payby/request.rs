//! What we send, field for field as the documents show it.

use super::{Known, NOW_MS, ORDER, aed, key, order, order_with, refund, sent, signed};
use jiff::Timestamp;
use ordain_providers::call::CancelRequest;
use ordain_providers::payby::PAYBY;
use ordain_providers::question::Question;
use ordain_providers::{Account, Call, EncodeError, Op, OrderContent};
use serde_json::{Value, json};

/// Compares what an operation on the documents' order sends.
#[track_caller]
fn check(op: &Op, path: &str, content: &Value) {
    let known = Known::default();
    let request = known.request(op);
    assert_eq!(request.method, "POST");
    assert_eq!(request.url.expose(), &format!("https://uat.test2pay.com/sgs/api{path}"));
    assert_eq!(sent(&known, op), json!({"requestTime": NOW_MS, "bizContent": content}));
    let body = String::from_utf8(request.body.expose().clone()).expect("text");
    let header = |name| {
        request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.expose().as_str())
    };
    assert_eq!(header("sign"), Some(signed(&body).as_str()));
    assert_eq!((header("partner-id"), header("content-language")), (Some("200000000888"), Some("en")));
    assert!(
        request.redacted.starts_with(&format!("POST {path}\n{{\"requestTime\":")),
        "{}",
        request.redacted
    );
}

/// Why an operation on this order is not sent.
#[track_caller]
fn check_refused(op: &Op, order: &OrderContent, field: &str) {
    match Known::of(order.clone()).ask(|cx| PAYBY.encode(op, cx)) {
        Err(EncodeError::NotExpressible { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{op:?} was encoded: {other:?}"),
    }
}

pub(crate) fn cancel() -> CancelRequest {
    let (id, reason) = ("1".to_owned(), String::new());
    CancelRequest { id, portions: Vec::new(), amount: aed(101), full: true, reason }
}

#[test]
fn create_is_a_paypage_unless_the_shop_says_otherwise() {
    let content = json!({
        "merchantOrderNo": ORDER, "subject": "candy flower", "totalAmount": {"currency": "AED", "amount": 1.01},
        "expiredTime": NOW_MS + 7_200_000, "paySceneCode": "PAYPAGE",
        "paySceneParams": {"redirectUrl": format!("https://ordain.example/a/acc1/payby/return?order={ORDER}")},
        "notifyUrl": "https://ordain.example/a/acc1/payby/notify",
    });
    check(&Op::Create, "/acquire2/placeOrder", &content);
}

#[test]
fn orders_and_refunds_are_named_by_our_own_numbers() {
    let by_order = json!({"merchantOrderNo": ORDER});
    check(&Op::Sync, "/acquire2/getOrder", &by_order);
    check(&Op::Cancel(cancel()), "/acquire2/cancelOrder", &by_order);
    check(&Op::Revoke, "/acquire2/revokeOrder", &by_order);
    let by_refund = json!({"refundMerchantOrderNo": format!("{ORDER}-R1")});
    check(&Op::SyncRefund(refund(1)), "/acquire2/refund/getOrder", &by_refund);
    let content = json!({
        "refundMerchantOrderNo": format!("{ORDER}-R1"), "originMerchantOrderNo": ORDER,
        "amount": {"currency": "AED", "amount": 0.01}, "reason": "changed her mind",
        "notifyUrl": "https://ordain.example/a/acc1/payby/notify",
    });
    check(&Op::Refund(refund(1)), "/acquire2/refund/placeOrder", &content);
}

#[test]
fn expiry_statement_and_account_have_calls_of_their_own() {
    let expires_at = Timestamp::from_millisecond(NOW_MS + 86_400_000).unwrap();
    let content = json!({"merchantOrderNo": ORDER, "expiredTime": NOW_MS + 86_400_000});
    check(&Op::ExtendExpiry { expires_at }, "/acquire2/updateExpiredTime", &content);
    let statement = Op::Ask(Question::Statement { id: "2020-06-05".to_owned() });
    check(&statement, "/acquire2/download/getOrderStatement", &json!({"statementDate": "20200605"}));
    check(&Op::VerifyAccount, "/acquire2/getOrder", &json!({"merchantOrderNo": "ordain-verify-account"}));
}

#[test]
fn shipments_are_local_and_what_payby_lacks_is_refused() {
    let shipment =
        ordain_providers::call::Shipment { id: "1".to_owned(), portions: Vec::new(), tracking: None };
    let known = Known::default();
    assert!(matches!(known.ask(|cx| PAYBY.encode(&Op::Fulfil(shipment.clone()), cx)), Ok(Call::Local(_))));
    for op in [
        Op::Ack,
        Op::Unfulfil(shipment),
        Op::ActivateAccount { active: true },
        Op::Ask(Question::FinancePlans),
    ] {
        let tried = known.ask(|cx| PAYBY.encode(&op, cx));
        assert!(matches!(tried, Err(EncodeError::Unsupported { provider: "payby" })), "{op:?}: {tried:?}");
    }
}

#[test]
fn money_is_written_digit_by_digit_with_both_decimals() {
    for (minor, digits) in
        [(1, "0.01"), (10, "0.10"), (1_000, "10.00"), (99_999_999_999_999, "999999999999.99")]
    {
        let request = Known::default().request(&Op::Refund(refund(minor)));
        let text = String::from_utf8_lossy(request.body.expose()).into_owned();
        assert!(text.contains(&format!(r#""amount":{{"currency":"AED","amount":{digits}}}"#)), "{text}");
    }
}

#[test]
fn what_cannot_be_said_is_not_sent() {
    check_refused(&Op::Refund(refund(0)), &order(), "refund.amount");
    check_refused(&Op::Cancel(CancelRequest { full: false, ..cancel() }), &order(), "cancellation.lines");
    check_refused(&Op::Ask(Question::Statement { id: "yesterday".to_owned() }), &order(), "statement");
    let sixteen_days = Timestamp::from_millisecond(NOW_MS + 16 * 86_400_000).unwrap();
    check_refused(&Op::ExtendExpiry { expires_at: sixteen_days }, &order(), "order.expire_time");
    let late = Known { now_ms: NOW_MS - 48 * 3_600_000, ..Known::default() };
    let tried = late.ask(|cx| PAYBY.encode(&Op::Create, cx));
    assert!(matches!(tried, Err(EncodeError::NotExpressible { field, .. }) if field == "order.expire_time"));
    let unknown = order_with(&[("sharing", r#"[{"to":"nobody","amount":"1","memo":"m"}]"#)]);
    check_refused(&Op::Create, &unknown, "order.provider_options[\"sharing\"]");
}

#[test]
fn refund_names_the_device_and_the_merchant_of_its_payment() {
    let options = [("device_id", "T1"), ("secondary_merchant_id", "S1")];
    let content = sent(&Known::of(order_with(&options)), &Op::Refund(refund(1)))["bizContent"].clone();
    assert_eq!((&content["deviceId"], &content["secondaryMerchantId"]), (&json!("T1"), &json!("S1")));
    let content = sent(&Known::of(order()), &Op::Refund(refund(1)))["bizContent"].clone();
    assert!(content.get("deviceId").is_none() && content.get("secondaryMerchantId").is_none(), "{content}");
}

#[test]
fn order_that_would_not_be_taken_today_can_still_be_refunded() {
    let older = order_with(&[("secondary_merchant_id", "S1")]);
    check_refused(&Op::Create, &older, "order.provider_options[\"secondary_merchant_id\"]");
    let refunded = sent(&Known::of(older), &Op::Refund(refund(1)));
    assert_eq!(refunded["bizContent"]["amount"], json!({"currency": "AED", "amount": 0.01}));
}

#[test]
fn shared_payment_names_everybody_encrypted_and_in_order() {
    let sharing = r#"[{"to":"courier","amount":"0.50","memo":"bonus","pays_fee":true},
        {"member":{"type":"MEMBER_ID","identity":"100006514321"},"amount":"0.5","memo":"cashback"}]"#;
    let known = Known::of(order_with(&[("sharing", sharing), ("refund_sharing", "true")]));
    let list = &sent(&known, &Op::Create)["bizContent"]["sharingParamList"];
    assert_eq!((&list[0]["sharingIdentitySeqId"], &list[1]["sharingIdentitySeqId"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&list[0]["sharingIdentityType"], &list[1]["sharingIdentityType"]),
        (&json!("PHONE_NO"), &json!("MEMBER_ID"))
    );
    assert_eq!(
        (&list[0]["withholdAndRemitFee"], &list[0]["sharingAmount"]["amount"]),
        (&json!(true), &json!(0.5))
    );
    for (at, plaintext) in [(0, "+971-585812345"), (1, "100006514321")] {
        let field = json!({
            "ciphertext_b64": list[at]["sharingIdentity"], "plaintext": plaintext,
            "private_pem_pkcs8": key("private_pem_pkcs8"),
        });
        let opened =
            PAYBY.verify(ordain_providers::MessageKind::Request, field.as_object().unwrap()).unwrap();
        assert!(opened.findings.is_empty(), "{:?}", opened.findings);
    }
    assert_eq!(sent(&known, &Op::Refund(refund(1)))["bizContent"]["refundSharingAmount"], json!(true));
}

#[test]
fn nothing_private_is_shown_of_a_request() {
    let known = Known::of(order_with(&[
        ("sharing", r#"[{"to":"courier","amount":"0.50","memo":"for Fatima"}]"#),
        ("pay_scene_params", r#"{"customerId":"user1233","email":"customer"}"#),
        ("reserved", "ask for Amina"),
    ]));
    let body = sent(&known, &Op::Create)["bizContent"].clone();
    assert_eq!(body["paySceneParams"]["email"], "amina@example.ae");
    assert_eq!(
        (&body["paySceneParams"]["customerId"], &body["reserved"]),
        (&json!("user1233"), &json!("ask for Amina"))
    );
    for op in [Op::Create, Op::Refund(refund(1))] {
        let shown = format!("{:?}", known.request(&op));
        for secret in ["585812345", "Fatima", "user1233", "amina", "Amina", "her mind", "PRIVATE KEY"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn incomplete_account_sends_nothing() {
    let check = |change: fn(&mut Account), missing: &str| {
        let mut known = Known::default();
        change(&mut known.account);
        let tried = known.ask(|cx| PAYBY.encode(&Op::Create, cx));
        assert!(
            matches!(tried, Err(EncodeError::AccountIncomplete { field }) if field == missing),
            "{missing} is missing, and it said {tried:?}"
        );
    };
    check(|account| drop(account.config.remove("partner_id")), "partner_id");
    check(|account| drop(account.config.remove("api_url")), "api_url");
    check(|account| drop(account.secrets.remove("private_key")), "private_key");
    check(
        |account| drop(account.secrets.insert("private_key".to_owned(), "AAAA".to_owned().into())),
        "private_key",
    );
}
