//! Random lives of an order. The stage checks the invariants after every verb; here is what it cannot see.

use crate::stage::Stage;
use crate::tables::{ACTIVATES, AT_ONCE, ON_REQUEST, ON_SHIPMENT};
use ordain_workflows::order::{ConditionKind, OperationState, OrderState, Step};
use proptest::prelude::*;
use std::collections::BTreeMap;

pub(super) const VERBS: &[&str] = &[
    "created",
    "pull",
    "hint",
    "hint return",
    "told arrived",
    "told deciding",
    "told paid",
    "told captured",
    "told declined",
    "told cancelled",
    "told expired",
    "told awaiting",
    "told strange",
    "told completed",
    "told captured attempt=two",
    "told paid attempt=two",
    "told cancelled attempt=two",
    "hinted cancelled attempt=two",
    "about two captured refunded=3000",
    "about two captured attempt-1=done",
    "refund attempt=two",
    "cancel attempt=two",
    "done attempt-1",
    "done attempt-2",
    "answer paid",
    "answer paid",
    "answer paid",
    "answer captured",
    "answer unpaid",
    "answer silence",
    "answer deciding",
    "answer cancelled",
    "answer completed",
    "answer expired",
    "answer never",
    "answer awaiting",
    "acked",
    "fulfil",
    "fulfil a:1",
    "fulfil b:2",
    "fulfil b:1 s:1",
    "reverse op1",
    "reverse op2",
    "reverse op3",
    "refund",
    "refund a:1",
    "refund a:2",
    "refund b:1",
    "refund b:2 a:1",
    "refund s:1",
    "cancel",
    "cancel a:1",
    "refund amount=700",
    "refund amount=1",
    "extend 9000",
    "extended",
    "accept",
    "answer captured refunded=500",
    "answer captured disputed=900",
    "expire",
    "sync",
    "done",
    "done",
    "done",
    "done",
    "pending",
    "done op1",
    "done op2",
    "done op3",
    "refused",
    "unknown",
    "notsent",
    "park unknown",
    "park known",
    "retry",
    "skip",
    "wait 5",
    "wait 40",
    "wait 4000",
    "wait 90000",
];

fn scripts() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(VERBS), 1..60)
}

/// How a provider that takes everything on says that it ended.
const ENDS: &[&str] = &[
    "pending",
    "answer paid op1=done",
    "answer paid op1=failed",
    "answer paid op2=done",
    "answer paid op2=failed",
    "answer paid op3=done",
];

fn scripts_of_ends() -> impl Strategy<Value = Vec<&'static str>> {
    let verb = prop_oneof![2 => prop::sample::select(VERBS), 1 => prop::sample::select(ENDS)];
    prop::collection::vec(verb, 1..60)
}

/// A conflict about the order itself, or about an operation; not only about another attempt.
fn has_conflict_of_its_own(stage: &Stage) -> bool {
    let order = &stage.order;
    let mut conflicts = order.conditions.iter().filter(|it| it.kind == ConditionKind::Conflict);
    conflicts.any(|it| !order.paid_besides.contains_key(&it.subject))
}

/// Starts approved, so that most of the script is about money.
pub(super) fn play(mut stage: Stage, approval: &str, script: &[&str]) -> Stage {
    stage.play(approval);
    for verb in script {
        stage.apply(verb);
        // A person who sends a parked operation again may have two out; the rules never do.
        // One that evidence ended before its own answer came moves nothing any more.
        let own = |step: &Step| {
            let Step::Operation(id) = step else { return false };
            let known = stage.order.operation(id);
            known.is_some_and(|it| it.attempt.is_none() && it.state == OperationState::Submitting)
        };
        let out = stage.calls.iter().filter(|(step, _, _)| own(step)).count();
        assert!(out <= 1 || script.contains(&"retry"), "after {verb:?}: {}", stage.summary());
        let late = stage.order.has(ConditionKind::AmountMismatch) || has_conflict_of_its_own(&stage);
        let mut back: BTreeMap<&str, i64> = BTreeMap::new();
        for (attempt, request) in stage.sent_back.values() {
            *back.entry(attempt).or_default() += request.amount.minor;
        }
        let most = back.values().copied().max().unwrap_or_default();
        assert!(late || most <= 3_000, "after {verb:?}: the provider may have given back {back:?}");
        let amounts = stage.order.amounts();
        let paid = stage.order.state.is_paid();
        assert!(!paid || stage.order.authorized_at.is_some());
        assert!(late || amounts.refunded.minor + amounts.cancelled.minor + amounts.reserved.minor <= 3_000);
    }
    stage
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn money_stays_within_bounds_where_shipping_captures(script in scripts()) {
        play(Stage::new(&ON_SHIPMENT), "created; pull; hint; answer paid", &script);
    }

    #[test]
    fn money_stays_within_bounds_where_approval_captures(script in scripts()) {
        play(Stage::new(&AT_ONCE), "created; told captured", &script);
    }

    #[test]
    fn money_stays_within_bounds_where_everything_is_a_call(script in scripts()) {
        play(Stage::new(&ON_REQUEST), "created", &script);
    }

    #[test]
    fn money_stays_within_bounds_where_what_is_being_activated_may_go_back(script in scripts_of_ends()) {
        play(Stage::new(&ACTIVATES), "created; told paid; fulfil a:1; pending; refund a:1", &script);
    }

    #[test]
    fn money_of_another_attempt_goes_back_once(script in scripts()) {
        play(Stage::new(&ON_REQUEST), "late refund; created attempt=one; told captured", &script);
        play(Stage::new(&AT_ONCE), "late refund; created attempt=one; told captured; told captured attempt=two", &script);
    }

    #[test]
    fn any_beginning_keeps_the_rules(script in scripts()) {
        play(Stage::new(&ON_SHIPMENT), "", &script);
        play(Stage::new(&AT_ONCE), "", &script);
    }

    #[test]
    fn unpaid_order_ends_once_the_provider_answers(script in scripts()) {
        let mut stage = play(Stage::new(&ON_SHIPMENT), "", &script);
        stage.play("created; wait 2592000; answer unpaid; wait 2592000; answer unpaid; wait 2592000; answer unpaid");
        let open = [OrderState::Creating, OrderState::AwaitingCustomer, OrderState::PendingDecision];
        prop_assert!(!open.contains(&stage.order.state), "{}", stage.summary());
    }

    #[test]
    fn same_script_ends_in_the_same_order(script in scripts()) {
        let (one, other) = (play(Stage::new(&ON_SHIPMENT), "", &script), play(Stage::new(&ON_SHIPMENT), "", &script));
        prop_assert_eq!(one.order, other.order);
        prop_assert_eq!(one.events, other.events);
    }
}
