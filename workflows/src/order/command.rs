//! What someone may ask of an order, and why it is refused.
//!
//! A refusal changes nothing (but the count of refused pulls) and is an answer like any other: it is recorded and
//! given again to the same request.

use crate::order::condition::ConditionKind;
use crate::order::effect::{Effect, Moment};
use crate::order::plan::Objection;
use crate::order::{Booked, Booking, Operation, OperationKind, OperationState, Order, OrderState};
use jiff::Timestamp;
use ordain_providers::call::Tracking;
use ordain_providers::spec::{By, Effect as BooksEffect, OnUnknown, Operation as TableLine};
use ordain_providers::{Money, ProviderSpec, Quantity};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Goods were shipped.
    Fulfil {
        /// Which; everything that remains, if none are named.
        lines: Vec<LineQuantity>,
        /// How they travel.
        tracking: Option<Tracking>,
    },
    /// A shipment is taken back.
    ReverseFulfilment {
        /// The fulfilment's operation id.
        id: String,
    },
    /// Money goes back.
    Refund {
        /// For which pieces; for everything that remains, if none are named.
        lines: Vec<LineQuantity>,
        /// What the shop believes they are worth; refused if they are not.
        amount: Option<Money>,
        /// Why, in the shop's words.
        reason: String,
        /// Another attempt that was paid too: all of its money goes back, and none of the order's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<String>,
    },
    /// The order, or part of it, is given up before its money is captured.
    Cancel {
        /// Which pieces; everything that is not captured, if none are named.
        lines: Vec<LineQuantity>,
        /// Why, in the shop's words.
        reason: String,
        /// Another attempt that was approved too: it is given up, and nothing of the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<String>,
    },
    /// The unpaid checkout is given up now; the provider is asked first.
    Expire {
        /// Why, in the shop's words.
        reason: String,
    },
    /// A payment that came late, and waits for a word, is good.
    AcceptPayment,
    /// The checkout may live until then.
    Extend {
        /// When it ends.
        expires_at: Timestamp,
    },
    /// Ask the provider how the order stands.
    Sync,
    /// The provider asks for the order's content.
    Pull,
}

/// How many of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    /// Which line.
    pub line_id: String,
    /// How many.
    pub quantity: Quantity,
}

/// The ids of a command: the one its operation gets, and the one it was asked under.
#[derive(Debug, Clone, Copy)]
pub struct CommandId<'a> {
    /// Made by the run; unique within the order. The key of the effect at the provider.
    pub operation: &'a str,
    /// The caller's.
    pub request: &'a str,
}

/// A granted wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The operation that carries it out, if it takes one.
    pub operation: Option<String>,
    /// What to do now.
    pub effects: Vec<Effect>,
}

/// Why a wish was not granted. Nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// By what the caller does next.
    pub reason: RefusalReason,
    /// Which field, as in the API: `refund.lines[0].quantity`.
    pub field: String,
    /// For a person.
    pub message: String,
    /// How the order stands.
    pub state: OrderState,
    /// What may be asked of it now.
    pub allowed: Vec<String>,
}

/// Why a wish was not granted, by what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusalReason {
    /// Not in this state: look at the order.
    IllegalTransition,
    /// Never at this provider.
    OperationNotSupported,
    /// More than remains: ask for less.
    AmountExceedsRemaining,
    /// Something unfinished or contradictory stands in the way: settle it first.
    OperationInDoubt,
    /// The request itself is wrong.
    Invalid,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.field, self.state, self.message)
    }
}

impl std::error::Error for Refusal {}

/// Operations of one order: more is a loop in somebody's code, and a record that no longer fits.
const OPERATIONS_MAX: usize = 500;

pub(super) type Granted = Result<Option<String>, Objection>;

