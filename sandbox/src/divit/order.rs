//! An order as divit knows it. Amounts are cents of HKD.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::CURRENCY;
use super::account::Account;
use super::event::Event as Own;
use super::message::{self, CANCELLED_BY_USER, PAID};
use super::miles::Miles;
use crate::checkout::{CheckoutRefused, Decision};
use crate::simulator::OrderKey;

type Event = crate::state::Event<Own>;

/// Which of the three APIs made an order; each spells its answers and events in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Generation {
    Paynow,
    Paylater,
    Directpay,
}

impl Generation {
    /// The first part of its paths.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Generation::Paynow => "paynow",
            Generation::Paylater => "paylater",
            Generation::Directpay => "directpay",
        }
    }
}

/// What the shop asked for. Who the shopper is, is read and not kept: nothing here needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    pub(crate) generation: Generation,
    /// Whether it came by a signed link, and no call made it.
    #[serde(default)]
    pub(crate) by_link: bool,
    /// Whether the shop told divit the customer.
    pub(crate) fast: bool,
    pub(crate) amount: i64,
    /// The part of it that does not go back.
    #[serde(default)]
    pub(crate) nonrefundable: i64,
    pub(crate) merchant_ref: String,
    pub(crate) webhook_success: String,
    pub(crate) webhook_failure: String,
    pub(crate) webhook_events: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) items: Vec<Item>,
    pub(crate) miles: Miles,
    pub(crate) customer_id: String,
}

/// One line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) qty: i64,
    /// Of all of them, if the shop said one that can be shown.
    #[serde(default)]
    pub(crate) price: Option<i64>,
}

/// Money that was asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) amount: i64,
    pub(crate) full: bool,
    /// Where its end is told; the order's events otherwise.
    pub(crate) callback: Option<String>,
    pub(crate) reference: Option<String>,
    /// None while staff has not looked at it.
    #[serde(default)]
    pub(crate) completed: Option<bool>,
}

impl Refund {
    /// In the ledger's word.
    pub(crate) fn kind(&self) -> &'static str {
        if self.full { "FULL" } else { "PARTIAL" }
    }
}

/// An order and all that happened to it.
pub(crate) struct Order {
    pub(crate) key: OrderKey,
    pub(crate) token: String,
    pub(crate) placed: Placed,
    /// What the shopper pressed last, if it counted.
    pub(crate) decided: Option<Decision>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) cancelled: bool,
    pub(crate) expired: bool,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) alerts: Vec<&'static str>,
}

impl Order {
    /// Whether the shopper can still pay in time.
    pub(crate) fn is_open(&self) -> bool {
        self.paid_at.is_none() && !self.cancelled && !self.expired
    }

    /// What can still be asked back.
    pub(crate) fn refundable(&self) -> i64 {
        self.placed.amount - self.placed.nonrefundable - self.refund_requested()
    }

    /// What was asked back and not turned down.
    pub(crate) fn refund_requested(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.completed != Some(false)).map(|refund| refund.amount).sum()
    }

    /// What went back.
    pub(crate) fn refund_completed(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.completed == Some(true)).map(|refund| refund.amount).sum()
    }

    /// In one word.
    pub(crate) fn state(&self) -> &'static str {
        match self {
            Order { paid_at: Some(_), .. } => "completed",
            Order { cancelled: true, .. } => "cancelled",
            Order { expired: true, .. } => "expired",
            _ => "pending",
        }
    }

    /// What a press changes, and whom divit tells.
    pub(crate) fn pressed(
        &self,
        account: Option<&Account>,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<Event>, CheckoutRefused> {
        let (key, account) = (self.key.clone(), account.ok_or(CheckoutRefused::UnknownOrder)?);
        if self.paid_at.is_some() {
            return Ok(Vec::new());
        }
        let allowed = match decision {
            Decision::Approve | Decision::Decline | Decision::Leave => self.is_open(),
            // By another method, at the bank: divit cannot stop it.
            Decision::PayLate => self.expired,
            Decision::Refer => return Err(CheckoutRefused::Rule("divit refers nobody")),
        };
        if !allowed {
            return Err(CheckoutRefused::Rule("this order has ended, or has not expired yet"));
        }
        let event = match decision {
            Decision::Approve | Decision::PayLate => Some(PAID),
            Decision::Leave => Some(CANCELLED_BY_USER),
            // The bank refused one payment; the order stays open for another.
            _ => None,
        };
        let told = event.map(|event| message::told(account, self, event, None)).unwrap_or_default();
        let decided = Own::Decided { key, decision, digest };
        Ok(std::iter::once(decided.into()).chain(told).collect())
    }

    /// For the admin calls.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "order": self.placed.merchant_ref,
            "order_id": self.key.order,
            "account": self.key.account,
            "state": self.state(),
            "currency": CURRENCY,
            "amount_minor": self.placed.amount,
            "expires_at": self.placed.expires_at,
            "refund_requested_minor": self.refund_requested(),
            "refund_completed_minor": self.refund_completed(),
            "miles": self.placed.miles.supplied,
            "alerts": self.alerts,
        })
    }
}
