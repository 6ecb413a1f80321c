//! The outside world, as data: what each provider can do, and how it is said on the wire.
//!
//! A provider is one folder: a declarative table ([`ProviderSpec`]) and a sans-IO codec ([`Provider`]). Nothing here
//! sends, sleeps, reads a clock, rolls dice or knows that a database exists, so what a codec answered
//! yesterday it answers again when a history is replayed.
//!
//! Read in this order: [`money`] and [`content`] (the words), [`spec`], [`rules`] and [`wire`] (what a provider must declare),
//! [`call`] (what we ask and what came back), [`inbound`] (what a provider says unasked), then one folder.
//!
//! | id | provider | market |
//! |---|---|---|
//! | `divit` | [divit](divit) | Hong Kong, HKD |
//! | `dividebuy` | [DivideBuy](dividebuy) | United Kingdom, GBP |
//! | `divido` | [Divido](divido) | United Kingdom and Ireland, GBP and EUR |
//! | `kredivo` | [Kredivo through DOKU](kredivo) | Indonesia, IDR |
//! | `payby` | [PayBy](payby) | United Arab Emirates, AED |

pub mod call;
pub mod content;
pub mod hmac;
pub mod inbound;
pub mod money;
pub mod option;
pub mod private;
pub mod question;
pub mod rules;
pub mod shape;
pub mod signing;
pub mod spec;
pub mod wire;

mod aes;
mod country;
mod faults;
mod form;
mod json;
mod quoting;
mod reply;
mod rsa;
mod said;
mod statement;
mod tax;

pub mod dividebuy;
pub mod divido;
pub mod divit;
pub mod kredivo;
pub mod payby;

pub use call::{Call, Facts, Op, OperationKind, OperationStanding, Outcome, Reply, Request};
pub use content::{Address, BankAccount, Customer, Line, LineKind, OrderContent, Portion};
pub use inbound::{Inbound, InboundError, InboundReply, Ingested};
pub use money::{Currency, Money, MoneyError, Quantity};
pub use private::Private;
pub use signing::{Checked, Description, DescriptionError, MessageKind, Signed};
pub use spec::ProviderSpec;

use call::OperationFact;
use std::collections::BTreeMap;

/// Every provider of this build, one line each.
pub const ALL: &[&Provider] =
    &[&divit::DIVIT, &dividebuy::DIVIDEBUY, &divido::DIVIDO, &kredivo::KREDIVO, &payby::PAYBY];

/// The provider with this id (`dividebuy`), if this build knows it.
#[must_use]
pub fn find(id: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.spec.id == id)
}

/// The ids of every provider of this build.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|provider| provider.spec.id)
}

