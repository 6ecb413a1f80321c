//! Lines, parts and their worth; refunds and what they may draw on.

use crate::stage::{Stage, check};
use crate::tables::{ACTIVATES, AT_ONCE, LATER, ON_SHIPMENT};
use ordain_providers::Op;
use ordain_workflows::order::{CaptureStatus, RefundStatus};

const APPROVED: &str = "created; pull; hint; answer paid; acked";

#[track_caller]
fn after_approval(script: &str, expected: &str) -> Stage {
    check(&ON_SHIPMENT, &format!("{APPROVED}; {script}"), expected)
}

#[test]
fn discounts_are_spread_over_the_goods() {
    let stage = Stage::new(&ON_SHIPMENT);
    let worths: Vec<i64> = stage.order.lines.iter().map(|line| line.worth).collect();
    assert_eq!(worths, [1_667, 833, 500, 0]);
}

#[test]
fn shipping_goes_with_the_first_shipment() {
    let stage = after_approval("fulfil a:1", "AUTHORIZED >op1");
    let Op::Fulfil(shipment) = &stage.calls[0].1 else { panic!("a shipment") };
    let parts: Vec<(&str, i64)> =
        shipment.portions.iter().map(|part| (part.line_id.as_str(), part.amount.minor)).collect();
    assert_eq!(parts, [("a", 833), ("s", 500)]);
    after_approval("fulfil a:1; done; fulfil a:1; done", "AUTHORIZED captured 2167");
}

#[test]
fn last_part_takes_the_remainder() {
    after_approval("fulfil b:1; done", "AUTHORIZED captured 777");
    after_approval("fulfil b:1; done; fulfil b:1; done", "AUTHORIZED captured 1055");
    after_approval("fulfil b:1; done; fulfil b:1; done; fulfil b:1; done", "AUTHORIZED captured 1333");
    after_approval("fulfil b:1; done; fulfil b:1; refused; fulfil b:2; done", "AUTHORIZED captured 1333");
    after_approval("fulfil; done; refund b:1; done; refund b:2; done", "CAPTURED captured 3000 refunded 833");
}

#[test]
fn partial_shipments_capture_in_parts() {
    let stage = after_approval("fulfil a:2; done", "AUTHORIZED captured 2167");
    assert_eq!(stage.order.capture_status(), CaptureStatus::Partial);
    let stage = after_approval("fulfil a:2; done; fulfil; done", "CAPTURED captured 3000");
    assert_eq!(stage.order.capture_status(), CaptureStatus::Full);
}

#[test]
fn refund_of_what_is_not_captured_cancels_it() {
    after_approval("refund a:1", "AUTHORIZED reserved 833 >op1");
    after_approval("refund a:1; done", "AUTHORIZED cancelled 833");
    after_approval("refund a:1; done; fulfil; done", "CAPTURED captured 2167 cancelled 833");
    after_approval("refund; done", "CANCELLED cancelled 3000");
    after_approval("refund b:3; done; refund a:2; done", "CANCELLED cancelled 3000");
    after_approval(
        "fulfil a:1; done; refund a:2; done",
        "AUTHORIZED captured 1333 cancelled 834 refunded 833",
    );
    after_approval(
        "fulfil a:1; done; refund a:2; done; fulfil; done",
        "CAPTURED captured 2166 cancelled 834 refunded 833",
    );
    after_approval("fulfil a:1; done; refund; done", "CAPTURED captured 1333 cancelled 1667 refunded 1333");
}

#[test]
fn shipping_goes_with_the_last_cancellation() {
    let stage =
        after_approval("refund a:2; done; refund b:3", "AUTHORIZED cancelled 1667 reserved 1333 >op2");
    let Op::Refund(request) = &stage.calls[0].1 else { panic!("a refund") };
    assert_eq!(request.portions.iter().map(|part| part.line_id.as_str()).collect::<Vec<_>>(), ["b", "s"]);
    assert!(!request.full);
}

#[test]
fn refund_is_checked_against_the_amount_that_was_expected() {
    after_approval("fulfil; done; refund a:1 amount=833", "CAPTURED captured 3000 reserved 833 >op2");
    after_approval("fulfil; done; refund a:1 amount=1000", "CAPTURED captured 3000 !INVALID refund.amount");
    after_approval("fulfil; done; refund amount=3000", "CAPTURED captured 3000 reserved 3000 >op2");
    after_approval(
        "fulfil; done; refund amount=3001",
        "CAPTURED captured 3000 !AMOUNT_EXCEEDS_REMAINING refund.amount",
    );
    after_approval(
        "fulfil; done; refund amount=10",
        "CAPTURED captured 3000 !OPERATION_NOT_SUPPORTED refund.amount",
    );
}

