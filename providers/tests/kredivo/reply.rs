//! What DOKU answers.

use super::{ORDER, decode, idr, signed, unsigned};
use ordain_providers::call::{AmountKind, Flag, NextAction, OperationKind, Retry, Standing};
use ordain_providers::kredivo::SPEC;
use ordain_providers::{Facts, Op, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

fn generated() -> String {
    json!({
        "order": {"invoice_number": ORDER, "amount": 100_000},
        "peer_to_peer_info": {
            "status": "PENDING", "merchant_unique_reference": ORDER, "created_date": "20261121130000",
            "expired_date": "20261121140000", "created_date_utc": "20261121060000", "expired_date_utc": "20261121070000",
            "identifier": [{"name": "transactionId", "value": "KB-6f"}],
        },
        "payment": {"url": "https://sandbox.kredivo.example/checkout?tr=1"},
    })
    .to_string()
}

fn status(word: &str) -> String {
    json!({"order": {"invoice_number": ORDER, "amount": 100_000}, "transaction": {"status": word, "date": "2026-11-21T06:10:00Z"}})
        .to_string()
}

#[track_caller]
fn done(outcome: Outcome) -> Facts {
    let Outcome::Done(facts) = outcome else { panic!("not done: {outcome:?}") };
    facts
}

#[test]
fn t16_replay_of_an_order_is_the_order() {
    let (first, again) = (signed(&Op::Create, 200, &generated()), signed(&Op::Create, 409, &generated()));
    let facts = done(decode(&Op::Create, &first));
    let Some(NextAction::Redirect { url }) = facts.next_action.as_ref().map(|action| action.expose().clone())
    else {
        panic!("nowhere to go");
    };
    assert_eq!(url, "https://sandbox.kredivo.example/checkout?tr=1");
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    assert_eq!((facts.amounts[0].kind, facts.amounts[0].amount), (AmountKind::ProviderTotal, idr(100_000)));
    assert_eq!(facts.refs["identifier_transactionId"], "KB-6f");
    assert_eq!(done(decode(&Op::Create, &again)), facts);
    let taken = json!({"error": {"code": "DUPLICATE_TRANSACTION", "message": "used"}}).to_string();
    assert!(matches!(decode(&Op::Create, &unsigned(409, taken)), Outcome::Unknown { .. }));
}

#[test]
fn t15_only_the_expiry_that_says_utc_counts() {
    let ends = |body: &str| done(decode(&Op::Create, &signed(&Op::Create, 200, body))).checkout_ends_at;
    assert_eq!(ends(&generated()).map(|end| end.to_string()).as_deref(), Some("2026-11-21T07:00:00Z"));
    assert_eq!(ends(&generated().replace("expired_date_utc", "expired_date_wib")), None);
    for garbage in ["20261321070000", "2026112107000", "999999999999999999", "20260230000000"] {
        assert_eq!(ends(&generated().replace("20261121070000", garbage)), None, "{garbage}");
    }
}

#[test]
fn every_status_of_the_documents_has_its_meaning() {
    let expected = [
        ("PENDING", Standing::AwaitingCustomer),
        ("SUCCESS", Standing::Captured),
        ("FAILED", Standing::AwaitingCustomer),
        ("EXPIRED", Standing::Expired),
        ("REFUNDED", Standing::Captured),
        ("TIMEOUT", Standing::PendingDecision),
        ("REDIRECT", Standing::PendingDecision),
    ];
    assert_eq!(SPEC.statuses.len(), expected.len());
    for (word, standing) in expected {
        let facts = done(decode(&Op::Sync, &signed(&Op::Sync, 200, &status(word))));
        assert_eq!((facts.wire_status.as_deref(), facts.standing), (Some(word), Some(standing)));
        assert_eq!(facts.flags == [Flag::AttemptFailed { code: "FAILED".to_owned() }], word == "FAILED");
    }
    assert_eq!(done(decode(&Op::Sync, &signed(&Op::Sync, 200, &status("VOIDED")))).standing, None);
}

#[test]
fn refund_of_the_back_office_is_of_the_whole() {
    let facts = done(decode(&Op::Sync, &signed(&Op::Sync, 200, &status("REFUNDED"))));
    let refund = &facts.operations[0];
    assert_eq!((refund.kind, refund.amount, &refund.id), (OperationKind::Refund, Some(idr(100_000)), &None));
    assert!(
        facts.amounts.iter().any(|fact| fact.kind == AmountKind::Refunded && fact.amount == idr(100_000))
    );
}

#[test]
fn refund_that_does_not_say_how_much_is_of_the_order() {
    let body = status("REFUNDED").replace("\"amount\"", "\"sum\"");
    let facts = done(decode(&Op::Sync, &signed(&Op::Sync, 200, &body)));
    assert_eq!(facts.operations[0].amount, Some(idr(100_000)));
    assert_eq!(facts.amounts.len(), 1, "DOKU named no total: {:?}", facts.amounts);
}

#[test]
fn amount_that_cannot_be_read_proves_nothing() {
    for op in [Op::Create, Op::Sync] {
        let body = if op == Op::Create { generated() } else { status("SUCCESS") };
        for odd in ["1.0E5", "100000.5", "{}", "true", "\"\"", "\"Rp 100.000\""] {
            let odd = body.replace("100000", odd);
            let outcome = decode(&op, &signed(&op, 200, &odd));
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{odd}: {outcome:?}");
        }
        // Fields may be missing from an answer, and then nothing is compared.
        let without = body.replace("\"amount\"", "\"sum\"");
        assert_eq!(done(decode(&op, &signed(&op, 200, &without))).amounts, []);
    }
}

#[test]
fn unsigned_yes_is_no_yes() {
    for op in [Op::Create, Op::Sync] {
        let body = if op == Op::Create { generated() } else { status("SUCCESS") };
        for http in [200, 409] {
            assert!(matches!(decode(&op, &unsigned(http, &body)), Outcome::Unknown { .. }));
        }
        let other = if op == Op::Create { Op::Sync } else { Op::Create };
        assert!(
            matches!(decode(&op, &signed(&other, 200, &body)), Outcome::Unknown { .. }),
            "of another question"
        );
    }
}

#[test]
fn answer_about_another_order_is_no_answer() {
    let body = status("SUCCESS").replace(ORDER, "INV-2");
    assert!(matches!(decode(&Op::Sync, &signed(&Op::Sync, 200, &body)), Outcome::Unknown { .. }));
    for place in ["peer_to_peer_info", "payment"] {
        for other in [json!("INV-2"), json!(5), json!({})] {
            let mut body: Value = serde_json::from_str(&generated()).expect("JSON");
            body[place]["merchant_unique_reference"] = other;
            let outcome = decode(&Op::Create, &signed(&Op::Create, 200, &body.to_string()));
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{body}");
        }
    }
    let body = generated().replace("\"url\"", "\"uri\"");
    assert!(matches!(decode(&Op::Create, &signed(&Op::Create, 200, &body)), Outcome::Unknown { .. }));
}

#[test]
fn both_shapes_of_a_no_are_read() {
    let shapes = [
        (
            json!({"error": {"code": "invalid_amount", "message": "of Anton Budiman"}}),
            "invalid_amount",
            "of ‹private› ‹private›",
        ),
        (json!({"message": ["line 1", "line 2"], "response": {}}), "400", "line 1 line 2"),
        (
            json!({"status": "FAILED", "response_code": "INVALID_PARAMETER", "response_message": "no"}),
            "INVALID_PARAMETER",
            "no",
        ),
    ];
    for (body, expected, text) in shapes {
        let Outcome::Refused { code, message, retry, .. } =
            decode(&Op::Create, &unsigned(400, body.to_string()))
        else {
            panic!("not refused: {body}");
        };
        assert_eq!((code.as_str(), message.as_str(), retry), (expected, text, Retry::Never));
    }
}

#[test]
fn code_in_small_letters_is_the_code() {
    let no =
        |code: &str| json!({"error": {"message": "INVOICE NUMBER ALREADY USED", "code": code}}).to_string();
    for code in ["duplicate_transaction", "DUPLICATE_TRANSACTION", "server_error"] {
        let outcome = decode(&Op::Create, &unsigned(400, no(code)));
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{code}: {outcome:?}");
    }
    for (code, expected) in [
        ("invalid_signature", Retry::AfterAccountFix),
        ("maintenance_mode", Retry::Later),
        ("invalid_parameter", Retry::Never),
    ] {
        let Outcome::Refused { retry, .. } = decode(&Op::Create, &unsigned(400, no(code))) else {
            panic!("not refused: {code}");
        };
        assert_eq!(retry, expected, "{code}");
    }
}

#[test]
fn field_that_was_added_to_a_yes_makes_no_no_of_it() {
    for op in [Op::Create, Op::Sync] {
        let body = if op == Op::Create { generated() } else { status("SUCCESS") };
        let said = body.replacen(
            '{',
            "{\"response_code\":\"SUCCESS\",\"message\":[\"SUCCESS\"],\"response\":{},",
            1,
        );
        assert_eq!(done(decode(&op, &signed(&op, 200, &said))), done(decode(&op, &signed(&op, 200, &body))));
    }
}

#[test]
fn no_under_a_status_of_success_leaves_open_whether_there_is_an_order() {
    let bodies = [
        json!({"error": {"code": "x", "message": "no"}}),
        json!({"response_code": "INVALID_PARAMETER"}),
        json!({"message": ["no"], "response": {}}),
        json!({"error": "no", "order": {"invoice_number": ORDER}, "payment": {"url": "https://kredivo.example"}}),
    ];
    for body in bodies {
        let outcome = decode(&Op::Create, &signed(&Op::Create, 200, &body.to_string()));
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{body}: {outcome:?}");
    }
}

#[test]
fn order_that_doku_does_not_know_is_not_paid() {
    let body = json!({"error": {"code": "TRANSACTION_NOT_FOUND", "message": "not found"}}).to_string();
    assert_eq!(done(decode(&Op::Sync, &unsigned(404, &body))).standing, Some(Standing::Unpaid));
    assert!(matches!(decode(&Op::Create, &unsigned(404, body)), Outcome::Refused { .. }));
    for other in [
        json!({"response_code": "TRANSACTION_NOT_FOUND"}),
        json!({"message": ["no such order"], "response": {}}),
    ] {
        let facts = done(decode(&Op::Sync, &unsigned(404, other.to_string())));
        assert_eq!(facts.standing, Some(Standing::Unpaid), "{other}");
    }
}

#[test]
fn not_found_in_other_words_than_dokus_says_nothing_of_the_order() {
    let bodies = [
        json!({"message": "no Route matched with those values"}),
        json!({"error": "Not Found", "status": 404, "path": "/orders/v1/status"}),
        json!({"message": ["no such route"]}),
        json!({"order": {"invoice_number": ORDER}}),
        json!({}),
    ];
    for body in bodies {
        let outcome = decode(&Op::Sync, &unsigned(404, body.to_string()));
        assert!(
            matches!(outcome, Outcome::Refused { retry: Retry::AfterAccountFix, .. }),
            "{body}: {outcome:?}"
        );
    }
}

#[test]
fn every_status_and_body_is_classified() {
    let no = json!({"error": {"code": "x", "message": "Anton anton@example.com"}}).to_string();
    for op in [Op::Create, Op::Sync] {
        for http in (100..=599).chain([0, 999]) {
            for body in ["", "{}", "[]", "<html>", "null", &no, &generated()] {
                let outcome = decode(&op, &unsigned(http, body));
                let fits = match http {
                    429 => matches!(outcome, Outcome::Refused { retry: Retry::Later, .. }),
                    200..=299 if op == Op::Sync && body == no => matches!(outcome, Outcome::Refused { .. }),
                    404 if op == Op::Sync && body == no => matches!(outcome, Outcome::Done(_)),
                    400..=499 if !matches!(http, 408 | 409) => matches!(outcome, Outcome::Refused { .. }),
                    _ => matches!(outcome, Outcome::Unknown { .. }),
                };
                assert!(fits, "{op:?} {http} {body}: {outcome:?}");
                let shown = format!("{outcome:?}");
                assert!(!shown.contains("Anton") && !shown.contains("anton@"), "{shown}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), http in any::<u16>(), at in 0_usize..400, letter in "\\PC") {
        for op in [Op::Create, Op::Sync] {
            let _ = decode(&op, &unsigned(http, &bytes));
            let mut body: Vec<char> = generated().chars().collect();
            let at = at % body.len();
            body.splice(at..=at, letter.chars());
            let _ = decode(&op, &signed(&op, 200, &body.into_iter().collect::<String>()));
        }
    }
}
