//! Events and browsers.

use super::{DIVIT_ID, NOW, ORDER, SIGNATURE_KEY, hkd, ingest, message, order, with_cx};
use ordain_providers::call::{AmountKind, OperationStanding, Standing};
use ordain_providers::divit::DIVIT;
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::{InboundError, Ingested, MessageKind};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The header of an event signed at `t`.
fn header(t: i64, body: &str) -> String {
    let described = json!({"signatureKey": SIGNATURE_KEY, "timestamp": t, "body": body});
    let described = described.as_object().expect("an object");
    DIVIT.sign(MessageKind::Webhook, described).expect("signed").signature
}

#[track_caller]
fn event_at(path: &str, t: i64, body: &Value) -> Ingested {
    let body = body.to_string();
    ingest(&message("POST", path, Some(&header(t, &body)), &body)).expect("genuine")
}

fn event(body: &Value) -> Ingested {
    event_at("/divit/events", NOW, body)
}

fn old_spelling(id: u32) -> Value {
    json!({"event": {"eventId": id, "eventDescription": "whatever"}, "eventData": {
        "orderID": DIVIT_ID, "customerID": "", "partnerRef": ORDER, "totalAmount": {"amount": 115_050, "currency": "HKD"},
    }})
}

fn new_spelling(id: u32) -> Value {
    json!({"event": {"eventId": id.to_string()}, "eventData": {
        "OrderID": DIVIT_ID, "MerchantRef": ORDER, "OrderAmount": {"amount": 115_050, "currency": "HKD"},
    }})
}

fn refunded(id: u32, minor: i64) -> Value {
    json!({"event": {"eventId": id}, "eventData": {
        "orderID": DIVIT_ID, "partnerRef": ORDER, "refundAmount": {"amount": minor, "currency": "HKD"},
        "status": "completed",
    }})
}

#[test]
fn paid_is_believed_in_both_spellings() {
    for body in [old_spelling(2001), new_spelling(2001)] {
        let seen = event(&body);
        assert_eq!(
            (seen.trust, seen.then, seen.kind),
            (Trust::Verified, Then::Nothing, InboundKind::Webhook)
        );
        assert_eq!(seen.about, About::Order(ORDER.to_owned()));
        assert_eq!(seen.facts.standing, Some(Standing::Captured));
        assert_eq!(seen.facts.refs["order_id"], DIVIT_ID);
        let total = &seen.facts.amounts[0];
        assert_eq!((total.kind, total.amount), (AmountKind::ProviderTotal, hkd(115_050)));
    }
}

#[test]
fn paid_without_an_amount_of_ours_only_makes_us_ask() {
    for total in
        [json!(null), json!({}), json!({"amount": 115_050, "currency": "USD"}), json!({"amount": "much"})]
    {
        let mut body = old_spelling(2001);
        body["eventData"]["totalAmount"] = total.clone();
        let seen = event(&body);
        assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync), "{total}");
    }
    let mut silent = old_spelling(2001);
    silent["eventData"].as_object_mut().expect("an object").remove("totalAmount");
    assert_eq!(event(&silent).trust, Trust::Hint);
}

#[test]
fn every_other_event_only_makes_us_ask() {
    let expected = [
        (4000, Some(Standing::Cancelled)),
        (4001, Some(Standing::Expired)),
        (2100, None),
        (4100, None),
        (9999, None),
    ];
    for (id, standing) in expected {
        for body in [old_spelling(id), new_spelling(id)] {
            let seen = event(&body);
            assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync), "{id}");
            assert_eq!(seen.facts.standing, standing, "{id}");
        }
    }
}

#[test]
fn refund_events_say_how_much_in_cents() {
    for (id, standing) in [(2100, OperationStanding::Succeeded), (4100, OperationStanding::Failed)] {
        let seen = event(&refunded(id, 10_050));
        let refund = &seen.facts.operations[0];
        assert_eq!((refund.amount, refund.standing), (Some(hkd(10_050)), standing));
    }
}

#[test]
fn people_in_an_event_are_not_kept() {
    let mut body = old_spelling(2001);
    body["eventData"]["customer"] = json!({"firstName": "Wing", "tel": "+85261234567"});
    body["eventData"]["customerName"] = json!("Wing Chan");
    let kept = serde_json::to_string(&event(&body)).expect("serialises");
    assert!(!kept.contains("Wing") && !kept.contains("8526"), "{kept}");
}

