//! What an application lists, and what the words there mean.

use crate::call::OperationKind::{Cancellation, Fulfilment, Refund};
use crate::call::OperationStanding::{Failed, Pending, Succeeded};
use crate::call::{AmountKind, OperationKind, OperationStanding};

/// Entries of one kind that are kept of one answer.
pub(crate) const ENTRIES_MAX: usize = 500;
/// Where each kind of operation is listed, and where its sum stands.
pub(crate) const LISTS: [(OperationKind, &str, AmountKind, &str); 3] = [
    (Fulfilment, "activations", AmountKind::Captured, "activatedAmount"),
    (Cancellation, "cancellations", AmountKind::Cancelled, "cancelledAmount"),
    (Refund, "refunds", AmountKind::Refunded, "refundedAmount"),
];

/// An entry without a word of its own.
pub(crate) const WORDLESS: &str = "";

/// What a listed entry's word, or its application's, says of the entry. The documents show PENDING and
/// AWAITING-ACTIVATION; every word that begins so waits.
pub(crate) struct EntryRule {
    /// Of which operations.
    pub(crate) kinds: &'static [OperationKind],
    /// The entry's own word, [`WORDLESS`] for none; any or none, if empty.
    pub(crate) entry: &'static [&'static str],
    /// The application's word; any, if empty.
    pub(crate) application: &'static [&'static str],
    /// How the entry stands.
    pub(crate) standing: OperationStanding,
}

const fn entry(
    kinds: &'static [OperationKind],
    entry: &'static [&'static str],
    application: &'static [&'static str],
    standing: OperationStanding,
) -> EntryRule {
    EntryRule { kinds, entry, application, standing }
}

const ALL: &[OperationKind] = &[Fulfilment, Refund, Cancellation];

/// What an application says when its lender has confirmed what was activated, and what it says later.
const ACTIVATED: &[&str] = &[
    "PARTIALLY-ACTIVATED",
    "PARTIAL-FULFILLED",
    "ACTIVATED",
    "FULFILLED",
    "COMPLETED",
    "REFUNDED",
    "DISPUTED",
    "LOAN-REVERSAL",
    // The rest was given up: nothing is on its way any more.
    "CANCELLED",
    "CANCELED",
];

/// The first row that fits counts.
pub(crate) const ENTRIES: &[EntryRule] = &[
    entry(ALL, &["DECLINED", "REJECTED", "FAILED"], &[], Failed),
    entry(&[Fulfilment, Refund], &["CANCELLED", "CANCELED"], &[], Failed),
    entry(&[Fulfilment], &[], &["ACTIVATED", "FULFILLED", "COMPLETED", "REFUNDED"], Succeeded),
    // Applications list activations without a word (S3 L1070-1079), and everything else with one.
    entry(&[Fulfilment], &[WORDLESS], ACTIVATED, Succeeded),
    entry(&[Refund], &[], &["REFUNDED"], Succeeded),
    entry(&[Cancellation], &[], &["CANCELLED", "CANCELED"], Succeeded),
    entry(ALL, &["COMPLETED", "CONFIRMED", "SUCCESS", "PAID"], &[], Succeeded),
    entry(&[Fulfilment], &["ACTIVATED", "FULFILLED"], &[], Succeeded),
    entry(&[Refund], &["REFUNDED"], &[], Succeeded),
    entry(&[Cancellation], &["CANCELLED", "CANCELED"], &[], Succeeded),
    entry(ALL, &["PENDING", WORDLESS], &[], Pending),
];
