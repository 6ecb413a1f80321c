//! A statement's line beside an order: what they come to, to the minor unit, and what the order learns.

use crate::stage::Stage;
use crate::tables::{AT_ONCE, ON_SHIPMENT};
use ordain_providers::ProviderSpec;
use ordain_providers::inbound::Trust;
use ordain_providers::question::{StatementLine, StatementLineKind};
use ordain_workflows::order::{ConditionKind, Observation, Order, Source};
use ordain_workflows::reconciliation::{DiscrepancyKind, Judged, Place, STATEMENT_REF, judge, missing_there};

const SHIPPED: &str = "created; pull; hint; answer paid; acked; fulfil a:2; done";
const CAPTURED: &str = "created; told captured";

fn after(spec: &'static ProviderSpec, script: &str) -> Stage {
    let mut stage = Stage::new(spec);
    stage.play(script);
    stage
}

fn line(kind: StatementLineKind, gross: &str, currency: &str) -> StatementLine {
    StatementLine {
        order_id: Some("01JD0000000000000000000000".to_owned()),
        provider_order_id: None,
        operation_id: None,
        kind,
        currency: Some(currency.to_owned()),
        gross: gross.to_owned(),
        fee: None,
        net: None,
    }
}

fn judged(spec: &'static ProviderSpec, order: Option<&Order>, line: &StatementLine) -> Judged {
    judge(Place { statement: "S1", line: 1 }, line, order, spec)
}

/// What a line comes to beside the order that a script leaves.
#[track_caller]
fn check(
    (spec, script): (&'static ProviderSpec, &str),
    line: &StatementLine,
    expected: Option<DiscrepancyKind>,
) {
    let stage = after(spec, script);
    let found = judged(spec, Some(&stage.order), line).discrepancy;
    assert_eq!(found.as_ref().map(|it| it.kind), expected, "{found:?}");
}

#[test]
fn payment_agrees_to_the_minor_unit_after_rounding() {
    use DiscrepancyKind::{AmountDiffers, CurrencyDiffers, UnreadableLine};
    let pays = |gross| line(StatementLineKind::Payment, gross, "GBP");
    for gross in ["21.67", "21.665", "21.68", "21.66", "21.6700"] {
        check((&ON_SHIPMENT, SHIPPED), &pays(gross), None);
    }
    for gross in ["21.685", "21.64", "30", "0"] {
        check((&ON_SHIPMENT, SHIPPED), &pays(gross), Some(AmountDiffers));
    }
    check((&AT_ONCE, CAPTURED), &pays("30.00"), None);
    check((&AT_ONCE, CAPTURED), &pays("29.98"), Some(AmountDiffers));
    check((&AT_ONCE, CAPTURED), &line(StatementLineKind::Payment, "30.00", "EUR"), Some(CurrencyDiffers));
    check((&AT_ONCE, CAPTURED), &pays("3e1"), Some(UnreadableLine));
    check(
        (&AT_ONCE, CAPTURED),
        &line(StatementLineKind::Other("FEE".into()), "1", "GBP"),
        Some(UnreadableLine),
    );
}

#[test]
fn refund_agrees_with_one_of_ours_or_is_unknown() {
    use DiscrepancyKind::{AmountDiffers, RefundUnknownHere};
    let back = |gross, id: Option<&str>| StatementLine {
        operation_id: id.map(str::to_owned),
        provider_order_id: Some("R-77".to_owned()),
        ..line(StatementLineKind::Refund, gross, "GBP")
    };
    let refunded = "created; told captured; refund b:1; done";
    check((&AT_ONCE, refunded), &back("2.77", Some("op1")), None);
    check((&AT_ONCE, refunded), &back("-2.77", Some("op1")), None);
    check((&AT_ONCE, refunded), &back("2.77", None), None);
    check((&AT_ONCE, refunded), &back("3.77", Some("op1")), Some(AmountDiffers));
    check((&AT_ONCE, refunded), &back("2.77", Some("op9")), Some(RefundUnknownHere));
    check((&AT_ONCE, CAPTURED), &back("2.77", None), Some(RefundUnknownHere));
}

#[test]
fn order_that_nobody_knows_is_missing_here() {
    let found = judged(&AT_ONCE, None, &line(StatementLineKind::Payment, "30.00", "GBP"));
    assert_eq!(found.discrepancy.map(|it| it.kind), Some(DiscrepancyKind::MissingHere));
    assert_eq!(found.evidence, None);
}

/// Lets the order hear what the line says of it.
fn hears(stage: &mut Stage, line: &StatementLine) -> Option<DiscrepancyKind> {
    let found = judged(stage.spec, Some(&stage.order), line);
    let seen = Observation {
        source: Source::Statement,
        trust: Trust::Authoritative,
        facts: found.evidence.expect("it is about this order"),
        label: "statement S1".to_owned(),
        received_at: stage.now,
        asked_at: None,
        then_sync: false,
    };
    stage.order.observe(&seen, stage.now, stage.spec);
    found.discrepancy.map(|it| it.kind)
}

#[test]
fn unpaid_order_learns_from_a_statement_that_it_is_paid() {
    let mut stage = after(&AT_ONCE, "created");
    let pays = line(StatementLineKind::Payment, "30.00", "GBP");
    assert_eq!(hears(&mut stage, &pays), Some(DiscrepancyKind::UnpaidHere));
    assert!(stage.order.state.is_paid());
    assert_eq!(hears(&mut stage, &pays), None, "from then on they agree");
}

#[test]
fn refund_that_nobody_asked_for_is_adopted_once() {
    let mut stage = after(&AT_ONCE, CAPTURED);
    let back = StatementLine {
        provider_order_id: Some("R-77".to_owned()),
        ..line(StatementLineKind::Refund, "5.00", "GBP")
    };
    assert_eq!(hears(&mut stage, &back), Some(DiscrepancyKind::RefundUnknownHere));
    assert_eq!(stage.order.amounts().refunded.minor, 500);
    assert_eq!(hears(&mut stage, &back), None);
    assert_eq!(stage.order.amounts().refunded.minor, 500);
}

#[test]
fn amount_that_differs_stops_money_until_somebody_looks() {
    let mut stage = after(&AT_ONCE, CAPTURED);
    let pays = line(StatementLineKind::Payment, "20.00", "GBP");
    assert_eq!(hears(&mut stage, &pays), Some(DiscrepancyKind::AmountDiffers));
    assert!(stage.order.has(ConditionKind::AmountMismatch));
}

#[test]
fn captured_money_that_stands_on_no_statement_is_missing_there() {
    let mut stage = after(&AT_ONCE, CAPTURED);
    let paid = stage.order.authorized_at.expect("it is paid");
    let second = jiff::SignedDuration::from_secs(1);
    let missing = |order: &Order, from, to| missing_there(order, (from, to), &AT_ONCE).map(|it| it.kind);
    let (before, later) = (paid - second, paid + second);
    assert_eq!(missing(&stage.order, paid, later), Some(DiscrepancyKind::MissingThere));
    assert_eq!(missing(&stage.order, before, paid), None, "not of these days");
    hears(&mut stage, &line(StatementLineKind::Payment, "30.00", "GBP"));
    assert_eq!(stage.order.provider_refs[STATEMENT_REF], "S1");
    assert_eq!(missing(&stage.order, paid, later), None);
}
