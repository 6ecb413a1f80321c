//! Signatures made with PayBy's own Java client, and what must not pass for one.

use super::{key, worked};
use ordain_providers::payby::PAYBY;
use ordain_providers::{Checked, Description, MessageKind};
use serde_json::{Value, json};

/// An entry of the vectors beside the file's keys, as somebody would feed it to `ordain provider verify`.
fn described(entry: &Value) -> Description {
    let mut entry = entry.as_object().expect("an entry is an object").clone();
    entry.insert("fresh_key".to_owned(), worked()["fresh_key"].clone());
    entry
}

fn entries(list: &str) -> Vec<Value> {
    worked()[list].as_array().expect("a list").clone()
}

fn verify(entry: &Value) -> Checked {
    PAYBY.verify(MessageKind::Request, &described(entry)).expect("it can be checked")
}

#[test]
fn every_signature_is_made_and_accepted() {
    for entry in entries("vectors") {
        let signed = PAYBY.sign(MessageKind::Request, &described(&entry)).expect("it can be signed");
        assert_eq!(signed.signature, entry["sign_fresh_key"], "{}", entry["name"]);
        assert_eq!(signed.string, entry["body"].as_str().unwrap().as_bytes());
        let checked = verify(&entry);
        assert!(checked.findings.is_empty(), "{}: {:?}", entry["name"], checked.findings);
        assert_eq!(checked.expected.as_deref(), entry["sign_fresh_key"].as_str());
    }
    let inapp = &worked()["inapp_sign"];
    assert!(verify(inapp).findings.is_empty());
    let signed = PAYBY.sign(MessageKind::Request, &described(inapp)).expect("it can be signed");
    assert_eq!(signed.signature, inapp["sign_fresh_key"]);
}

#[test]
fn changed_bytes_are_refused_however_alike_they_read() {
    for entry in entries("must_not_verify") {
        assert!(!verify(&entry).findings.is_empty(), "{}", entry["name"]);
    }
}

#[test]
fn one_flipped_bit_fails_every_signature() {
    for entry in entries("vectors") {
        let body = entry["body"].as_str().unwrap();
        for at in (0..body.len()).step_by(17).filter(|at| body.as_bytes()[*at].is_ascii_alphanumeric()) {
            let mut bytes = body.as_bytes().to_vec();
            bytes[at] ^= 1;
            let mut changed = entry.clone();
            changed["body"] = json!(String::from_utf8(bytes).expect("still ASCII there"));
            let findings = verify(&changed).findings;
            assert_eq!(findings.len(), 2, "signature and digest, at {at}: {findings:?}");
        }
        let sign = entry["sign_fresh_key"].as_str().unwrap();
        let other = if sign.starts_with('A') { "B" } else { "A" };
        let mut changed = entry.clone();
        changed["sign_fresh_key"] = json!(format!("{other}{}", &sign[1..]));
        assert_eq!(verify(&changed).findings.len(), 1);
    }
}

#[test]
fn encrypted_fields_open_block_by_block() {
    for entry in worked()["field_encryption"]["vectors"].as_array().unwrap() {
        let checked = verify(entry);
        assert!(checked.findings.is_empty(), "{:?}", checked.findings);
        assert_eq!(checked.string, entry["plaintext"].as_str().unwrap().as_bytes());
        let mut other = entry.clone();
        other["plaintext"] = json!("+971-585812346");
        assert_eq!(verify(&other).findings.len(), 1);
        other["ciphertext_b64"] = json!("AAAA");
        assert_eq!(verify(&other).findings, ["`ciphertext_b64` does not open with this key"]);
        assert!(PAYBY.sign(MessageKind::Request, &described(entry)).is_err());
    }
}

#[test]
fn what_is_missing_or_unreadable_is_named() {
    let check = |described: Value, expected: &str| {
        let described = described.as_object().unwrap().clone();
        let error = PAYBY.verify(MessageKind::Webhook, &described).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected));
    };
    check(json!({}), "`body` is missing: the exact bytes, as text");
    check(json!({"body": "{}"}), "`public_pem_spki` is missing: the signer's key");
    check(
        json!({"body": "{}", "public_pem_spki": key("public_pem_spki")}),
        "`sign` is missing: the header's value",
    );
    check(
        json!({"body": "{}", "public_pem_spki": "AAAA", "sign": ""}),
        "`public_pem_spki`: not an RSA key of 2048 bits or more in PEM or base64",
    );
}

#[test]
fn keys_are_read_without_their_frame_too() {
    let bare = |name: &str| {
        let lines: Vec<String> =
            key(name).lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect();
        lines.join("\n")
    };
    let entry = &entries("vectors")[0];
    let described = json!({
        "body": entry["body"], "sign": entry["sign_fresh_key"],
        "private_pem_pkcs8": bare("private_pem_pkcs8"), "public_pem_spki": bare("public_pem_spki"),
    });
    let checked =
        PAYBY.verify(MessageKind::Request, described.as_object().unwrap()).expect("it can be checked");
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
}

#[test]
fn genuine_signature_is_known_to_whoever_only_checks_and_another_one_is_not() {
    let entry = &entries("vectors")[0];
    let mut described = json!({
        "body": entry["body"], "sign": entry["sign_fresh_key"], "public_pem_spki": key("public_pem_spki"),
    });
    let checked = |described: &Value| {
        PAYBY.verify(MessageKind::Reply, described.as_object().unwrap()).expect("it can be checked")
    };
    assert_eq!(checked(&described).expected.as_deref(), entry["sign_fresh_key"].as_str());
    described["body"] = "{}".into();
    assert_eq!(checked(&described).expected, None, "only the signer could make it");
}
