//! Refunds: asked for, looked up, ended.

use super::reply::done;
use super::{Known, ORDER, aed, decode, head, ok, refund, reply_of, signed};
use ordain_providers::call::{AmountKind, OperationFact, Retry};
use ordain_providers::payby::PAYBY;
use ordain_providers::{Found, Op, OperationKind, OperationStanding, Outcome};
use serde_json::{Value, json};

/// The documents' answer, about our own refund of one fils.
pub(crate) fn refund_order(status: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut order = json!({
        "refundMerchantOrderNo": format!("{ORDER}-R1"), "orderNo": "191405406113002297",
        "originMerchantOrderNo": ORDER, "status": status, "amount": {"currency": "AED", "amount": 0.01},
        "reason": "refund",
    });
    change(&mut order);
    order
}

fn answer(status: &str) -> String {
    ok(json!({
        "refundOrder": refund_order(status, |_| {}),
        "refundSummary": {
            "acquireAmount": {"currency": "AED", "amount": 1.01},
            "remainRefundAmount": {"currency": "AED", "amount": 1},
        },
    }))
}

fn fact(standing: OperationStanding) -> OperationFact {
    OperationFact {
        kind: OperationKind::Refund,
        id: Some("1".to_owned()),
        provider_id: Some("191405406113002297".to_owned()),
        amount: Some(aed(1)),
        standing,
        failure: None,
    }
}

#[test]
fn refund_is_done_only_when_payby_says_success() {
    let op = Op::Refund(refund(1));
    let facts = done(decode(&op, &answer("SUCCESS")));
    assert_eq!(facts.operations, [fact(OperationStanding::Succeeded)]);
    assert_eq!((facts.amounts[0].kind, facts.amounts[0].amount), (AmountKind::RefundRequested, aed(1)));
    for status in ["CREATED", "REFUNDED_SETTLED"] {
        let Outcome::Pending(facts) = decode(&op, &answer(status)) else { panic!("{status} is under way") };
        assert_eq!(facts.operations, [fact(OperationStanding::Pending)]);
    }
    let failed = ok(json!({"refundOrder": refund_order("FAILURE", |order| {
        (order["failCode"], order["failDes"]) = (json!("62030"), json!("bank said no to amina@example.ae"));
    })}));
    match decode(&op, &failed) {
        Outcome::Refused { facts, code, message, retry: Retry::Never } => {
            assert_eq!((code.as_str(), message.as_str()), ("62030", "bank said no to ‹private›"));
            let why = Some("62030".to_owned());
            assert_eq!(facts.operations, [OperationFact { failure: why, ..fact(OperationStanding::Failed) }]);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(decode(&op, &answer("HALFWAY")), Outcome::Unknown { .. }));
}

#[test]
fn refund_in_doubt_is_found_by_its_number() {
    let (op, look) = (Op::Refund(refund(1)), Op::SyncRefund(refund(1)));
    let found = |body: &str| PAYBY.found(&op, &done(decode(&look, body)));
    assert_eq!(found(&answer("SUCCESS")), Found::Happened(OperationStanding::Succeeded));
    assert_eq!(found(&answer("CREATED")), Found::Happened(OperationStanding::Pending));
    assert_eq!(found(&answer("FAILURE")), Found::Happened(OperationStanding::Failed));
    assert_eq!(found(&head("SUCCESS", "62007", "REFUND_MERCHANT_ORDER_NO_NOT_EXIST")), Found::Absent);
}

#[test]
fn answer_about_another_refund_is_not_believed() {
    let op = Op::Refund(refund(1));
    let other = ok(
        json!({"refundOrder": refund_order("SUCCESS", |order| order["refundMerchantOrderNo"] = json!("X"))}),
    );
    assert!(matches!(decode(&op, &other), Outcome::Unknown { .. }));
    assert!(matches!(decode(&Op::Refund(refund(2)), &answer("SUCCESS")), Outcome::Unknown { .. }));
    assert!(matches!(decode(&op, &ok(json!({}))), Outcome::Unknown { .. }));
}

#[test]
fn refusals_are_final_and_the_same_number_with_other_content_is_looked_up() {
    let op = Op::Refund(refund(1));
    for (code, message) in
        [("62006", "REFUND_AMOUNT_EXCEEDED"), ("62015", "ORDER_NOT_PAID"), ("62045", "REFUND_REJECTED")]
    {
        let outcome = decode(&op, &head("SUCCESS", code, message));
        assert!(matches!(&outcome, Outcome::Refused { retry: Retry::Never, .. }), "{code}: {outcome:?}");
    }
    let doubled = decode(&op, &head("FAIL", "62017", "REFUND_MERCHANT_ORDER_NO_EXIST"));
    assert!(matches!(doubled, Outcome::Unknown { .. }), "{doubled:?}");
    for body in [head("FAIL", "500", "SYSTEM_ERROR"), head("FAIL", "504", "SERVICE_TIMEOUT")] {
        let outcome = Known::default().ask(|cx| PAYBY.decode(&op, &reply_of(200, None, &body), cx));
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
    assert!(!signed("{}").is_empty());
}
