//! Every way in which two books can differ, and the few in which they may.

use super::compare;
use crate::check::belief::{Belief, Certainty, Parcel, Refund};
use crate::check::ledger::{Article, Entry};
use std::collections::BTreeSet;

const ORDER: &str = "01JARZ3NDEKTSV4RRFFQ69G5FA";

fn paid() -> Belief {
    Belief {
        name: format!("merchants/demo/orders/{ORDER}"),
        order_id: ORDER.to_owned(),
        total_minor: 5_000,
        currency: "GBP".to_owned(),
        approved: true,
        approved_besides: BTreeSet::new(),
        deaf: None,
        refunds: Vec::new(),
        parcels: Vec::new(),
        returned_minor: 0,
        sums_differ: false,
        parked: Vec::new(),
    }
}

fn refunded(refunds: &[(i64, Certainty)]) -> Belief {
    let refund = |&(minor, certainty)| Refund { id: format!("r-{minor}"), minor, certainty, besides: false };
    let happened = refunds.iter().filter(|(_, certainty)| *certainty == Certainty::Happened);
    let returned_minor = happened.map(|(minor, _)| minor).sum();
    Belief { refunds: refunds.iter().map(refund).collect(), returned_minor, ..paid() }
}

fn shipped(number: &str, pieces: i64, certainty: Certainty) -> Belief {
    let (id, number, sku) = ("f-1".to_owned(), number.to_owned(), "LAMP".to_owned());
    Belief { parcels: vec![Parcel { id, number, sku, micros: pieces * 1_000_000, certainty }], ..paid() }
}

fn entry(kind: &str, amount_minor: Option<i64>) -> Entry {
    let (order, kind) = (Some(ORDER.to_owned()), kind.to_owned());
    Entry { n: 1, order, kind, amount_minor, currency: None, skus: Vec::new(), number: None, repeat: false }
}

fn approved() -> Entry {
    entry("approved", Some(5_000))
}

fn refund(minor: i64) -> Entry {
    entry("refund", Some(minor))
}

fn parcel(kind: &str, number: &str, qty: i64) -> Entry {
    let skus = vec![Article { sku: "LAMP".to_owned(), qty }];
    Entry { number: Some(number.to_owned()), skus, ..entry(kind, None) }
}

fn repeated(entry: Entry) -> Entry {
    Entry { repeat: true, ..entry }
}

/// Compares one order with an approval and these entries; each expected violation is named by what it says.
#[track_caller]
fn check(belief: Belief, entries: Vec<Entry>, expected: &[&str]) {
    let entries: Vec<Entry> = std::iter::once(approved()).chain(entries).collect();
    check_all(&[belief], &entries, expected);
}

#[track_caller]
fn check_all(beliefs: &[Belief], entries: &[Entry], expected: &[&str]) {
    let violations = compare(beliefs, entries, true).violations;
    let texts: Vec<String> = violations.iter().map(|it| format!("{}: {}", it.about, it.text)).collect();
    assert_eq!(texts, expected);
}

#[test]
fn equal_books_agree_to_the_penny() {
    let belief = refunded(&[(1_200, Certainty::Happened), (300, Certainty::Happened)]);
    let comparison = compare(&[belief], &[approved(), refund(300), refund(1_200)], true);
    assert!(comparison.violations.is_empty());
    let agreed = comparison.agreed();
    assert_eq!((agreed.refunds, agreed.approvals), (2, 1));
    assert_eq!(agreed.refunded_minor, [("GBP".to_owned(), 1_500)].into());
}

#[test]
fn refund_must_be_in_both_books() {
    let here = refunded(&[(1_200, Certainty::Happened)]);
    check(here, vec![], &["refund: r-1200 GBP 12.00 happened here; the ledger has none such"]);
    check(paid(), vec![refund(1_200)], &["refund: GBP 12.00 is in the ledger; we know of none such"]);
}

#[test]
fn penny_is_a_difference() {
    let expected = [
        "refund: r-1200 GBP 12.00 happened here; the ledger has none such",
        "refund: GBP 11.99 is in the ledger; we know of none such",
    ];
    check(refunded(&[(1_200, Certainty::Happened)]), vec![refund(1_199)], &expected);
}

#[test]
fn money_must_not_go_back_twice() {
    let here = refunded(&[(1_200, Certainty::Happened)]);
    let expected = ["refund: GBP 12.00 happened more often in the ledger than here"];
    check(here, vec![refund(1_200), refund(1_200)], &expected);
}

#[test]
fn refund_that_a_lender_refused_did_not_happen() {
    let refused = || entry("refund_refused", Some(1_200));
    check(refunded(&[]), vec![refund(1_200), refused()], &[]);
    let twice = vec![refund(1_200), refused(), refund(1_200)];
    check(refunded(&[(1_200, Certainty::Happened)]), twice, &[]);
}

