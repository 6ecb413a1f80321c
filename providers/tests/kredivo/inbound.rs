//! Notifications and browsers.

use super::{CLIENT, NOW, ORDER, idr, ingest, notification};
use ordain_providers::call::{Flag, Standing};
use ordain_providers::inbound::{About, InboundKind, Then, Trust};
use ordain_providers::{Inbound, InboundError};
use proptest::prelude::*;
use serde_json::json;

fn body(status: &str) -> String {
    json!({
        "service": {"id": "PEER_TO_PEER"}, "acquirer": {"id": "KREDIVO"}, "channel": {"id": "PEER_TO_PEER_KREDIVO"},
        "order": {"invoice_number": ORDER, "amount": 100_000}, "brand_new": [1, 2],
        "transaction": {"status": status, "date": "2026-11-21T06:00:29Z", "original_request_id": "x"},
        "peer_to_peer_info": {"status": status, "merchant_unique_reference": ORDER},
    })
    .to_string()
}

#[test]
fn paid_is_believed() {
    let seen = ingest(&notification(NOW, &body("SUCCESS"))).expect("genuine");
    assert_eq!((seen.kind, seen.trust, seen.then), (InboundKind::Webhook, Trust::Verified, Then::Nothing));
    assert_eq!(seen.about, About::Order(ORDER.to_owned()));
    assert_eq!(seen.facts.standing, Some(Standing::Captured));
    assert_eq!(seen.facts.amounts[0].amount, idr(100_000));
    assert_eq!((seen.dedup.as_str(), seen.dedup_is_weak), ("notification:note-1", false));
}

#[test]
fn refund_of_the_back_office_makes_us_ask() {
    let seen = ingest(&notification(NOW, &body("REFUNDED"))).expect("genuine");
    assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync));
    assert_eq!(seen.facts.operations.len(), 1);
}

#[test]
fn paid_without_an_amount_that_can_be_read_only_makes_us_ask() {
    let paid = body("SUCCESS");
    for odd in ["1.0E5", "100000.5", "{}", "null", "\"\""] {
        let odd = paid.replace("100000", odd);
        let seen = ingest(&notification(NOW, &odd)).expect("genuine");
        assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync), "{odd}");
    }
    let seen = ingest(&notification(NOW, &paid.replace("\"amount\"", "\"sum\""))).expect("genuine");
    assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync));
}

#[test]
fn notification_with_a_reference_of_another_order_only_makes_us_ask() {
    let mut body: serde_json::Value = serde_json::from_str(&body("SUCCESS")).expect("JSON");
    body["payment"] = json!({"merchant_unique_reference": ORDER});
    assert_eq!(ingest(&notification(NOW, &body.to_string())).expect("genuine").trust, Trust::Verified);
    body["payment"] = json!({"merchant_unique_reference": "INV-2"});
    let seen = ingest(&notification(NOW, &body.to_string())).expect("genuine");
    assert_eq!((seen.trust, seen.then), (Trust::Hint, Then::Sync));
}

#[test]
fn people_in_a_notification_are_not_kept() {
    let mut body: serde_json::Value = serde_json::from_str(&body("SUCCESS")).expect("JSON");
    body["customer"] = json!({"name": "Anton Budiman", "phone": "6285694566147"});
    body["peer_to_peer_info"]["customer_name"] = json!("Anton Budiman");
    let seen = ingest(&notification(NOW, &body.to_string())).expect("genuine");
    let kept = serde_json::to_string(&seen).expect("serialises");
    assert!(!kept.contains("Anton") && !kept.contains("62856"), "{kept}");
}

#[test]
fn t16_failed_attempt_leaves_the_order_open() {
    let facts = ingest(&notification(NOW, &body("FAILED"))).expect("genuine").facts;
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    assert_eq!(facts.flags, [Flag::AttemptFailed { code: "FAILED".to_owned() }]);
}

#[test]
fn notification_signed_long_ago_only_makes_us_ask() {
    for (time, trust) in [
        ("2026-11-21T05:55:30Z", Trust::Verified),
        ("2026-11-21T05:55:29Z", Trust::Hint),
        ("2026-11-21T06:05:31Z", Trust::Hint),
    ] {
        let seen = ingest(&notification(time, &body("SUCCESS"))).expect("genuine");
        assert_eq!(seen.trust, trust, "{time}");
        assert_eq!(seen.then == Then::Sync, trust == Trust::Hint);
    }
}

#[test]
fn browsers_prove_nothing() {
    for how in ["return", "cancel"] {
        let message = Inbound {
            method: "GET".to_owned(),
            path: format!("/doku/{how}/{ORDER}"),
            headers: Vec::new(),
            ..notification(NOW, "")
        };
        let seen = ingest(&message).expect("a return");
        assert_eq!((seen.kind, seen.trust, seen.then), (InboundKind::Return, Trust::Hint, Then::Sync));
        assert_eq!(seen.about, About::Order(ORDER.to_owned()));
    }
}

#[test]
fn strangers_are_turned_away() {
    let good = notification(NOW, &body("SUCCESS"));
    for name in ["client-id", "request-id", "request-timestamp", "signature"] {
        let mut without = good.clone();
        without.headers.retain(|(known, _)| known != name);
        assert_eq!(ingest(&without), Err(InboundError::Unauthenticated), "without {name}");
        let mut twice = good.clone();
        let header = good.headers.iter().find(|(known, _)| known == name).expect("there").clone();
        twice.headers.push(header);
        assert_eq!(ingest(&twice), Err(InboundError::Unauthenticated), "two of {name}");
    }
    assert!(good.headers.iter().any(|(_, value)| value == CLIENT));
    for (method, path) in [
        ("GET", "/doku/notification"),
        ("POST", "/doku/return/x"),
        ("GET", "/doku/return/"),
        ("GET", "/doku/returnx"),
    ] {
        let lost = Inbound { method: method.to_owned(), path: path.to_owned(), ..good.clone() };
        assert_eq!(ingest(&lost), Err(InboundError::UnknownPath), "{path}");
    }
    for body in ["[]", "{}", r#"{"order":{"invoice_number":"a b"}}"#] {
        assert!(matches!(ingest(&notification(NOW, body)), Err(InboundError::Malformed { .. })), "{body}");
    }
}

proptest! {
    #[test]
    fn genuine_garbage_never_panics(text in "\\PC{0,80}", number in any::<f64>()) {
        let made = json!({"order": {"invoice_number": ORDER, "amount": number}, "transaction": {"status": text}}).to_string();
        for body in [text, made] {
            let _ = ingest(&notification(NOW, &body));
        }
    }
}
