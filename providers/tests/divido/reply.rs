//! What Divido's replies come to.

use super::{ORDER, account_with, cancel, decode, everything, refund, sample_order, shipment, with_cx};
use ordain_providers::call::{AmountKind, Flag, OperationStanding, Retry, Standing};
use ordain_providers::divido::{DIVIDO, SPEC};
use ordain_providers::question::Question;
use ordain_providers::{Facts, Op, Outcome, Private, Reply};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The documents' application (S3 L1053-1216), with our reference.
pub fn record() -> Value {
    json!({
        "_activatableAmount": "£ 0", "_activatedAmount": "£ 1197.50", "_creditAmount": "£ 1197.50",
        "activatableAmount": 740, "activatedAmount": 1197.5,
        "activations": [{"_amount": "£ 1197.50", "amount": 1197.5, "comment": "", "date": "2016-10-26 04:20",
            "deliveryMethod": "delivery", "reference": format!("{ORDER}.1"), "trackingNumber": ""}],
        "agreementDuration": 6, "cancelableAmount": 0, "cancellations": [], "cancelledAmount": 0,
        "country": "GB", "createdDate": "2016-10-26 04:18", "creditAmount": 1197.5, "currency": "GBP",
        "depositAmount": 0, "depositStatus": "NO-DEPOSIT", "directSign": true, "email": "john.doe@domain.com",
        "firstName": "John", "lastName": "Doe", "history": [{"date": "2016-10-26 04:20", "status": "AWAITING-ACTIVATION"}],
        "id": "C92F7C65B-5C2D-6544-BB13-3E54243B9875", "metadata": {"Order Number": "100019"},
        "modifiedDate": "2016-10-26 04:20", "proposal": "PD56030F0-845C-ECF1-6118-0B26EFDCB273",
        "purchasePrice": 1197.5, "reference": ORDER, "refundableAmount": 1197.50, "refundedAmount": 0, "refunds": [],
        "status": "AWAITING-ACTIVATION", "totalRepayableAmount": 1197.5,
    })
}

/// The record with some of its fields set.
pub fn record_with(changes: Value) -> Value {
    let mut record = record();
    for (name, value) in changes.as_object().expect("an object") {
        record[name] = value.clone();
    }
    record
}

