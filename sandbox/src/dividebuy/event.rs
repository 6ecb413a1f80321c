//! What the journal holds of DivideBuy alone: everything that changes its state.
//!
//! Personal fields are sealed before they become part of an event. The names
//! below are the file's format: renaming one breaks old files.

use serde::{Deserialize, Serialize};

use super::order::{Basket, Parcel};
use crate::checkout::Decision;
use crate::ledger::SkuQty;
use crate::simulator::OrderKey;

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    StoreCodeConfirmed {
        account: String,
        store_code: String,
    },
    StatusSet {
        account: String,
        enabled: bool,
        allowed_ips: Option<String>,
        digest: Option<String>,
    },
    Opened {
        key: OrderKey,
        token: String,
        basket: Basket,
        sealed_person: String,
    },
    Decided {
        key: OrderKey,
        decision: Decision,
        digest: Option<String>,
    },
    Synced {
        key: OrderKey,
        digest: Option<String>,
    },
    Tracked {
        key: OrderKey,
        parcel: Parcel,
        digest: Option<String>,
    },
    TrackingDeleted {
        key: OrderKey,
        parcel: Parcel,
        digest: Option<String>,
    },
    Refunded {
        key: OrderKey,
        amount: i64,
        refund_type: RefundType,
        skus: Vec<SkuQty>,
        digest: Option<String>,
    },
}

impl Event {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::StoreCodeConfirmed { account, .. } | Self::StatusSet { account, .. } => account,
            Self::Opened { key, .. }
            | Self::Decided { key, .. }
            | Self::Synced { key, .. }
            | Self::Tracked { key, .. }
            | Self::TrackingDeleted { key, .. }
            | Self::Refunded { key, .. } => &key.account,
        }
    }
}

/// Whether a refund said it was all of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RefundType {
    Full,
    Partial,
}

impl RefundType {
    /// As the wire writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RefundType::Full => "FULL",
            RefundType::Partial => "PARTIAL",
        }
    }
}
