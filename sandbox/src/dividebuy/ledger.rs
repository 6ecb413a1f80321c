//! The ledger: every effect this host performed, in order. What a test asks when it wants the truth.

use jiff::Timestamp;
use serde::Serialize;

/// The one currency of DivideBuy.
pub(crate) const CURRENCY: &str = "GBP";

/// One effect, or the repeat of one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1 since the last reset.
    pub(crate) n: u64,
    pub(crate) at: Timestamp,
    pub(crate) retailer_id: u64,
    /// The store's order id; absent for what concerns the retailer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount_minor: Option<i64>,
    pub(crate) currency: &'static str,
    pub(crate) skus: Vec<SkuQty>,
    /// The tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refund_type: Option<RefundType>,
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

/// Whether a refund said it was all of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RefundType {
    Full,
    Partial,
}

impl Entry {
    /// An entry with only what every entry has; its number is given when it is listed.
    pub(crate) fn new(at: Timestamp, retailer_id: u64, kind: &'static str, digest: &Option<String>) -> Entry {
        Entry {
            n: 0,
            at,
            retailer_id,
            order: None,
            kind,
            amount_minor: None,
            currency: CURRENCY,
            skus: Vec::new(),
            number: None,
            refund_type: None,
            repeat: false,
            request_digest: digest.clone(),
        }
    }

    /// The same, about an order.
    pub(crate) fn about(self, order: &str) -> Entry {
        Entry { order: Some(order.to_owned()), ..self }
    }
}
