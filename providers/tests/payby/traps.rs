//! The traps in PayBy's documents, one test each.

use super::reply::done;
use super::{Known, NOW_MS, acquire_order, decode, decode_for, head, key, order_with, paid, sent};
use ordain_providers::call::{AmountKind, Retry, Standing};
use ordain_providers::payby::PAYBY;
use ordain_providers::question::{Findings, Question};
use ordain_providers::{MessageKind, Op, OperationStanding, Outcome, Private, Reply};
use serde_json::{Value, json};

#[test]
fn t11_request_time_is_the_attempts_and_all_else_stays() {
    let (first, second) = (Known::default(), Known { now_ms: NOW_MS + 3_600_000, ..Known::default() });
    let (mut one, two) = (sent(&first, &Op::Create), sent(&second, &Op::Create));
    assert_eq!((&one["requestTime"], &two["requestTime"]), (&json!(NOW_MS), &json!(NOW_MS + 3_600_000)));
    one["requestTime"] = two["requestTime"].clone();
    assert_eq!(one, two);
    assert_eq!(
        first.request(&Op::Create).body,
        first.request(&Op::Create).body,
        "a replay says the same bytes"
    );
}

#[test]
fn t12_success_is_apply_status_and_code_together() {
    for (status, code) in
        [("SUCCESS", "62013"), ("FAIL", "0"), ("FAIL", "62015"), ("success", "0"), ("SUCCESS", "00")]
    {
        let body = acquire_order(paid).replace(
            r#""applyStatus":"SUCCESS","code":"0""#,
            &format!(r#""applyStatus":"{status}","code":"{code}""#),
        );
        assert!(body.contains(code), "{body}");
        let outcome = decode(&Op::Sync, &body);
        assert!(
            matches!(outcome, Outcome::Refused { .. } | Outcome::Unknown { .. }),
            "{status} {code}: {outcome:?}"
        );
    }
    let alarm = decode(&Op::Create, &head("ERROR", "401", "SIGN_CHECK_FAIL"));
    assert!(matches!(alarm, Outcome::Refused { retry: Retry::AfterAccountFix, .. }), "{alarm:?}");
    let spelt_as_documented = acquire_order(|_| {}).replace("interActionParams", "interactionParams");
    assert!(done(decode(&Op::Create, &spelt_as_documented)).next_action.is_some());
    assert!(done(decode(&Op::Create, &acquire_order(|_| {}))).next_action.is_some());
}

#[test]
fn t13_failure_is_refused_too_late_or_given_up_and_revoked_comes_first() {
    let standing = |now_ms: i64, change: &dyn Fn(&mut Value)| {
        let body = acquire_order(|order| {
            order["status"] = json!("FAILURE");
            change(order);
        });
        done(decode_for(&Known { now_ms, ..Known::default() }, &Op::Sync, &body))
    };
    let (before, after) = (NOW_MS, NOW_MS + 7_200_000);
    let refused = |order: &mut Value| order["failCode"] = json!("92004");
    assert_eq!(standing(before, &|_| {}).standing, Some(Standing::Cancelled));
    assert_eq!(standing(after, &|_| {}).standing, Some(Standing::Expired));
    assert_eq!(standing(before, &refused).standing, Some(Standing::Declined));
    assert_eq!(standing(after, &refused).standing, Some(Standing::Declined));
    let odd = |order: &mut Value| order["failCode"] = json!(504);
    assert_eq!(standing(before, &odd).standing, Some(Standing::Declined));
    assert_eq!(standing(after, &odd).standing, Some(Standing::Expired));
    for word in [json!("true"), json!("True"), json!(true)] {
        let facts = standing(after, &|order| order["revoked"] = word.clone());
        assert_eq!((facts.standing, facts.operations.len()), (Some(Standing::Cancelled), 0));
        let facts = standing(after, &|order| {
            paid(order);
            (order["status"], order["revoked"]) = (json!("FAILURE"), word.clone());
        });
        assert_eq!(facts.standing, Some(Standing::Captured), "it was paid, and all of it went back");
        let refunded =
            facts.amounts.iter().find(|fact| fact.kind == AmountKind::Refunded).map(|fact| fact.amount.minor);
        assert_eq!((refunded, facts.operations[0].standing), (Some(101), OperationStanding::Succeeded));
    }
}

#[test]
fn t14_notification_is_answered_with_the_documented_word() {
    let body = json!({"notify_id": "1", "voidOrder": {"originMerchantOrderNo": "M1"}}).to_string();
    let seen = super::ingest(&super::notify(&body, &super::signed(&body))).expect("it is genuine");
    let reply = Known::default()
        .ask(|cx| PAYBY.answer(&seen, &ordain_providers::inbound::Verdict::Accepted(None), cx));
    assert_eq!(reply.body.expose(), br#"{"response":"SUCCESS"}"#);
    assert_eq!(reply.content_type, "application/json; charset=UTF-8");
}

#[test]
fn t22_retry_pads_encrypted_fields_as_the_first_attempt_did() {
    let share = r#"{"to":"courier","amount":"0.50","memo":"bonus"}"#;
    let order = || order_with(&[("sharing", &format!("[{share},{share}]"))]);
    let identity = |known: &Known, at: usize| {
        sent(known, &Op::Create)["bizContent"]["sharingParamList"][at]["sharingIdentity"].clone()
    };
    let first = Known::of(order());
    let retry = Known { now_ms: NOW_MS + 60_000, ..Known::of(order()) };
    assert_eq!(identity(&first, 0), identity(&retry, 0));
    assert_ne!(identity(&first, 0), identity(&first, 1), "equal people must not look equal");
    let other = Known { entropy: [8; 32], ..Known::of(order()) };
    assert_ne!(identity(&first, 0), identity(&other, 0));
    let field = json!({
        "ciphertext_b64": identity(&other, 0), "plaintext": "+971-585812345",
        "private_pem_pkcs8": key("private_pem_pkcs8"),
    });
    assert!(PAYBY.verify(MessageKind::Request, field.as_object().unwrap()).unwrap().findings.is_empty());
}

#[test]
fn t23_cards_and_pre_authorisations_are_refused_and_statements_kept_unread() {
    for (scene, why) in [
        ("DIRECTPAY", "card numbers"),
        ("PREAUTH", "no states"),
        ("PREAUTHVOID", "no states"),
        ("CAPTURE", "no states"),
    ] {
        let faults = PAYBY.check(&order_with(&[("pay_scene", scene)]));
        assert!(faults.iter().any(|fault| fault.description.contains(why)), "{scene}: {faults:?}");
    }
    let card = r#"{"cardNo":"5123450000000008"}"#;
    let faults = PAYBY.check(&order_with(&[("pay_scene_params", card)]));
    assert_eq!(faults.len(), 1);
    assert!(!format!("{faults:?}").contains("5123"), "{faults:?}");
    let reply = Reply {
        status: 200,
        headers: vec![("content-disposition".to_owned(), "attachment".to_owned())],
        body: Private::new(b"PK any columns".to_vec()),
    };
    let op = Op::Ask(Question::Statement { id: "2021-01-12".to_owned() });
    let facts = done(Known::default().ask(|cx| PAYBY.decode(&op, &reply, cx)));
    assert!(matches!(facts.answer, Some(Findings::Document { .. })));
}