#[track_caller]
pub fn synced(changes: Value) -> Facts {
    match decode(&Op::Sync, 200, json!({"status": "ok", "record": record_with(changes)}).to_string()) {
        Outcome::Done(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn ops() -> Vec<Op> {
    let statement = Op::Ask(Question::Statement { id: "PB1".to_owned() });
    vec![
        Op::Create,
        Op::Ack,
        Op::Sync,
        shipment(),
        refund(everything(), 119_750),
        cancel(everything(), 119_750),
        Op::VerifyAccount,
        Op::Ask(Question::FinancePlans),
        statement,
    ]
}

pub fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done(_) => "done",
        Outcome::Pending(_) => "pending",
        Outcome::Refused { retry: Retry::Never, .. } => "refused",
        Outcome::Refused { retry: Retry::Later, .. } => "later",
        Outcome::Refused { retry: Retry::AfterAccountFix, .. } => "account",
        Outcome::NotSent { .. } => "not sent",
        Outcome::Unknown { .. } => "unknown",
    }
}

pub fn amount(facts: &Facts, kind: AmountKind) -> Option<i64> {
    facts.amounts.iter().find(|fact| fact.kind == kind).map(|fact| fact.amount.minor)
}

/// The documents' answer to an activation, a cancellation or a refund, with one entry.
pub fn result(list: &str, reference: &str, status: &str) -> String {
    let mut result = json!({
        "creditAmount": 1097.5, "depositAmount": 100, "activatedAmount": 0, "activations": [], "cancellations": [],
        "cancelledAmount": 0, "id": "C8A05742F-3040-44EC-C252-050FD8869F79", "purchasePrice": 1197.5,
        "refundedAmount": 0, "refunds": [], "status": "AWAITING-ACTIVATION",
    });
    result[list] =
        json!([{"amount": 44.5, "date": "2016-10-26 04:11", "reference": reference, "status": status}]);
    json!({"result": result, "status": "ok"}).to_string()
}

#[test]
fn proposal_sends_the_customer_to_its_url() {
    let body = json!({"id": "PD66DF728-5646-22E3-EF6F-CD3D2D094170", "status": "ok", "token": "bcaa33",
        "url": "https://secure.divido.com/token/bcaa33"});
    let Outcome::Done(facts) = decode(&Op::Create, 200, body.to_string()) else { panic!("no proposal") };
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    assert_eq!(facts.refs["proposal"], "PD66DF728-5646-22E3-EF6F-CD3D2D094170");
    assert!(facts.next_action.is_some() && !format!("{facts:?}").contains("bcaa33"));
    for bad in [json!({"status": "ok"}), json!({"status": "ok", "id": "P1", "url": "javascript:alert(1)"})] {
        assert_eq!(kind(&decode(&Op::Create, 200, bad.to_string())), "unknown", "{bad}");
    }
}

#[test]
fn documents_application_is_read() {
    let facts = synced(json!({}));
    assert_eq!(facts.standing, Some(Standing::Authorized));
    assert_eq!(facts.refs["application"], "C92F7C65B-5C2D-6544-BB13-3E54243B9875");
    assert_eq!(amount(&facts, AmountKind::ProviderTotal), Some(119_750));
    assert_eq!(amount(&facts, AmountKind::Captured), None, "nobody says whether the lender has confirmed it");
    assert_eq!(facts.operations[0].id.as_deref(), Some("1"));
    assert_eq!(facts.operations[0].standing, OperationStanding::Pending);
    let facts = synced(json!({"status": "ACTIVATED"}));
    assert_eq!(
        (facts.standing, amount(&facts, AmountKind::Captured)),
        (Some(Standing::Captured), Some(119_750))
    );
    assert_eq!(facts.operations[0].standing, OperationStanding::Succeeded);
}

#[test]
fn every_status_has_its_meaning() {
    let of = |word: &str| synced(json!({"status": word, "activations": [], "activatedAmount": 0})).standing;
    for (word, standing) in SPEC.statuses {
        assert_eq!(of(word), Some(*standing), "{word}");
    }
    assert_eq!(SPEC.silent_statuses, ["AWAITING-CANCELLATION", "DISPUTED", "LOAN-REVERSAL"]);
    assert!(SPEC.silent_statuses.iter().all(|word| of(word).is_none() && SPEC.standing(word).is_none()));
    let documented = "PROPOSAL ACCEPTED DECLINED REFERRED INFO-NEEDED ACTION-CUSTOMER ACTION-RETAILER ACTION-LENDER \
                      DEPOSIT-PAID SIGNED READY AWAITING-ACTIVATION AWAITING-CANCELLATION PARTIALLY-ACTIVATED ACTIVATED \
                      CANCELLED REFUNDED COMPLETED DRAFT DISPUTED LOAN-REVERSAL FULFILLED AWAITING-FULFILLMENT \
                      PARTIAL-FULFILLED DEFERRED CANCELED";
    for word in documented.split_whitespace() {
        assert!(SPEC.has_status(word), "{word}");
    }
    assert_eq!(of("SOMETHING-NEW"), None);
}

#[test]
fn what_was_activated_outlives_a_cancellation_of_the_rest() {
    assert_eq!(synced(json!({"status": "CANCELLED"})).standing, Some(Standing::Captured));
    let nothing = json!({"status": "CANCELLED", "activations": [], "activatedAmount": 0});
    assert_eq!(synced(nothing).standing, Some(Standing::Cancelled));
    assert_eq!(synced(json!({"status": "AWAITING-CANCELLATION"})).standing, None);
}

#[test]
fn status_that_wants_something_is_flagged() {
    assert_eq!(synced(json!({"status": "ACTION-CUSTOMER"})).flags, [Flag::CustomerActionRequired]);
    assert_eq!(synced(json!({"status": "ACTION-RETAILER"})).flags, [Flag::MerchantActionRequired]);
    assert_eq!(synced(json!({"status": "DISPUTED"})).flags, [Flag::Disputed { amount: None }]);
    assert_eq!(synced(json!({"status": "ACCEPTED"})).flags, []);
    assert_eq!(synced(json!({"status": "ACCEPTED", "directSign": false})).flags, [Flag::AcknowledgementDue]);
}

#[test]
fn acts_are_pending_until_the_lender_confirms() {
    let reference = |id: &str| format!("{ORDER}.{id}");
    let cases = [
        (shipment(), "activations", reference("1"), "AWAITING-ACTIVATION", "pending"),
        (shipment(), "activations", reference("1"), "ACTIVATED", "done"),
        (refund(everything(), 119_750), "refunds", reference("2"), "PENDING", "pending"),
        (refund(everything(), 119_750), "refunds", reference("2"), "REFUNDED", "done"),
        (refund(everything(), 119_750), "refunds", reference("2"), "DECLINED", "refused"),
        (cancel(everything(), 119_750), "cancellations", reference("3"), "PENDING", "pending"),
        (refund(everything(), 119_750), "refunds", "2".to_owned(), "PENDING", "unknown"),
        (refund(everything(), 119_750), "cancellations", reference("2"), "PENDING", "unknown"),
    ];
    for (op, list, reference, status, expected) in cases {
        assert_eq!(
            kind(&decode(&op, 200, result(list, &reference, status))),
            expected,
            "{list} {reference} {status}"
        );
    }
}

#[test]
fn refusal_comes_with_http_200_too() {
    let refused = json!({"status": "error", "error": "Application is not READY for John Doe"}).to_string();
    let object =
        json!({"error": {"message": "No such application", "code": "missing", "param": "application"}})
            .to_string();
    for op in ops() {
        let asked = matches!(op, Op::Sync);
        assert_eq!(kind(&decode(&op, 200, &refused)), if asked { "later" } else { "refused" });
        assert_eq!(kind(&decode(&op, 404, &object)), "refused");
        assert_eq!(kind(&decode(&op, 401, &object)), "account");
        assert_eq!(kind(&decode(&op, 429, "")), "later");
        assert_eq!(kind(&decode(&op, 400, r#"{"error":{"message":"slow","code":"rate_limit"}}"#)), "later");
        assert_eq!(kind(&decode(&op, 200, r#"{"status":"error","error":"Invalid API key"}"#)), "account");
        for status in [100, 302, 408, 500, 502, 503, 599, 999] {
            assert_eq!(kind(&decode(&op, status, &refused)), "unknown", "{status}");
        }
        // A success without its `status` says neither yes nor no.
        for silent in [
            r#"{"error":"Application is not READY"}"#,
            r#"{"error":""}"#,
            r#"{"status":"done","error":{"message":"no"}}"#,
        ] {
            assert_eq!(kind(&decode(&op, 200, silent)), "unknown", "{silent}");
        }
        for empty in [r#"{"error":""}"#, r#"{"error":[]}"#, r#"{"error":{}}"#, r#"{"error":0}"#] {
            assert_eq!(kind(&decode(&op, 400, empty)), "unknown", "{empty}");
        }
        let unsigned = r#"{"status":"error","error":"The customer's signature is missing"}"#;
        assert_eq!(kind(&decode(&op, 404, unsigned)), "refused", "that is not about the account");
        assert_eq!(kind(&decode(&op, 200, r#"{"status":"error","error":"Invalid signature"}"#)), "account");
        for garbage in
            ["", "<html>", "null", "[]", "{}", r#"{"status":"ok""#, r#"{"status":"ok","error":"no"}"#]
        {
            assert_eq!(kind(&decode(&op, 200, garbage)), "unknown", "{garbage}");
        }
    }
    let Outcome::Refused { message, .. } = decode(&shipment(), 200, &refused) else { panic!("refused") };
    assert!(message.starts_with("Application is not READY") && !message.contains("Doe"), "{message}");
}

#[test]
fn yes_with_an_empty_error_is_a_yes() {
    let body = result("refunds", &format!("{ORDER}.2"), "PENDING");
    for empty in ["\"\"", "null", "false", "[]"] {
        let body = body.replacen('{', &format!("{{\"error\":{empty},"), 1);
        assert_eq!(kind(&decode(&refund(everything(), 119_750), 200, body)), "pending", "{empty}");
    }
}

#[test]
fn application_that_is_not_ours_is_never_applied() {
    let other = json!({"status": "ok", "record": record_with(json!({"reference": "100020"}))});
    assert_eq!(kind(&decode(&Op::Sync, 200, other.to_string())), "unknown");
    let listed = json!({"status": "ok", "records": [record_with(json!({"reference": "1"})), record()], "totalItems": 2});
    assert_eq!(kind(&decode(&Op::Sync, 200, listed.to_string())), "done");
    // Our own note says more than a reference, which the shop may change over there.
    let renamed = json!({"reference": "1", "metadata": {"Ordain Order": ORDER}});
    let renamed = json!({"status": "ok", "record": record_with(renamed)});
    assert_eq!(kind(&decode(&Op::Sync, 200, renamed.to_string())), "done");
    let copied =
        json!({"status": "ok", "record": record_with(json!({"metadata": {"Ordain Order": "OTHER"}}))});
    assert_eq!(kind(&decode(&Op::Sync, 200, copied.to_string())), "unknown");
    let none = json!({"status": "ok", "records": [record_with(json!({"reference": "1"}))]});
    assert_eq!(kind(&decode(&Op::Sync, 200, none.to_string())), "unknown");
}

#[test]
fn proposal_that_nobody_entered_waits_for_the_customer() {
    let body = json!({"status": "ok", "records": [], "totalItems": 0}).to_string().into_bytes();
    let reply = Reply { status: 200, headers: Vec::new(), body: Private::new(body) };
    let refs = [("proposal".to_owned(), "P1".to_owned())].into();
    let outcome = with_cx(&account_with(&[]), Some(&sample_order()), |cx| {
        DIVIDO.decode(&Op::Sync, &reply, &ordain_providers::Cx { refs: &refs, ..*cx })
    });
    assert!(matches!(outcome, Outcome::Done(facts) if facts.standing == Some(Standing::AwaitingCustomer)));
    assert_eq!(
        kind(&decode(&Op::Sync, 200, r#"{"status":"ok","records":[]}"#)),
        "unknown",
        "asked for by its id"
    );
}

#[test]
fn amounts_are_read_by_their_digits() {
    for (digits, expected) in [
        ("1197.5", Some(119_750)),
        ("\"1197.50\"", Some(119_750)),
        ("1197.500", Some(119_750)),
        ("1197.505", None),
        ("1.1975e3", None),
        ("null", None),
        ("true", None),
    ] {
        let body = json!({"status": "ok", "record": record()}).to_string();
        let body = body.replace("\"purchasePrice\":1197.5", &format!("\"purchasePrice\":{digits}"));
        let found = match decode(&Op::Sync, 200, body) {
            Outcome::Done(facts) => amount(&facts, AmountKind::ProviderTotal),
            _ => None,
        };
        assert_eq!(found, expected, "{digits}");
    }
    assert_eq!(
        synced(json!({"currency": "EUR"})).amounts[0].amount.currency,
        ordain_providers::Currency::Eur
    );
}

proptest! {
    #[test]
    fn every_status_and_body_has_an_outcome(
        which in 0_usize..9, status in any::<u16>(), bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let outcome = decode(&ops()[which], status, bytes);
        prop_assert!(!matches!(kind(&outcome), "done" | "pending"));
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_an_answer_has_an_outcome(
        which in 0_usize..9, cut in 0_usize..2_000, at in 0_usize..2_000, byte in any::<u8>(),
    ) {
        let op = &ops()[which];
        let mut body = json!({"status": "ok", "record": record()}).to_string().into_bytes();
        let at = at % body.len();
        let _ = decode(op, 200, &body[..cut.min(body.len())]);
        body[at] = byte;
        let _ = decode(op, 200, &body);
    }
}

#[test]
fn deep_nesting_ends_in_an_outcome() {
    for opener in ["[", "{\"a\":"] {
        let deep = opener.repeat(100_000);
        for body in [format!("{{\"error\":{deep}"), format!("{{\"status\":\"ok\",\"record\":{deep}"), deep] {
            for op in ops() {
                assert_eq!(kind(&decode(&op, 200, &body)), "unknown");
            }
        }
    }
}
