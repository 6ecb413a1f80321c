//! What an application says: its status, its amounts, and the activations, cancellations and refunds that it lists.
//!
//! The documents' samples contradict themselves (`activatableAmount: 740` beside `£ 0`), so nothing is derived from
//! what may still be done; only what was done counts, and what an entry that has not ended holds is taken off.

use super::SPEC;
use super::request::signs_directly;
use super::table::{ENTRIES, ENTRIES_MAX, EntryRule, FLAGS, LISTS, MAJOR, OUR_ORDER, WORDLESS};
use crate::call::{AmountKind, Flag, OperationFact, OperationKind, OperationStanding, Standing};
use crate::json::Json;
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Money};
use std::collections::BTreeMap;

/// How many entries of one list had this reference, date and amount so far.
type Same<'a> = BTreeMap<(&'a str, &'a str, i64), u32>;

/// Whose number an application or a message about one carries: our own note first, for a reference can be changed in
/// Divido's back office.
pub(super) fn number_in(said: &Json) -> Option<&str> {
    said.at("metadata").word(OUR_ORDER).or_else(|| said.word("reference"))
}

/// Whether an application is this order's.
pub(super) fn is_ours(record: &Json, cx: &Cx<'_>) -> bool {
    if let (Some(number), Some(order)) = (number_in(record), cx.order) {
        return number == order.order_id;
    }
    let is_known = |name, id| cx.known(name).is_some() && record.word(id) == cx.known(name);
    is_known("application", "id") || is_known("proposal", "proposal")
}

/// The facts of an application, or why they cannot be read.
pub(super) fn facts_of(record: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    let currency = match record.word("currency") {
        Some(code) => Currency::from_code(code).ok_or("the application's currency is none of ours")?,
        None => cx.order.map(|order| order.currency).ok_or("the application has no currency")?,
    };
    let status = record.need("status").map_err(|why| why.to_string())?;
    let sum = |name| record.amount(name, MAJOR, currency).map_err(|why| why.to_string());
    let (mut operations, mut flags) = (Vec::new(), flags(status, record.at("directSign"), cx));
    let mut unsaid = Vec::new();
    for (kind, list, ..) in LISTS {
        let entries =
            record.php_items(list).ok_or_else(|| format!("the application has no list of {list}"))?;
        let mut same = BTreeMap::new();
        if entries.len() > ENTRIES_MAX {
            return Err("the application lists more than anyone could have done".to_owned());
        }
        for entry in entries {
            let amount = entry.amount("amount", MAJOR, currency).map_err(|why| why.to_string())?;
            let mut fact = OperationFact { amount, ..operation(kind, entry, status, cx) };
            if fact.id.is_none() {
                fact.provider_id = Some(name_of(list, entry, amount, &mut same, cx));
            }
            if fact.standing == OperationStanding::Pending && !entry.has("status") {
                unsaid.push(kind);
            }
            operations.push(fact);
            flags.extend(strange_word(kind, entry.word("status"), status, cx));
        }
    }
    let mut facts = Facts::default().with_amount(AmountKind::ProviderTotal, sum("purchasePrice")?);
    for (kind, _, of, name) in LISTS {
        // Given up before anything was listed as given up, an application may say so or not.
        let whole = sum(name)?.filter(|whole| of != AmountKind::Cancelled || whole.minor != 0);
        // Where an entry waits for want of a word, nobody knows how much of the sum is confirmed.
        let whole = whole.filter(|_| !unsaid.contains(&kind));
        facts = facts.with_amount(of, whole.map(|whole| without_pending(whole, kind, &operations)));
    }
    let captured =
        facts.amounts.iter().any(|fact| fact.kind == AmountKind::Captured && fact.amount.minor > 0);
    let shipped = |fact: &OperationFact| {
        fact.kind == OperationKind::Fulfilment && fact.standing != OperationStanding::Failed
    };
    let facts = Facts {
        standing: standing(status, captured || operations.iter().any(shipped), cx),
        wire_status: Some(quotable(status, cx)),
        operations,
        flags,
        provider_time: record.printable("modifiedDate", cx),
        ..facts
    };
    Ok(facts
        .with_amount(AmountKind::RefundRequested, sum("refundedAmount")?)
        .with_ref("application", record.printable("id", cx))
        .with_ref("proposal", record.printable("proposal", cx)))
}

