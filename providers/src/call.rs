//! What we ask of a provider, and what came of it.

use crate::content::Portion;
use crate::question::{Findings, Question};
use crate::{Money, Private};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A canonical operation. The intent in a history records this, never bytes: bytes are made for each attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Open a checkout.
    Create,
    /// Ask how the order stands. Reads only.
    Sync,
    /// Tell the provider that we have taken note of the result, where it waits for that.
    Ack,
    /// Report a shipment.
    Fulfil(Shipment),
    /// Take the report of a shipment back.
    Unfulfil(Shipment),
    /// Give money back.
    Refund(RefundRequest),
    /// Ask how a refund stands. Reads only.
    SyncRefund(RefundRequest),
    /// Give up what is not captured yet, whole or by line.
    Cancel(CancelRequest),
    /// Undo the whole order, whatever became of it: an unpaid one is closed, a paid one refunded.
    Revoke,
    /// Let the checkout live until then.
    ExtendExpiry {
        /// When it ends.
        expires_at: Timestamp,
    },
    /// Check the account's credentials and learn its ids.
    VerifyAccount,
    /// Switch the account on or off at the provider.
    ActivateAccount {
        /// On, or off.
        active: bool,
    },
    /// Ask something that belongs to the account and to no order. Reads only.
    Ask(Question),
}

/// Goods on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Our id of the fulfilment: the key of its effect.
    pub id: String,
    /// What is in the parcel.
    pub portions: Vec<Portion>,
    /// How it travels.
    pub tracking: Option<Tracking>,
}

/// A parcel's number and who carries it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's name: `DPD UK`.
    pub carrier: String,
    /// The parcel's number at the carrier.
    pub number: String,
}

/// Money to go back to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// Our id of the refund: the key of its effect.
    pub id: String,
    /// By line; the amounts sum to `amount`.
    pub portions: Vec<Portion>,
    /// How much in all.
    pub amount: Money,
    /// Everything that the order cost, and nothing was refunded before.
    pub full: bool,
    /// What the provider had taken on to refund of this order before; a counter above it proves that this one counted.
    pub refunded_before: Money,
    /// For the provider's back office.
    pub reason: String,
}

/// Goods and money to be given up before they are captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    /// Our id of the cancellation: the key of its effect.
    pub id: String,
    /// By line; the amounts sum to `amount`.
    pub portions: Vec<Portion>,
    /// How much in all.
    pub amount: Money,
    /// The whole order, and nothing of it was fulfilled or cancelled before.
    pub full: bool,
    /// For the provider's back office.
    pub reason: String,
}

/// What to do to carry an operation out.
#[derive(Debug, Clone)]
pub enum Call {
    /// Send this and decode the reply.
    Http(Request),
    /// Nothing to send: this is what happened.
    Local(Facts),
}

/// One HTTP request, complete.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// Absolute.
    pub url: Private<String>,
    /// Name and value, as sent.
    pub headers: Vec<(&'static str, Private<String>)>,
    /// Exactly what is signed and sent.
    pub body: Private<Vec<u8>>,
    /// What may be shown of it: method, path, and the body without credentials or personal data.
    pub redacted: String,
}

/// One HTTP reply, as it came, cut at the table's reply limit.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Raw.
    pub body: Private<Vec<u8>>,
}

impl Reply {
    /// The header of this name (lower case), if it stands there once: of two, nobody knows which was signed.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        only(&self.headers, name)
    }
}

/// The one header of this name.
pub(crate) fn only<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    found.next().filter(|_| found.next().is_none())
}

/// What came of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The provider says it happened.
    Done(Facts),
    /// Accepted; the result comes later.
    Pending(Facts),
    /// The provider says no, and means it.
    Refused {
        /// What the reply said besides.
        facts: Facts,
        /// The provider's own code or message key, cleaned of personal data.
        code: String,
        /// What the provider said, cleaned of personal data.
        message: String,
        /// Whether asking again can help.
        retry: Retry,
    },
    /// Certainly not carried out: no connection, our own encoder's fault, an open breaker.
    NotSent {
        /// For a person.
        why: String,
    },
    /// May have been carried out: a timeout while reading, a 5xx, a 2xx that nobody can parse.
    Unknown {
        /// For a person.
        why: String,
    },
}

impl Outcome {
    /// A no that says nothing besides. Code and message are fit to be shown already.
    pub(crate) fn refused(code: &str, message: &str, retry: Retry) -> Self {
        let (code, message) = (code.to_owned(), message.to_owned());
        Self::Refused { facts: Facts::default(), code, message, retry }
    }

