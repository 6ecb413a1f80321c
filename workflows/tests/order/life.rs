//! An order's life, from the checkout to its end.

use crate::stage::{Stage, check};
use crate::tables::{AT_ONCE, ON_SHIPMENT};
use ordain_providers::call::Retry;
use ordain_providers::{Facts, Op, Outcome};
use ordain_workflows::order::{Answer, EventKind, News, Step};

const APPROVED: &str = "created; pull; hint; answer paid; acked";

#[test]
fn order_ships_and_completes() {
    check(&ON_SHIPMENT, "", "CREATING >create");
    check(&ON_SHIPMENT, "created", "AWAITING_CUSTOMER");
    check(&ON_SHIPMENT, "created; pull; hint", "AWAITING_CUSTOMER >sync");
    check(&ON_SHIPMENT, "created; pull; hint; answer paid", "AUTHORIZED >ack");
    check(&ON_SHIPMENT, &format!("{APPROVED}; fulfil; done"), "CAPTURED captured 3000");
    check(&ON_SHIPMENT, &format!("{APPROVED}; fulfil; done; wait 86399"), "CAPTURED captured 3000");
    check(&ON_SHIPMENT, &format!("{APPROVED}; fulfil; done; wait 86400"), "COMPLETED captured 3000");
    check(
        &ON_SHIPMENT,
        &format!("{APPROVED}; fulfil; done; wait 86400; refund; done"),
        "COMPLETED captured 3000 refunded 3000",
    );
}

#[test]
fn order_is_captured_with_the_approval_where_the_table_says_so() {
    check(&AT_ONCE, "created; told captured", "CAPTURED captured 3000");
    check(&AT_ONCE, "created; told captured; wait 0", "COMPLETED captured 3000");
    check(&AT_ONCE, "told captured; created", "CAPTURED captured 3000");
    check(&AT_ONCE, "created; told completed; fulfil a:1; done", "COMPLETED captured 3000");
}

#[test]
fn approval_is_acknowledged_once() {
    let mut stage =
        check(&ON_SHIPMENT, "created; hint; answer paid; acked; hint; wait 10; answer paid", "AUTHORIZED");
    stage.play("fulfil; done; reverse op1; done");
    let acks = stage.events.iter().filter(|event| event.kind == EventKind::PaymentAcknowledged).count();
    assert_eq!(acks, 1);
}

#[test]
fn refused_create_ends_the_order() {
    let mut stage = Stage::new(&AT_ONCE);
    let refused = Outcome::Refused {
        facts: Facts::default(),
        code: "62001".to_owned(),
        message: "no".to_owned(),
        retry: Retry::Never,
    };
    let answer = Answer { outcome: refused, asked_at: stage.now, next_action: None };
    stage.order.outcome(&Step::Create, &answer, stage.now, &AT_ONCE);
    assert_eq!(stage.order.state.to_string(), "FAILED");
    assert_eq!(stage.order.ending.map(|ending| ending.code), Some("62001".to_owned()));
}

#[test]
fn create_that_is_given_up_while_in_doubt_may_leave_an_orphan() {
    let mut stage = Stage::new(&AT_ONCE);
    let skipped = News::Skipped { reason: "the provider is gone".to_owned() };
    stage.order.news(&Step::Create, &skipped, stage.now, &AT_ONCE);
    assert_eq!(stage.summary(), "FAILED [ORPHAN_AT_PROVIDER] >create");
    stage.play("created; hint; answer captured");
    assert_eq!(stage.summary(), "CAPTURED captured 3000 [ORPHAN_AT_PROVIDER] [LATE_PAYMENT]");
}

#[test]
fn cancelling_before_approval_is_local_and_closes_the_checkout() {
    check(&ON_SHIPMENT, "created; cancel", "CANCELLED cancelled 3000");
    let stage =
        check(&ON_SHIPMENT, "created; cancel; pull", "CANCELLED cancelled 3000 !ILLEGAL_TRANSITION order");
    assert_eq!(stage.order.pulls_refused, 1);
    check(&ON_SHIPMENT, "created; cancel; cancel", "CANCELLED cancelled 3000 !ILLEGAL_TRANSITION order");
    check(&AT_ONCE, "created; cancel", "AWAITING_CUSTOMER !OPERATION_NOT_SUPPORTED order");
}

#[test]
fn cancelling_after_approval_is_a_full_refund() {
    let stage = check(&ON_SHIPMENT, &format!("{APPROVED}; cancel"), "AUTHORIZED reserved 3000 >op1");
    let Op::Refund(request) = &stage.calls[0].1 else { panic!("a refund") };
    assert!(request.full);
    assert_eq!(request.portions.iter().map(|part| part.amount.minor).sum::<i64>(), 3_000);
    check(&ON_SHIPMENT, &format!("{APPROVED}; cancel; done"), "CANCELLED cancelled 3000");
    check(&ON_SHIPMENT, &format!("{APPROVED}; cancel; refused"), "AUTHORIZED >sync");
    check(
        &ON_SHIPMENT,
        &format!("{APPROVED}; fulfil b:1; done; cancel"),
        "AUTHORIZED captured 777 !ILLEGAL_TRANSITION order",
    );
    check(
        &ON_SHIPMENT,
        &format!("{APPROVED}; fulfil; done; cancel"),
        "CAPTURED captured 3000 !ILLEGAL_TRANSITION order",
    );
}

#[test]
fn order_says_what_it_allows() {
    let mut stage = Stage::new(&ON_SHIPMENT);
    stage.play(APPROVED);
    assert_eq!(
        stage.order.allowed(&ON_SHIPMENT),
        ["CreateFulfilment", "CreateRefund", "CancelOrder", "SyncOrder"]
    );
    stage.play("fulfil; done; wait 90000");
    let allowed = ["CreateFulfilment", "ReverseFulfilment", "CreateRefund", "SyncOrder"];
    assert_eq!(stage.order.allowed(&ON_SHIPMENT), allowed);
}
