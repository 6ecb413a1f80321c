//! What Divido says to us, and how it proves itself.

use super::{ORDER, SECRET, account_with, ingest, post, with_cx};
use ordain_providers::call::Standing;
use ordain_providers::divido::DIVIDO;
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::{Account, Inbound, InboundError, Ingested, Private};
use proptest::prelude::*;
use serde_json::{Value, json};

fn body(status: &str) -> String {
    json!({
        "application": "C84047A6D-89B2-FECF-D2B4-168444F5178C", "event": "application-status-update",
        "metadata": {"Order Number": "100019", "Ordain Order": ORDER}, "name": "John Doe",
        "proposal": "PAA717844-EE9D-78AF-D11C-EDCC1D180F87", "reference": ORDER, "status": status,
    })
    .to_string()
}

pub fn signed(body: &str, secret: &str) -> Inbound {
    let described = serde_json::from_value(json!({"secret": secret, "body": body})).expect("a description");
    let code = DIVIDO.sign(ordain_providers::MessageKind::Webhook, &described).expect("signs").signature;
    let headers = vec![("x-divido-hmac-sha256".to_owned(), code)];
    Inbound { headers, ..post("/divido/webhook", body) }
}

fn with_secret() -> Account {
    account_with(&[("shared_secret", SECRET)])
}

#[track_caller]
fn accepted(status: &str) -> Ingested {
    ingest(&signed(&body(status), SECRET), &with_secret()).expect("genuine")
}

#[test]
fn signed_webhook_is_believed() {
    let ready = accepted("READY");
    assert_eq!((ready.kind, ready.trust, ready.then), (InboundKind::Webhook, Trust::Verified, Then::Sync));
    assert_eq!(ready.about, About::Order(ORDER.to_owned()));
    assert_eq!(ready.facts.standing, Some(Standing::Authorized));
    assert_eq!(ready.facts.refs["application"], "C84047A6D-89B2-FECF-D2B4-168444F5178C");
    assert!(!serde_json::to_string(&ready).expect("serialises").contains("Doe"));
}

#[test]
fn our_own_note_tells_which_order_a_webhook_is_about() {
    let renamed =
        body("READY").replacen(&format!("\"reference\":\"{ORDER}\""), "\"reference\":\"100019\"", 1);
    let told = ingest(&signed(&renamed, SECRET), &with_secret()).expect("genuine");
    assert!(renamed.contains("100019\",\"status"), "{renamed}");
    assert_eq!(told.about, About::Order(ORDER.to_owned()));
}

#[test]
fn from_the_approval_on_the_amounts_are_asked_for() {
    for status in
        ["READY", "AWAITING-ACTIVATION", "PARTIALLY-ACTIVATED", "AWAITING-FULFILLMENT", "PARTIAL-FULFILLED"]
    {
        let told = accepted(status);
        assert_eq!((told.facts.standing, told.then), (Some(Standing::Authorized), Then::Sync), "{status}");
    }
    for status in ["DRAFT", "PROPOSAL", "REFERRED", "DEPOSIT-PAID", "SIGNED"] {
        assert_eq!(accepted(status).then, Then::Nothing, "{status}");
    }
    for status in ["ACTIVATED", "CANCELLED", "REFUNDED", "COMPLETED", "DISPUTED", "AWAITING-CANCELLATION"] {
        let told = accepted(status);
        assert_eq!((told.facts.standing, told.then), (None, Then::Sync), "{status}");
    }
    assert_eq!(
        (accepted("DECLINED").facts.standing, accepted("DECLINED").then),
        (Some(Standing::Declined), Then::Nothing)
    );
    assert_eq!(accepted("ACCEPTED").then, Then::Sync, "only the record says whether it is to be finalized");
}

