//! What a change of an order wants done: calls to make, events to publish.

use jiff::Timestamp;
use ordain_providers::{Op, ProviderSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::panic::Location;

/// Something to do because an order changed. In order: an event that explains a call precedes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the provider. Its end comes back through [`Order::outcome`](super::Order::outcome) under the same step.
    Call {
        /// Which step of the order this is.
        step: Step,
        /// What to ask.
        op: Op,
        /// Which line of the rules wants it, for whoever reads the history.
        rule: Rule,
    },
    /// Publish this.
    Event {
        /// What.
        event: Event,
        /// Which line of the rules says it, for whoever reads the history.
        rule: Rule,
    },
}

/// A line of the rules.
pub type Rule = &'static Location<'static>;

/// Which step of an order a call belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "step", content = "id", rename_all = "snake_case")]
pub enum Step {
    /// Opening the checkout.
    Create,
    /// Asking how the order stands. At most one is out at a time.
    Sync,
    /// Telling the provider that its approval was taken note of. At most once.
    Ack,
    /// Letting the checkout live longer.
    Extend,
    /// The operation with this id.
    Operation(String),
    /// Asking how the refund with this operation's id stands.
    SyncRefund(String),
    /// Asking how another attempt than the order's stands, by the provider's name of it.
    SyncAttempt(String),
}

impl Step {
    /// The subject of conditions about this step.
    pub(super) fn subject(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::Sync | Self::SyncRefund(_) | Self::SyncAttempt(_) => "sync",
            Self::Ack => "ack",
            Self::Extend => "extend",
            Self::Operation(id) => id,
        }
    }
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Small, without personal data.
    pub data: Value,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// The order was accepted.
    OrderCreated,
    /// The customer can be sent to the checkout.
    CheckoutOpened,
    /// The customer reached the checkout, or came back from it.
    CustomerArrived,
    /// The provider decides.
    DecisionAwaited,
    /// The shop may ship.
    PaymentAuthorized,
    /// The provider knows that we know.
    PaymentAcknowledged,
    /// All that was not cancelled is captured.
    PaymentCaptured,
    /// A fulfilment was taken back, so the order is not wholly captured any more.
    OrderReopened,
    /// Nothing more is expected.
    OrderCompleted,
    /// The provider said no.
    OrderDeclined,
    /// The order was given up.
    OrderCancelled,
    /// Nobody paid in time.
    OrderExpired,
    /// The checkout could not be opened.
    OrderFailed,
    /// A deadline came or was asked for; the provider is asked first.
    ExpiryBegan,
    /// The checkout lives longer.
    ExpiryExtended,
    /// The way to the checkout closes before the order's own expiry.
    ExpiryShortened,
    /// The checkout could not be made to live longer.
    ExpiryNotExtended,
    /// A person took a payment that came late for good.
    LatePaymentAccepted,
    /// A shipment, refund or cancellation was accepted by us.
    OperationRequested,
    /// It is on its way to the provider.
    OperationSubmitted,
    /// The provider will say later.
    OperationPending,
    /// The provider took the report of a shipment.
    ShipmentReported,
    /// The report of a shipment was taken back.
    ShipmentReversed,
    /// The provider took a refund.
    RefundAccepted,
    /// What remained of the order was cancelled.
    CancellationAccepted,
    /// The provider refused an operation, or a person gave it up.
    OperationFailed,
    /// An operation certainly did not leave.
    OperationNotSent,
    /// Nobody knows whether an operation happened.
    OperationOutcomeUnknown,
    /// A step waits for a person.
    OperationParked,
    /// A person sent a parked step again.
    OperationRetried,
    /// A cancellation that late money contradicts was undone.
    CancellationUndone,
    /// Evidence came, with what it changed and why.
    ObservationRecorded,
    /// A condition appeared.
    ConditionRaised,
    /// A condition went.
    ConditionCleared,
}

/// One change of an order under way: the time, the provider's table, and the effects so far.
pub(super) struct Moment<'a> {
    pub now: Timestamp,
    pub spec: &'a ProviderSpec,
    pub effects: Vec<Effect>,
}

impl<'a> Moment<'a> {
    pub const fn new(now: Timestamp, spec: &'a ProviderSpec) -> Self {
        Self { now, spec, effects: Vec::new() }
    }

    #[track_caller]
    pub fn event(&mut self, kind: EventKind, data: Value) {
        self.effects.push(Effect::Event { event: Event { kind, data }, rule: Location::caller() });
    }

    #[track_caller]
    pub fn call(&mut self, step: Step, op: Op) {
        self.effects.push(Effect::Call { step, op, rule: Location::caller() });
    }
}
