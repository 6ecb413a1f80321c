//! What hints say is kept until an answer bears it out.

use crate::stage::check;
use crate::tables::{AT_ONCE, ON_REQUEST};

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
fn checkout_ends_with_the_way_to_it() {
    check(&AT_ONCE, "created ends=1800; wait 1799", "AWAITING_CUSTOMER");
    check(&AT_ONCE, "created ends=1800; wait 1800", "AWAITING_CUSTOMER >sync");
    check(&AT_ONCE, "created ends=1800; wait 1800; answer unpaid", "EXPIRED");
    check(&AT_ONCE, "created ends=7200; wait 3600", "AWAITING_CUSTOMER >sync");
    check(&ON_REQUEST, "created ends=1800; extend 7200; extended; wait 3600", "AWAITING_CUSTOMER");
}
