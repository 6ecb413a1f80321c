//! Operations: shipments, refunds and cancellations of one order, with the capacity they hold.
//!
//! An operation whose end is not known keeps its hold on quantities and amounts ([`Operation::reserves`]). That is
//! what makes a second refund after a timeout impossible.

use crate::order::amounts::is_adjustment;
use crate::order::{LineState, Order};
use jiff::Timestamp;
use ordain_providers::call::{CancelRequest, RefundRequest, Shipment, Tracking};
use ordain_providers::spec::Support;
use ordain_providers::{Money, Op, Portion, ProviderSpec, Quantity};
use serde::{Deserialize, Serialize};

/// Something that was done, or is to be done, to an order's money or goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Our id: the key of its effect at the provider. Unique within the order.
    pub id: String,
    /// The request that asked for it; empty when the provider did.
    pub request_id: String,
    /// What it is to the shop. What it does to each line is in `portions`.
    pub kind: OperationKind,
    /// By line, in order of the lines.
    pub portions: Vec<Booked>,
    /// The sum of the portions.
    pub amount: Money,
    /// Everything that the order cost, with nothing given back before.
    pub full: bool,
    /// Why, in the shop's words.
    pub reason: String,
    /// The parcel, of a fulfilment.
    pub tracking: Option<Tracking>,
    /// The fulfilment that a reversal takes back.
    pub reverses: Option<String>,
    /// The attempt whose money it gives back, where that is another one than the order's: then it is for all that the
    /// order costs, and takes nothing of its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// What the provider had counted as asked back just before it was sent, where only a counter could find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_before: Option<Money>,
    /// The provider's own id of it, of one that the provider started.
    pub provider_id: Option<String>,
    /// How far it got.
    pub state: OperationState,
    /// How sure a success is.
    pub confirmation: Option<Confirmation>,
    /// Who started it.
    pub origin: Origin,
    /// Why it waits for a person.
    pub parked: Option<String>,
    /// Why it failed, or was not sent.
    pub failure: Option<Failure>,
    /// When it was accepted, or seen.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it first left for the provider; none for what is only written down.
    pub submitted_at: Option<Timestamp>,
}

/// What an operation is to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationKind {
    /// Goods were shipped.
    Fulfilment,
    /// The report of a shipment is taken back.
    Reversal,
    /// Money goes back.
    Refund,
    /// The order, or what remained of it, is given up.
    Cancellation,
}

/// Part of a line, and which of the line's sums it moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// Which line.
    pub line_id: String,
    /// How many of it.
    pub quantity: Quantity,
    /// What that part is worth, in minor units of the order's currency, its share of discounts taken off.
    pub minor: i64,
    /// Which sum.
    pub booking: Booking,
}

/// Which of a line's sums a portion moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Booking {
    /// Adds to what was shipped (and captured, where shipping captures).
    Fulfilment,
    /// Takes that back.
    Reversal,
    /// Adds to what will never be captured.
    Cancellation,
    /// Adds to what was captured and went back.
    Refund,
}

/// How far an operation got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationState {
    /// Accepted; waits for the one before it.
    Requested,
    /// On its way to the provider.
    Submitting,
    /// The provider took it and will say later how it ended.
    Pending,
    /// It happened.
    Succeeded,
    /// It did not happen, and will not.
    Failed,
    /// Nobody knows whether it happened.
    Unknown,
    /// It certainly did not happen: it was not sent.
    NotSent,
    /// It happened and was taken back.
    Reversed,
}

impl OperationState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Requested,
        Self::Submitting,
        Self::Pending,
        Self::Succeeded,
        Self::Failed,
        Self::Unknown,
        Self::NotSent,
        Self::Reversed,
    ];

    /// Whether an operation may go from here to `to`. One line per row; no line, not legal.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        use OperationState as S;

        match (self, to) {
            (S::Requested, S::Submitting) => true,
            (S::Submitting, S::Succeeded | S::Pending | S::Failed | S::Unknown | S::NotSent) => true,
            (S::Unknown, S::Succeeded | S::Pending | S::Failed | S::NotSent) => true,
            (S::NotSent, S::Submitting | S::Failed) => true,
            // Late proof that it happened after all; comes with the condition CONFLICT.
            (S::NotSent | S::Failed, S::Succeeded) => true,
            (S::Pending, S::Succeeded | S::Failed) => true,
            (S::Succeeded, S::Reversed) => true,
            _ => false,
        }
    }
}

