//! An order that its provider knows more than once.

use crate::stage::check;
use crate::tables::{AT_ONCE, ON_REQUEST};
use ordain_providers::Op;
use ordain_workflows::order::{OperationKind, OperationState, Step};

const PAID: &str = "created attempt=one; told captured attempt=one";

#[test]
fn attempt_that_is_paid_first_is_the_orders() {
    let stage = check(&AT_ONCE, "created attempt=one; told captured attempt=two", "CAPTURED captured 3000");
    assert_eq!(stage.order.provider_refs["attempt"], "two");
}

#[test]
fn second_attempt_that_is_paid_is_a_conflict_for_a_person() {
    let conflict = "CAPTURED captured 3000 [CONFLICT] [MERCHANT_ACTION_REQUIRED]";
    let stage = check(&AT_ONCE, &format!("{PAID}; told captured attempt=two"), conflict);
    assert_eq!(stage.order.provider_refs["attempt"], "one", "money moves where the order was paid");
    // What the provider says of the order's own attempt settles nothing about the other.
    check(
        &AT_ONCE,
        &format!("{PAID}; told captured attempt=two; sync; answer captured attempt=one"),
        conflict,
    );
}

#[test]
fn what_becomes_of_another_attempt_does_not_become_of_the_order() {
    check(&AT_ONCE, "created attempt=two; told cancelled attempt=one", "AWAITING_CUSTOMER");
    check(&AT_ONCE, "created attempt=two; told deciding attempt=one", "AWAITING_CUSTOMER");
    check(&AT_ONCE, &format!("{PAID}; told cancelled attempt=two"), "CAPTURED captured 3000");
    check(&AT_ONCE, "created attempt=two; told cancelled", "CANCELLED cancelled 3000");
}

#[test]
fn checkout_that_opens_beside_a_payment_is_an_orphan() {
    let orphan = "CAPTURED captured 3000 [ORPHAN_AT_PROVIDER]";
    let stage = check(&AT_ONCE, "told captured attempt=one; created attempt=two", orphan);
    assert_eq!(stage.order.provider_refs["attempt"], "one");
    check(&AT_ONCE, "told captured attempt=one; created attempt=one", "CAPTURED captured 3000");
}

const GIVES_BACK: &str = "late refund; created attempt=one; told captured attempt=one";
const BACK: &str = "CAPTURED captured 3000 [CONFLICT]";

#[test]
fn second_payment_goes_back_by_itself_where_the_account_wants_that() {
    let out = format!("{BACK} >attempt-1");
    let stage = check(&AT_ONCE, &format!("{GIVES_BACK}; told captured attempt=two"), &out);
    let refund = stage.order.operation("attempt-1").expect("it is there");
    assert_eq!((refund.kind, refund.attempt.as_deref()), (OperationKind::Refund, Some("two")));
    let step = Step::Operation("attempt-1".to_owned());
    let names = stage.order.refs_of(stage.order.attempt_of(&step), stage.spec);
    assert_eq!(names, [("attempt".to_owned(), "two".to_owned())].into());
    let Some((_, Op::Refund(asked), _)) = stage.calls.first() else { panic!("{:?}", stage.calls) };
    assert_eq!((asked.amount, asked.refunded_before.minor, asked.full), (stage.order.total, 0, true));
    assert_eq!(asked.portions.iter().map(|part| part.amount.minor).sum::<i64>(), 3_000);
    check(&AT_ONCE, &format!("{GIVES_BACK}; told captured attempt=two; done"), BACK);
}

#[test]
fn second_payment_waits_for_a_person_where_the_account_accepts_or_parks() {
    let waits = "CAPTURED captured 3000 [CONFLICT] [MERCHANT_ACTION_REQUIRED]";
    for policy in ["accept", "park"] {
        check(&AT_ONCE, &format!("late {policy}; {PAID}; told captured attempt=two"), waits);
    }
    let asked = format!("{PAID}; told captured attempt=two; refund attempt=two");
    check(&AT_ONCE, &asked, &format!("{waits} >op1"));
    check(&AT_ONCE, &format!("{asked}; done"), BACK);
}

#[test]
fn second_payment_goes_back_once_however_often_it_is_told() {
    let again = format!("{GIVES_BACK}; told captured attempt=two; told captured attempt=two");
    check(&AT_ONCE, &again, &format!("{BACK} >attempt-1"));
    let ended = format!("{GIVES_BACK}; told captured attempt=two; done; told captured attempt=two");
    check(&AT_ONCE, &ended, BACK);
    let refused = format!("{BACK} !OPERATION_IN_DOUBT attempt");
    check(&AT_ONCE, &format!("{ended}; refund attempt=two"), &refused);
}

#[test]
fn way_back_of_a_second_payment_that_failed_is_a_persons() {
    let failed = format!("{GIVES_BACK}; told captured attempt=two; refused; told captured attempt=two");
    let waits = "CAPTURED captured 3000 [CONFLICT] [MERCHANT_ACTION_REQUIRED] >?two";
    check(&AT_ONCE, &failed, waits);
    check(&AT_ONCE, &format!("{failed}; refund attempt=two; done"), &format!("{BACK} >?two"));
}

#[test]
fn second_payment_of_unknown_way_back_is_never_sent_back_twice() {
    let parked = format!("{GIVES_BACK}; told captured attempt=two; park unknown");
    let waits = "CAPTURED captured 3000 [CONFLICT] [OUTCOME_UNKNOWN] [PARKED]";
    check(&AT_ONCE, &parked, waits);
    let again = format!("{parked}; told captured attempt=two; refund attempt=two");
    check(&AT_ONCE, &again, &format!("{waits} >?two !OPERATION_IN_DOUBT attempt"));
    check(&AT_ONCE, &format!("{parked}; done attempt-1"), BACK);
}