impl Order {
    /// Grants a wish or says why not.
    ///
    /// # Errors
    /// A [`Refusal`]; the order is as it was.
    pub fn command(
        &mut self,
        id: CommandId<'_>,
        command: &Command,
        now: Timestamp,
        spec: &ProviderSpec,
    ) -> Result<Accepted, Refusal> {
        let mut at = Moment::new(now, spec);
        let granted = match command {
            Command::Fulfil { lines, tracking } => self.fulfil(id, lines, tracking.as_ref(), &mut at),
            Command::ReverseFulfilment { id: fulfilment } => self.reverse(id, fulfilment, &mut at),
            Command::Refund { lines, amount, reason, attempt: Some(attempt) } => {
                let whole = lines.is_empty() && amount.is_none_or(|amount| amount == self.total);
                self.give_back((id, OperationKind::Refund), (attempt, whole), reason, &mut at)
            }
            Command::Refund { lines, amount, reason, .. } => {
                self.refund(id, (lines, *amount), reason, &mut at)
            }
            Command::Cancel { lines, reason, attempt: Some(attempt) } => {
                let whole = lines.is_empty();
                self.give_back((id, OperationKind::Cancellation), (attempt, whole), reason, &mut at)
            }
            Command::Cancel { lines, reason, .. } => self.cancel(id, lines, reason, &mut at),
            Command::AcceptPayment => self.accept_payment(&mut at),
            Command::Extend { expires_at } => self.extend(*expires_at, &mut at),
            Command::Expire { reason } => self.expire_early(reason, &mut at),
            Command::Sync => self.sync_now(&mut at),
            Command::Pull => self.pull(&mut at),
        };
        match granted {
            Ok(operation) => {
                self.updated_at = now;
                Ok(Accepted { operation, effects: at.effects })
            }
            Err(Objection { reason, field, message }) => {
                Err(Refusal { reason, field, message, state: self.state, allowed: self.allowed(spec) })
            }
        }
    }

    /// What may be asked now, by the API's names.
    #[must_use]
    pub fn allowed(&self, spec: &ProviderSpec) -> Vec<String> {
        let offered = |line: &TableLine| line.support.is_offered();
        let table = &spec.operations;
        let calm = !self.has(ConditionKind::AmountMismatch);
        let fulfilled =
            |op: &Operation| op.kind == OperationKind::Fulfilment && op.state == OperationState::Succeeded;
        let words = [
            ("CreateFulfilment", calm && self.state.is_paid() && offered(&table.fulfil)),
            ("ReverseFulfilment", calm && offered(&table.unfulfil) && self.operations.iter().any(fulfilled)),
            ("CreateRefund", calm && self.state.is_paid() && offered(&table.refund)),
            ("CancelOrder", calm && self.may_cancel(spec).is_ok()),
            ("AcceptPayment", self.has_payment_in_question()),
            ("ExpireOrder", matches!(self.state, OrderState::AwaitingCustomer | OrderState::PendingDecision)),
            ("ExtendOrderExpiry", self.may_extend(spec).is_ok()),
            ("SyncOrder", offered(&table.sync)),
        ];
        words.into_iter().filter(|(_, allowed)| *allowed).map(|(word, _)| word.to_owned()).collect()
    }

    fn fulfil(
        &mut self,
        id: CommandId<'_>,
        lines: &[LineQuantity],
        tracking: Option<&Tracking>,
        at: &mut Moment<'_>,
    ) -> Granted {
        self.may_move_money("fulfilment", &at.spec.operations.fulfil)?;
        self.no_payment_in_question()?;
        let portions = self.plan_fulfilment(lines)?;
        self.may_travel(&portions, tracking, at.spec)?;
        let operation = Operation {
            tracking: tracking.cloned(),
            ..self.draft(id, OperationKind::Fulfilment, portions, at)?
        };
        Ok(Some(self.enqueue(operation, at)))
    }

    fn reverse(&mut self, id: CommandId<'_>, fulfilment: &str, at: &mut Moment<'_>) -> Granted {
        self.may_move_money("fulfilment", &at.spec.operations.unfulfil)?;
        let objection = |reason, message: &str| Err(Objection::new(reason, "fulfilment.name", message));
        let Some(shipped) = self.operation(fulfilment).filter(|op| op.kind == OperationKind::Fulfilment)
        else {
            return objection(RefusalReason::Invalid, "the order has no such fulfilment");
        };
        if shipped.state != OperationState::Succeeded {
            return objection(
                RefusalReason::IllegalTransition,
                "only a fulfilment that succeeded can be taken back",
            );
        }
        let again = |op: &Operation| op.reverses.as_deref() == Some(fulfilment) && op.reserves();
        if self.operations.iter().any(again) {
            return objection(RefusalReason::OperationInDoubt, "it is being taken back already");
        }
        let as_reversal = |part: &Booked| Booked { booking: Booking::Reversal, ..part.clone() };
        let portions: Vec<Booked> = shipped.portions.iter().map(as_reversal).collect();
        let tracking = shipped.tracking.clone();
        if !self.outlasts_reversal(&portions, at.spec) {
            return objection(
                RefusalReason::AmountExceedsRemaining,
                "part of it was refunded, or is about to be",
            );
        }
        let reverses = Some(fulfilment.to_owned());
        let draft = self.draft(id, OperationKind::Reversal, portions, at)?;
        Ok(Some(self.enqueue(Operation { tracking, reverses, ..draft }, at)))
    }

