//! How an order stands, as DOKU's answers and notifications both tell it.

use super::SPEC;
use super::table::RUPIAH;
use crate::call::{AmountKind, Flag, OperationFact, OperationKind, OperationStanding};
use crate::json::{Json, Unread};
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Money};

/// Names that are kept of one message, so that a record stays small.
const IDENTIFIERS_MAX: usize = 8;

/// What the order costs, by a message that says so. An amount that nobody can read is not one that was left out: the
/// order would be taken for paid without a look at how much was paid.
pub(super) fn total(said: &Json) -> Result<Option<Money>, Unread> {
    said.amount("order.amount", RUPIAH, Currency::Idr)
}

/// Whether the reference that it repeats, if it does, is ours of this order: both its names are the order's id.
pub(super) fn repeats_reference(said: &Json, order_id: &str) -> bool {
    let places = ["peer_to_peer_info.merchant_unique_reference", "payment.merchant_unique_reference"];
    places.iter().all(|place| !said.has(place) || said.word(place) == Some(order_id))
}

/// What a message of this total says of the order, read leniently: fields are added without notice.
pub(super) fn facts(said: &Json, total: Option<Money>, cx: &Cx<'_>) -> Facts {
    let status = said.word("transaction.status").or_else(|| said.word("peer_to_peer_info.status"));
    // Nobody asked for it here: it was done in DOKU's back office, and of the whole, whether it says how much or not.
    let whole = total.or_else(|| cx.order.map(|order| order.total));
    let refunded = (status == Some("REFUNDED")).then_some(OperationFact {
        kind: OperationKind::Refund,
        id: None,
        provider_id: None,
        amount: whole,
        standing: OperationStanding::Succeeded,
        failure: None,
    });
    let failed = (status == Some("FAILED")).then(|| Flag::AttemptFailed { code: "FAILED".to_owned() });
    let facts = Facts {
        wire_status: status.map(|word| quotable(word, cx)),
        standing: status.and_then(|word| SPEC.standing(word)),
        flags: failed.into_iter().collect(),
        provider_time: said.word("transaction.date").map(|time| printable(time, cx)),
        ..Facts::default()
    };
    let facts = facts
        .with_amount(AmountKind::ProviderTotal, total)
        .with_amount(AmountKind::Refunded, whole.filter(|_| refunded.is_some()));
    // The acquirer's own numbers of the payment.
    let numbers = said.items("peer_to_peer_info.identifier").iter().take(IDENTIFIERS_MAX);
    let named = numbers.filter_map(|number| number.word("name").zip(number.word("value")));
    let facts = named.fold(facts, |facts, (name, value)| {
        facts.with_ref(&format!("identifier_{}", printable(name, cx)), Some(printable(value, cx)))
    });
    Facts { operations: refunded.into_iter().collect(), ..facts }
}