#[test]
fn approved_second_attempt_is_cancelled_where_the_provider_can() {
    let paid = "late refund; created attempt=one; told paid";
    let stage =
        check(&ON_REQUEST, &format!("{paid}; told paid attempt=two"), "AUTHORIZED [CONFLICT] >attempt-1");
    assert!(matches!(&stage.calls[0].1, Op::Cancel(asked) if asked.full && asked.amount.minor == 3_000));
    check(&ON_REQUEST, &format!("{paid}; told paid attempt=two; done"), "AUTHORIZED [CONFLICT]");
    check(
        &AT_ONCE,
        &format!("{paid}; told paid attempt=two"),
        "AUTHORIZED [CONFLICT] [MERCHANT_ACTION_REQUIRED]",
    );
}

#[test]
fn persons_word_fits_how_the_second_attempt_stands() {
    let paid = "created attempt=one; told paid; told paid attempt=two";
    let waits = "AUTHORIZED [CONFLICT] [MERCHANT_ACTION_REQUIRED]";
    let refused = format!("{waits} !ILLEGAL_TRANSITION attempt");
    check(&ON_REQUEST, &format!("{paid}; refund attempt=two"), &refused);
    check(&ON_REQUEST, &format!("{paid}; cancel attempt=two"), &format!("{waits} >op1"));
    let invalid = format!("{waits} !INVALID attempt");
    check(&ON_REQUEST, &format!("{paid}; cancel attempt=one"), &invalid);
    check(&ON_REQUEST, &format!("{paid}; cancel attempt=three"), &invalid);
    check(&ON_REQUEST, &format!("{paid}; cancel a:1 attempt=two"), &invalid);
}

#[test]
fn way_back_of_a_second_payment_neither_holds_nor_moves_the_orders_money() {
    let script = format!("{GIVES_BACK}; told captured attempt=two; refund a:1");
    check(&AT_ONCE, &script, "CAPTURED captured 3000 reserved 833 [CONFLICT] >attempt-1 >op1");
    check(
        &AT_ONCE,
        &format!("{GIVES_BACK}; told captured attempt=two; park unknown; refund; done op1"),
        "CAPTURED captured 3000 refunded 3000 [CONFLICT] [OUTCOME_UNKNOWN] [PARKED]",
    );
}

#[test]
fn unfinished_way_back_is_asked_about_on_its_attempt() {
    let pending = format!("{GIVES_BACK}; told captured attempt=two; pending; wait 60");
    let asked = "COMPLETED captured 3000 [CONFLICT] >sync >?two";
    check(&AT_ONCE, &pending, asked);
    let ended = "COMPLETED captured 3000 [CONFLICT] >sync";
    check(&AT_ONCE, &format!("{pending}; about two captured refunded=3000"), ended);
    check(&AT_ONCE, &format!("{pending}; about two captured attempt-1=done"), ended);
    // What is said of the order, or of another attempt than the asked one, says nothing of it.
    let stage = check(&AT_ONCE, &format!("{pending}; about two captured attempt=one refunded=3000"), ended);
    assert_eq!(stage.order.operations[0].state, OperationState::Pending);
    assert_eq!(stage.order.provider_refs["attempt"], "one");
    // News of that attempt make us ask about it at once, also those that prove nothing.
    let told = format!("{GIVES_BACK}; told captured attempt=two; pending; hinted cancelled attempt=two");
    check(&AT_ONCE, &told, &format!("{BACK} >?two >sync"));
}

#[test]
fn second_payment_of_another_amount_is_a_persons() {
    let script = format!("{GIVES_BACK}; told captured attempt=two total=2900");
    check(&AT_ONCE, &script, "CAPTURED captured 3000 [CONFLICT] [MERCHANT_ACTION_REQUIRED]");
}

#[test]
fn attempt_whose_money_went_back_never_becomes_the_orders() {
    let given_up = "late refund; created attempt=one; told paid; told paid attempt=two; done; cancel; done";
    check(&ON_REQUEST, given_up, "CANCELLED cancelled 3000 [CONFLICT]");
    check(
        &ON_REQUEST,
        &format!("{given_up}; told captured attempt=two"),
        "CANCELLED cancelled 3000 [CONFLICT]",
    );
}

#[test]
fn way_back_that_the_provider_calls_off_is_a_persons() {
    let called_off = format!(
        "{GIVES_BACK}; told captured attempt=two; pending; hinted nothing attempt=two calledoff=3000"
    );
    let waits = "CAPTURED captured 3000 [CONFLICT] [MERCHANT_ACTION_REQUIRED] >sync >?two";
    check(&AT_ONCE, &format!("{called_off}; about two captured asked=0"), waits);
    // The counter bears it out, or the hint was none.
    let stage =
        check(&AT_ONCE, &format!("{called_off}; about two captured asked=3000"), &format!("{BACK} >sync"));
    assert_eq!(stage.order.operations[0].state, OperationState::Pending);
}

#[test]
fn way_back_of_unknown_outcome_is_found_when_somebody_asks() {
    let parked = format!("{GIVES_BACK}; told captured attempt=two; park unknown; sync");
    let asked = "CAPTURED captured 3000 [CONFLICT] [OUTCOME_UNKNOWN] [PARKED] >sync >?two";
    check(&AT_ONCE, &parked, asked);
    check(&AT_ONCE, &format!("{parked}; about two captured refunded=3000"), &format!("{BACK} >sync"));
}
