//! The captured signatures.

use super::{account_with, request_of, sample_order, shipment};
use ordain_providers::divido::DIVIDO;
use ordain_providers::{Description, MessageKind, Op};
use serde_json::{Value, json};

fn entries(list: &str) -> Vec<Description> {
    let vectors: Value = serde_json::from_str(include_str!("../../divido/vectors.json")).expect("JSON");
    serde_json::from_value(vectors[list].clone()).expect("descriptions")
}

#[track_caller]
fn check(kind: MessageKind, described: &Description) {
    let signed = DIVIDO.sign(kind, described).expect("signs");
    assert_eq!(Some(signed.signature.as_str()), described["value"].as_str());
    let string = String::from_utf8(signed.string).expect("text");
    assert_eq!(
        string,
        described.get("signed_string").or(described.get("body")).expect("a string").as_str().expect("text")
    );
    assert_eq!(DIVIDO.verify(kind, described).expect("checks").findings, Vec::<String>::new());
    let mut forged = described.clone();
    forged.insert("value".to_owned(), json!("AaZiYkk1HdcJA93A6osRpgtM/arx9T80BRfq5AeJjTM"));
    assert_eq!(DIVIDO.verify(kind, &forged).expect("checks").findings.len(), 1);
}

#[test]
fn captured_requests_sign_and_verify() {
    let requests = entries("request_signatures");
    assert_eq!(requests.len(), 7);
    requests.iter().for_each(|described| check(MessageKind::Request, described));
}

#[test]
fn captured_webhooks_sign_and_verify() {
    let webhooks = entries("webhook_signatures");
    assert_eq!(webhooks.len(), 8);
    webhooks.iter().for_each(|described| check(MessageKind::Webhook, described));
}

#[test]
fn request_without_parameters_may_end_in_a_question_mark() {
    let described = |string: &str| {
        let body = json!({"secret": "s", "body": string});
        let code =
            DIVIDO.sign(MessageKind::Webhook, &serde_json::from_value(body).expect("one")).expect("signs");
        let request = json!({"secret": "s", "request_uri": "/v1/finances", "value": code.signature});
        serde_json::from_value::<Description>(request).expect("one")
    };
    for string in ["/v1/finances", "/v1/finances?"] {
        let checked = DIVIDO.verify(MessageKind::Request, &described(string)).expect("checks");
        assert_eq!(checked.findings, Vec::<String>::new(), "{string}");
    }
}

#[test]
fn replies_are_not_signed() {
    assert!(DIVIDO.sign(MessageKind::Reply, &entries("webhook_signatures")[0]).is_err());
}

#[test]
fn what_is_sent_carries_its_signature_where_a_secret_is_set() {
    let account = account_with(&[("shared_secret", "ABC123SharedSecret")]);
    for op in [Op::Sync, Op::VerifyAccount, Op::Create, shipment()] {
        let request = request_of(&op, &sample_order(), &account);
        let code =
            request.headers.iter().find(|(name, _)| *name == "x-divido-hmac-sha256").expect("a signature");
        let uri = request.url.expose().strip_prefix("https://secure.sandbox.divido.com").expect("the host");
        let body = std::str::from_utf8(request.body.expose()).expect("text");
        let described = json!({
            "secret": "ABC123SharedSecret", "request_uri": uri, "body": body, "value": code.1.expose(),
        });
        let described = serde_json::from_value(described).expect("a description");
        let checked = DIVIDO.verify(MessageKind::Request, &described).expect("checks");
        assert_eq!(checked.findings, Vec::<String>::new());
        let unsigned = request_of(&op, &sample_order(), &account_with(&[]));
        assert!(unsigned.headers.iter().all(|(name, _)| *name != "x-divido-hmac-sha256"));
    }
}
