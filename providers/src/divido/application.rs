//! What an application says: its status, its amounts, and the activations, cancellations and refunds that it lists.
//!
//! The documents' samples contradict themselves (`activatableAmount: 740` beside `£ 0`), so nothing is derived from
//! what may still be done; only what was done counts, and what an entry that has not ended holds is taken off.

use super::SPEC;
use super::request::signs_directly;
use super::table::entries::{ENTRIES, ENTRIES_MAX, EntryRule, LISTS, WORDLESS};
use super::table::{FLAGS, MAJOR, OUR_ORDER};
use crate::call::{AmountKind, Flag, OperationFact, OperationKind, OperationStanding, Standing};
use crate::json::Json;
use crate::quoting::quotable;
use crate::{Currency, Cx, Facts, Money};
use std::collections::BTreeMap;

/// How many entries of this list, reference, date and amount there were so far.
type Same = BTreeMap<String, u32>;

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
    let (mut unsaid, mut same) = (Vec::new(), BTreeMap::new());
    for (kind, list, ..) in LISTS {
        let entries =
            record.php_items(list).ok_or_else(|| format!("the application has no list of {list}"))?;
        if entries.len() > ENTRIES_MAX {
            return Err("the application lists more than anyone could have done".to_owned());
        }
        for entry in entries {
            let amount = entry.amount("amount", MAJOR, currency).map_err(|why| why.to_string())?;
            let word = entry.word("status").unwrap_or(WORDLESS);
            // A word that nobody knows is not the end.
            let standing = standing_of(kind, word, status).unwrap_or_else(|| {
                let word = quotable(word, cx);
                flags.push(Flag::Alert {
                    why: format!("Divido lists something as {word:?}, which nobody knows"),
                });
                OperationStanding::Pending
            });
            if word == WORDLESS && standing == OperationStanding::Pending {
                unsaid.push(kind);
            }
            let id = id_of(entry, cx);
            let provider_id = match &id {
                Some(_) => entry.printable("reference", cx),
                None => Some(name_of(list, entry, amount, &mut same, cx)),
            };
            operations.push(OperationFact { kind, id, provider_id, amount, standing, failure: None });
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
    let open = operations.iter().filter(is_open).filter_map(|fact| Some(fact.amount?.minor));
    let open = open.fold(0, i64::saturating_add);
    Money { minor: whole.minor.saturating_sub(open).max(0), ..whole }
}

/// Divido's name of an entry that is not ours, the same in every answer. Divido gives none, and whoever acts in its
/// back office may write the same reference twice or none at all.
fn name_of(list: &str, entry: &Json, amount: Option<Money>, same: &mut Same, cx: &Cx<'_>) -> String {
    let said = ["reference", "date"].map(|name| entry.printable(name, cx).unwrap_or_default());
    let name = format!("{list} {} {}", said.join(" "), amount.map_or(0, |amount| amount.minor));
    let nth = same.entry(name.clone()).or_insert(0);
    *nth += 1;
    format!("{name} {nth}")
}

/// Our id of an activation, a cancellation or a refund, if it is ours.
fn id_of(entry: &Json, cx: &Cx<'_>) -> Option<String> {
    let id = entry.word("reference")?.strip_prefix(cx.order?.order_id.as_str())?.strip_prefix('.')?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// How a listed activation, cancellation or refund stands, if its word or its application's says so.
fn standing_of(kind: OperationKind, entry: &str, application: &str) -> Option<OperationStanding> {
    let tells = |row: &&EntryRule| {
        row.kinds.contains(&kind)
            && (row.entry.is_empty() || row.entry.contains(&entry))
            && (row.application.is_empty() || row.application.contains(&application))
    };
    let waits = || entry.starts_with("AWAITING-").then_some(OperationStanding::Pending);
    ENTRIES.iter().find(tells).map(|row| row.standing).or_else(waits)
}

/// Amounts first: what was activated stays so when the rest is given up.
pub(super) fn standing(status: &str, activated: bool, cx: &Cx<'_>) -> Option<Standing> {
    match status {
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
