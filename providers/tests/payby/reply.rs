//! What PayBy's answers about orders mean.

use super::request::cancel;
use super::{
    Known, NOW_MS, acquire_order, aed, decode, decode_for, head, ok, order, order_with, paid, refund,
    reply_of, signed,
};
use ordain_providers::call::{AmountKind, NextAction, Retry, Standing};
use ordain_providers::payby::PAYBY;
use ordain_providers::question::{Findings, Question};
use ordain_providers::{Facts, Found, Op, OperationStanding, Outcome, Private, Reply};
use serde_json::{Value, json};

#[track_caller]
pub(crate) fn done(outcome: Outcome) -> Facts {
    match outcome {
        Outcome::Done(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused(outcome: &Outcome, code: &str, retry: Retry) {
    match outcome {
        Outcome::Refused { code: found, retry: how, .. } => assert_eq!((found.as_str(), *how), (code, retry)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_unknown(outcome: &Outcome, why: &str) {
    match outcome {
        Outcome::Unknown { why: found } => assert_eq!(found, why),
        other => panic!("{other:?}"),
    }
}

fn amount(facts: &Facts, kind: AmountKind) -> Option<i64> {
    facts.amounts.iter().find(|fact| fact.kind == kind).map(|fact| fact.amount.minor)
}

#[test]
fn created_order_says_where_the_payer_goes() {
    let facts = done(decode(&Op::Create, &acquire_order(|_| {})));
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    assert_eq!(facts.refs["orderNo"], "131404956265007836");
    assert_eq!(
        facts.next_action.map(Private::into_exposed),
        Some(NextAction::Redirect { url: "https://paypage.payby.com?ft=1".to_owned() })
    );
    // The same create again, after the payer was quicker than the first answer.
    let facts = done(decode(&Op::Create, &acquire_order(paid)));
    assert_eq!((facts.standing, facts.next_action), (Some(Standing::Captured), None));
}

#[test]
fn every_scene_goes_on_in_its_own_way() {
    let action = |options: &[(&str, &str)], links: Value| {
        let mut body: Value = serde_json::from_str(&acquire_order(|_| {})).unwrap();
        body["body"]["interActionParams"] = links;
        let outcome = decode_for(&Known::of(order_with(options)), &Op::Create, &body.to_string());
        done(outcome).next_action.map(Private::into_exposed)
    };
    let token = || json!({"tokenUrl": "https://t"});
    let redirect = |url: &str| Some(NextAction::Redirect { url: url.to_owned() });
    let wallet = [("pay_scene", "EWALLET"), ("pay_scene_params", r#"{"eWalletCode":"payby"}"#)];
    assert_eq!(action(&wallet, json!({"deepLink": "payby://1"})), redirect("payby://1"));
    assert_eq!(action(&[("pay_scene", "JSAPI")], token()), redirect("https://t"));
    let topup = [("pay_scene", "CASHTOPUP"), ("pay_scene_params", r#"{"businessType":"G"}"#)];
    for options in [&[("pay_scene", "DYNQR")][..], &topup[..]] {
        assert_eq!(action(options, token()), Some(NextAction::Qr { content: "https://t".to_owned() }));
    }
    let debit = [("pay_scene", "AUTODEBIT"), ("pay_scene_params", r#"{"authProtocolNo":"2"}"#)];
    assert_eq!(action(&debit, Value::Null), None);
}

#[test]
fn scene_that_shows_nobody_anything_awaits_a_decision() {
    let debit = [("pay_scene", "AUTODEBIT"), ("pay_scene_params", r#"{"authProtocolNo":"2"}"#)];
    let scan = [("pay_scene", "QRPAY"), ("pay_scene_params", r#"{"authCode":"2"}"#)];
    for options in [debit, scan] {
        let known = Known::of(order_with(&options));
        for op in [Op::Create, Op::Sync] {
            let facts = done(decode_for(&known, &op, &acquire_order(|_| {})));
            assert_eq!((facts.standing, facts.next_action), (Some(Standing::PendingDecision), None));
            let facts = done(decode_for(&known, &op, &acquire_order(paid)));
            assert_eq!(facts.standing, Some(Standing::Captured));
        }
        assert!(matches!(decode_for(&known, &Op::Revoke, &acquire_order(|_| {})), Outcome::Pending(_)));
    }
}

#[test]
fn browser_is_sent_to_a_page_alone() {
    for url in
        ["javascript:alert(1)", "paypage.payby.com?ft=1", "https://paypage .payby.com", "data:text/html,x"]
    {
        let mut body: Value = serde_json::from_str(&acquire_order(|_| {})).unwrap();
        body["body"]["interActionParams"]["tokenUrl"] = json!(url);
        check_unknown(
            &decode(&Op::Create, &body.to_string()),
            "PayBy opened a checkout at what is no address of a page",
        );
    }
}

#[test]
fn code_of_a_failure_is_kept_and_its_text_is_not() {
    let failed = acquire_order(|order| {
        order["status"] = json!("FAILURE");
        (order["failCode"], order["failDes"]) = (json!("92004"), json!("Channel rejection of Amina Hassan"));
    });
    let facts = done(decode(&Op::Sync, &failed));
    assert_eq!((facts.standing, facts.refs["failCode"].as_str()), (Some(Standing::Declined), "92004"));
    assert!(!format!("{facts:?}").contains("Channel rejection"), "{facts:?}");
    assert!(!done(decode(&Op::Sync, &acquire_order(paid))).refs.contains_key("failCode"));
}

#[test]
fn app_gets_its_own_signature() {
    let params = r#"{"iapDeviceId":"001","appId":"00001"}"#;
    let mut known = Known::of(order_with(&[("pay_scene", "INAPP"), ("pay_scene_params", params)]));
    known.account.config.insert("partner_id".to_owned(), "20000000076".to_owned());
    let mut body: Value = serde_json::from_str(&acquire_order(|_| {})).unwrap();
    body["body"]["interActionParams"] = json!({"tokenUrl": "daerccxxcdsda0eeda"});
    let action =
        done(decode_for(&known, &Op::Create, &body.to_string())).next_action.map(Private::into_exposed);
    let Some(NextAction::App { parameters }) = action else { panic!("{action:?}") };
    assert_eq!(parameters["token"], "daerccxxcdsda0eeda");
    assert_eq!(Some(parameters["sign"].as_str()), super::worked()["inapp_sign"]["sign_fresh_key"].as_str());
}

#[test]
fn checkout_without_a_link_is_not_taken_for_opened() {
    let body = acquire_order(|_| {}).replace("tokenUrl", "elsewhere");
    check_unknown(&decode(&Op::Create, &body), "PayBy opened a checkout and does not say where");
}

#[test]
fn sync_tells_amounts_and_time_of_a_payment() {
    let facts = done(decode(&Op::Sync, &acquire_order(paid)));
    assert_eq!(facts.standing, Some(Standing::Captured));
    assert_eq!(amount(&facts, AmountKind::ProviderTotal), Some(101));
    assert_eq!(amount(&facts, AmountKind::Captured), Some(101));
    assert_eq!(facts.provider_time.as_deref(), Some("1581405372000"));
    let settled = acquire_order(|order| {
        paid(order);
        order["status"] = json!("SETTLED");
    });
    assert_eq!(done(decode(&Op::Sync, &settled)).standing, Some(Standing::Completed));
}

#[test]
fn amounts_are_read_as_they_are_written() {
    for written in ["1.01", "1.010", "\"1.01\""] {
        let body = acquire_order(|_| {}).replace("\"amount\":1.01", &format!("\"amount\":{written}"));
        assert_eq!(
            amount(&done(decode(&Op::Sync, &body)), AmountKind::ProviderTotal),
            Some(101),
            "{written}"
        );
    }
    for written in ["1.011", "1e2", "null", "{}", "\"\""] {
        let body = acquire_order(|_| {}).replace("\"amount\":1.01", &format!("\"amount\":{written}"));
        assert!(matches!(decode(&Op::Sync, &body), Outcome::Unknown { .. }), "{written}");
    }
    let euros = acquire_order(|_| {}).replace("AED", "EUR");
    assert_eq!(
        done(decode(&Op::Sync, &euros)).amounts[0].amount.currency.code(),
        "EUR",
        "the order's rules compare"
    );
}

#[test]
fn answer_about_another_order_is_not_believed() {
    let other = acquire_order(|order| order["merchantOrderNo"] = json!("M1"));
    check_unknown(&decode(&Op::Sync, &other), "PayBy's answer is about another order");
    check_unknown(&decode(&Op::Sync, &ok(json!({}))), "PayBy's answer shows no order");
    check_unknown(&decode(&Op::Sync, &head("SUCCESS", "0", "")), "PayBy's answer shows no order");
}

#[test]
fn cancelled_order_is_a_failure_that_we_asked_for() {
    let closed = acquire_order(|order| order["status"] = json!("FAILURE"));
    let op = Op::Cancel(cancel());
    assert_eq!(done(decode(&op, &closed)).standing, Some(Standing::Cancelled));
    assert_eq!(
        done(decode(&op, &head("SUCCESS", "62002", "ORDER_FAILURE"))).standing,
        Some(Standing::Cancelled)
    );
    for (code, standing) in [("62001", Standing::Captured), ("62003", Standing::Completed)] {
        let outcome = decode(&op, &head("FAIL", code, "ORDER_PAID"));
        check_refused(&outcome, code, Retry::Never);
        let Outcome::Refused { facts, .. } = outcome else { panic!() };
        assert_eq!(facts.standing, Some(standing));
    }
    check_unknown(
        &decode(&op, &acquire_order(paid)),
        "PayBy took a cancellation and did not close the order",
    );
}

#[test]
fn cancellation_and_revocation_are_found_by_how_the_order_stands() {
    let found = |op: &Op, body: &str| PAYBY.found(op, &done(decode(&Op::Sync, body)));
    let closed = acquire_order(|order| order["status"] = json!("FAILURE"));
    let revoked = acquire_order(|order| {
        paid(order);
        order["revoked"] = json!("true");
    });
    let (cancel, revoke) = (Op::Cancel(cancel()), Op::Revoke);
    assert_eq!(found(&cancel, &closed), Found::Happened(OperationStanding::Succeeded));
    assert_eq!(found(&cancel, &acquire_order(paid)), Found::Happened(OperationStanding::Failed));
    assert_eq!(found(&cancel, &acquire_order(|_| {})), Found::Absent);
    assert_eq!(found(&revoke, &revoked), Found::Happened(OperationStanding::Succeeded));
    assert_eq!(found(&revoke, &closed), Found::Happened(OperationStanding::Succeeded));
    assert_eq!(found(&revoke, &acquire_order(paid)), Found::Absent);
}

#[test]
fn unknown_order_is_unpaid_and_proves_an_account() {
    for code in ["62004", "62035"] {
        let facts = done(decode(&Op::Sync, &head("SUCCESS", code, "MERCHANT_ORDER_NO_NOT_EXIST")));
        assert_eq!(facts.standing, Some(Standing::Unpaid));
    }
    done(decode(&Op::VerifyAccount, &head("FAIL", "62004", "MERCHANT_ORDER_NO_NOT_EXIST")));
    check_refused(
        &decode(&Op::VerifyAccount, &head("FAIL", "403", "UNAUTHORIZED")),
        "403",
        Retry::AfterAccountFix,
    );
}

#[test]
fn create_that_was_paid_unheard_goes_on() {
    for code in ["62001", "62003"] {
        let facts = done(decode(&Op::Create, &head("FAIL", code, "ORDER_PAID")));
        assert_eq!(facts.standing, Some(Standing::AwaitingCustomer), "a sync says the rest");
    }
    let failed = acquire_order(|order| {
        order["status"] = json!("FAILURE");
        (order["failCode"], order["failDes"]) =
            (json!("92000"), json!("Risk control rejection of amina@example.ae"));
    });
    let outcome = decode(&Op::Create, &failed);
    check_refused(&outcome, "92000", Retry::Never);
    assert!(!format!("{outcome:?}").contains("amina"), "{outcome:?}");
    check_unknown(
        &decode(&Op::Create, &head("FAIL", "62016", "MERCHANT_ORDER_NO_EXIST")),
        "PayBy answered 62016 MERCHANT_ORDER_NO_EXIST",
    );
}

#[test]
fn only_the_listed_codes_count_unsigned() {
    let unsigned =
        |op: &Op, body: &str| Known::default().ask(|cx| PAYBY.decode(op, &reply_of(200, None, body), cx));
    check_unknown(&unsigned(&Op::Sync, &acquire_order(paid)), "PayBy's answer carries no signature");
    check_unknown(&unsigned(&Op::Sync, &head("FAIL", "62004", "")), "PayBy's answer carries no signature");
    check_unknown(&unsigned(&Op::Sync, &head("ERROR", "401", "")), "PayBy's answer carries no signature");
    check_refused(&unsigned(&Op::Create, &head("FAIL", "402", "RATE_LIMIT_REJECT")), "402", Retry::Later);
    check_refused(
        &unsigned(&Op::Create, &head("FAIL", "403", "UNAUTHORIZED")),
        "403",
        Retry::AfterAccountFix,
    );
    check_unknown(&unsigned(&Op::Create, &head("FAIL", "5800", "gateway")), "PayBy answered 5800 gateway");
    let wrong = reply_of(200, Some(signed("{}")), &acquire_order(paid));
    check_unknown(
        &Known::default().ask(|cx| PAYBY.decode(&Op::Sync, &wrong, cx)),
        "PayBy's answer is not signed with its key for this account",
    );
}

#[test]
fn transport_tells_turned_away_from_unknown() {
    let plain = |op: &Op, status, body: &str| {
        Known::default().ask(|cx| PAYBY.decode(op, &reply_of(status, None, body), cx))
    };
    for op in [Op::Create, Op::Sync, Op::Refund(refund(1)), Op::Cancel(cancel()), Op::Revoke] {
        check_refused(&plain(&op, 429, ""), "429", Retry::Later);
        check_refused(&plain(&op, 403, "<html>"), "403", Retry::AfterAccountFix);
        check_unknown(&plain(&op, 502, ""), "PayBy answered with HTTP status 502");
        check_unknown(&plain(&op, 302, ""), "PayBy answered with HTTP status 302");
        for garbage in ["", "<html>", "[]", "{}", "null", "{\"head\":1}"] {
            let why = "PayBy's answer of HTTP status 200 can be read neither as yes nor as no";
            check_unknown(&plain(&op, 200, garbage), why);
        }
    }
}

#[test]
fn statement_is_kept_as_it_came() {
    let op = Op::Ask(Question::Statement { id: "2021-01-12".to_owned() });
    let file = |bytes: &[u8]| Reply {
        status: 200,
        headers: vec![(
            "content-disposition".to_owned(),
            "attachment; filename=200000054800_20210112Transaction_Settle_Statement.zip".to_owned(),
        )],
        body: Private::new(bytes.to_vec()),
    };
    let known = Known { order: None, ..Known::default() };
    let facts = done(known.ask(|cx| PAYBY.decode(&op, &file(b"PK\x03\x04"), cx)));
    let Some(Findings::Document { name, bytes }) = facts.answer else { panic!("{:?}", facts.answer) };
    assert_eq!(name, "200000054800_20210112Transaction_Settle_Statement.zip");
    assert_eq!(bytes.expose(), b"PK\x03\x04");
    check_unknown(
        &known.ask(|cx| PAYBY.decode(&op, &file(b"<html>"), cx)),
        "PayBy sent a file that is no zip",
    );
}

#[test]
fn day_without_a_statement_is_one_without_a_payment_and_no_other_refusal_is() {
    let op = Op::Ask(Question::Statement { id: "2021-01-12".to_owned() });
    let facts = done(decode(&op, &head("SUCCESS", "62013", "STATEMENT_NOT_EXIST")));
    assert_eq!(facts.answer, Some(Findings::Statement { lines: Vec::new() }));
    check_refused(&decode(&op, &head("SUCCESS", "62014", "STATEMENT_NOT_GENERATED")), "62014", Retry::Later);
    for (code, message, retry) in [
        ("400", "INVALID_PARAMETER", Retry::Never),
        ("601", "RISK_FAIL", Retry::Never),
        ("403", "UNAUTHORIZED", Retry::AfterAccountFix),
        ("62004", "MERCHANT_ORDER_NO_NOT_EXIST", Retry::Never),
    ] {
        let outcome = decode(&op, &head("FAIL", code, message));
        check_refused(&outcome, code, retry);
        assert!(!format!("{outcome:?}").contains("Statement"), "{outcome:?}");
    }
}

#[test]
fn later_expiry_and_revocation_show_the_order() {
    let expires_at = jiff::Timestamp::from_millisecond(NOW_MS).unwrap();
    let facts = done(decode(&Op::ExtendExpiry { expires_at }, &acquire_order(|_| {})));
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    check_refused(
        &decode(&Op::ExtendExpiry { expires_at }, &head("FAIL", "62089", "INVALID_EXPIRED_TIME")),
        "62089",
        Retry::Never,
    );
    let closed =
        acquire_order(|order| (order["status"], order["revoked"]) = (json!("FAILURE"), json!("true")));
    assert_eq!(done(decode(&Op::Revoke, &closed)).standing, Some(Standing::Cancelled));
    assert!(matches!(decode(&Op::Revoke, &acquire_order(|_| {})), Outcome::Pending(_)));
    check_refused(
        &decode(&Op::Revoke, &head("FAIL", "62041", "ACQUIRE_ORDER_REFUNDED")),
        "62041",
        Retry::Never,
    );
    check_unknown(
        &decode(&Op::Revoke, &head("FAIL", "62039", "REVOKE_FAILURE")),
        "PayBy answered 62039 REVOKE_FAILURE",
    );
}

#[test]
fn paid_amount_is_a_fact_beside_what_was_captured() {
    let discounted = acquire_order(|order| {
        paid(order);
        order["paymentInfo"]["paidAmount"]["amount"] = json!(0.91);
    });
    let facts = done(decode(&Op::Sync, &discounted));
    assert_eq!(
        (amount(&facts, AmountKind::Captured), amount(&facts, AmountKind::Paid)),
        (Some(101), Some(91))
    );
    assert_eq!(order().total, aed(101));
}
