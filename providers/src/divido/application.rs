//! What an application says: its status, its amounts, and the activations, cancellations and refunds that it lists.
//!
//! The documents' samples contradict themselves (`activatableAmount: 740` beside `£ 0`), so nothing is derived from
//! what may still be done; only what was done counts, and what an entry that has not ended holds is taken off.

use super::SPEC;
use super::reply::standing_of;
use super::request::signs_directly;
use crate::call::{AmountFact, AmountKind, Flag, OperationFact, OperationKind, OperationStanding, Standing};
use crate::json::{major, object, word};
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Money};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Entries of one kind that are kept of one answer.
const ENTRIES_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Application<'a> {
    id: Option<Value>,
    proposal: Option<Value>,
    status: Option<Value>,
    currency: Option<Value>,
    direct_sign: Option<Value>,
    modified_date: Option<Value>,
    #[serde(borrow)]
    purchase_price: Option<&'a RawValue>,
    #[serde(borrow)]
    activated_amount: Option<&'a RawValue>,
    #[serde(borrow)]
    cancelled_amount: Option<&'a RawValue>,
    #[serde(borrow)]
    refunded_amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    activations: Vec<Entry<'a>>,
    #[serde(borrow, default)]
    cancellations: Vec<Entry<'a>>,
    #[serde(borrow, default)]
    refunds: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    reference: Option<Value>,
    status: Option<Value>,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Names {
    id: Option<Value>,
    proposal: Option<Value>,
    reference: Option<Value>,
}

/// Whether an application is this order's; none if it is no application.
pub(super) fn is_ours(record: &RawValue, cx: &Cx<'_>) -> Option<bool> {
    let names: Names = object(record.get().as_bytes())?;
    let known = |name: &str, value: &Option<Value>| word(value.as_ref()).as_ref() == cx.refs.get(name);
    let reference = word(names.reference.as_ref());
    Some(match (reference, cx.order) {
        (Some(reference), Some(order)) => reference == order.order_id,
        _ => {
            let by_id = cx.refs.contains_key("application") && known("application", &names.id);
            by_id || cx.refs.contains_key("proposal") && known("proposal", &names.proposal)
        }
    })
}

/// The facts of an application, or why they cannot be read.
pub(super) fn facts_of(record: &RawValue, cx: &Cx<'_>) -> Result<Facts, &'static str> {
    let application: Application<'_> = object(record.get().as_bytes()).ok_or("this is no application")?;
    let stated = word(application.currency.as_ref());
    let currency = match stated {
        Some(code) => Currency::from_code(&code).ok_or("the application's currency is none of ours")?,
        None => cx.order.map(|order| order.currency).ok_or("the application has no currency")?,
    };
    let status = word(application.status.as_ref()).ok_or("the application has no status")?;
    let reading = Reading { application: &application, status: &status, currency, cx };
    let operations = reading.operations()?;
    let amounts = reading.amounts(&operations)?;
    let activated = activated(&amounts, &operations);
    let text = |value: &Option<Value>| word(value.as_ref()).map(|text| printable(&text, cx));
    let refs = [("application", text(&application.id)), ("proposal", text(&application.proposal))];
    Ok(Facts {
        standing: standing(&status, activated, cx),
        wire_status: Some(quotable(&status, cx)),
        amounts,
        refs: refs
            .into_iter()
            .filter_map(|(name, id)| Some((name.to_owned(), id?)))
            .collect::<BTreeMap<_, _>>(),
        operations,
        flags: flags(&status, application.direct_sign.as_ref(), cx),
        provider_time: text(&application.modified_date),
        ..Facts::default()
    })
}

/// Whether anything was activated, confirmed or not.
fn activated(amounts: &[AmountFact], operations: &[OperationFact]) -> bool {
    let captured = amounts.iter().any(|fact| fact.kind == AmountKind::Captured && fact.amount.minor > 0);
    let shipped = |fact: &OperationFact| {
        fact.kind == OperationKind::Fulfilment && fact.standing != OperationStanding::Failed
    };
    captured || operations.iter().any(shipped)
}

/// Amounts first: what was activated stays so when the rest is given up. A word that speaks of a part says nothing.
pub(super) fn standing(status: &str, activated: bool, cx: &Cx<'_>) -> Option<Standing> {
    let ships_on_signed = cx.account.config.get("ship_on").is_some_and(|word| word == "SIGNED");
    match status {
        "AWAITING-CANCELLATION" | "DISPUTED" | "LOAN-REVERSAL" => None,
        "CANCELLED" | "CANCELED" if activated => Some(Standing::Captured),
        "SIGNED" if ships_on_signed => Some(Standing::Authorized),
        word => SPEC.standing(word),
    }
}

/// What a status says besides. Only a record says whether its application is signed directly.
pub(super) fn flags(status: &str, direct_sign: Option<&Value>, cx: &Cx<'_>) -> Vec<Flag> {
    let direct = match direct_sign {
        Some(Value::Bool(direct)) => *direct,
        _ => cx.order.is_none() || signs_directly(cx),
    };
    match status {
        "ACTION-CUSTOMER" => vec![Flag::CustomerActionRequired],
        "ACTION-RETAILER" => vec![Flag::MerchantActionRequired],
        "ACCEPTED" if !direct => vec![Flag::AcknowledgementDue],
        "DISPUTED" | "LOAN-REVERSAL" => vec![Flag::Disputed { amount: None }],
        _ => Vec::new(),
    }
}

struct Reading<'a> {
    application: &'a Application<'a>,
    status: &'a str,
    currency: Currency,
    cx: &'a Cx<'a>,
}

