//! The traps in Divido's documents, one test each.

use super::reply::{record_with, synced};
use super::{
    account_with, body_fields, cancel, everything, has, portion, refund, request, sample_order, shipment,
    with_cx,
};
use ordain_providers::call::{AmountKind, Standing};
use ordain_providers::divido::{DIVIDO, SPEC};
use ordain_providers::question::{Findings, Question};
use ordain_providers::spec::{AckWhen, Effect, LookUpBy, OnUnknown, RefundBasis, Support};
use ordain_providers::{Op, Outcome, Private, Reply, find};
use serde_json::json;

#[test]
fn t9_documents_that_contradict_themselves_are_read_all_the_same() {
    assert_eq!(
        SPEC.standing("DRAFT"),
        Some(Standing::AwaitingCustomer),
        "only the cancellation rule names it"
    );
    for cancellable in ["DRAFT", "ACCEPTED", "READY", "PARTIALLY-ACTIVATED"] {
        let standing = SPEC.standing(cancellable).expect("it is in the table");
        assert!(SPEC.cancellable_in.contains(&standing), "{cancellable}");
    }
    assert_eq!(SPEC.refund_basis, RefundBasis::Activated, "PARTIALLY-ACTIVATED can be refunded, too");
    let facts = synced(
        json!({"status": "PARTIALLY-ACTIVATED", "activatableAmount": 740, "_activatableAmount": "£ 0"}),
    );
    assert!(facts.amounts.iter().all(|fact| fact.amount.minor != 74_000), "{facts:?}");
    assert!(
        request(&Op::Ack).url.expose().ends_with("/v1/creditrequest/finalize"),
        "not where the sample posts"
    );
    let form = body_fields(&Op::Create);
    assert!(form.iter().all(|(name, _)| !name.starts_with("products[0]")), "counted from 1");
    has(&form, "products[2][quantity]", "0.5");
    has(&form, "metadata[Order Number]", "100019");
    let sent = String::from_utf8(request(&Op::Create).body.expose().clone()).expect("a form");
    assert!(sent.contains("metadata%5BOrder+Number%5D=100019"), "{sent}");
}

#[test]
fn t10_only_ready_ships_unless_the_account_says_signed() {
    let standing = |word: &str, ship_on: &str| {
        let body = json!({"status": "ok", "record": record_with(json!({"status": word, "activations": []}))});
        let reply =
            Reply { status: 200, headers: Vec::new(), body: Private::new(body.to_string().into_bytes()) };
        let account = account_with(&[("ship_on", ship_on)]);
        match with_cx(&account, Some(&sample_order()), |cx| DIVIDO.decode(&Op::Sync, &reply, cx)) {
            Outcome::Done(facts) => facts.standing,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(standing("READY", "READY"), Some(Standing::Authorized));
    for word in ["ACCEPTED", "DEPOSIT-PAID", "SIGNED"] {
        assert_eq!(standing(word, "READY"), Some(Standing::PendingDecision), "{word}");
    }
    assert_eq!(standing("SIGNED", "SIGNED"), Some(Standing::Authorized));
    assert_eq!(standing("ACCEPTED", "SIGNED"), Some(Standing::PendingDecision));
}

#[test]
fn t20_every_act_names_its_products() {
    let acts = [
        shipment(),
        refund(everything(), 119_750),
        refund(vec![portion("2", 500_000, 4_450)], 4_450),
        cancel(everything(), 119_750),
    ];
    for op in acts {
        let form = body_fields(&op);
        assert!(form.iter().any(|(name, _)| name == "products[1][sku]"), "{op:?}");
    }
    let bare = refund(Vec::new(), 1_000);
    assert!(with_cx(&account_with(&[]), Some(&sample_order()), |cx| DIVIDO.encode(&bare, cx)).is_err());
}

#[test]
fn t21_batches_are_exact_decimals() {
    let asked = Op::Ask(Question::Statement { id: "PB1".to_owned() });
    let Outcome::Done(facts) = super::decode(&asked, 200, super::findings::BATCH) else { panic!("a batch") };
    let Some(Findings::Statement { lines }) = facts.answer else { panic!("lines") };
    assert_eq!((lines[0].net.as_deref(), lines[0].fee.as_deref()), (Some("1074.165"), Some("4.945")));
}

#[test]
fn divido_is_registered_with_its_rules() {
    assert_eq!(find("divido").map(|provider| provider.spec().name), Some("Divido"));
    let listed = |line: &ordain_providers::spec::Operation| {
        let Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Sync, absent_proves_after }) = line.effect
        else {
            return false;
        };
        absent_proves_after.is_some_and(|after| after.as_secs() == 900)
    };
    let table = &SPEC.operations;
    assert!(listed(&table.fulfil) && listed(&table.refund) && listed(&table.cancel));
    assert_eq!(
        (table.create.effect, table.ack.support),
        (Effect::Mutates(OnUnknown::SameAgain), Support::Native)
    );
    assert_eq!((SPEC.ack_when, SPEC.refund_basis), (AckWhen::Flagged, RefundBasis::Activated));
    let refunded = synced(json!({"status": "REFUNDED", "refundedAmount": 1197.5}));
    assert_eq!(refunded.standing, Some(Standing::Captured));
    assert!(
        refunded.amounts.iter().any(|fact| fact.kind == AmountKind::Refunded && fact.amount.minor == 119_750)
    );
}
