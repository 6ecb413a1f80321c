//! An order as DOKU knows it. Amounts are whole rupiah.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::CURRENCY;
use super::event::Event as Own;
use super::message;
use crate::checkout::{CheckoutRefused, Decision};
use crate::simulator::OrderKey;

type Event = crate::state::Event<Own>;

/// What the shop asked for. Who the shopper is, is checked and not kept: nothing here needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    pub(crate) request_id: String,
    pub(crate) amount: i64,
    pub(crate) items: Vec<Item>,
    pub(crate) callback_url: String,
    pub(crate) callback_url_cancel: Option<String>,
    /// Where this order's notifications go, if not where the back office says.
    pub(crate) notification_url: Option<String>,
    pub(crate) unique_reference: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// One line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) quantity: i64,
    pub(crate) price: i64,
}

/// An order and all that happened to it.
pub(crate) struct Order {
    pub(crate) key: OrderKey,
    pub(crate) token: String,
    pub(crate) placed: Placed,
    pub(crate) decided: Option<Decision>,
    /// When each attempt failed; a later press does not undo it.
    pub(crate) failed_at: Vec<Timestamp>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) expired: bool,
    pub(crate) refunded_at: Option<Timestamp>,
    pub(crate) digest: String,
    pub(crate) answer: String,
}

impl Order {
    /// How it stands, in DOKU's words. FAILED is not final: the shopper may try again.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Order { refunded_at: Some(_), .. } => "REFUNDED",
            Order { paid_at: Some(_), .. } => "SUCCESS",
            Order { expired: true, .. } => "EXPIRED",
            Order { failed_at, .. } if !failed_at.is_empty() => "FAILED",
            _ => "PENDING",
        }
    }

    /// Since when it stands like this, or stood; of several failures, the one after so many others.
    pub(crate) fn since(&self, status: &str, failures_before: usize) -> Timestamp {
        let at = match status {
            "REFUNDED" => self.refunded_at,
            "SUCCESS" => self.paid_at,
            "EXPIRED" => Some(self.placed.expires_at),
            "FAILED" => self.failed_at.get(failures_before).copied(),
            _ => None,
        };
        at.unwrap_or(self.placed.created_at)
    }

    /// Where a decided shopper goes.
    pub(crate) fn way_back(&self) -> &str {
        let cancelled = self.placed.callback_url_cancel.as_ref().filter(|_| self.paid_at.is_none());
        cancelled.unwrap_or(&self.placed.callback_url)
    }

    /// What a press changes, and whether DOKU tells the shop.
    pub(crate) fn pressed(
        &self,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<Event>, CheckoutRefused> {
        if self.paid_at.is_some() {
            return Ok(Vec::new());
        }
        let told = match decision {
            Decision::Refer => return Err(CheckoutRefused::Rule("Kredivo refers nobody")),
            Decision::PayLate if !self.expired => {
                return Err(CheckoutRefused::Rule("this order has not expired yet"));
            }
            Decision::Approve | Decision::Decline | Decision::Leave if self.expired => {
                return Err(CheckoutRefused::Rule("this order has expired"));
            }
            Decision::Approve | Decision::PayLate => Some("SUCCESS"),
            Decision::Decline => Some("FAILED"),
            Decision::Leave => None,
        };
        let decided = Own::Decided { key: self.key.clone(), decision, digest };
        let told = told.map(|status| message::told(self, status));
        Ok(std::iter::once(decided.into()).chain(told).collect())
    }

    /// For the admin calls.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "order": self.key.order,
            "account": self.key.account,
            "request_id": self.placed.request_id,
            "state": self.status(),
            "currency": CURRENCY,
            "amount": self.placed.amount,
            "expires_at": self.placed.expires_at,
        })
    }
}
