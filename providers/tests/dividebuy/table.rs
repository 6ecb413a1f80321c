//! What the table promises.

use ordain_providers::call::Standing;
use ordain_providers::dividebuy::{DIVIDEBUY, SPEC};
use ordain_providers::spec::{CaptureMode, Effect, OnUnknown, RefundBasis, Support, TotalRule, UnpaidWhen};
use ordain_providers::{Op, find};
use std::time::Duration;

#[test]
fn dividebuy_is_registered_under_its_id() {
    assert_eq!(find("dividebuy").map(|provider| provider.spec().name), Some("DivideBuy"));
    assert_eq!(DIVIDEBUY.spec().id, SPEC.id);
}

#[test]
fn everything_that_moves_money_parks_when_nobody_knows() {
    for operation in [&SPEC.operations.refund, &SPEC.operations.cancel] {
        assert_eq!(operation.effect, Effect::Mutates(OnUnknown::Park));
        assert!(operation.attempts_max <= 3);
    }
    assert_eq!(SPEC.operations.cancel.support, Support::Emulated);
    assert_eq!(SPEC.operation(&Op::Sync).effect, Effect::Reads);
    assert_eq!(SPEC.operation(&Op::Create).support, Support::Local);
}

#[test]
fn money_rules_are_dividebuys() {
    assert_eq!(SPEC.total_rule, TotalRule::WithoutShipping);
    assert_eq!(SPEC.refund_basis, RefundBasis::Authorized);
    assert_eq!(SPEC.capture, CaptureMode::OnFulfilment);
    assert_eq!(SPEC.unpaid_when, UnpaidWhen::AnyAnswerButPaid);
    assert_eq!(SPEC.complete_after, Duration::from_secs(14 * 24 * 3_600));
}

#[test]
fn every_status_word_of_the_guide_has_a_meaning() {
    assert_eq!(SPEC.standing("success"), Some(Standing::Authorized));
    assert_eq!(SPEC.standing("cancel"), Some(Standing::AwaitingCustomer));
    assert_eq!(SPEC.standing("Processing"), None, "`laravel_order_status` is free text");
}

#[test]
fn polls_grow_rarer() {
    assert!(SPEC.poll_after.windows(2).all(|pair| pair[0] < pair[1]));
}
