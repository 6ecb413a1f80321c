//! Operations that the provider took on, and what it reports of them later.

use crate::stage::{Stage, check};
use crate::tables::LATER;
use ordain_workflows::order::OperationState;

#[track_caller]
fn after_approval(script: &str, expected: &str) -> Stage {
    check(&LATER, &format!("created; told paid; {script}"), expected)
}

#[track_caller]
fn after_capture(script: &str, expected: &str) -> Stage {
    after_approval(&format!("fulfil; done; {script}"), expected)
}

#[test]
fn pending_shipment_is_asked_about_until_the_provider_ends_it() {
    after_approval("fulfil; pending", "AUTHORIZED");
    after_approval("fulfil; pending; wait 60", "AUTHORIZED >sync");
    after_approval("fulfil; pending; wait 60; answer paid op1=pending; wait 60", "AUTHORIZED >sync");
    let stage = after_approval(
        "fulfil; pending; wait 60; answer captured op1=done; wait 86400",
        "CAPTURED captured 3000",
    );
    assert_eq!(stage.order.operations[0].state, OperationState::Succeeded);
}

#[test]
fn pending_refund_is_asked_about_by_its_own_question_too() {
    after_capture("refund a:1; pending; wait 60", "CAPTURED captured 3000 reserved 833 >sync >?op2");
    let asked = "refund a:1; pending; wait 60; answer captured";
    after_capture(&format!("{asked}; refundsync op2 op2=done"), "CAPTURED captured 3000 refunded 833");
    after_capture(&format!("{asked}; refundsync op2 op2=failed"), "CAPTURED captured 3000");
    after_capture(
        &format!("{asked}; refundsync op2 op2=pending; wait 60"),
        "CAPTURED captured 3000 reserved 833 >sync >?op2",
    );
}

#[test]
fn count_of_refunds_ends_those_that_it_covers() {
    let two = "refund a:1; pending; refund b:1; pending; wait 60";
    after_capture(
        &format!("{two}; answer captured refunded=832"),
        "CAPTURED captured 3000 reserved 1110 >?op2 >?op3",
    );
    after_capture(
        &format!("{two}; answer captured refunded=833"),
        "CAPTURED captured 3000 refunded 833 reserved 277 >?op2 >?op3",
    );
    after_capture(
        &format!("{two}; answer captured refunded=1110"),
        "CAPTURED captured 3000 refunded 1110 >?op2 >?op3",
    );
    after_capture(
        &format!("{two}; answer captured refunded=1110 op2=pending"),
        "CAPTURED captured 3000 refunded 277 reserved 833 >?op2 >?op3",
    );
}

#[test]
fn notification_ends_an_operation_and_a_hint_does_not() {
    after_capture("refund a:1; pending; told captured op2=done", "CAPTURED captured 3000 refunded 833");
    after_capture("refund a:1; told captured op2=done; pending", "CAPTURED captured 3000 refunded 833");
    after_capture("refund a:1; park unknown; told captured op2=done", "CAPTURED captured 3000 refunded 833");
    after_capture(
        "refund a:1; refused; told captured op2=done",
        "CAPTURED captured 3000 refunded 833 [CONFLICT]",
    );
    after_capture("refund a:1; done; told captured op2=failed", "CAPTURED captured 3000 refunded 833");
}

#[test]
fn reason_of_a_failure_is_kept_by_its_code() {
    let code = |says: &str| {
        let stage = after_capture(
            &format!("refund a:1; pending; told captured op2={says}"),
            "CAPTURED captured 3000",
        );
        stage.order.operation("op2").and_then(|it| it.failure.clone()).map(|failure| failure.code)
    };
    assert_eq!(code("failed:62030").as_deref(), Some("62030"));
    assert_eq!(code("failed").as_deref(), Some("FAILED_AT_PROVIDER"));
}

#[test]
fn other_amount_than_ours_ends_no_operation_and_makes_us_ask() {
    let pending = "refund a:1; pending";
    after_capture(&format!("{pending}; told captured op2=done/833"), "CAPTURED captured 3000 refunded 833");
    let told = format!("{pending}; told captured op2=done/832");
    after_capture(&told, "CAPTURED captured 3000 reserved 833 [AMOUNT_MISMATCH] >?op2");
    after_capture(
        &format!("{pending}; told captured op2=failed/1"),
        "CAPTURED captured 3000 reserved 833 [AMOUNT_MISMATCH] >?op2",
    );
    after_capture(&format!("{told}; refundsync op2 op2=done/833"), "CAPTURED captured 3000 refunded 833");
    // The provider's own answer is no reason to ask the same again at once.
    after_capture(
        &format!("{told}; refundsync op2 op2=done/832"),
        "CAPTURED captured 3000 reserved 833 [AMOUNT_MISMATCH]",
    );
    // What has ended here by the provider's answer is not called into question by an old message.
    after_capture("refund a:1; done; told captured op2=done/1", "CAPTURED captured 3000 refunded 833");
}

#[test]
fn what_is_not_ours_moves_nothing_of_ours() {
    after_capture("refund a:1; pending; told captured op9=done", "CAPTURED captured 3000 reserved 833");
    after_capture("refund a:1; pending; told captured op1=failed", "CAPTURED captured 3000 reserved 833");
}

#[test]
fn acknowledgement_goes_out_once_when_the_provider_asks_for_it() {
    check(&LATER, "created; told deciding", "PENDING_DECISION");
    check(&LATER, "created; told deciding ackdue", "PENDING_DECISION >ack");
    check(&LATER, "created; told deciding ackdue; acked; told deciding ackdue", "PENDING_DECISION");
    check(&LATER, "created; told deciding ackdue; acked; told paid", "AUTHORIZED");
    check(&LATER, "created; told paid", "AUTHORIZED");
}

#[test]
fn known_word_that_says_nothing_of_the_standing_is_no_unknown_status() {
    check(&LATER, "created; told CLOSING", "AWAITING_CUSTOMER");
    check(&LATER, "created; told OPENING", "AWAITING_CUSTOMER [UNKNOWN_STATUS]");
}

#[test]
fn refund_of_an_order_that_was_over_is_asked_about_as_soon_as_any() {
    // Beyond the time after which it counts as completed; from then on it is looked at once a day.
    let over = "wait 2592000; answer captured; refund a:1; pending";
    after_capture(over, "COMPLETED captured 3000 reserved 833");
    after_capture(&format!("{over}; wait 60"), "COMPLETED captured 3000 reserved 833 >sync >?op2");
}