    /// It may have happened.
    pub(crate) const fn unknown(why: String) -> Self {
        Self::Unknown { why }
    }
}

/// Whether a refusal can turn into a success by asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Final.
    Never,
    /// Busy or limited; the same request may pass later.
    Later,
    /// The account is at fault (credentials, configuration): an alarm for a person, not this order's failure.
    AfterAccountFix,
}

/// What a message of the provider says, in our words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The provider's own word for how the order stands, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_status: Option<String>,
    /// Our reading of it, by the table's status map; none when the table does not know the word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Amounts that it reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<AmountFact>,
    /// How it calls things (`laravel_order_ref_id`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refs: BTreeMap<String, String>,
    /// Where to send the customer. Holds credentials at some providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<Private<NextAction>>,
    /// Shipments, refunds and cancellations that it reports, ours and others'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationFact>,
    /// What else it says that a person or a rule should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// When it says that this was so, as written; its own clock and often its own zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_time: Option<String>,
    /// When the way to the checkout closes by itself, the order's own expiry notwithstanding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_ends_at: Option<Timestamp>,
    /// The answer to an [`Op::Ask`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Findings>,
}

/// A shipment, refund or cancellation as the provider reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFact {
    /// Which kind.
    pub kind: OperationKind,
    /// Our id of it, where the provider keeps one; what is not ours has none.
    pub id: Option<String>,
    /// The provider's own id of it.
    pub provider_id: Option<String>,
    /// How much; none where the provider does not say.
    pub amount: Option<Money>,
    /// How it stands there.
    pub standing: OperationStanding,
    /// The provider's code for why it failed, if it did and says one. Never a text of its own: that may name somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Kinds of operations that providers report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationKind {
    /// Goods were shipped, money activated.
    Fulfilment,
    /// Money goes back.
    Refund,
    /// Given up before capture.
    Cancellation,
}

/// How a reported operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationStanding {
    /// Taken on; the end comes later.
    Pending,
    /// Done.
    Succeeded,
    /// Refused or given up.
    Failed,
}

/// What a provider says besides status and amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flag", rename_all = "snake_case")]
pub enum Flag {
    /// Somebody at the shop should look at it; nothing waits for that.
    Alert {
        /// What is odd.
        why: String,
    },
    /// The customer must do something at the provider.
    CustomerActionRequired,
    /// The shop must do something at the provider.
    MerchantActionRequired,
    /// The provider goes on only after [`Op::Ack`].
    AcknowledgementDue,
    /// One attempt to pay failed; the customer may try again.
    AttemptFailed {
        /// The provider's code.
        code: String,
    },
    /// The payment is disputed, or was taken back.
    Disputed {
        /// How much of it, if said.
        amount: Option<Money>,
    },
}

/// How an order stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// The provider knows nothing that counts: not paid, not decided.
    Unpaid,
    /// A checkout is open; the customer has not come yet or has not finished.
    AwaitingCustomer,
    /// The customer stands in the provider's checkout.
    CustomerArrived,
    /// The customer is done, the provider decides.
    PendingDecision,
    /// Approved: the shop may ship.
    Authorized,
    /// The money is the shop's.
    Captured,
    /// Settled; nothing more is to come.
    Completed,
    /// The provider said no to the customer.
    Declined,
    /// Given up, by whomever.
    Cancelled,
    /// Too late.
    Expired,
}

/// One amount that a provider reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountFact {
    /// What it is an amount of.
    pub kind: AmountKind,
    /// How much.
    pub amount: Money,
}

/// What a reported amount is an amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AmountKind {
    /// What the order costs by the provider's own rule ([`crate::spec::TotalRule`]).
    ProviderTotal,
    /// What the shop got.
    Captured,
    /// What went back.
    Refunded,
    /// What was asked to go back, done or not.
    RefundRequested,
    /// What was given up before capture.
    Cancelled,
    /// What the customer paid, where discounts or fees make that another sum: a fact, never compared.
    Paid,
}

/// What the customer does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NextAction {
    /// Send the browser here.
    Redirect {
        /// Absolute.
        url: String,
    },
    /// Show this as a QR code.
    Qr {
        /// What the code says.
        content: String,
    },
    /// Hand these to the provider's own software in the shop's app.
    App {
        /// By the provider's names.
        parameters: BTreeMap<String, String>,
    },
}
