//! Giving up at a provider that can be told.

use crate::stage::check;
use crate::tables::ON_REQUEST;

#[track_caller]
fn open(script: &str, expected: &str) {
    check(&ON_REQUEST, &format!("created; {script}"), expected);
}

#[test]
fn unpaid_order_is_cancelled_there_before_it_is_cancelled_here() {
    open("cancel", "AWAITING_CUSTOMER reserved 3000 >op1");
    open("cancel; done", "CANCELLED cancelled 3000");
    open("told deciding; cancel; done", "CANCELLED cancelled 3000");
}

#[test]
fn refused_cancellation_asks_what_is_true() {
    open("cancel; refused", "AWAITING_CUSTOMER >sync");
    open("cancel; refused; answer captured", "CAPTURED captured 3000");
}

#[test]
fn cancellation_of_unknown_outcome_is_settled_by_the_providers_answer() {
    open("cancel; park unknown; sync; answer cancelled", "CANCELLED cancelled 3000");
    open(
        "cancel; park unknown; sync; answer captured; done op1",
        "CAPTURED captured 3000 cancelled 3000 [CONFLICT] [AMOUNT_MISMATCH]",
    );
}

#[test]
fn pieces_are_given_up_before_the_decision_and_after() {
    open("told deciding; cancel a:1; done", "PENDING_DECISION cancelled 833");
    open(
        "told deciding; cancel a:1; done; answer paid; told captured",
        "CAPTURED captured 2167 cancelled 833",
    );
    open("told paid; cancel a:1 b:3; done", "AUTHORIZED cancelled 1666");
}

#[test]
fn expiry_closes_the_checkout_over_there_first() {
    open("wait 3600", "AWAITING_CUSTOMER >sync");
    open("wait 3600; answer awaiting", "AWAITING_CUSTOMER reserved 3000 >expiry-1");
    open("wait 3600; answer awaiting; done expiry-1", "EXPIRED cancelled 3000");
    open("wait 3600; answer awaiting; refused expiry-1; answer captured", "CAPTURED captured 3000");
}

#[test]
fn checkout_that_cannot_be_closed_is_an_orphan() {
    let script = "wait 3600; answer awaiting; refused expiry-1; answer awaiting";
    open(script, "EXPIRED [ORPHAN_AT_PROVIDER]");
}

#[test]
fn expired_order_is_looked_back_on_and_then_left_alone() {
    let expired = "wait 3600; answer awaiting; done expiry-1";
    open(&format!("{expired}; wait 86400"), "EXPIRED cancelled 3000 >sync");
    open(&format!("{expired}; wait 86400; answer cancelled; wait 400000"), "EXPIRED cancelled 3000 >sync");
    let thrice = "wait 86400; answer cancelled; wait 86400; answer cancelled; wait 86400; answer cancelled";
    open(&format!("{expired}; {thrice}; wait 999999"), "EXPIRED cancelled 3000");
}

#[test]
fn checkout_lives_longer_once_the_provider_agrees() {
    open("extend 7200", "AWAITING_CUSTOMER >extend");
    open("extend 10", "AWAITING_CUSTOMER !INVALID expire_time");
    open("extend 7200; extended; wait 3600", "AWAITING_CUSTOMER");
    open("extend 7200; extended; wait 7200", "AWAITING_CUSTOMER >sync");
    open("told deciding; extend 7200", "PENDING_DECISION !ILLEGAL_TRANSITION order");
}
