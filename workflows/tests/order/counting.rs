//! Where only a counter finds a lost refund, it is read before one is sent.

use crate::stage::{Stage, check};
use crate::tables::{AT_ONCE, COUNTS};
use ordain_providers::Op;

const PAID: &str = "created; told captured";
const HELD: &str = "CAPTURED captured 3000 reserved 400";

/// What the refund that is out says of what went back before it.
#[track_caller]
fn before(stage: &Stage) -> i64 {
    let Some((_, Op::Refund(request), _)) = stage.calls.last() else { panic!("{}", stage.summary()) };
    request.refunded_before.minor
}

#[test]
fn counter_is_read_before_a_refund_is_sent() {
    check(&AT_ONCE, &format!("{PAID}; refund a:1"), "CAPTURED captured 3000 reserved 833 >op1");
    check(&COUNTS, &format!("{PAID}; refund amount=400"), &format!("{HELD} >sync"));
    let sent = format!("{PAID}; refund amount=400; answer captured asked=0");
    assert_eq!(before(&check(&COUNTS, &sent, &format!("{HELD} >op1"))), 0);
}

#[test]
fn what_the_back_office_asked_back_before_is_not_taken_for_a_lost_refund() {
    let sent = format!("{PAID}; refund amount=400; answer captured asked=400");
    assert_eq!(before(&check(&COUNTS, &sent, &format!("{HELD} >op1"))), 400);
}

#[test]
fn answer_to_an_older_question_is_no_count() {
    let older = format!("{PAID}; sync; wait 1; refund amount=400; answer captured asked=0");
    check(&COUNTS, &older, &format!("{HELD} >sync"));
    let younger = format!("{older}; answer captured asked=400");
    assert_eq!(before(&check(&COUNTS, &younger, &format!("{HELD} >op1"))), 400);
}

#[test]
fn refund_is_sent_where_nobody_answers_and_counts_from_what_was_last_known() {
    let silent =
        format!("{PAID}; sync; answer captured asked=100; wait 1; refund amount=400; answer silence");
    assert_eq!(before(&check(&COUNTS, &silent, &format!("{HELD} >op1"))), 100);
}

#[test]
fn our_own_refunds_count_where_the_counter_lags() {
    let first = format!("{PAID}; refund amount=300; answer captured asked=0; pending; wait 1");
    let second = format!("{first}; refund amount=400; answer captured asked=0");
    let held = "CAPTURED captured 3000 reserved 700 >op2";
    assert_eq!(before(&check(&COUNTS, &second, held)), 300);
}