/// How sure a success is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Confirmation {
    /// The provider can be asked again and says the same.
    Confirmed,
    /// The provider accepted it and offers no way to ask how it ended.
    AcceptedUnconfirmable,
}

/// Who started an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// A command to us.
    Ours,
    /// The provider, its back office or the customer there.
    Provider,
}

/// Why something failed, cleaned of personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The provider's code, or ours in capitals.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl Operation {
    /// Whether it holds quantities and amounts that nothing else may use: it may have happened, or may yet.
    #[must_use]
    pub fn reserves(&self) -> bool {
        use OperationState as S;

        match self.state {
            S::Requested | S::Submitting | S::Pending | S::Unknown => true,
            // A person may still send it.
            S::NotSent => self.parked.is_some(),
            S::Succeeded | S::Failed | S::Reversed => false,
        }
    }

    /// Whether a call for it is out, or being retried by the engine.
    pub(super) fn is_in_flight(&self) -> bool {
        self.state == OperationState::Submitting && self.parked.is_none()
    }

    /// What the provider is asked. The same for every attempt.
    pub(super) fn op(&self, order: &Order, spec: &ProviderSpec) -> Op {
        match self.kind {
            OperationKind::Fulfilment => Op::Fulfil(self.shipment(self.id.clone())),
            OperationKind::Reversal => {
                Op::Unfulfil(self.shipment(self.reverses.clone().unwrap_or_else(|| self.id.clone())))
            }
            OperationKind::Cancellation if spec.operations.cancel.support == Support::Native => {
                Op::Cancel(CancelRequest {
                    id: self.id.clone(),
                    portions: self.wire_portions(order),
                    amount: self.amount,
                    full: self.full,
                    reason: self.reason.clone(),
                })
            }
            // Where a cancellation is emulated, it is a refund of what was not captured yet.
            OperationKind::Refund | OperationKind::Cancellation => Op::Refund(self.refund_request(order)),
        }
    }

    fn refund_request(&self, order: &Order) -> RefundRequest {
        let known = order.asked_back_besides(&self.id);
        let more = self.counted_before.filter(|counted| counted.minor > known.minor);
        RefundRequest {
            id: self.id.clone(),
            portions: self.wire_portions(order),
            amount: self.amount,
            full: self.full,
            refunded_before: more.unwrap_or(known),
            reason: self.reason.clone(),
        }
    }

    fn shipment(&self, id: String) -> Shipment {
        let portions = self.portions.iter().map(|part| part.portion(self.amount)).collect();
        Shipment { id, portions, tracking: self.tracking.clone() }
    }

    /// One portion per line: the provider does not care which of our sums a part moves.
    fn wire_portions(&self, order: &Order) -> Vec<Portion> {
        if self.attempt.is_some() {
            return self.all_portions(order);
        }
        let of_line = |line_id: &str| {
            let mut parts = self.portions.iter().filter(|part| part.line_id == line_id);
            let mut whole = parts.next()?.clone();
            for part in parts {
                whole.quantity = Quantity::from_micros(whole.quantity.micros() + part.quantity.micros());
                whole.minor += part.minor;
            }
            Some(whole.portion(self.amount))
        };
        order.lines.iter().filter_map(|line| of_line(&line.line.line_id)).collect()
    }

    /// Everything that was ordered.
    fn all_portions(&self, order: &Order) -> Vec<Portion> {
        let lines = order.lines.iter().filter(|line| !is_adjustment(line.line.kind));
        let whole = |line: &LineState| Portion {
            line_id: line.line.line_id.clone(),
            quantity: line.line.quantity,
            amount: Money::of(self.amount.currency, line.worth),
        };
        lines.map(whole).collect()
    }
}

impl Booked {
    fn portion(&self, in_currency_of: Money) -> Portion {
        Portion {
            line_id: self.line_id.clone(),
            quantity: self.quantity,
            amount: Money::of(in_currency_of.currency, self.minor),
        }
    }
}
