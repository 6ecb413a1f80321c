//! An order that its provider knows more than once.

use crate::stage::check;
use crate::tables::AT_ONCE;

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