#[test]
fn t19_all_three_urls_take_events_and_count_one_once() {
    let paths =
        ["/divit/events".to_owned(), format!("/divit/success/{ORDER}"), format!("/divit/failure/{ORDER}")];
    let keys = paths.iter().map(|path| event_at(path, NOW, &old_spelling(2001)).dedup);
    let keys: std::collections::BTreeSet<_> = keys.collect();
    assert_eq!(keys.len(), 1);
    assert_ne!(
        event_at("/divit/events", NOW + 1, &old_spelling(2001)).dedup,
        keys.into_iter().next().unwrap()
    );
}

#[test]
fn t19_two_refunds_of_one_second_are_two_and_one_at_two_urls_is_one() {
    let failure = format!("/divit/failure/{ORDER}");
    for id in [2100, 4100] {
        let key = |path: &str, minor| event_at(path, NOW, &refunded(id, minor)).dedup;
        assert_ne!(key("/divit/events", 10_050), key("/divit/events", 5_000));
        assert_eq!(key("/divit/events", 10_050), key(&failure, 10_050));
    }
}

#[test]
fn event_signed_long_ago_only_makes_us_ask() {
    for (away, trust) in
        [(300, Trust::Verified), (-300, Trust::Verified), (301, Trust::Hint), (-301, Trust::Hint)]
    {
        assert_eq!(event_at("/divit/events", NOW + away, &old_spelling(2001)).trust, trust, "{away} s away");
    }
}

#[test]
fn browsers_prove_nothing() {
    for how in ["success", "failure"] {
        let seen = ingest(&message("GET", &format!("/divit/{how}/{ORDER}"), None, "")).expect("a return");
        assert_eq!((seen.kind, seen.trust, seen.then), (InboundKind::Return, Trust::Hint, Then::Sync));
        assert_eq!(seen.about, About::Order(ORDER.to_owned()));
        assert!(seen.dedup_is_weak && seen.facts.standing.is_none());
    }
}

#[test]
fn strangers_are_turned_away() {
    let body = old_spelling(2001).to_string();
    let good = header(NOW, &body);
    for bad in ["", "t=1", &good.replace("s1=", "s2="), &good.replace("t=", ""), &format!("{good},v=2")] {
        let refused = ingest(&message("POST", "/divit/events", Some(bad), &body));
        assert_eq!(refused, Err(InboundError::Unauthenticated), "{bad}");
    }
    assert_eq!(ingest(&message("POST", "/divit/events", None, &body)), Err(InboundError::Unauthenticated));
    for (method, path) in
        [("GET", "/divit/events"), ("POST", "/"), ("GET", "/divit/success/"), ("PUT", "/divit/success/x")]
    {
        assert_eq!(
            ingest(&message(method, path, Some(&good), &body)),
            Err(InboundError::UnknownPath),
            "{path}"
        );
    }
    for body in [
        "[]",
        "{}",
        r#"{"event":{"eventId":2001}}"#,
        r#"{"event":{"eventId":2001},"eventData":{"partnerRef":"a/b"}}"#,
    ] {
        let refused = ingest(&message("POST", "/divit/events", Some(&header(NOW, body)), body));
        assert!(matches!(refused, Err(InboundError::Malformed { .. })), "{body}");
    }
}

#[test]
fn answers_say_whether_to_come_again() {
    let seen = event(&old_spelling(2001));
    let answer = |verdict| with_cx(&order(), |cx| DIVIT.answer(&seen, &verdict, cx).status);
    assert_eq!(answer(Verdict::Accepted(None)), 200);
    assert_eq!(answer(Verdict::Refused { why: String::new() }), 200);
    assert_eq!(answer(Verdict::OrderUnknown), 404);
    assert_eq!(answer(Verdict::Unavailable), 503);
    assert_eq!(DIVIT.reject(&InboundError::Unauthenticated).status, 401);
}

proptest! {
    #[test]
    fn genuine_garbage_never_panics(body in "\\PC{0,80}", id in any::<i32>()) {
        for body in [body.clone(), format!(r#"{{"event":{{"eventId":{id}}},"eventData":{{"partnerRef":{}}}}}"#, json!(body))] {
            let _ = ingest(&message("POST", "/divit/events", Some(&header(NOW, &body)), &body));
        }
    }
}
