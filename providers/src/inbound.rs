//! What a provider, or a customer's browser, says to us unasked.

use crate::call::Facts;
use crate::said::Said;
use crate::{Cx, OrderContent, Private};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One HTTP message as it reached the ingress, untouched.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// `GET`, `POST`.
    pub method: String,
    /// Below the account's URL, with its leading slash: `/dividebuy/api/response`.
    pub path: String,
    /// The raw query string without `?`, not decoded; may hold credentials.
    pub query: Private<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Raw, at most the ingress's limit.
    pub body: Private<Vec<u8>>,
    /// Who is at the other end of the connection, or what a trusted proxy says; none if neither is known.
    pub sender: Option<IpAddr>,
}

impl Inbound {
    /// The header of this name (lower case), if it stands there once: of two, nobody knows which was signed.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        crate::call::only(&self.headers, name)
    }

    /// Whether the sender's address is one of these, by commas.
    pub(crate) fn is_from(&self, listed: &str) -> bool {
        let sender = self.sender.map(|sender| sender.to_canonical());
        let mut known = listed.split(',').filter_map(|address| address.trim().parse::<IpAddr>().ok());
        known.any(|address| Some(address) == sender)
    }
}

/// A message that proved genuine (as far as its kind can) and was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingested {
    /// What kind of message, and so who waits for which answer.
    pub kind: InboundKind,
    /// Whom it is about.
    pub about: About,
    /// How far it may be believed.
    pub trust: Trust,
    /// What it says.
    pub facts: Facts,
    /// The same message again has the same key; another message never does.
    pub dedup: String,
    /// The key holds no id or time of the provider's, so a duplicate may be a new event in the same words: it still
    /// asks the provider (at most once per 10 s).
    pub dedup_is_weak: bool,
    /// What the order should do because of it.
    pub then: Then,
    /// A browser came back without having finished, as its address says; nothing proves it, and it only decides what the
    /// customer reads.
    #[serde(default)]
    pub gave_up: bool,
    /// A name for people: `orderSuccess`, `splash cancel`.
    pub label: String,
    /// Configuration that an account message carries, as JSON without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<serde_json::Value>,
}

impl Ingested {
    /// A message about an order that is believed and settles what it says. `dedup` holds the sender's own id or time of
    /// it.
    pub(crate) fn webhook(order_id: &str, dedup: String, label: &str) -> Self {
        Self {
            kind: InboundKind::Webhook,
            about: About::Order(order_id.to_owned()),
            trust: Trust::Verified,
            facts: Facts::default(),
            dedup,
            dedup_is_weak: false,
            then: Then::Nothing,
            gave_up: false,
            label: label.to_owned(),
            config: None,
        }
    }

    /// A browser that comes back from the provider's pages: nothing proves it, so it only makes us ask.
    pub(crate) fn browser_return(order_id: &str, how: &str, label: &str) -> Self {
        let message = Self::webhook(order_id, format!("{how}:{order_id}"), label);
        Self { kind: InboundKind::Return, dedup_is_weak: true, ..message }.into_hint()
    }

    /// The same from where the provider sends people who did not finish.
    pub(crate) fn gave_up_if(self, gave_up: bool) -> Self {
        Self { gave_up, ..self }
    }

    /// The same message, believed no further than that it makes us ask.
    pub(crate) fn into_hint(self) -> Self {
        Self { trust: Trust::Hint, then: Then::Sync, ..self }
    }

    /// The same message, believed only if this holds.
    pub(crate) fn believed_if(self, holds: bool) -> Self {
        if holds { self } else { self.into_hint() }
    }

    /// The same message with what it says.
    pub(crate) fn saying(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }
}

/// Whether a stranger's word can be the id of an order: letters, digits, `-` and `_`, at most so many.
#[must_use]
pub fn is_order_id(id: &str, chars_max: usize) -> bool {
    let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !id.is_empty() && id.len() <= chars_max && id.chars().all(sane)
}

/// The id of an order that stands in this field, or what is wrong with the field.
pub(crate) fn order_id_in<'a>(
    said: Option<&'a str>,
    field: &str,
    chars_max: usize,
) -> Result<&'a str, InboundError> {
    let id = said.filter(|id| is_order_id(id, chars_max));
    id.ok_or_else(|| InboundError::malformed(field, "is missing or no order of ours"))
}

/// Who is at the other end of an inbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InboundKind {
    /// The provider notifies; it wants an acknowledgement.
    Webhook,
    /// The customer's browser comes back; it wants a page.
    Return,
    /// The provider asks for the order's content; it wants the content.
    Pull,
}

/// Whom an inbound message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// An order, by the id that we gave it.
    Order(String),
    /// The account itself.
    Account,
}

/// How far evidence may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trust {
    /// Moves no money: it only makes us ask.
    Hint,
    /// Authenticated by the sender's key.
    Verified,
    /// The provider's own answer to our question.
    Authoritative,
}

/// What an inbound message makes an order do besides taking note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Ask the provider how the order stands, now.
    Sync,
}

/// What the order's run said of an inbound message.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// Stored. A pull gets the order's content.
    Accepted(Option<&'a OrderContent>),
    /// We have no such order on this account. The message is kept.
    OrderUnknown,
    /// The order exists and no longer takes this (a pull of a cancelled order).
    Refused {
        /// Canonical state, in words.
        why: String,
    },
    /// We could not store it: the sender must try again.
    Unavailable,
}

/// The HTTP answer to an inbound message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundReply {
    /// HTTP status.
    pub status: u16,
    /// `application/json`, `text/plain`.
    pub content_type: &'static str,
    /// What to send; a pull's answer holds personal data and credentials.
    pub body: Private<Vec<u8>>,
}

impl InboundReply {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string().into_bytes().into() }
    }

    /// The content that was asked for.
    pub(crate) fn content(body: Said) -> Self {
        Self { status: 200, content_type: "application/json", body: body.sent.into_bytes().into() }
    }

    /// The usual answer to a message that the order's run has judged: its kind wants no content.
    #[must_use]
    pub fn receipt(_: &Ingested, verdict: &Verdict<'_>, _: &Cx<'_>) -> Self {
        match verdict {
            // That an order no longer takes it would be no different the second time.
            Verdict::Accepted(_) | Verdict::Refused { .. } => Self::text(200, "OK"),
            Verdict::OrderUnknown => Self::text(404, "no such order"),
            Verdict::Unavailable => Self::text(503, "temporarily unavailable, please try again"),
        }
    }

    /// The usual answer to a message that was refused at the door.
    #[must_use]
    pub fn rejection(error: &InboundError) -> Self {
        match error {
            InboundError::Unauthenticated => Self::text(401, "not authenticated"),
            InboundError::Malformed { field, why } => Self::text(400, &format!("`{field}` {why}")),
            InboundError::UnknownPath => Self::text(404, "no such path"),
        }
    }

    /// An answer for people.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: text.as_bytes().to_vec().into() }
    }
}

/// Why an inbound message was refused before anything was stored. Never says more than the sender may know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboundError {
    /// Not proven to come from the provider. One answer for every way to fail.
    #[error("not authenticated")]
    Unauthenticated,
    /// Genuine, and not understood.
    #[error("`{field}`: {why}")]
    Malformed {
        /// Which field.
        field: String,
        /// What is wrong with it, without its value.
        why: String,
    },
    /// This provider has no such path or method.
    #[error("no such path")]
    UnknownPath,
}

impl InboundError {
    /// A field that is missing or wrong; never with its value.
    pub(crate) fn malformed(field: &str, why: &str) -> Self {
        Self::Malformed { field: field.to_owned(), why: why.to_owned() }
    }
}
