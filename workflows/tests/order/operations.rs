//! Operations: one at a time, held while in doubt, never sent twice by us.

use crate::stage::check;
use crate::tables::{AT_ONCE, ON_SHIPMENT};
use ordain_workflows::order::{Confirmation, OperationState};

const SHIPPED: &str = "created; pull; hint; answer paid; acked; fulfil; done";

#[track_caller]
fn after_shipment(script: &str, expected: &str) -> crate::stage::Stage {
    check(&ON_SHIPMENT, &format!("{SHIPPED}; {script}"), expected)
}

#[test]
fn second_operation_waits_for_the_first() {
    after_shipment("refund a:1; refund b:1", "CAPTURED captured 3000 reserved 1110 >op2");
    after_shipment("refund a:1; refund b:1; done", "CAPTURED captured 3000 refunded 833 reserved 277 >op3");
    after_shipment("refund a:1; refund b:1; refused; done", "CAPTURED captured 3000 refunded 277");
}

#[test]
fn two_refunds_that_together_exceed_the_capture_cannot_both_win() {
    after_shipment(
        "refund a:2; refund a:1",
        "CAPTURED captured 3000 reserved 1667 >op2 !OPERATION_IN_DOUBT refund.lines[0].quantity",
    );
    after_shipment(
        "refund a:2; done; refund a:1",
        "CAPTURED captured 3000 refunded 1667 !AMOUNT_EXCEEDS_REMAINING refund.lines[0].quantity",
    );
}

#[test]
fn unknown_refund_holds_its_amount_and_lets_others_pass() {
    let parked = "CAPTURED captured 3000 reserved 833 [OUTCOME_UNKNOWN] [PARKED]";
    after_shipment("refund a:1; park unknown", parked);
    after_shipment(
        "refund a:1; unknown; refund a:1; done",
        "CAPTURED captured 3000 refunded 834 reserved 833 [OUTCOME_UNKNOWN]",
    );
    after_shipment(
        "refund a:1; park unknown; refund a:2",
        &format!("{parked} !OPERATION_IN_DOUBT refund.lines[0].quantity"),
    );
    after_shipment("refund a:1; park unknown; refund", &format!("{parked} !OPERATION_IN_DOUBT refund"));
    after_shipment("refund a:1; park unknown; wait 999999", parked);
}

#[test]
fn full_cancel_while_something_is_in_doubt_is_refused() {
    let script = "created; hint; answer paid; acked; refund a:1; park unknown; cancel";
    let expected = "AUTHORIZED reserved 833 [OUTCOME_UNKNOWN] [PARKED] !OPERATION_IN_DOUBT order";
    check(&ON_SHIPMENT, script, expected);
}

#[test]
fn person_settles_what_is_parked() {
    after_shipment("refund a:1; park unknown; done op2", "CAPTURED captured 3000 refunded 833");
    after_shipment("refund a:1; park unknown; skip", "CAPTURED captured 3000");
    after_shipment("refund a:1; park unknown; retry", "CAPTURED captured 3000 reserved 833 >op2");
    after_shipment("refund a:1; park unknown; retry; done", "CAPTURED captured 3000 refunded 833");
    after_shipment("refund a:1; park known", "CAPTURED captured 3000 reserved 833 [PARKED]");
    after_shipment("refund a:1; park known; retry; refused", "CAPTURED captured 3000");
}

#[test]
fn what_was_not_sent_is_free_again() {
    let stage = after_shipment("refund; notsent", "CAPTURED captured 3000");
    assert_eq!(stage.order.operation("op2").map(|refund| refund.state), Some(OperationState::NotSent));
    after_shipment("refund; notsent; refund; done", "CAPTURED captured 3000 refunded 3000");
}

#[test]
fn pending_operation_holds_until_it_is_told() {
    after_shipment("refund a:2; pending", "CAPTURED captured 3000 reserved 1667");
    after_shipment("refund a:2; pending; done op2", "CAPTURED captured 3000 refunded 1667");
    after_shipment("refund a:2; pending; refused op2", "CAPTURED captured 3000");
    after_shipment("refund a:2; pending; unknown op2", "CAPTURED captured 3000 reserved 1667");
}

#[test]
fn late_proof_counts_and_is_a_conflict() {
    after_shipment("refund a:1; refused; done op2", "CAPTURED captured 3000 refunded 833 [CONFLICT]");
    after_shipment(
        "refund a:2; refused; refund a:2; done; done op2",
        "CAPTURED captured 3000 refunded 3334 [CONFLICT] [AMOUNT_MISMATCH]",
    );
}

#[test]
fn result_that_comes_again_changes_nothing() {
    after_shipment("refund a:1; done; done op2; refused op2", "CAPTURED captured 3000 refunded 833");
}

#[test]
fn refund_that_nobody_can_look_up_is_accepted_and_not_confirmed() {
    let stage = after_shipment("refund a:1; done", "CAPTURED captured 3000 refunded 833");
    let confirmation = |id: &str| stage.order.operation(id).and_then(|operation| operation.confirmation);
    assert_eq!(confirmation("op1"), Some(Confirmation::Confirmed));
    assert_eq!(confirmation("op2"), Some(Confirmation::AcceptedUnconfirmable));
    let stage =
        check(&AT_ONCE, "created; told captured; refund a:1; done", "CAPTURED captured 3000 refunded 833");
    assert_eq!(stage.order.operations[0].confirmation, Some(Confirmation::Confirmed));
}

#[test]
fn shipment_can_be_taken_back() {
    after_shipment("reverse op1", "CAPTURED captured 3000 >op2");
    let stage = after_shipment("reverse op1; done", "AUTHORIZED");
    assert_eq!(stage.order.operation("op1").map(|shipment| shipment.state), Some(OperationState::Reversed));
    after_shipment("wait 86400; reverse op1; done", "AUTHORIZED");
    after_shipment("reverse op1; done; fulfil; done", "CAPTURED captured 3000");
    after_shipment("reverse op1; done; cancel; done", "CANCELLED cancelled 3000");
    after_shipment("reverse op1; refused", "CAPTURED captured 3000");
    after_shipment(
        "reverse op1; reverse op1",
        "CAPTURED captured 3000 >op2 !OPERATION_IN_DOUBT fulfilment.name",
    );
    after_shipment("reverse op1; done; reverse op1", "AUTHORIZED !ILLEGAL_TRANSITION fulfilment.name");
}

#[test]
fn shipment_that_was_refunded_stays() {
    let refused = "!AMOUNT_EXCEEDS_REMAINING fulfilment.name";
    after_shipment(
        "refund b:1; done; reverse op1",
        &format!("CAPTURED captured 3000 refunded 277 {refused}"),
    );
    after_shipment("refund b:1; reverse op1", &format!("CAPTURED captured 3000 reserved 277 >op2 {refused}"));
    let doubt = "CAPTURED captured 3000 >op2 !OPERATION_IN_DOUBT refund.lines[0].quantity";
    after_shipment("reverse op1; refund b:1", doubt);
}