#[test]
fn unknown_refund_may_be_in_the_ledger_once() {
    let unknown = || refunded(&[(1_200, Certainty::Maybe)]);
    check(unknown(), vec![], &[]);
    check(unknown(), vec![refund(1_200)], &[]);
    let twice = vec![refund(1_200), refund(1_200)];
    check(unknown(), twice, &["refund: GBP 12.00 is in the ledger; we know of none such"]);
    assert_eq!(compare(&[unknown()], &[approved(), refund(1_200)], true).explained.len(), 1);
}

#[test]
fn certain_refund_is_matched_before_an_unknown_one() {
    check(refunded(&[(700, Certainty::Maybe), (700, Certainty::Happened)]), vec![refund(700)], &[]);
}

#[test]
fn approval_must_be_in_both_books_once() {
    check_all(&[paid()], &[], &["approval: we believe in one; the ledger has none"]);
    let unpaid = Belief { approved: false, ..paid() };
    check(unpaid.clone(), vec![], &["approval: the ledger has one; we never heard of it"]);
    check(paid(), vec![approved()], &["approval: 2 times in the ledger"]);
    check(Belief { deaf: Some("SYNC_OVERDUE sync".to_owned()), ..unpaid }, vec![], &[]);
    check(
        Belief { total_minor: 4_999, ..paid() },
        vec![],
        &["approval: GBP 50.00 in the ledger, GBP 49.99 here"],
    );
}

#[test]
fn second_approval_is_known_where_its_money_goes_back() {
    let two = || Belief { approved_besides: ["dv-1".to_owned()].into(), ..paid() };
    let back = |certainty| {
        let refund = Refund { id: "attempt-1".to_owned(), minor: 5_000, certainty, besides: true };
        Belief { refunds: vec![refund], ..two() }
    };
    check(back(Certainty::Happened), vec![approved(), refund(5_000)], &[]);
    check(back(Certainty::Maybe), vec![approved()], &[]);
    let again = ["refund: GBP 50.00 happened more often in the ledger than here"];
    check(back(Certainty::Happened), vec![approved(), refund(5_000), refund(5_000)], &again);
    check(two(), vec![], &["approval: we believe in 2; the ledger has 1"]);
}

#[test]
fn parcel_must_be_in_both_books() {
    check(shipped("P-1", 2, Certainty::Happened), vec![parcel("tracking", "P-1", 2)], &[]);
    let expected = [
        "parcel: P-1 2 × LAMP left here; the ledger has none such",
        "parcel: P-1 1 × LAMP is in the ledger; we know of none such",
    ];
    check(shipped("P-1", 2, Certainty::Happened), vec![parcel("tracking", "P-1", 1)], &expected);
    check(shipped("P-1", 2, Certainty::Maybe), vec![], &[]);
}

#[test]
fn repeat_is_listed_and_no_violation() {
    let entries = [approved(), parcel("tracking", "P-1", 2), repeated(parcel("tracking", "P-1", 2))];
    let comparison = compare(&[shipped("P-1", 2, Certainty::Happened)], &entries, true);
    assert!(comparison.violations.is_empty());
    assert_eq!(comparison.repeats[0].text, "tracking P-1");
}

#[test]
fn parcel_that_was_taken_back_is_gone_from_both_books() {
    let taken_back = vec![parcel("tracking", "P-1", 2), parcel("tracking_deleted", "P-1", 2)];
    check(paid(), taken_back.clone(), &[]);
    let expected = ["parcel: P-1 2 × LAMP left here; the ledger has none such"];
    check(shipped("P-1", 2, Certainty::Happened), taken_back, &expected);
}

#[test]
fn own_sums_must_be_own_operations() {
    let belief = Belief { returned_minor: 1_199, ..refunded(&[(1_200, Certainty::Happened)]) };
    check(belief, vec![refund(1_200)], &["sums: refunds come to GBP 12.00, the order says GBP 11.99"]);
}

#[test]
fn strangers_count_only_where_all_orders_are_compared() {
    let entries = [approved(), entry("syncretorder", None)];
    check_all(&[], &entries, &["order: the ledger has approved, and we have no such order"]);
    assert!(compare(&[], &entries, false).violations.is_empty());
    assert!(compare(&[], &[entry("left", None)], true).violations.is_empty());
}

#[test]
fn second_look_replaces_the_first() {
    let mut comparison = compare(&[refunded(&[(1_200, Certainty::Happened)])], &[approved()], true);
    assert!(comparison.take_suspects().contains(ORDER));
    comparison.add(compare(&[refunded(&[(1_200, Certainty::Happened)])], &[approved(), refund(1_200)], true));
    assert!(comparison.violations.is_empty());
    assert_eq!(
        (comparison.orders.len(), comparison.agreed().refunds, comparison.agreed().approvals),
        (1, 1, 1)
    );
}
