//! How an order stands, as DOKU's answers and notifications both tell it.

use super::SPEC;
use crate::call::{AmountFact, AmountKind, Flag, OperationFact, OperationKind, OperationStanding};
use crate::json::word;
use crate::quoting::{printable, quotable};
use crate::{Currency, Cx, Facts, Money};
use serde_json::{Map, Value};

/// Names that are kept of one message, so that a record stays small.
const IDENTIFIERS_MAX: usize = 8;

/// A message of DOKU's, read leniently: fields are added without notice.
pub(super) struct Message(pub(super) Map<String, Value>);

impl Message {
    /// A field by its path.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |value, name| value.get(name))
    }

    /// A word by its path.
    pub(super) fn word(&self, path: &[&str]) -> Option<String> {
        word(self.at(path))
    }

    /// What it says of the order.
    pub(super) fn facts(&self, cx: &Cx<'_>) -> Facts {
        let status = self.word(&["transaction", "status"]);
        let status = status.or_else(|| self.word(&["peer_to_peer_info", "status"]));
        let total = self.word(&["order", "amount"]).and_then(|text| rupiah(&text));
        let refunded = status.as_deref() == Some("REFUNDED");
        let amount = |kind| total.map(|amount| AmountFact { kind, amount });
        let returned = |amount| OperationFact {
            kind: OperationKind::Refund,
            id: None,
            provider_id: None,
            amount,
            standing: OperationStanding::Succeeded,
        };
        let failed = status.as_deref() == Some("FAILED");
        Facts {
            standing: status.as_deref().and_then(|word| SPEC.standing(word)),
            amounts: amount(AmountKind::ProviderTotal)
                .into_iter()
                .chain(amount(AmountKind::Refunded).filter(|_| refunded))
                .collect(),
            // Nobody asked for it here: it was done in DOKU's back office, and of the whole.
            operations: refunded.then(|| returned(total)).into_iter().collect(),
            flags: failed.then(|| Flag::AttemptFailed { code: "FAILED".to_owned() }).into_iter().collect(),
            refs: self.identifiers(cx),
            provider_time: self.word(&["transaction", "date"]).map(|time| printable(&time, cx)),
            wire_status: status.map(|word| quotable(&word, cx)),
            ..Facts::default()
        }
    }

    /// The acquirer's own numbers of the payment.
    fn identifiers(&self, cx: &Cx<'_>) -> std::collections::BTreeMap<String, String> {
        let list = self.at(&["peer_to_peer_info", "identifier"]).and_then(Value::as_array);
        let pair = |entry: &Value| {
            let (name, value) = (word(entry.get("name"))?, word(entry.get("value"))?);
            Some((format!("identifier_{}", printable(&name, cx)), printable(&value, cx)))
        };
        list.into_iter().flatten().take(IDENTIFIERS_MAX).filter_map(pair).collect()
    }
}

/// Whole rupiah, of which ISO 4217 has a hundred parts.
fn rupiah(text: &str) -> Option<Money> {
    Money::from_major(Currency::Idr, text).ok()
}