fn without_pending(whole: Money, kind: OperationKind, operations: &[OperationFact]) -> Money {
    let is_open = |fact: &&OperationFact| fact.kind == kind && fact.standing == OperationStanding::Pending;
    let open = operations.iter().filter(is_open).filter_map(|fact| fact.amount);
    let open: i64 = open.map(|amount| amount.minor).fold(0, i64::saturating_add);
    Money { minor: whole.minor.saturating_sub(open).max(0), ..whole }
}

/// Divido's name of an entry that is not ours, the same in every answer. Divido gives none, and whoever acts in its back
/// office may write the same reference twice or none at all.
fn name_of<'a>(
    list: &str,
    entry: &'a Json,
    amount: Option<Money>,
    same: &mut Same<'a>,
    cx: &Cx<'_>,
) -> String {
    let (minor, word) =
        (amount.map_or(0, |amount| amount.minor), |name| entry.word(name).unwrap_or_default());
    let nth = same.entry((word("reference"), word("date"), minor)).or_insert(0);
    *nth += 1;
    format!("{list} {} {} {minor} {nth}", printable(word("reference"), cx), printable(word("date"), cx))
}

fn operation(kind: OperationKind, entry: &Json, application: &str, cx: &Cx<'_>) -> OperationFact {
    let reference = entry.word("reference");
    let ours = cx.order.and_then(|order| reference?.strip_prefix(order.order_id.as_str())?.strip_prefix('.'));
    OperationFact {
        kind,
        id: ours.filter(|id| !id.is_empty()).map(str::to_owned),
        provider_id: entry.printable("reference", cx),
        amount: None,
        // A word that nobody knows is not the end.
        standing: standing_of(kind, entry.word("status"), application).unwrap_or(OperationStanding::Pending),
        failure: None,
    }
}

/// How a listed activation, cancellation or refund stands, if its word or its application's says so.
fn standing_of(kind: OperationKind, entry: Option<&str>, application: &str) -> Option<OperationStanding> {
    let tells = |row: &&EntryRule| {
        row.kinds.contains(&kind)
            && (row.entry.is_empty() || row.entry.contains(&entry.unwrap_or(WORDLESS)))
            && (row.application.is_empty() || row.application.contains(&application))
    };
    ENTRIES.iter().find(tells).map(|row| row.standing)
}

/// That an entry's word is none of those that say an end or that wait for one.
fn strange_word(kind: OperationKind, entry: Option<&str>, application: &str, cx: &Cx<'_>) -> Option<Flag> {
    let waits = |word: &&str| *word == "PENDING" || word.starts_with("AWAITING-");
    let word = entry.filter(|word| !waits(word) && standing_of(kind, entry, application).is_none())?;
    let word = quotable(word, cx);
    Some(Flag::Alert {
        why: format!("Divido says {word:?} of one of its entries, and nobody knows what that is"),
    })
}

/// Amounts first: what was activated stays so when the rest is given up. A word that speaks of a part says nothing.
pub(super) fn standing(status: &str, activated: bool, cx: &Cx<'_>) -> Option<Standing> {
    match status {
        "AWAITING-CANCELLATION" | "DISPUTED" | "LOAN-REVERSAL" => None,
        "CANCELLED" | "CANCELED" if activated => Some(Standing::Captured),
        "SIGNED" if cx.account.setting("ship_on") == "SIGNED" => Some(Standing::Authorized),
        word => SPEC.standing(word),
    }
}

/// What a status says besides. Only a record says whether its application is signed directly.
pub(super) fn flags(status: &str, direct_sign: &Json, cx: &Cx<'_>) -> Vec<Flag> {
    let direct =
        if let Json::Bool(direct) = direct_sign { *direct } else { cx.order.is_none() || signs_directly(cx) };
    let due = (status == "ACCEPTED" && !direct).then_some(Flag::AcknowledgementDue);
    let said = FLAGS.iter().filter(|(word, _)| *word == status).map(|(_, flag)| flag.clone());
    said.chain(due).collect()
}
