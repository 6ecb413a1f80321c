//! What the journal holds of divit alone. The names below are the file's format: renaming one breaks old files.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::{Placed, Refund};
use crate::checkout::Decision;
use crate::simulator::OrderKey;

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Created {
        key: OrderKey,
        /// The secret part of its checkout's address.
        token: String,
        placed: Placed,
        digest: Option<String>,
    },
    Decided {
        key: OrderKey,
        decision: Decision,
        digest: Option<String>,
    },
    Expired {
        key: OrderKey,
    },
    RefundRequested {
        key: OrderKey,
        refund: Refund,
        due: Timestamp,
        digest: Option<String>,
    },
    RefundEnded {
        key: OrderKey,
        number: usize,
        completed: bool,
    },
}

impl Event {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Created { key, .. }
            | Self::Decided { key, .. }
            | Self::Expired { key, .. }
            | Self::RefundRequested { key, .. }
            | Self::RefundEnded { key, .. } => &key.account,
        }
    }
}
