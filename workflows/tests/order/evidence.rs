//! What an order believes, and what it only asks about.

use crate::stage::check;
use crate::tables::{AT_ONCE, ON_SHIPMENT};
use ordain_workflows::order::EventKind;

const APPROVED: &str = "created; pull; hint; answer paid; acked";

#[track_caller]
fn after_approval(script: &str, expected: &str) {
    check(&ON_SHIPMENT, &format!("{APPROVED}; {script}"), expected);
}

#[test]
fn hint_moves_nothing_and_asks_once_per_ten_seconds() {
    check(&ON_SHIPMENT, "created; hint; hint", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; hint; answer unpaid; hint", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; hint; answer unpaid; hint; wait 9", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; hint; answer unpaid; hint; hint; wait 10", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; hint; hint; answer unpaid; wait 10", "AWAITING_CUSTOMER >sync");
}

#[test]
fn hint_that_gets_no_answer_is_asked_about_again() {
    check(&ON_SHIPMENT, "created; cancel; hint; answer silence; wait 30", "CANCELLED cancelled 3000 >sync");
    check(&ON_SHIPMENT, "created; cancel; hint; answer unpaid; wait 9999", "CANCELLED cancelled 3000");
}

#[test]
fn polls_decay_while_the_customer_is_there() {
    check(&ON_SHIPMENT, "created; wait 3000", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; pull; wait 29", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; pull; wait 30", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; pull; wait 30; answer unpaid; wait 119", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; pull; wait 30; answer unpaid; wait 120", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; hint return; answer unpaid; wait 30", "AWAITING_CUSTOMER >sync");
}

#[test]
fn verified_end_counts_until_there_is_an_approval() {
    check(&ON_SHIPMENT, "created; told cancelled", "CANCELLED cancelled 3000");
    check(&ON_SHIPMENT, "created; told declined", "DECLINED");
    check(&ON_SHIPMENT, "created; told cancelled; told cancelled", "CANCELLED cancelled 3000");
    check(&ON_SHIPMENT, "told cancelled", "CREATING >create");
    after_approval("told cancelled", "AUTHORIZED [CONFLICT]");
    after_approval("wait 10; told cancelled; answer paid", "AUTHORIZED");
    after_approval("wait 10; told cancelled; answer cancelled", "CANCELLED cancelled 3000");
    after_approval(
        "fulfil; done; wait 10; told cancelled; answer cancelled",
        "CAPTURED captured 3000 [CONFLICT]",
    );
}

#[test]
fn approval_is_not_taken_away_by_less() {
    after_approval("told awaiting", "AUTHORIZED");
    after_approval("sync; answer unpaid", "AUTHORIZED [CONFLICT]");
    after_approval("sync; answer unpaid; sync; answer paid", "AUTHORIZED");
    after_approval("sync; answer deciding", "AUTHORIZED [CONFLICT]");
    after_approval("fulfil; done; sync; answer paid", "CAPTURED captured 3000");
}

#[test]
fn answer_to_an_older_question_is_stale() {
    let script = "created; sync; wait 1; told paid; acked; wait 10; answer cancelled";
    check(&ON_SHIPMENT, script, "AUTHORIZED >sync");
}

#[test]
fn decision_may_go_back_on_the_providers_word() {
    check(&ON_SHIPMENT, "created; told deciding; told awaiting", "PENDING_DECISION");
    check(&ON_SHIPMENT, "created; told deciding; sync; answer awaiting", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; told declined; told deciding; told paid", "AUTHORIZED >ack");
}

#[test]
fn late_money_is_accepted_on_the_providers_own_answer() {
    let late = "AUTHORIZED [LATE_PAYMENT] >ack";
    check(&ON_SHIPMENT, "created; cancel; hint; answer paid", late);
    check(&ON_SHIPMENT, "created; told cancelled; hint; answer paid", late);
    check(&ON_SHIPMENT, "created; expire; answer unpaid; wait 10; hint; answer paid", late);
    check(&ON_SHIPMENT, "created; cancel; told paid", "CANCELLED cancelled 3000 >sync");
    let shipped = "created; cancel; hint; answer paid; acked; fulfil; done";
    check(&ON_SHIPMENT, shipped, "CAPTURED captured 3000 [LATE_PAYMENT]");
    check(
        &AT_ONCE,
        "created; told cancelled; sync; answer captured",
        "CAPTURED captured 3000 [LATE_PAYMENT]",
    );
}

#[test]
fn order_given_back_in_full_is_not_late_money() {
    after_approval("cancel; done; wait 10; hint; answer paid", "CANCELLED cancelled 3000");
}

#[test]
fn other_amounts_block_the_approval_and_the_money() {
    let mismatch = "AWAITING_CUSTOMER [AMOUNT_MISMATCH]";
    check(&ON_SHIPMENT, "created; hint; answer paid total=2400", mismatch);
    check(&ON_SHIPMENT, "created; hint; answer paid total=3000", mismatch);
    check(&ON_SHIPMENT, "created; hint; answer paid currency=EUR", mismatch);
    check(
        &ON_SHIPMENT,
        "created; hint; answer paid total=1; cancel",
        "AWAITING_CUSTOMER [AMOUNT_MISMATCH] !OPERATION_IN_DOUBT order",
    );
    check(&ON_SHIPMENT, "created; hint; answer paid total=1; sync; answer paid", "AUTHORIZED >ack");
    after_approval(
        "sync; answer paid captured=1; fulfil",
        "AUTHORIZED [AMOUNT_MISMATCH] !OPERATION_IN_DOUBT order",
    );
    after_approval("sync; answer paid captured=1; sync; answer paid captured=0", "AUTHORIZED");
}

#[test]
fn unknown_words_are_noted_and_forgotten_with_the_next_known_one() {
    check(&ON_SHIPMENT, "created; told strange", "AWAITING_CUSTOMER [UNKNOWN_STATUS]");
    check(&ON_SHIPMENT, "created; told strange; sync; answer awaiting", "AWAITING_CUSTOMER");
}

#[test]
fn capture_that_we_did_not_ask_for_becomes_an_operation() {
    after_approval("sync; answer captured", "CAPTURED captured 3000");
    after_approval("fulfil a:1; sync; answer captured", "AUTHORIZED >op1");
}

#[test]
fn every_observation_leaves_a_reason() {
    let stage = check(
        &ON_SHIPMENT,
        "created; hint; answer unpaid; told strange; told nothing; told cancelled; told paid",
        "CANCELLED cancelled 3000",
    );
    let seen = stage.events.iter().filter(|event| event.kind == EventKind::ObservationRecorded);
    let effects: Vec<&str> = seen
        .map(|event| {
            assert!(!event.data["why"].as_str().expect("a reason").is_empty());
            event.data["effect"].as_str().expect("an effect")
        })
        .collect();
    assert_eq!(effects, ["NOOP", "NOOP", "NOOP", "NOOP", "APPLIED", "NOOP"]);
}