/// A provider: its table, and its codec from canonical operations to bytes and from bytes to canonical facts. Every
/// function is pure.
#[derive(Debug)]
pub struct Provider {
    /// The table: what this provider can do and how its operations behave.
    pub spec: &'static ProviderSpec,
    /// The faults of an order that no row of the table tells; empty for most.
    pub check: fn(&OrderContent) -> Vec<FieldFault>,
    /// As [`Provider::encode`].
    pub encode: fn(&Op, &Cx<'_>) -> Result<Call, EncodeError>,
    /// As [`Provider::decode`].
    pub decode: fn(&Op, &Reply, &Cx<'_>) -> Outcome,
    /// As [`Provider::found`]: [`found_by_id`], unless the provider only counts.
    pub found: fn(&Op, &Facts) -> Found,
    /// As [`Provider::ingest`].
    pub ingest: fn(&Inbound, &Cx<'_>) -> Result<Ingested, InboundError>,
    /// As [`Provider::answer`]: [`InboundReply::receipt`], unless the provider wants words of its own.
    pub answer: fn(&Ingested, &inbound::Verdict<'_>, &Cx<'_>) -> InboundReply,
    /// As [`Provider::reject`]: [`InboundReply::rejection`], unless the provider wants words of its own.
    pub reject: fn(&InboundError) -> InboundReply,
    /// How people describe messages that are to be signed or checked; empty where none is signed.
    pub described: &'static [signing::Described],
    /// As [`Provider::sign`].
    pub sign: fn(MessageKind, &Description) -> Result<Signed, DescriptionError>,
    /// As [`Provider::verify`].
    pub verify: fn(MessageKind, &Description) -> Result<Checked, DescriptionError>,
}

impl Provider {
    /// The table.
    #[must_use]
    pub const fn spec(&self) -> &'static ProviderSpec {
        self.spec
    }

    /// Whether this content can be said on this provider's wire at all, by the table's rules and the codec's own. Asked
    /// before an order is accepted; every fault names its field as the API spells it.
    #[must_use]
    pub fn check(&self, content: &OrderContent) -> Vec<FieldFault> {
        let mut faults = rules::check(content, self.spec).0;
        faults.extend((self.check)(content));
        faults
    }

    /// Canonical to wire. An operation that this provider carries out locally comes back as [`Call::Local`].
    ///
    /// # Errors
    /// When the operation cannot be expressed, or the account lacks what it needs; nothing was sent then.
    pub fn encode(&self, op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
        (self.encode)(op, cx)
    }

    /// Wire to facts. Total: every status and every body, garbage included, has an outcome.
    #[must_use]
    pub fn decode(&self, op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
        (self.decode)(op, reply, cx)
    }

    /// Whether the answer to the table's look-up shows that `op` happened.
    #[must_use]
    pub fn found(&self, op: &Op, answer: &Facts) -> Found {
        (self.found)(op, answer)
    }

    /// Verifies one inbound HTTP message over its raw bytes, then parses it. The key is the one of the account in the
    /// URL; what the message says about itself never chooses it.
    ///
    /// # Errors
    /// When the message is not genuine, not understood, or not for a path of this provider.
    pub fn ingest(&self, message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
        (self.ingest)(message, cx)
    }

    /// The HTTP answer to an inbound message, in the provider's own shape, once the order's run has judged it. A browser
    /// that returns is shown a page in its place.
    #[must_use]
    pub fn answer(&self, message: &Ingested, verdict: &inbound::Verdict<'_>, cx: &Cx<'_>) -> InboundReply {
        (self.answer)(message, verdict, cx)
    }

    /// The HTTP answer to an inbound message that was refused before anything was stored.
    #[must_use]
    pub fn reject(&self, error: &InboundError) -> InboundReply {
        (self.reject)(error)
    }

    /// Signs a described message, as this provider's messages of that kind are signed.
    ///
    /// # Errors
    /// When the description lacks something, or nothing of this kind is signed.
    pub fn sign(&self, kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
        (self.sign)(kind, described)
    }

    /// Checks the signature of a described message.
    ///
    /// # Errors
    /// As for [`Provider::sign`]. A signature that is wrong is no error but a finding.
    pub fn verify(&self, kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
        (self.verify)(kind, described)
    }
}

/// What a look-up says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It happened, or is under way there.
    Happened(OperationStanding),
    /// Nothing of it is to be seen, which may prove nothing yet.
    Absent,
}

/// Looks for an operation by our id of it, among those that the answer reports.
#[must_use]
pub fn found_by_id(op: &Op, answer: &Facts) -> Found {
    answer.operation(op).map_or(Found::Absent, |fact| Found::Happened(fact.standing))
}

impl Facts {
    /// What is reported of an operation, by our id of it.
    fn operation(&self, op: &Op) -> Option<&OperationFact> {
        let (kind, id) = match op {
            Op::Fulfil(shipment) => (OperationKind::Fulfilment, &shipment.id),
            Op::Refund(refund) => (OperationKind::Refund, &refund.id),
            Op::Cancel(cancel) => (OperationKind::Cancellation, &cancel.id),
            _ => return None,
        };
        self.operations.iter().find(|fact| fact.kind == kind && fact.id.as_ref() == Some(id))
    }

    /// The provider's code for why an operation failed, if it says one.
    #[must_use]
    pub fn failure_of(&self, op: &Op) -> Option<&str> {
        self.operation(op)?.failure.as_deref()
    }
}

/// What a codec may know besides the operation itself. The caller recorded or stored all of it, so that the
/// same question can be asked again.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The time to write into the message. An attempt's own time, not the order's.
    pub now: jiff::Timestamp,
    /// Whose credentials speak.
    pub account: &'a Account,
    /// The order spoken of; none for an account's own operations.
    pub order: Option<&'a OrderContent>,
    /// What the provider called things earlier ([`Facts::refs`] of all replies so far).
    pub refs: &'a BTreeMap<String, String>,
    /// When the order's checkout ends; none for an account's own operations.
    pub expires_at: Option<jiff::Timestamp>,
    /// Randomness recorded with the intent: a retry pads as the first attempt did.
    pub entropy: [u8; 32],
}

