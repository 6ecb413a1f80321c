//! A message to a shop, and how far its delivery got.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::{Fault, Kind, Twist};
use crate::simulator::OrderKey;

/// What a message is about, before it is planned. Written to the journal, so nothing personal is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) account: String,
    /// The shop's order id; absent for what concerns the account.
    pub(crate) order: Option<String>,
    /// The provider's own word for the message.
    pub(crate) kind: String,
    /// What the message has to say and the state will have forgotten when it is sent.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) content: Value,
}

impl Notice {
    /// A message about an order.
    pub(crate) fn about(key: &OrderKey, kind: impl Into<String>, content: Value) -> Notice {
        Notice { account: key.account.clone(), order: Some(key.order.clone()), kind: kind.into(), content }
    }

    /// The order it is about.
    pub(crate) fn key(&self) -> Option<OrderKey> {
        Some(OrderKey { account: self.account.clone(), order: self.order.clone()? })
    }
}

/// A message and how far its delivery got.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Webhook {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) notice: Notice,
    pub(crate) state: Delivery,
    pub(crate) tries: u32,
    pub(crate) copies: u8,
    pub(crate) due: Timestamp,
    /// The status of the last answer, if there was one.
    pub(crate) last_status: Option<u16>,
    /// What is wrong with it, on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

impl Webhook {
    /// How what it says differs from what is so.
    pub(crate) fn twist(&self) -> Twist {
        Twist::of(self.fault)
    }

    /// Whether it waits for the order's next message to pass it.
    pub(crate) fn is_held(&self) -> bool {
        let reordered = self.fault.is_some_and(|fault| fault.kind == Kind::ReorderWebhooks);
        reordered && self.state == Delivery::Pending && self.tries == 0
    }
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivery {
    Pending,
    Delivered,
    GivenUp,
    Dropped,
}

/// When and how often a message is to be sent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) due: Timestamp,
    /// How many copies each try sends; 0 means that it is dropped on purpose.
    pub(crate) copies: u8,
    /// What is wrong with it, on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

/// What follows a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    Delivered,
    TryAgain { due: Timestamp },
    GiveUp,
}

/// A message ready to go.
pub(crate) struct Letter {
    pub(crate) url: String,
    /// Beside `content-type: application/json`.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Letter {
    /// A message without headers of its own.
    pub(crate) fn json(url: String, body: &Value) -> Letter {
        Letter { url, headers: Vec::new(), body: body.to_string().into_bytes() }
    }
}

/// The wait after the failed try number `tries`, counted from 1; None when that was the last one.
pub(crate) fn backoff(waits: &[Duration], tries: u32, speed: u32) -> Option<Duration> {
    let wait = waits.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    Some(*wait / speed.max(1))
}
