//! Worked signatures: made, checked, and refused once anything in them is changed.

use super::{NOW, ORDER, decode, ingest, notification, signed};
use ordain_providers::kredivo::KREDIVO;
use ordain_providers::{Description, InboundError, MessageKind, Op, Outcome};
use serde_json::{Value, json};

fn vectors(list: &str) -> Vec<Description> {
    let text = include_str!("../../kredivo/vectors.json");
    let all: Value = serde_json::from_str(text).expect("vectors are JSON");
    let entries = all[list].as_array().expect("a list of vectors");
    entries.iter().map(|entry| entry.as_object().expect("an object").clone()).collect()
}

#[test]
fn messages_are_signed_as_worked() {
    for entry in vectors("vectors") {
        let kind =
            if entry.contains_key("response_timestamp") { MessageKind::Reply } else { MessageKind::Request };
        let signed = KREDIVO.sign(kind, &entry).expect("signed");
        assert_eq!(entry["signature"], signed.signature, "{}", entry["name"]);
        assert_eq!(entry["component"].as_str().map(str::as_bytes), Some(signed.string.as_slice()));
        let checked = KREDIVO.verify(kind, &entry).expect("checked");
        assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    }
}

#[test]
fn known_slips_are_named() {
    for wrong in vectors("must_not_verify") {
        let mut entry = vectors("vectors")
            .into_iter()
            .find(|entry| entry["name"] == wrong["based_on"])
            .expect("its base");
        entry.extend(wrong.clone());
        let findings = KREDIVO.verify(MessageKind::Request, &entry).expect("checked").findings;
        let named = findings.iter().any(|finding| finding.starts_with("a known slip"));
        assert!(named, "{}: {findings:?}", wrong["name"]);
    }
}

#[test]
fn question_has_no_digest() {
    let described = json!({
        "client_id": "c", "request_id": "r", "request_timestamp": NOW, "request_target": "/orders/v1/status/x", "secret_key": "k",
    });
    let signed =
        KREDIVO.sign(MessageKind::Request, described.as_object().expect("an object")).expect("signed");
    let expected =
        format!("Client-Id:c\nRequest-Id:r\nRequest-Timestamp:{NOW}\nRequest-Target:/orders/v1/status/x");
    assert_eq!(String::from_utf8(signed.string).expect("text"), expected);
}

#[test]
fn one_flipped_bit_fails_a_notification() {
    let body =
        json!({"order": {"invoice_number": ORDER, "amount": 100_000}, "transaction": {"status": "SUCCESS"}})
            .to_string();
    let genuine = notification(NOW, &body);
    assert!(ingest(&genuine).is_ok());
    for bit in 0..body.len() * 8 {
        let mut changed = genuine.clone();
        let mut bytes = body.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        changed.body = bytes.into();
        assert_eq!(ingest(&changed), Err(InboundError::Unauthenticated), "bit {bit} of the body");
    }
    for (at, (name, value)) in genuine.headers.iter().enumerate() {
        for bit in 0..value.len() * 8 {
            let mut bytes = value.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let mut changed = genuine.clone();
            changed.headers[at].1 = text;
            assert_eq!(ingest(&changed), Err(InboundError::Unauthenticated), "bit {bit} of {name}");
        }
    }
}

#[test]
fn one_flipped_bit_fails_a_reply() {
    let body =
        json!({"order": {"invoice_number": ORDER, "amount": 100_000}, "transaction": {"status": "SUCCESS"}})
            .to_string();
    let genuine = signed(&Op::Sync, 200, &body);
    assert!(matches!(decode(&Op::Sync, &genuine), Outcome::Done(_)));
    for bit in 0..body.len() * 8 {
        let mut changed = genuine.clone();
        let mut bytes = body.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        changed.body = bytes.into();
        assert!(!matches!(decode(&Op::Sync, &changed), Outcome::Done(_) | Outcome::Pending(_)), "bit {bit}");
    }
}
