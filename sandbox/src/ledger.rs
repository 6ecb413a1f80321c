//! The ledger: every effect a host performed, in order. What a test asks when it wants the truth.

use jiff::Timestamp;
use serde::Serialize;

use crate::simulator::OrderKey;

/// All effects of one host since the last reset.
#[derive(Default)]
pub(crate) struct Ledger(Vec<Entry>);

impl Ledger {
    /// Writes an effect down and numbers it.
    pub(crate) fn list(&mut self, entry: Entry) {
        let n = self.0.len() as u64 + 1;
        self.0.push(Entry { n, ..entry });
    }

    /// Every effect, oldest first.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// One effect, or the repeat of one.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1 since the last reset.
    pub(crate) n: u64,
    pub(crate) at: Timestamp,
    /// Whose effect it is: the account's id at the provider.
    pub(crate) account: String,
    /// The shop's order id; absent for what concerns the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    /// `approved`, `declined`, `left`, `expired`, `refund` and the provider's own.
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount_minor: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) currency: &'static str,
    pub(crate) skus: Vec<SkuQty>,
    /// The number of a parcel, or the shop's or provider's number of a refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    /// `FULL` or `PARTIAL`, where a refund says which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refund_type: Option<&'static str>,
    /// The same request had this effect before; nothing new happened.
    pub(crate) repeat: bool,
    /// SHA-256 of the request's body, in hex. Absent where a browser acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_digest: Option<String>,
}

/// Some of one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct SkuQty {
    pub(crate) sku: String,
    pub(crate) qty: i64,
}

impl Entry {
    /// An entry about an account with only what every entry has; it is numbered when it is listed.
    pub(crate) fn new(at: Timestamp, account: &str, kind: &'static str, digest: &Option<String>) -> Entry {
        Entry { at, account: account.to_owned(), kind, request_digest: digest.clone(), ..Entry::default() }
    }

    /// The same about an order.
    pub(crate) fn about(at: Timestamp, key: &OrderKey, kind: &'static str, digest: &Option<String>) -> Entry {
        Entry { order: Some(key.order.clone()), ..Entry::new(at, &key.account, kind, digest) }
    }

    /// With an amount.
    pub(crate) fn of(self, amount_minor: i64, currency: &'static str) -> Entry {
        Entry { amount_minor: Some(amount_minor), currency, ..self }
    }
}
