//! The eight traps in DivideBuy's guide, one test each.

use super::inbound::order_success;
use super::request::{portion, refund, shipment};
use super::{account_of, answered, browser, decode, genuine, guide_order, ingest, request, webhook, with_cx};
use ordain_providers::call::Standing;
use ordain_providers::dividebuy::{DIVIDEBUY, SPEC};
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::spec::{AckWhen, Effect, OnUnknown, Support};
use ordain_providers::{Call, Facts, InboundError, Op, OrderContent, Outcome};
use serde_json::{Value, json};

#[test]
fn t1_splash_key_is_the_printed_one_and_not_what_the_sample_code_makes() {
    let mut account = account_of("abcdef123456", "zyxwvu098765");
    account.config.insert("retailer_id".to_owned(), "123".to_owned());
    account.config.insert("checkout_url".to_owned(), "https://acmeinc.dividebuysandbox.co.uk/".to_owned());
    let order = OrderContent { order_id: "789".to_owned(), ..guide_order() };
    let call = with_cx(&account, Some(&order), |cx| DIVIDEBUY.encode(&Op::Create, cx)).expect("expressible");
    let Call::Local(facts) = call else { panic!("nothing is sent") };
    assert_eq!(facts.standing, Some(Standing::AwaitingCustomer));
    let shown = serde_json::to_value(&facts).expect("serialises");
    assert_eq!(
        shown["next_action"]["url"],
        "https://acmeinc.dividebuysandbox.co.uk?secureVersion=1&retailerId=123&splashKey=\
         oa0m%2BU39tSRx4JnIeTqLhb0QzT82MGBQZaaSP%2FlO9xG%2FddJRrsGq8mg15vit2BlX"
    );
    assert!(!format!("{facts:?}").contains("splashKey"), "it holds the credentials");
}

#[test]
fn t2_iv_with_a_colon_does_not_cut_the_key() {
    let with_colon = "splashKey=OThqNHZBc1F3b0FQdEEvSk1odXVHT2xuM1FuN3ltVzhwblRVNXJNcFJvY0lLVG9SU1JpQnpGNUlLZW1Gd3M1\
                      TEtBbkUyNjZ0LzQ5S0ExSHpZY28yR1E9PTpJaLVc800lfkAExqC1UHM6";
    let opened = ingest(&browser(with_colon)).expect("opens");
    assert_eq!(opened.about, About::Order("5678".to_owned()));
}

#[test]
fn t3_changed_splash_key_stays_a_hint_and_moves_nothing() {
    // One bit of the iv: order 5678 became 1678, and nothing in the key can tell.
    let forged = "splashKey=TDc0SnVyaUM0a0F2WWVrVWpsc2prZ3FqTjVtQ091OG1yZkhHZmRzd24yVzJzWXFmNHg3RnhOQ2VzRzRzWXpBalJG\
                  ekxmS0tFOFlhMis4UkUxcmlyYnc9PTpNaLVc800lfkAExqC1UHP%2B";
    let opened = ingest(&browser(forged)).expect("opens");
    assert_eq!(
        (opened.about, opened.trust, opened.then),
        (About::Order("1678".to_owned()), Trust::Hint, Then::Sync)
    );
    assert_eq!(opened.facts.standing, None);
}

#[test]
fn t4_only_the_body_credentials_prove_a_webhook_and_our_details_carry_them() {
    let mut body = order_success();
    assert!(ingest(&webhook(&body)).is_ok());
    body["store_authentication"] = json!("zyxwvu987655");
    assert_eq!(ingest(&webhook(&body)), Err(InboundError::Unauthenticated));
    let (_, details) = answered(&genuine(InboundKind::Pull), Verdict::Accepted(Some(&guide_order())));
    assert_eq!(details["order_detail"]["store_token"], "abcdef123456");
    assert_eq!(details["order_detail"]["store_authentication"], "zyxwvu987654");
}

#[test]
fn t5_shipping_stays_out_of_dividebuys_total() {
    let order = guide_order();
    let (_, details) = answered(&genuine(InboundKind::Pull), Verdict::Accepted(Some(&order)));
    assert_eq!(order.total.minor, 191_500);
    assert_eq!(
        (&details["order_detail"]["grand_total"], &details["order_detail"]["shipping"]),
        (&json!(1900), &json!(15))
    );
}

#[test]
fn t6_acknowledgement_is_an_operation_that_is_repeated_until_it_worked() {
    assert_eq!((SPEC.operations.ack.support, SPEC.ack_when), (Support::Native, AckWhen::Approved));
    assert_eq!(SPEC.operations.ack.effect, Effect::Mutates(OnUnknown::SameAgain));
    assert!(request(&Op::Ack).url.expose().ends_with("/api/syncretorder"));
    assert!(matches!(decode(&Op::Ack, 200, r#"{"status":"ok"}"#), Outcome::Done(_)));
    assert!(matches!(decode(&Op::Ack, 500, "{}"), Outcome::Unknown { .. }));
}

#[test]
fn t7_refund_is_taken_note_of_at_best_and_parked_when_in_doubt() {
    let op = Op::Refund(refund(vec![portion("1", 1, 120_000)]));
    assert_eq!(SPEC.operation(&op).effect, Effect::Mutates(OnUnknown::Park));
    let Outcome::Done(facts) = decode(&op, 200, r#"{"status":"ok"}"#) else { panic!("accepted") };
    let accepted = Facts { wire_status: Some("ok".to_owned()), ..Facts::default() };
    assert_eq!(facts, accepted, "accepted is not refunded, and says nothing of the order");
    for (status, body) in [(200, "<html>"), (500, "{}"), (200, "{}")] {
        assert!(matches!(decode(&op, status, body), Outcome::Unknown { .. }), "{status} {body}");
    }
}

#[test]
fn t8_delete_tracking_takes_a_shipment_back() {
    let body = |op| serde_json::from_slice::<Value>(request(&op).body.expose()).expect("JSON");
    let (fulfil, mut unfulfil) = (body(Op::Fulfil(shipment())), body(Op::Unfulfil(shipment())));
    assert_eq!((&fulfil["deleteTracking"], &unfulfil["deleteTracking"]), (&json!(0), &json!(1)));
    unfulfil["deleteTracking"] = json!(0);
    assert_eq!(fulfil, unfulfil, "it names the same goods and number");
}