#[test]
fn refund_never_exceeds_what_remains() {
    after_approval(
        "fulfil; done; refund a:3",
        "CAPTURED captured 3000 !AMOUNT_EXCEEDS_REMAINING refund.lines[0].quantity",
    );
    after_approval(
        "fulfil; done; refund; done; refund",
        "CAPTURED captured 3000 refunded 3000 !AMOUNT_EXCEEDS_REMAINING refund.lines",
    );
    check(
        &AT_ONCE,
        "created; told captured; refund b:4",
        "CAPTURED captured 3000 !AMOUNT_EXCEEDS_REMAINING refund.lines[0].quantity",
    );
    check(&AT_ONCE, "created; told captured; refund; done", "CAPTURED captured 3000 refunded 3000");
    check(&AT_ONCE, "created; refund", "AWAITING_CUSTOMER !ILLEGAL_TRANSITION refund");
}

#[test]
fn refund_without_any_before_is_marked_full() {
    for (script, full) in [("refund", true), ("refund a:2 b:3 s:1", true), ("refund a:2 b:3", false)] {
        let stage = after_approval(
            &format!("fulfil; done; {script}"),
            &match full {
                true => "CAPTURED captured 3000 reserved 3000 >op2".to_owned(),
                false => "CAPTURED captured 3000 reserved 2500 >op2".to_owned(),
            },
        );
        assert_eq!(stage.order.operation("op2").map(|refund| refund.full), Some(full), "{script}");
        assert_eq!(stage.order.refund_status(), RefundStatus::Pending);
    }
}

#[test]
fn wishes_that_name_nothing_sensible_are_refused() {
    let cases = [
        ("fulfil x:1", "INVALID fulfilment.lines[0].line_id"),
        ("fulfil a:1 a:1", "INVALID fulfilment.lines[1].line_id"),
        ("fulfil d:1", "INVALID fulfilment.lines[0].line_id"),
        ("fulfil b:1 a:0", "INVALID fulfilment.lines[1].quantity"),
        ("fulfil a:3", "AMOUNT_EXCEEDS_REMAINING fulfilment.lines[0].quantity"),
        ("refund d:1", "INVALID refund.lines[0].line_id"),
        ("reverse op9", "INVALID fulfilment.name"),
    ];
    for (wish, refusal) in cases {
        after_approval(wish, &format!("AUTHORIZED !{refusal}"));
    }
}

const ACTIVATING: &str = "created; told paid; fulfil a:1; pending op1";

#[test]
fn what_is_being_activated_may_go_back_where_the_table_says_so() {
    let refunded = format!("{ACTIVATING}; refund a:1; done op2");
    check(&ACTIVATES, &refunded, "AUTHORIZED refunded 833");
    let refused = "AUTHORIZED !OPERATION_IN_DOUBT refund.lines[0].quantity";
    check(&LATER, &format!("{ACTIVATING}; refund a:1"), refused);
    let sync = "sync; answer paid op1=done";
    check(&ACTIVATES, &format!("{refunded}; {sync}"), "AUTHORIZED captured 1333 refunded 833");
}

#[test]
fn no_more_goes_back_than_is_being_activated() {
    let twice = format!("{ACTIVATING}; refund a:1; done op2; refund a:1");
    let refused = "AUTHORIZED refunded 833 !AMOUNT_EXCEEDS_REMAINING refund.lines[0].quantity";
    check(&ACTIVATES, &twice, refused);
    check(&ACTIVATES, &format!("{ACTIVATING}; refund"), "AUTHORIZED reserved 1333 >op2");
}

#[test]
fn activation_that_fails_after_a_refund_of_it_is_a_mismatch() {
    let refunded = format!("{ACTIVATING}; refund a:1; pending op2; sync");
    let failed = format!("{refunded}; answer paid op1=failed");
    check(&ACTIVATES, &failed, "AUTHORIZED reserved 833 [AMOUNT_MISMATCH]");
    let over = format!("{failed}; sync; answer paid op2=failed captured=0");
    check(&ACTIVATES, &over, "AUTHORIZED");
}
