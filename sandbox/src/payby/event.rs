//! What the journal holds of PayBy alone: everything that changes its state.
//!
//! What a merchant sent is sealed before it becomes part of an event. The names below are the file's format: renaming
//! one breaks old files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::{Placed, RefundAsked, RefundStatus};
use crate::checkout::Decision;
use crate::simulator::OrderKey;

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Placed {
        key: OrderKey,
        placed: Placed,
        sealed: String,
        digest: Option<String>,
    },
    Decided {
        key: OrderKey,
        decision: Decision,
        digest: Option<String>,
    },
    Cancelled {
        key: OrderKey,
        digest: Option<String>,
    },
    Revoked {
        key: OrderKey,
        digest: Option<String>,
    },
    Extended {
        key: OrderKey,
        expires_ms: i64,
    },
    RefundAsked {
        key: OrderKey,
        asked: RefundAsked,
        digest: Option<String>,
    },
    ChargedBack {
        key: OrderKey,
        amount: i64,
        at: Timestamp,
    },
    /// The same request again; nothing happened.
    Repeated {
        key: OrderKey,
        kind: RepeatedKind,
        number: Option<String>,
        digest: Option<String>,
    },
    Expired {
        key: OrderKey,
    },
    Settled {
        key: OrderKey,
    },
    RefundDone {
        account: String,
        number: String,
    },
    /// It came to something else than what happens by itself.
    RefundMoved {
        key: OrderKey,
        number: String,
        status: RefundStatus,
    },
}

impl Event {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Placed { key, .. }
            | Self::Decided { key, .. }
            | Self::Cancelled { key, .. }
            | Self::Revoked { key, .. }
            | Self::Extended { key, .. }
            | Self::RefundAsked { key, .. }
            | Self::ChargedBack { key, .. }
            | Self::Repeated { key, .. }
            | Self::Expired { key, .. }
            | Self::Settled { key, .. }
            | Self::RefundMoved { key, .. } => &key.account,
            Self::RefundDone { account, .. } => account,
        }
    }
}

/// What was asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RepeatedKind {
    Placed,
    Refund,
}