impl<'a> Cx<'a> {
    /// The order spoken of, for an operation that is about one.
    pub(crate) fn the_order(&self) -> Result<&'a OrderContent, EncodeError> {
        self.order.ok_or_else(|| EncodeError::inexpressible("order", "this operation is about an order"))
    }

    /// The order spoken of, for a refund of it that can be asked for.
    pub(crate) fn order_to_refund(
        &self,
        refund: &call::RefundRequest,
    ) -> Result<&'a OrderContent, EncodeError> {
        let order = self.the_order()?;
        if refund.amount.minor > 0 && refund.amount.currency == order.currency {
            return Ok(order);
        }
        Err(EncodeError::inexpressible("refund.amount", "must be above zero, in the order's currency"))
    }

    /// Whether this is the id of the order spoken of.
    pub(crate) fn is_about(&self, order_id: Option<&str>) -> bool {
        order_id.is_some() && order_id == self.order.map(|order| order.order_id.as_str())
    }

    /// How the provider called something earlier.
    pub(crate) fn known(&self, name: &str) -> Option<&'a str> {
        self.refs.get(name).map(String::as_str)
    }

    /// What the order says by this name, else what the account does; empty if neither says anything.
    pub(crate) fn option(&self, name: &str) -> &'a str {
        self.order.and_then(|order| order.option(name)).unwrap_or_else(|| self.account.setting(name))
    }

    /// An address of ours below the account's URL.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.account.store_url)
    }
}

/// A merchant's account at a provider, opened.
#[derive(Debug, Clone)]
pub struct Account {
    /// Our id of the account, as in its ingress URL.
    pub id: String,
    /// Where the provider reaches us for this account, without a trailing slash: `https://host/a/{id}`.
    pub store_url: String,
    /// What the table's [`spec::AccountSpec::config`] names; defaults already filled in.
    pub config: BTreeMap<String, String>,
    /// What the table's [`spec::AccountSpec::secrets`] names.
    pub secrets: BTreeMap<String, Private<String>>,
}

impl Account {
    /// A configuration value, or the error that says which one is missing.
    ///
    /// # Errors
    /// [`EncodeError::AccountIncomplete`] when the account has no such value.
    pub fn config(&self, name: &'static str) -> Result<&str, EncodeError> {
        self.config.get(name).map(String::as_str).ok_or(EncodeError::AccountIncomplete { field: name })
    }

    /// A secret, or the error that says which one is missing. An empty one is none: it would sign and prove nothing.
    ///
    /// # Errors
    /// [`EncodeError::AccountIncomplete`] when the account has no such secret.
    pub fn secret(&self, name: &'static str) -> Result<&str, EncodeError> {
        let secret = self.secrets.get(name).map(|secret| secret.expose().as_str());
        secret.filter(|secret| !secret.is_empty()).ok_or(EncodeError::AccountIncomplete { field: name })
    }

    /// A secret that is JSON; nothing if there is none.
    ///
    /// # Errors
    /// [`EncodeError::AccountIncomplete`] when it is no JSON.
    pub(crate) fn json_secret(&self, name: &'static str) -> Result<json::Json, EncodeError> {
        let unreadable = || EncodeError::AccountIncomplete { field: name };
        self.secret(name).map_or(Ok(json::Json::Null), |text| json::Json::of(text).ok_or_else(unreadable))
    }

    /// A configuration value; empty if there is none.
    pub(crate) fn setting(&self, name: &str) -> &str {
        self.config.get(name).map_or("", String::as_str)
    }
}

/// One fault of one field, as `google.rpc.BadRequest` carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Path as in the API's message: `order.lines[2].quantity`.
    pub field: String,
    /// What is wrong and what would be right. Never repeats personal data.
    pub description: String,
    /// Machine-readable cause.
    pub reason: FaultReason,
}

/// Why a field was refused, by what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultReason {
    /// The value itself is wrong.
    Invalid,
    /// The provider does not take this currency.
    CurrencyNotSupported,
    /// The amount is right, and this provider's messages cannot say it.
    AmountNotRepresentable,
}

/// Why an operation could not be put on the wire. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The account lacks a value: fix the account, then retry the step.
    #[error("the provider account has no usable `{field}`")]
    AccountIncomplete {
        /// Name as in the provider's table.
        field: &'static str,
    },
    /// This provider has no such operation (the table says so too; asking is our own fault).
    #[error("{provider} has no such operation")]
    Unsupported {
        /// The provider's id.
        provider: &'static str,
    },
    /// The content cannot be said on this wire.
    #[error("`{field}` cannot be expressed: {why}")]
    NotExpressible {
        /// Which part of the order or operation.
        field: String,
        /// Why, and what would be.
        why: String,
    },
}

impl EncodeError {
    /// Some part of the order or operation cannot be said here.
    pub(crate) fn inexpressible(field: &str, why: &str) -> Self {
        Self::NotExpressible { field: field.to_owned(), why: why.to_owned() }
    }
}
