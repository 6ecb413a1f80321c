//! What hints say is kept until an answer bears it out.

use crate::stage::check;
use crate::tables::{AT_ONCE, ON_REQUEST, ON_SHIPMENT};

#[test]
fn hinted_end_is_the_end_once_nothing_was_paid() {
    check(&AT_ONCE, "created; hinted expired", "AWAITING_CUSTOMER >sync");
    check(&AT_ONCE, "created; hinted expired; answer unpaid", "EXPIRED");
    check(&AT_ONCE, "created; hinted cancelled; answer unpaid", "CANCELLED cancelled 3000");
}

#[test]
fn hinted_end_needs_an_answer_that_knows_nothing_else() {
    check(&AT_ONCE, "created; hinted expired; answer captured", "CAPTURED captured 3000");
    check(&AT_ONCE, "created; hinted expired; answer awaiting", "AWAITING_CUSTOMER");
    check(&AT_ONCE, "created; hinted expired; answer deciding", "PENDING_DECISION");
    check(&AT_ONCE, "created; hinted expired; answer silence; wait 60; answer unpaid", "EXPIRED");
    check(&AT_ONCE, "created; hinted declined; answer unpaid", "AWAITING_CUSTOMER");
}

#[test]
fn hinted_end_is_borne_out_by_any_answer_but_paid_where_the_table_says_so() {
    check(&ON_SHIPMENT, "created; hinted expired; answer nothing", "EXPIRED");
    check(&ON_SHIPMENT, "created; hinted cancelled; answer never", "CANCELLED cancelled 3000");
    check(&ON_SHIPMENT, "created; hinted expired; answer awaiting", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; hinted expired; answer paid", "AUTHORIZED >ack");
    check(&AT_ONCE, "created; hinted expired; answer nothing", "AWAITING_CUSTOMER");
}

#[test]
fn answer_to_an_older_question_bears_no_hint_out() {
    check(&AT_ONCE, "created; sync; wait 1; hinted expired; answer unpaid", "AWAITING_CUSTOMER");
    check(
        &AT_ONCE,
        "created; sync; wait 1; hinted expired; answer unpaid; wait 10; answer unpaid",
        "EXPIRED",
    );
}

#[test]
fn refund_that_was_called_off_fails_once_the_counter_falls() {
    let asked = "created; told captured; refund amount=500; pending";
    let held = "CAPTURED captured 3000 reserved 500";
    check(&ON_REQUEST, &format!("{asked}; hinted nothing calledoff=500"), &format!("{held} >sync"));
    check(&ON_REQUEST, &format!("{asked}; hinted nothing calledoff=500; answer captured asked=500"), held);
    check(
        &ON_REQUEST,
        &format!("{asked}; hinted nothing calledoff=500; answer captured asked=0"),
        "CAPTURED captured 3000",
    );
    check(&ON_REQUEST, &format!("{asked}; sync; answer captured asked=0"), held);
}

#[test]
fn refund_that_was_called_off_waits_for_the_answer_to_a_younger_question() {
    let asked =
        "created; told captured; refund amount=500; pending; sync; wait 1; hinted nothing calledoff=500";
    let held = "CAPTURED captured 3000 reserved 500";
    let older = format!("{asked}; answer captured asked=0");
    check(&ON_REQUEST, &older, held);
    check(&ON_REQUEST, &format!("{older}; wait 10; answer captured asked=0"), "CAPTURED captured 3000 >?op1");
}

#[test]
fn refund_that_was_called_off_waits_for_a_counter_that_lags() {
    let asked = "created; told captured; refund amount=500; pending; hinted nothing calledoff=500";
    let later = format!("{asked}; answer captured asked=500; wait 59");
    let held = "CAPTURED captured 3000 reserved 500";
    check(&ON_REQUEST, &later, held);
    let lags = "wait 1; answer captured asked=500";
    let told = format!("{held} [MERCHANT_ACTION_REQUIRED] >?op1");
    check(&ON_REQUEST, &format!("{later}; {lags}"), &told);
    let falls = "answer captured asked=0";
    check(&ON_REQUEST, &format!("{later}; wait 1; {falls}"), "CAPTURED captured 3000 >?op1");
    check(&ON_REQUEST, &format!("{later}; {lags}; wait 60; {falls}"), "CAPTURED captured 3000 >?op1");
}

#[test]
fn two_refunds_that_were_called_off_both_fail() {
    let asked = "created; told captured; refund amount=500; pending; refund amount=300; pending";
    let hinted = format!("{asked}; hinted nothing calledoff=500; wait 10; hinted nothing calledoff=300");
    let one = "CAPTURED captured 3000 reserved 500";
    check(
        &ON_REQUEST,
        &format!("{hinted}; answer captured asked=0; answer captured asked=0"),
        "CAPTURED captured 3000",
    );
    check(&ON_REQUEST, &format!("{hinted}; answer captured; wait 10; answer captured asked=500"), one);
}

#[test]
fn refund_that_is_called_off_twice_is_one_refund() {
    let asked = "created; told captured; refund amount=500; pending; refund amount=500; pending";
    let hinted = format!("{asked}; hinted nothing calledoff=500; hinted nothing calledoff=500");
    let alike = check(&ON_REQUEST, &hinted, "CAPTURED captured 3000 reserved 1000 >sync");
    assert_eq!(alike.order.asking.said.called_off.len(), 2);
    let one = "created; told captured; refund amount=500; pending; hinted nothing calledoff=500";
    let again = check(
        &ON_REQUEST,
        &format!("{one}; hinted nothing calledoff=500"),
        "CAPTURED captured 3000 reserved 500 >sync",
    );
    assert_eq!(again.order.asking.said.called_off.len(), 1);
}

#[test]
fn checkout_ends_with_the_way_to_it() {
    check(&AT_ONCE, "created ends=1800; wait 1799", "AWAITING_CUSTOMER");
    check(&AT_ONCE, "created ends=1800; wait 1800", "AWAITING_CUSTOMER >sync");
    check(&AT_ONCE, "created ends=1800; wait 1800; answer unpaid", "EXPIRED");
    check(&AT_ONCE, "created ends=7200; wait 3600", "AWAITING_CUSTOMER >sync");
    check(&ON_REQUEST, "created ends=1800; extend 7200; extended; wait 3600", "AWAITING_CUSTOMER");
}
