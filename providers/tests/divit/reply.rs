//! What divit answers.

use super::request::refund;
use super::{DIVIT_ID, NOW, ORDER, decode, decode_for, hkd, with_options};
use ordain_providers::call::{AmountKind, Flag, NextAction, Retry, Standing};
use ordain_providers::{Facts, Op, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The documented token: it ends an hour after it was made.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE2NDQ2NzU1NjYsIm9yZCI6Ijk1NmRiMGEzLTY4YjEtNDIwYy05ZGY5LTNlYzVkNzcxMzZiOSIsIm9yaWdfaWF0IjoxNjQ0NjcxOTY2LCJzY29wZSI6InRtcGVuZHVzZXIiLCJzdWIiOiJlYmZmYWZkYS0yNmMwLTRlYzAtODAzNS01MTgzYmYyMjdiMzYifQ.OW4dLVPeoXYvRnqoeGAlKZLTJ2s0ocYNy7DJCvefCTOPue6L";

fn created(token: &str) -> String {
    json!({"code": 0, "message": "OK", "data": {
        "redirectURI": format!("https://sandbox-consumer.divit.dev/paynow/{DIVIT_ID}/fast?merchant=UAT Testing&mRef=UATTESTING"),
        "orderID": DIVIT_ID, "token": token,
    }})
    .to_string()
}

#[track_caller]
fn done(outcome: Outcome) -> Facts {
    let Outcome::Done(facts) = outcome else { panic!("not done: {outcome:?}") };
    facts
}

fn redirect(facts: &Facts) -> String {
    let Some(NextAction::Redirect { url }) = facts.next_action.as_ref().map(|action| action.expose().clone())
    else {
        panic!("nowhere to go");
    };
    url
}

#[test]
fn customer_goes_to_the_url_with_the_token() {
    let facts = done(decode(&Op::Create, 200, created(TOKEN)));
    assert_eq!(
        redirect(&facts),
        format!(
            "https://sandbox-consumer.divit.dev/paynow/{DIVIT_ID}/fast?merchant=UAT%20Testing&mRef=UATTESTING&token={TOKEN}"
        )
    );
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    assert_eq!(facts.refs["order_id"], DIVIT_ID);
    assert!(!format!("{facts:?}").contains("eyJ"), "a token is a secret");
    assert!(!redirect(&done(decode(&Op::Create, 200, created("")))).contains("token"));
}

#[test]
fn merchant_s_name_does_not_swallow_the_token() {
    let to = |way: &str| {
        let data = json!({"redirectURI": way, "orderID": DIVIT_ID, "token": "t"});
        redirect(&done(decode(&Op::Create, 200, json!({"code": 0, "data": data}).to_string())))
    };
    assert_eq!(
        to("https://divit.example/a?merchant=Shop #1&mRef=S#1"),
        "https://divit.example/a?merchant=Shop%20%231&mRef=S%231&token=t"
    );
    assert_eq!(to("https://divit.example/#/a b"), "https://divit.example/#/a%20b?token=t");
}

#[test]
fn present_api_needs_no_token_beside_its_signed_address() {
    let way = format!("https://sandbox-pay.divit.dev/request/fps/{DIVIT_ID}?signature=ab%2Bc%3D");
    let body =
        json!({"code": 0, "message": "OK", "data": {"redirectURI": way, "orderID": DIVIT_ID, "token": ""}});
    let order = with_options(&[("product", "directpay")]);
    let facts = done(decode_for(&order, &Op::Create, 200, body.to_string()));
    assert_eq!((redirect(&facts), facts.checkout_ends_at), (way, None));
}

#[test]
fn t18_link_ends_with_its_token() {
    let ends = |token: &str| done(decode(&Op::Create, 200, created(token))).checkout_ends_at;
    assert_eq!(ends(TOKEN).map(jiff::Timestamp::as_second), Some(NOW + 3_600));
    for other in ["", "a.b.c", "e30.e30.e30", "no token at all"] {
        assert_eq!(ends(other), None, "{other}");
    }
}

#[test]
fn miles_that_are_not_by_the_ratio_raise_an_alert() {
    let alerts = |miles: &str, earning: &str| {
        let order = with_options(&[
            ("miles_for_reward", miles),
            ("total_for_reward_minor", earning),
            ("reward_scheme", "standard"),
        ]);
        done(decode_for(&order, &Op::Create, 200, created(TOKEN))).flags
    };
    assert_eq!(alerts("500", "100000"), []);
    assert_eq!(alerts("500", "100150"), [], "half a mile is rounded, nobody says how");
    assert_eq!(alerts("501", "100150"), []);
    let Flag::Alert { why } = &alerts("1000", "100000")[0] else { panic!("no alert") };
    assert_eq!(why, "the order rewards 1000 miles, and its scheme makes 500");
    assert_eq!(alerts("502", "100150").len(), 1);
    assert_eq!(alerts("499", "100000").len(), 1);
    // At ten cents a mile 11,506 miles cost a cent more than the order brings.
    assert_eq!(alerts("11506", "115050").len(), 2);
    let bonus = with_options(&[("miles_for_reward", "1750")]);
    assert_eq!(done(decode_for(&bonus, &Op::Create, 200, created(TOKEN))).flags, []);
}

fn status(word: &str, requested: i64, completed: i64) -> Value {
    json!({"code": 0, "message": "OK", "data": {
        "orderID": DIVIT_ID, "merchantRef": ORDER, "orderAmount": {"amount": 115_050, "currency": "HKD"}, "status": word,
        "instalments": [], "merchantFee": 0, "customerFee": 0,
        "totalRefundRequested": {"amount": requested, "currency": "HKD"}, "totalRefundCompleted": completed,
    }})
}

#[test]
fn status_is_read_in_both_envelopes() {
    let plain = status("completed", 300, 200);
    for body in [plain.clone(), json!({"value": plain})] {
        let facts = done(decode(&Op::Sync, 200, body.to_string()));
        assert_eq!(facts.standing, Some(Standing::Captured));
        let amounts: Vec<_> = facts.amounts.iter().map(|fact| (fact.kind, fact.amount)).collect();
        assert_eq!(
            amounts,
            [
                (AmountKind::ProviderTotal, hkd(115_050)),
                (AmountKind::Refunded, hkd(200)),
                (AmountKind::RefundRequested, hkd(300)),
            ]
        );
    }
}

#[test]
fn unknown_word_is_kept_and_not_guessed() {
    let facts = done(decode(&Op::Sync, 200, status("brand_new", 0, 0).to_string()));
    assert_eq!((facts.wire_status.as_deref(), facts.standing), (Some("brand_new"), None));
}

#[test]
fn t17_status_is_unknown_there_until_the_customer_pays() {
    let missing = json!({"code": 404, "message": "order not found"}).to_string();
    assert_eq!(done(decode(&Op::Sync, 404, &missing)).standing, Some(Standing::Unpaid));
    assert!(matches!(
        decode(&refund(1, 0, false), 404, &missing),
        Outcome::Refused { retry: Retry::Never, .. }
    ));
    assert!(matches!(
        decode(&Op::Sync, 404, "404 page not found"),
        Outcome::Refused { retry: Retry::AfterAccountFix, .. }
    ));
}

#[test]
fn body_s_code_that_looks_like_a_status_is_read_like_one() {
    let Op::Refund(asked) = refund(1, 0, false) else { unreachable!("a refund") };
    for op in [Op::Create, Op::Sync, refund(1, 0, false), Op::SyncRefund(asked), Op::VerifyAccount] {
        for http in [200, 400, 404, 422] {
            let said = |code: Value| decode(&op, http, json!({"code": code, "message": "no"}).to_string());
            for open in [json!(500), json!(503), json!("500"), json!(408)] {
                let outcome = said(open.clone());
                assert!(matches!(outcome, Outcome::Unknown { .. }), "{op:?} {http} {open}: {outcome:?}");
            }
            for (code, retry) in
                [(401, Retry::AfterAccountFix), (403, Retry::AfterAccountFix), (429, Retry::Later)]
            {
                let Outcome::Refused { retry: found, code: told, .. } = said(json!(code)) else {
                    panic!("{op:?} {http} {code} is no refusal");
                };
                assert_eq!((found, told), (retry, code.to_string()), "{op:?} {http}");
            }
            // Of a status that is asked for at a place where nothing is, the no is the answer.
            let unpaid = Outcome::Done(Facts { standing: Some(Standing::Unpaid), ..Facts::default() });
            let no = said(json!(1001));
            match (&op, http) {
                (Op::Sync, 404) => assert_eq!(no, unpaid),
                _ => assert!(matches!(no, Outcome::Refused { retry: Retry::Never, .. }), "{op:?} {no:?}"),
            }
        }
    }
    assert!(matches!(
        decode(&refund(1, 0, false), 400, r#"{"code":1001,"message":"invalid api-key"}"#),
        Outcome::Refused { retry: Retry::AfterAccountFix, .. }
    ));
}

#[test]
fn answer_about_another_order_is_no_answer() {
    let mut body = status("completed", 0, 0);
    body["data"]["merchantRef"] = json!("somebody else's");
    assert!(matches!(decode(&Op::Sync, 200, body.to_string()), Outcome::Unknown { .. }));
}

#[test]
fn every_status_and_body_is_classified() {
    let no = json!({"code": 7, "message": "merchant Stephen Chow a@b.hk is not known"}).to_string();
    let bodies = ["", "{}", "[]", "<html>", "null", &no, &created(TOKEN)];
    for op in [Op::Create, Op::Sync, refund(1, 0, false), Op::VerifyAccount] {
        for http in (100..=599).chain([0, 999]) {
            for body in bodies {
                let outcome = decode(&op, http, body);
                let fits = match http {
                    429 => matches!(outcome, Outcome::Refused { retry: Retry::Later, .. }),
                    401 | 403 => matches!(outcome, Outcome::Refused { retry: Retry::AfterAccountFix, .. }),
                    200..=299 if body == no => {
                        matches!(outcome, Outcome::Refused { retry: Retry::Never, .. })
                    }
                    200..=299 if body == created(TOKEN) => true,
                    400..=499 if http != 408 => {
                        !matches!(outcome, Outcome::Pending(_) | Outcome::NotSent { .. })
                    }
                    _ => matches!(outcome, Outcome::Unknown { .. }),
                };
                assert!(fits, "{op:?} {http} {body}: {outcome:?}");
                let shown = format!("{outcome:?}");
                assert!(!shown.contains("Stephen") && !shown.contains("a@b.hk"), "{shown}");
            }
        }
    }
}

#[test]
fn account_is_proven_by_its_profile() {
    let facts =
        done(decode(&Op::VerifyAccount, 200, r#"{"code":0,"data":{"branchID":"b","merchantID":"m"}}"#));
    assert_eq!((facts.refs["branch_id"].as_str(), facts.refs["merchant_id"].as_str()), ("b", "m"));
}

proptest! {
    #[test]
    fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), http in any::<u16>(), cut in 0_usize..400, at in 0_usize..400, byte in any::<u8>()) {
        for whole in [created(TOKEN), status("completed", 1, 2).to_string()] {
            let mut mutated = whole.into_bytes();
            let at = at % mutated.len();
            mutated[at] = byte;
            mutated.truncate(cut.max(1));
            for op in [Op::Create, Op::Sync, refund(5, 1, false), Op::VerifyAccount] {
                let _ = decode(&op, http, &bytes);
                let _ = decode(&op, 200, &mutated);
            }
        }
    }
}
