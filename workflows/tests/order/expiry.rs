//! Unpaid orders end, and only on an answer that can say so.

use crate::stage::{Stage, check};
use crate::tables::{AT_ONCE, ON_SHIPMENT, SETTLES};

#[test]
fn expiry_asks_first() {
    check(&ON_SHIPMENT, "created; wait 3599", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; wait 3600", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; wait 3600; answer unpaid", "EXPIRED");
    check(&ON_SHIPMENT, "created; wait 3600; answer nothing", "EXPIRED");
    check(&ON_SHIPMENT, "created; wait 3600; answer never", "EXPIRED");
    check(&ON_SHIPMENT, "created; wait 3600; answer paid", "AUTHORIZED >ack");
    check(&ON_SHIPMENT, "created; wait 3600; answer unpaid; pull", "EXPIRED !ILLEGAL_TRANSITION order");
}

#[test]
fn no_answer_keeps_the_order_open_and_says_so() {
    check(&ON_SHIPMENT, "created; wait 3600; answer silence", "AWAITING_CUSTOMER [SYNC_OVERDUE]");
    check(
        &ON_SHIPMENT,
        "created; wait 3600; answer silence; wait 30",
        "AWAITING_CUSTOMER [SYNC_OVERDUE] >sync",
    );
    check(&ON_SHIPMENT, "created; wait 3600; answer silence; wait 30; answer unpaid", "EXPIRED");
    check(&ON_SHIPMENT, "created; wait 3600; answer silence; wait 30; answer paid", "AUTHORIZED >ack");
}

#[test]
fn answer_to_a_question_from_before_the_expiry_does_not_count() {
    check(&ON_SHIPMENT, "created; sync; wait 3600; answer unpaid", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; sync; wait 3600; answer unpaid; answer unpaid", "EXPIRED");
}

#[test]
fn only_a_known_status_proves_where_the_table_says_so() {
    check(&AT_ONCE, "created; wait 3600; answer nothing", "AWAITING_CUSTOMER [SYNC_OVERDUE]");
    check(&AT_ONCE, "created; wait 3600; answer never", "AWAITING_CUSTOMER [SYNC_OVERDUE]");
    check(&AT_ONCE, "created; wait 3600; answer unpaid", "EXPIRED");
}

#[test]
fn wrong_amount_is_not_unpaid() {
    check(
        &ON_SHIPMENT,
        "created; wait 3600; answer paid total=1",
        "AWAITING_CUSTOMER [AMOUNT_MISMATCH] [SYNC_OVERDUE]",
    );
}

#[test]
fn undecided_order_is_given_up_after_a_month() {
    let month = "wait 2592000";
    check(&ON_SHIPMENT, &format!("created; told deciding; {month}"), "PENDING_DECISION >sync");
    let again = format!("created; told deciding; {month}; answer deciding; {month}; answer deciding");
    check(&ON_SHIPMENT, &again, "EXPIRED");
    check(&AT_ONCE, &again, "PENDING_DECISION [SYNC_OVERDUE]");
}

#[test]
fn merchant_may_expire_an_unpaid_order_early() {
    check(&ON_SHIPMENT, "created; expire; answer unpaid", "EXPIRED");
    check(&ON_SHIPMENT, "created; expire; answer paid", "AUTHORIZED >ack");
    check(&ON_SHIPMENT, "created; hint; answer paid; acked; expire", "AUTHORIZED !ILLEGAL_TRANSITION order");
}

#[test]
fn checkout_that_never_opened_expires_where_it_harms_nobody() {
    check(&ON_SHIPMENT, "wait 3600", "EXPIRED >create");
    check(&AT_ONCE, "wait 3600", "CREATING >create");
    check(&ON_SHIPMENT, "cancel; created", "CANCELLED cancelled 3000");
}

#[test]
fn deadlines_are_whole_microseconds() {
    let mut stage = Stage::new(&ON_SHIPMENT);
    stage.order.settings.poll_scale = 7;
    stage.play("created; pull");
    let (time, _) = stage.order.next_deadline(&ON_SHIPMENT).expect("a poll");
    assert_eq!(time.as_nanosecond() % 1_000, 0);
    assert_eq!(time.as_microsecond() - stage.now.as_microsecond(), 4_285_715);
}

#[test]
fn order_is_not_over_before_the_provider_s_own_end_of_it() {
    check(&SETTLES, "created ends=3660; wait 3659", "AWAITING_CUSTOMER");
    let ended = "created ends=3660; wait 3660; wait 60; answer unpaid";
    check(&SETTLES, ended, "EXPIRED");
    check(&AT_ONCE, "created ends=3660; wait 3600", "AWAITING_CUSTOMER >sync");
}

#[test]
fn end_that_no_checkout_has_is_not_waited_for() {
    check(&SETTLES, "created ends=7200; wait 7199", "AWAITING_CUSTOMER");
    check(&SETTLES, "created ends=7201; wait 3660", "AWAITING_CUSTOMER >sync");
}

#[test]
fn last_moment_s_payment_is_seen_where_the_status_lags() {
    check(&SETTLES, "created; wait 3659", "AWAITING_CUSTOMER");
    check(&SETTLES, "created; wait 3660", "AWAITING_CUSTOMER >sync");
    check(&SETTLES, "created; wait 3660; answer unpaid", "EXPIRED");
    check(&SETTLES, "created; wait 3660; answer captured", "CAPTURED captured 3000");
    check(&SETTLES, "created; wait 3599; sync; wait 1; answer unpaid", "AWAITING_CUSTOMER");
    check(&SETTLES, "created; wait 3600; sync; answer unpaid", "AWAITING_CUSTOMER");
    check(&SETTLES, "created; wait 3600; sync; answer unpaid; wait 60; answer unpaid", "EXPIRED");
    check(&SETTLES, "created; expire; wait 59", "AWAITING_CUSTOMER");
    check(&SETTLES, "created; expire; wait 60; answer unpaid", "EXPIRED");
}

#[test]
fn customer_s_return_is_asked_about_once_the_status_has_settled() {
    check(&AT_ONCE, "created; hint return", "AWAITING_CUSTOMER >sync");
    check(&SETTLES, "created; hint return; wait 59", "AWAITING_CUSTOMER");
    check(&SETTLES, "created; hint return; wait 60", "AWAITING_CUSTOMER >sync");
    check(&SETTLES, "created; hint return; wait 50; hint return; wait 10", "AWAITING_CUSTOMER >sync");
    check(&SETTLES, "created; hint", "AWAITING_CUSTOMER >sync");
}