    fn refund(
        &mut self,
        id: CommandId<'_>,
        (lines, amount): (&[LineQuantity], Option<Money>),
        reason: &str,
        at: &mut Moment<'_>,
    ) -> Granted {
        self.may_move_money("refund", &at.spec.operations.refund)?;
        let by_amount = at.spec.refund_by == By::Amount || self.settings.amount_refunds;
        let portions = match amount {
            Some(amount) if lines.is_empty() && by_amount => {
                self.plan_amount(amount, at.spec.refund_basis)?
            }
            _ => self.plan_refund(lines, at.spec.refund_basis)?,
        };
        let worth = self.sum_of(&portions);
        match amount {
            Some(amount) if amount != worth => return Err(wrong_amount(amount, worth, lines.is_empty())),
            _ if worth.minor == 0 => {
                return Err(Objection::new(
                    RefusalReason::Invalid,
                    "refund.lines",
                    "these lines are worth nothing",
                ));
            }
            _ => {}
        }
        self.leaves_what_is_disputed(worth, at.spec.refund_basis)?;
        let draft = self.draft(id, OperationKind::Refund, portions, at)?;
        Ok(Some(self.enqueue(Operation { reason: reason.to_owned(), ..draft }, at)))
    }

    fn expire_early(&mut self, reason: &str, at: &mut Moment<'_>) -> Granted {
        if !matches!(self.state, OrderState::AwaitingCustomer | OrderState::PendingDecision) {
            let message = "only an unpaid, open order expires";
            return Err(Objection::new(RefusalReason::IllegalTransition, "order", message));
        }
        self.begin_expiry(reason, at);
        Ok(None)
    }

    fn sync_now(&mut self, at: &mut Moment<'_>) -> Granted {
        if !at.spec.operations.sync.support.is_offered() {
            let message = "this provider cannot be asked";
            return Err(Objection::new(RefusalReason::OperationNotSupported, "order", message));
        }
        self.ask(at);
        self.ask_about_givebacks(at);
        Ok(None)
    }

    fn pull(&mut self, at: &mut Moment<'_>) -> Granted {
        if self.state.is_ended() || self.state == OrderState::Creating {
            self.pulls_refused = self.pulls_refused.saturating_add(1);
            let message = format!("the order is {}", self.state);
            return Err(Objection::new(RefusalReason::IllegalTransition, "order", message));
        }
        self.customer_arrived(at);
        Ok(None)
    }

    fn may_move_money(&self, field: &str, line: &TableLine) -> Result<(), Objection> {
        if !line.support.is_offered() {
            let message = "this provider has no such operation";
            return Err(Objection::new(RefusalReason::OperationNotSupported, field, message));
        }
        if !self.state.is_paid() {
            let message = format!("an order that is {} has no money to move", self.state);
            return Err(Objection::new(RefusalReason::IllegalTransition, field, message));
        }
        self.may_touch_money()
    }

    pub(super) fn may_touch_money(&self) -> Result<(), Objection> {
        if self.has(ConditionKind::AmountMismatch) {
            let message = "the provider reports other amounts than ours (AMOUNT_MISMATCH): settle that first";
            return Err(Objection::new(RefusalReason::OperationInDoubt, "order", message));
        }
        Ok(())
    }

    pub(super) fn draft(
        &self,
        id: CommandId<'_>,
        kind: OperationKind,
        portions: Vec<Booked>,
        at: &Moment<'_>,
    ) -> Result<Operation, Objection> {
        if self.operations.len() >= OPERATIONS_MAX {
            let message = format!("an order takes {OPERATIONS_MAX} operations");
            return Err(Objection::new(RefusalReason::Invalid, "order", message));
        }
        if self.operation(id.operation).is_some() {
            return Err(Objection::new(
                RefusalReason::Invalid,
                "name",
                "the order has an operation of this id",
            ));
        }
        Ok(self.new_operation(id, kind, portions, at.now))
    }
}

/// Whether a create that is still out may be forgotten: what it opens harms nobody.
pub(super) const fn may_abandon_create(spec: &ProviderSpec) -> bool {
    matches!(spec.operations.create.effect, BooksEffect::Reads | BooksEffect::Mutates(OnUnknown::SameAgain))
}

fn wrong_amount(amount: Money, worth: Money, all: bool) -> Objection {
    let field = "refund.amount";
    if amount.currency != worth.currency {
        return Objection::new(RefusalReason::Invalid, field, format!("the order is in {}", worth.currency));
    }
    if !all {
        return Objection::new(RefusalReason::Invalid, field, format!("these lines are worth {worth}"));
    }
    if amount.minor > worth.minor {
        return Objection::new(RefusalReason::AmountExceedsRemaining, field, format!("{worth} remains"));
    }
    let message = format!("part of an order is refunded by its lines; everything that remains is {worth}");
    Objection::new(RefusalReason::OperationNotSupported, field, message)
}