impl Reading<'_> {
    fn operations(&self) -> Result<Vec<OperationFact>, &'static str> {
        let lists = [
            (OperationKind::Fulfilment, &self.application.activations),
            (OperationKind::Cancellation, &self.application.cancellations),
            (OperationKind::Refund, &self.application.refunds),
        ];
        let mut facts = Vec::new();
        for (kind, entries) in lists {
            if entries.len() > ENTRIES_MAX {
                return Err("the application lists more than anyone could have done");
            }
            for entry in entries {
                facts
                    .push(self.operation(kind, entry).ok_or("the application lists an amount that is none")?);
            }
        }
        Ok(facts)
    }

    fn operation(&self, kind: OperationKind, entry: &Entry<'_>) -> Option<OperationFact> {
        let amount = match entry.amount {
            Some(raw) => Some(major(Some(raw), self.currency)?),
            None => None,
        };
        let reference = word(entry.reference.as_ref());
        let ours = |order: &crate::OrderContent| {
            reference.as_ref()?.strip_prefix(order.order_id.as_str())?.strip_prefix('.').map(str::to_owned)
        };
        Some(OperationFact {
            kind,
            id: self.cx.order.and_then(ours).filter(|id| !id.is_empty()),
            provider_id: reference.as_ref().map(|text| printable(text, self.cx)),
            amount,
            standing: standing_of(kind, word(entry.status.as_ref()).as_deref(), self.status),
        })
    }

    fn amounts(&self, operations: &[OperationFact]) -> Result<Vec<AmountFact>, &'static str> {
        let mut facts = Vec::new();
        if let Some(amount) = self.amount(self.application.purchase_price)? {
            facts.push(AmountFact { kind: AmountKind::ProviderTotal, amount });
        }
        let sums = [
            (AmountKind::Captured, OperationKind::Fulfilment, self.application.activated_amount),
            (AmountKind::Cancelled, OperationKind::Cancellation, self.application.cancelled_amount),
            (AmountKind::Refunded, OperationKind::Refund, self.application.refunded_amount),
        ];
        for (kind, of, raw) in sums {
            let Some(whole) = self.amount(raw)? else { continue };
            // Given up before anything was listed as given up, an application may say so or not.
            if kind == AmountKind::Cancelled && whole.minor == 0 {
                continue;
            }
            let pending =
                |fact: &&OperationFact| fact.kind == of && fact.standing == OperationStanding::Pending;
            let open = operations.iter().filter(pending).filter_map(|fact| fact.amount);
            let open: i64 = open.map(|amount| amount.minor).fold(0, i64::saturating_add);
            let ended = Money { minor: whole.minor.saturating_sub(open).max(0), ..whole };
            facts.push(AmountFact { kind, amount: ended });
        }
        if let Some(amount) = self.amount(self.application.refunded_amount)? {
            facts.push(AmountFact { kind: AmountKind::RefundRequested, amount });
        }
        Ok(facts)
    }

    fn amount(&self, raw: Option<&RawValue>) -> Result<Option<Money>, &'static str> {
        match raw {
            None => Ok(None),
            Some(raw) => {
                major(Some(raw), self.currency).map(Some).ok_or("the application has an amount that is none")
            }
        }
    }
}
