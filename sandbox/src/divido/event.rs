//! What the journal holds of Divido alone: everything that changes its state. The names are the file's format.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::application::{Act, Asked, Kind};
use crate::checkout::Decision;
use crate::simulator::OrderKey;

/// One change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Requested {
        key: OrderKey,
        application: String,
        token: String,
        asked: Box<Asked>,
        sealed_person: String,
        digest: Option<String>,
    },
    Entered {
        key: OrderKey,
    },
    Moved {
        key: OrderKey,
        status: String,
        decision: Option<Decision>,
        digest: Option<String>,
    },
    Finalized {
        key: OrderKey,
        asked: Box<Asked>,
        digest: Option<String>,
    },
    Acted {
        key: OrderKey,
        kind: Kind,
        act: Act,
        due: Timestamp,
        digest: Option<String>,
    },
    Settled {
        key: OrderKey,
        kind: Kind,
        number: usize,
        /// When the customer may no longer withdraw.
        completes: Timestamp,
    },
    /// The lender says no to an act.
    Refused {
        key: OrderKey,
        kind: Kind,
        number: usize,
    },
    Completed {
        key: OrderKey,
    },
}

impl Event {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Requested { key, .. }
            | Self::Entered { key, .. }
            | Self::Moved { key, .. }
            | Self::Finalized { key, .. }
            | Self::Acted { key, .. }
            | Self::Settled { key, .. }
            | Self::Refused { key, .. }
            | Self::Completed { key, .. } => &key.account,
        }
    }
}