#[test]
fn unsigned_or_forged_webhook_is_refused_where_a_secret_is_set() {
    let genuine = signed(&body("READY"), SECRET);
    let refused =
        |message: &Inbound| assert_eq!(ingest(message, &with_secret()), Err(InboundError::Unauthenticated));
    refused(&Inbound { headers: Vec::new(), ..genuine.clone() });
    refused(&signed(&body("READY"), "another"));
    for at in 0..genuine.body.expose().len() {
        let mut bytes = genuine.body.expose().clone();
        bytes[at] ^= 1;
        refused(&Inbound { body: Private::new(bytes), ..genuine.clone() });
    }
    for at in 0..genuine.headers[0].1.len() {
        let mut code = genuine.headers[0].1.clone().into_bytes();
        code[at] ^= 1;
        let code = String::from_utf8_lossy(&code).into_owned();
        refused(&Inbound { headers: vec![("x-divido-hmac-sha256".to_owned(), code)], ..genuine.clone() });
    }
    let twice = [genuine.headers.clone(), genuine.headers.clone()].concat();
    refused(&Inbound { headers: twice, ..genuine });
}

#[test]
fn without_a_secret_the_sender_counts_and_without_a_list_nothing_does() {
    let listed = account_with(&[("allowed_ips", "52.211.249.159, 34.249.63.178")]);
    let from =
        |sender: &str| Inbound { sender: sender.parse().ok(), ..post("/divido/webhook", body("READY")) };
    assert_eq!(ingest(&from("34.249.63.178"), &listed).map(|told| told.trust), Ok(Trust::Verified));
    assert_eq!(ingest(&from("::ffff:34.249.63.178"), &listed).map(|told| told.trust), Ok(Trust::Verified));
    assert_eq!(ingest(&from("34.249.63.179"), &listed), Err(InboundError::Unauthenticated));
    assert_eq!(ingest(&from("nobody"), &listed), Err(InboundError::Unauthenticated));
    assert_eq!(ingest(&from("1.2.3.4"), &account_with(&[])).map(|told| told.trust), Ok(Trust::Hint));
}

#[test]
fn new_session_says_that_the_customer_came() {
    let body =
        json!({"event": "proposal-new-session", "metadata": {"Ordain Order": ORDER}, "proposal": "PAA7"});
    let told = ingest(&signed(&body.to_string(), SECRET), &with_secret()).expect("genuine");
    assert_eq!(
        (told.about, told.facts.standing),
        (About::Order(ORDER.to_owned()), Some(Standing::CustomerArrived))
    );
    let stranger = json!({"event": "proposal-new-session", "metadata": [], "proposal": "PAA7"}).to_string();
    let told = ingest(&signed(&stranger, SECRET), &with_secret()).expect("genuine");
    assert_eq!(told.about, About::Order("PAA7".to_owned()), "kept under Divido's name");
}

#[test]
fn browser_is_a_hint() {
    for (path, kind) in [("return", "browser return"), ("checkout", "browser checkout")] {
        let message = Inbound { method: "GET".to_owned(), ..post(&format!("/divido/{path}/{ORDER}"), "") };
        let told = ingest(&message, &with_secret()).expect("a browser");
        assert_eq!((told.kind, told.trust, told.then), (InboundKind::Return, Trust::Hint, Then::Sync));
        assert_eq!((told.about, told.label.as_str()), (About::Order(ORDER.to_owned()), kind));
    }
    assert_eq!(ingest(&post("/divido/other", ""), &with_secret()), Err(InboundError::UnknownPath));
}

#[test]
fn answers_are_those_of_the_official_plugins() {
    let told = accepted("READY");
    let answer = |verdict| {
        let reply = with_cx(&with_secret(), None, |cx| DIVIDO.answer(&told, &verdict, cx));
        let body: Value = serde_json::from_slice(reply.body.expose()).expect("JSON");
        (reply.status, body["status"].clone())
    };
    assert_eq!(answer(Verdict::Accepted(None)), (200, json!("ok")));
    assert_eq!(answer(Verdict::OrderUnknown), (400, json!("error")));
    assert_eq!(answer(Verdict::Unavailable), (500, json!("error")));
    assert_eq!(DIVIDO.reject(&InboundError::Unauthenticated).status, 400);
}

proptest! {
    #[test]
    fn any_message_is_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), path in "/divido/.{0,30}") {
        let hint = account_with(&[]);
        let _ = ingest(&post("/divido/webhook", &bytes), &hint);
        let _ = ingest(&post(&path, &bytes), &hint);
        let _ = ingest(&Inbound { method: "GET".to_owned(), ..post(&path, "") }, &hint);
    }
}
