//! What an application lists: ours by our reference, other people's by a name that stays, and how each of them stands.

use super::reply::{amount, kind, record_with, result, synced};
use super::{ORDER, decode, everything, refund};
use ordain_providers::Op;
use ordain_providers::call::{AmountKind, Flag, OperationStanding, Standing};
use serde_json::{Value, json};

#[test]
fn what_others_did_has_one_name_in_every_answer() {
    let refund = |reference: Value, date: &str| {
        let mut entry = json!({"amount": 44.5, "date": date, "status": "REFUNDED"});
        if !reference.is_null() {
            entry["reference"] = reference;
        }
        entry
    };
    let listed = || {
        let day = "2016-10-26 04:14";
        json!([
            refund(Value::Null, day),
            refund(Value::Null, day),
            refund(json!("R-1"), day),
            refund(json!("R-1"), day),
            refund(json!("R-1"), "2016-10-27 09:00"),
            refund(json!(format!("{ORDER}.2")), day),
        ])
    };
    let names = |refunds: Value| -> Vec<_> {
        let cancelled = json!([{"amount": 44.5, "date": "2016-10-26 04:14", "status": "CANCELLED"}]);
        let facts = synced(json!({"refunds": refunds, "cancellations": cancelled, "status": "ACTIVATED"}));
        facts.operations.into_iter().skip(1).map(|fact| fact.provider_id.expect("it has a name")).collect()
    };
    let first = names(listed());
    assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 7, "{first:?}");
    assert_eq!(names(listed()), first);
    assert!(first.contains(&format!("{ORDER}.2")), "ours keep their reference: {first:?}");
}

#[test]
fn list_with_gaps_is_read_and_a_missing_one_makes_the_answer_unreadable() {
    let entry = json!({"amount": 44.5, "reference": format!("{ORDER}.2"), "status": "PENDING"});
    let facts = synced(json!({"refunds": {"1": entry}, "refundedAmount": 44.5}));
    assert_eq!(facts.operations[1].id.as_deref(), Some("2"), "PHP writes a list with gaps as an object");
    for list in ["activations", "cancellations", "refunds"] {
        for lacking in [json!(null), json!("none")] {
            let mut changes = json!({});
            changes[list] = lacking;
            let body = json!({"status": "ok", "record": record_with(changes)}).to_string();
            assert_eq!(kind(&decode(&Op::Sync, 200, body)), "unknown", "{list}");
        }
        let body =
            result("refunds", &format!("{ORDER}.2"), "PENDING").replace(&format!("\"{list}\":"), "\"x\":");
        assert_eq!(kind(&decode(&refund(everything(), 119_750), 200, body)), "unknown", "{list}");
    }
}

#[test]
fn only_an_activation_stands_as_its_application_does() {
    let standing = |list: &str, word: Value, status: &str| {
        let mut entry =
            json!({"amount": 44.5, "reference": format!("{ORDER}.7"), "date": "2016-10-26 04:14"});
        if !word.is_null() {
            entry["status"] = word;
        }
        let mut changes = json!({"activations": [], "status": status});
        changes[list] = json!([entry]);
        let facts = synced(changes);
        (facts.operations[0].standing, facts.flags.len())
    };
    use OperationStanding::{Pending, Succeeded};
    for (list, word, status, expected) in [
        ("activations", Value::Null, "PARTIALLY-ACTIVATED", (Succeeded, 0)),
        ("activations", Value::Null, "CANCELLED", (Succeeded, 0)),
        ("activations", Value::Null, "DISPUTED", (Succeeded, 1)),
        ("activations", Value::Null, "AWAITING-ACTIVATION", (Pending, 0)),
        ("activations", Value::Null, "READY", (Pending, 0)),
        ("refunds", Value::Null, "ACTIVATED", (Pending, 0)),
        ("cancellations", Value::Null, "READY", (Pending, 0)),
        ("refunds", json!("PENDING"), "ACTIVATED", (Pending, 0)),
        ("activations", json!("AWAITING-ACTIVATION"), "AWAITING-ACTIVATION", (Pending, 0)),
        ("refunds", json!("ON-HOLD"), "ACTIVATED", (Pending, 1)),
        ("cancellations", json!("ON-HOLD"), "READY", (Pending, 1)),
    ] {
        assert_eq!(standing(list, word.clone(), status), expected, "{list} {word} {status}");
    }
    let refunds = json!([{"amount": 44.5, "status": "John Doe"}]);
    let facts = synced(json!({"refunds": refunds, "status": "ACTIVATED"}));
    assert!(matches!(&facts.flags[..], [Flag::Alert { why }] if !why.contains("Doe")), "{:?}", facts.flags);
}

#[test]
fn operation_is_found_by_our_reference_and_no_other() {
    let refunds = json!({"refunds": [
        {"amount": 44.5, "reference": format!("{ORDER}.2"), "status": "PENDING"},
        {"amount": 10, "reference": "2", "status": "PENDING"},
        {"amount": 7, "reference": format!("{ORDER}-2.4"), "status": "REFUNDED"},
    ], "refundedAmount": 61.5, "status": "ACTIVATED"});
    let facts = synced(refunds);
    let ids: Vec<_> = facts.operations.iter().skip(1).map(|fact| fact.id.as_deref()).collect();
    assert_eq!(ids, [Some("2"), None, None]);
    assert_eq!(amount(&facts, AmountKind::Refunded), Some(700), "two of them are on their way");
    assert_eq!(amount(&facts, AmountKind::RefundRequested), Some(6_150));
}

#[test]
fn partial_acts_leave_the_rest() {
    let facts = synced(json!({
        "status": "PARTIALLY-ACTIVATED", "activatedAmount": 44.5, "cancelledAmount": 1153,
        "activations": [{"amount": 44.5, "reference": format!("{ORDER}.1"), "status": "ACTIVATED"}],
        "cancellations": [{"amount": 1153, "reference": format!("{ORDER}.2"), "status": "PENDING"}],
    }));
    assert_eq!(facts.standing, Some(Standing::Authorized));
    assert_eq!(amount(&facts, AmountKind::Captured), Some(4_450));
    assert_eq!(amount(&facts, AmountKind::Cancelled), Some(0));
}
