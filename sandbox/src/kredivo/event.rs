//! What the journal holds of Kredivo alone. The names below are the file's format: renaming one breaks old files.

use serde::{Deserialize, Serialize};

use super::order::Placed;
use crate::checkout::Decision;
use crate::simulator::OrderKey;

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Generated {
        key: OrderKey,
        /// The secret part of its checkout's address.
        token: String,
        placed: Box<Placed>,
        /// SHA-256 of the body and the answer to it, for a request that comes again.
        digest: String,
        answer: String,
    },
    Decided {
        key: OrderKey,
        decision: Decision,
        digest: Option<String>,
    },
    Expired {
        key: OrderKey,
    },
    /// The back office gave the money back.
    RefundedByHand {
        key: OrderKey,
    },
}

impl Event {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Generated { key, .. }
            | Self::Decided { key, .. }
            | Self::Expired { key, .. }
            | Self::RefundedByHand { key, .. } => &key.account,
        }
    }
}
