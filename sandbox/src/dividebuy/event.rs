//! What the journal holds: everything that changes the state, one line per decision.
//!
//! Personal fields and credentials are sealed before they become part of an
//! event. The names below are the file's format: renaming one breaks old files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ledger::{RefundType, SkuQty};
use super::order::{Basket, Decision, OrderKey, Parcel};
use super::webhook::Method;

/// One line: what one decision changed, whole or not at all.
#[derive(Serialize, Deserialize)]
pub(crate) struct JournalLine {
    pub(crate) at: Timestamp,
    pub(crate) events: Vec<Event>,
}

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    AccountPut {
        retailer_id: u64,
        store_code: String,
        store_url: String,
        brand: String,
        active: bool,
        sealed_credentials: String,
    },
    StoreCodeConfirmed {
        retailer_id: u64,
        store_code: String,
    },
    StatusSet {
        retailer_id: u64,
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
    MagicDone {
        key: OrderKey,
        operation: String,
    },
    WebhookQueued {
        retailer_id: u64,
        order_id: Option<String>,
        method: Method,
        plan: Plan,
    },
    WebhookTried {
        id: u64,
        status: Option<u16>,
        then: Then,
    },
    Reset,
}

/// When and how often a webhook is to be sent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) due: Timestamp,
    /// How many copies each try sends; 0 means that it is dropped on purpose.
    pub(crate) copies: u8,
}

/// What follows a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    Delivered,
    TryAgain { due: Timestamp },
    GiveUp,
}
