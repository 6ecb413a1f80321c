//! Worked signatures: made, checked, and refused once anything in them is changed.

use super::{SIGNATURE_KEY, ingest, message};
use ordain_providers::divit::DIVIT;
use ordain_providers::{Description, InboundError, MessageKind};
use serde_json::Value;

fn vectors(list: &str) -> Vec<Description> {
    let text = include_str!("../../divit/vectors.json");
    let all: Value = serde_json::from_str(text).expect("vectors are JSON");
    let entries = all[list].as_array().expect("a list of vectors");
    entries.iter().map(|entry| entry.as_object().expect("an object").clone()).collect()
}

#[test]
fn events_are_signed_as_worked() {
    for entry in vectors("webhook_signatures") {
        let signed = DIVIT.sign(MessageKind::Webhook, &entry).expect("signed");
        assert_eq!(entry["value"], signed.signature, "{}", entry["name"]);
        assert_eq!(entry["signed_string"].as_str().map(str::as_bytes), Some(signed.string.as_slice()));
        let checked = DIVIT.verify(MessageKind::Webhook, &entry).expect("checked");
        assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    }
}

#[test]
fn links_are_signed_as_worked() {
    for entry in vectors("direct_link_signatures") {
        let signed = DIVIT.sign(MessageKind::Request, &entry).expect("signed");
        assert_eq!(entry["signature_base64"], signed.signature);
        assert_eq!(entry["signed_string"].as_str().map(str::as_bytes), Some(signed.string.as_slice()));
        assert!(DIVIT.verify(MessageKind::Request, &entry).expect("checked").findings.is_empty());
        let mut bare = entry;
        bare.remove("signature_base64");
        assert!(
            DIVIT.verify(MessageKind::Request, &bare).expect("checked").findings.is_empty(),
            "the link's own"
        );
    }
}

#[test]
fn changed_words_are_found() {
    for (field, value) in [("timestamp", "1660000001"), ("signatureKey", "divit-sig-kez"), ("body", "{}")] {
        let mut entry = vectors("webhook_signatures").remove(0);
        entry.insert(field.to_owned(), value.into());
        let checked = DIVIT.verify(MessageKind::Webhook, &entry).expect("checked");
        assert!(checked.findings.iter().any(|finding| finding.contains("signature differs")), "{field}");
    }
}

#[test]
fn time_of_an_event_may_stand_in_its_header_alone() {
    let mut entry = vectors("webhook_signatures").remove(0);
    entry.remove("timestamp");
    let checked = DIVIT.verify(MessageKind::Webhook, &entry).expect("checked");
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    entry.insert("timestamp".to_owned(), true.into());
    let refused = DIVIT.verify(MessageKind::Webhook, &entry).err().map(|error| error.to_string());
    let why = "`timestamp`: must be whole seconds, as a number or as its digits";
    assert_eq!(refused.as_deref(), Some(why));
    entry.remove("timestamp");
    entry.insert("value".to_owned(), "nonsense".into());
    let refused = DIVIT.verify(MessageKind::Webhook, &entry).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("`timestamp` is missing: when it is signed, in unix seconds"));
}

#[test]
fn one_flipped_bit_fails_an_event() {
    let entry = vectors("webhook_signatures").remove(0);
    let (body, value) = (entry["body"].as_str().expect("text"), entry["value"].as_str().expect("text"));
    assert_eq!(entry["signatureKey"], SIGNATURE_KEY);
    let event = |header: &str, body: &str| ingest(&message("POST", "/divit/events", Some(header), body));
    assert!(!matches!(event(value, body), Err(InboundError::Unauthenticated)));
    for bit in 0..body.len() * 8 {
        let mut bytes = body.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut changed = message("POST", "/divit/events", Some(value), "");
        changed.body = bytes.into();
        assert_eq!(ingest(&changed), Err(InboundError::Unauthenticated), "bit {bit}");
    }
    for bit in 0..value.len() * 8 {
        let mut bytes = value.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(header) = String::from_utf8(bytes) else { continue };
        assert_eq!(event(&header, body), Err(InboundError::Unauthenticated), "{header}");
    }
}

#[test]
fn only_one_header_counts() {
    let entry = vectors("webhook_signatures").remove(0);
    let value = entry["value"].as_str().expect("text");
    let mut twice = message("POST", "/divit/events", Some(value), entry["body"].as_str().expect("text"));
    assert!(ingest(&twice).is_ok());
    twice.headers.push(("x-divit-signature".to_owned(), value.to_owned()));
    assert_eq!(ingest(&twice), Err(InboundError::Unauthenticated));
}
