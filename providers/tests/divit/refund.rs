//! A refund's way: taken on, found by the counters, ended by the counters.

use super::request::refund;
use super::{decode, hkd};
use ordain_providers::call::{AmountFact, AmountKind, OperationStanding, RefundRequest};
use ordain_providers::divit::{DIVIT, SPEC};
use ordain_providers::spec::{Effect, LookUpBy, OnUnknown};
use ordain_providers::{Facts, Found, Op, Outcome};
use serde_json::json;

fn counters(requested: i64, completed: i64) -> Facts {
    let fact = |kind, minor| AmountFact { kind, amount: hkd(minor) };
    let amounts = vec![
        fact(AmountKind::ProviderTotal, 115_050),
        fact(AmountKind::Refunded, completed),
        fact(AmountKind::RefundRequested, requested),
    ];
    Facts { amounts, ..Facts::default() }
}

#[test]
fn request_is_taken_on_and_not_yet_done() {
    assert!(matches!(
        decode(&refund(5_000, 0, false), 200, r#"{"code":0,"message":"OK"}"#),
        Outcome::Pending(_)
    ));
    assert!(matches!(
        decode(&refund(5_000, 0, false), 200, r#"{"code":9,"message":"too much"}"#),
        Outcome::Refused { .. }
    ));
    for (http, body) in [(500, ""), (200, "<html>"), (302, ""), (408, "")] {
        assert!(matches!(decode(&refund(5_000, 0, false), http, body), Outcome::Unknown { .. }), "{http}");
    }
}

#[test]
fn counter_that_grew_finds_it_and_absence_proves_nothing() {
    let expected = Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Counters, absent_proves_after: None });
    assert_eq!(SPEC.operations.refund.effect, expected);
    let op = refund(5_000, 2_000, false);
    let found = |requested, completed| DIVIT.found(&op, &counters(requested, completed));
    assert_eq!(found(2_000, 2_000), Found::Absent);
    assert_eq!(found(6_999, 2_000), Found::Absent, "that was somebody else's");
    assert_eq!(found(7_000, 2_000), Found::Happened(OperationStanding::Pending));
    assert_eq!(found(7_000, 7_000), Found::Happened(OperationStanding::Succeeded));
    assert_eq!(DIVIT.found(&op, &Facts::default()), Found::Absent);
    assert_eq!(DIVIT.found(&Op::Create, &counters(7_000, 7_000)), Found::Absent);
}

#[test]
fn end_comes_by_the_counter_of_what_is_completed() {
    let Op::Refund(asked) = refund(5_000, 2_000, false) else { unreachable!("a refund") };
    let stands = |asked: &RefundRequest, requested: i64, completed: i64| {
        let body = json!({"code": 0, "data": {
            "status": "completed", "totalRefundRequested": requested, "totalRefundCompleted": completed,
        }});
        decode(&Op::SyncRefund(asked.clone()), 200, body.to_string())
    };
    assert!(matches!(stands(&asked, 7_000, 7_000), Outcome::Done(_)));
    assert!(matches!(stands(&asked, 7_000, 2_000), Outcome::Pending(_)));
    assert!(
        matches!(stands(&asked, 2_000, 2_000), Outcome::Pending(_)),
        "a counter that lags proves nothing"
    );
    let huge = RefundRequest { refunded_before: hkd(i64::MAX), ..asked };
    assert!(matches!(stands(&huge, 7_000, 7_000), Outcome::Pending(_)));
}
