//! Plans, quotes, lists and payment batches.

use super::{decode, gbp};
use ordain_providers::question::{Findings, Question, StatementHead, StatementLine, StatementLineKind};
use ordain_providers::{Op, Outcome};
use serde_json::{Value, json};

#[track_caller]
fn found(question: Question, body: &str) -> Findings {
    match decode(&Op::Ask(question), 200, body) {
        Outcome::Done(facts) => facts.answer.expect("an answer"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn listed(question: Question, body: &str) -> Value {
    let Findings::Listed { json } = found(question, body) else { panic!("a list") };
    json
}

/// The documents' batch (S3 L1448-1480).
pub const BATCH: &str = r#"{"record": {"currency": "GBP", "date": "2016-04-14",
    "id": "PB0506EBA-870B-FFC2-FCAB-250D1B1291BD", "totalCreditAmount": 989, "totalNetPayment": 1074.165,
    "totalSubsidyAmount": 4.945, "transactions": [{"application": "CDD6CCE0C-8DC5-6EB4-9A08-45520484EB19",
    "creditAmount": 989, "customer": "HESELDEN, ANN", "depositAmount": 100, "netPaymentAmount": 1074.165,
    "purchasePrice": 1089, "reference": "267381", "subsidyAmount": 4.945}]}, "status": "ok"}"#;

#[test]
fn batch_is_read_line_by_line() {
    let answer = found(Question::Statement { id: "PB0506EBA".to_owned() }, BATCH);
    let line = StatementLine {
        order_id: Some("267381".to_owned()),
        provider_order_id: Some("CDD6CCE0C-8DC5-6EB4-9A08-45520484EB19".to_owned()),
        operation_id: None,
        kind: StatementLineKind::Payment,
        currency: Some("GBP".to_owned()),
        gross: "1089".to_owned(),
        fee: Some("4.945".to_owned()),
        net: Some("1074.165".to_owned()),
    };
    assert_eq!(answer, Findings::Statement { lines: vec![line] });
    assert!(!format!("{answer:?}").contains("HESELDEN"));
    for bad in ["1e3", "\"x\"", "null", "[]", "-.5"] {
        let body = BATCH.replace("\"subsidyAmount\": 4.945", &format!("\"subsidyAmount\": {bad}"));
        let outcome = decode(&Op::Ask(Question::Statement { id: "PB1".to_owned() }), 200, body);
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{bad}: {outcome:?}");
    }
}

#[test]
fn batches_are_listed_with_their_days() {
    let body = r#"{"itemsPerPage":30,"page":1,"records":[{"currency":"GBP","date":"2016-04-14","id":"PB1","records":1,
        "totalCreditAmount":989,"totalNetPayment":1074.165}],"status":"ok","totalItems":1}"#;
    let heads = vec![StatementHead { id: "PB1".to_owned(), day: jiff::civil::date(2016, 4, 14) }];
    assert_eq!(found(Question::Statements { page: 1 }, body), Findings::Statements { heads });
}

#[test]
fn plans_and_quotes_are_as_divido_said_them() {
    let plans =
        r#"{"finances":[{"id":"F1","interest_rate":9.9,"min_amount":150,"text":"6 Month"}],"status":"ok"}"#;
    assert_eq!(
        listed(Question::FinancePlans, plans),
        json!({"finances": [{"id": "F1", "interest_rate": "9.9", "min_amount": 150, "text": "6 Month"}]})
    );
    let quote =
        r#"{"status":"ok","purchase_price":2000,"monthly_payment_amount":150.01,"interest_rate":0.0}"#;
    let asked = Question::Quote { plan: "F1".to_owned(), amount: gbp(200_000), deposit: gbp(0) };
    assert_eq!(listed(asked, quote)["monthly_payment_amount"], "150.01");
}

#[test]
fn list_of_applications_holds_nobody() {
    let body =
        json!({"status": "ok", "page": 1, "totalItems": 1, "records": [super::reply::record()]}).to_string();
    let list = listed(Question::Orders { page: 1 }, &body);
    assert_eq!(list["records"][0]["purchasePrice"], "1197.5");
    for private in ["John", "Doe", "@"] {
        assert!(!list.to_string().contains(private), "{list}");
    }
}
