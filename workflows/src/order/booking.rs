//! Operations set going and written into the lines, and the state that follows from the sums.

use crate::order::amounts::Tally;
use crate::order::condition::ConditionKind;
use crate::order::effect::{EventKind, Moment, Step};
use crate::order::{
    Booked, Booking, Cause, CommandId, Confirmation, Failure, Operation, OperationKind, OperationState,
    Order, OrderState, Origin,
};
use jiff::Timestamp;
use ordain_providers::ProviderSpec;
use ordain_providers::spec::CaptureMode;
use serde_json::json;

impl Order {
    pub(super) fn new_operation(
        &self,
        id: CommandId<'_>,
        kind: OperationKind,
        portions: Vec<Booked>,
        now: Timestamp,
    ) -> Operation {
        let amount = self.sum_of(&portions);
        let untouched = self.lines.iter().all(|line| line.refunded.plus(line.cancelled) == Tally::default());
        let gives_back = matches!(kind, OperationKind::Refund | OperationKind::Cancellation);
        Operation {
            id: id.operation.to_owned(),
            request_id: id.request.to_owned(),
            kind,
            portions,
            amount,
            full: gives_back && untouched && amount == self.total,
            reason: String::new(),
            tracking: None,
            reverses: None,
            attempt: None,
            counted_before: None,
            provider_id: None,
            state: OperationState::Requested,
            confirmation: None,
            origin: Origin::Ours,
            parked: None,
            failure: None,
            created_at: now,
            updated_at: now,
            submitted_at: None,
        }
    }

    /// An operation that no request asked for, named for its cause (`expiry-2`) so that it never meets a request's.
    pub(super) fn unasked_operation(
        &self,
        cause: &str,
        kind: OperationKind,
        portions: Vec<Booked>,
        now: Timestamp,
    ) -> Operation {
        let id = format!("{cause}-{}", self.operations.len() + 1);
        self.new_operation(CommandId { operation: &id, request: "" }, kind, portions, now)
    }

    /// Takes an operation in; it starts when no other is on its way. Returns its id.
    #[track_caller]
    pub(super) fn enqueue(&mut self, operation: Operation, at: &mut Moment<'_>) -> String {
        let id = operation.id.clone();
        let data = json!({ "id": id, "kind": operation.kind, "amount": operation.amount });
        at.event(EventKind::OperationRequested, data);
        self.operations.push(operation);
        self.advance(at);
        id
    }

    /// Starts the oldest waiting operation, if none is on its way: at most one per order moves money at a time. One
    /// that waits for a person holds its amount and lets the others pass.
    pub(super) fn advance(&mut self, at: &mut Moment<'_>) {
        if self.has(ConditionKind::AmountMismatch) || self.own_operations().any(Operation::is_in_flight) {
            return;
        }
        let waiting = |operation: &Operation| operation.state == OperationState::Requested;
        if let Some(index) = self.operations.iter().position(waiting)
            && !self.counts_first(index, at)
        {
            self.submit(index, at);
        }
    }

    /// Sends an operation to the provider.
    pub(super) fn submit(&mut self, index: usize, at: &mut Moment<'_>) {
        self.operations[index].counted_before = self.counted_before(index, at.spec);
        self.operations[index].state = OperationState::Submitting;
        self.operations[index].submitted_at = Some(at.now);
        self.operations[index].updated_at = at.now;
        let operation = &self.operations[index];
        let (id, op) = (operation.id.clone(), operation.op(self, at.spec));
        at.event(EventKind::OperationSubmitted, json!({ "id": id }));
        at.call(Step::Operation(id), op);
    }

    /// Writes what happened into the lines.
    pub(super) fn book(&mut self, portions: &[Booked], spec: &ProviderSpec) {
        let captures = spec.capture == CaptureMode::OnFulfilment;
        for part in portions {
            let Some(line) = self.lines.iter_mut().find(|line| line.line.line_id == part.line_id) else {
                continue;
            };
            let tally = Tally { quantity: part.quantity, minor: part.minor };
            match part.booking {
                Booking::Cancellation => line.cancelled = line.cancelled.plus(tally),
                Booking::Refund => line.refunded = line.refunded.plus(tally),
                Booking::Fulfilment => {
                    line.fulfilled = line.fulfilled.plus(tally);
                    line.captured = if captures { line.captured.plus(tally) } else { line.captured };
                }
                Booking::Reversal => {
                    line.fulfilled = line.fulfilled.less(tally);
                    line.captured = if captures { line.captured.less(tally) } else { line.captured };
                }
            }
        }
    }

    /// An operation happened: writes it into the lines, with what follows for the operation it takes back.
    pub(super) fn succeed(&mut self, index: usize, confirmation: Confirmation, at: &mut Moment<'_>) {
        let operation = &mut self.operations[index];
        operation.state = OperationState::Succeeded;
        operation.confirmation = Some(confirmation);
        operation.failure = None;
        let (kind, portions, reverses) =
            (operation.kind, operation.portions.clone(), operation.reverses.clone());
        let event = match kind {
            OperationKind::Fulfilment => EventKind::ShipmentReported,
            OperationKind::Reversal => EventKind::ShipmentReversed,
            OperationKind::Refund => EventKind::RefundAccepted,
            OperationKind::Cancellation => EventKind::CancellationAccepted,
        };
        let mut data = json!({
            "id": operation.id, "amount": operation.amount, "origin": operation.origin, "confirmation": confirmation,
        });
        if let Some(attempt) = &operation.attempt {
            data["attempt"] = json!(attempt);
        }
        at.event(event, data);
        self.book(&portions, at.spec);
        let taken_back = self.operations.iter_mut().find(|other| Some(&other.id) == reverses.as_ref());
        if let Some(taken_back) = taken_back.filter(|other| other.state.may_become(OperationState::Reversed))
        {
            taken_back.state = OperationState::Reversed;
            taken_back.updated_at = at.now;
        }
    }

    /// Moves a paid order to the state that its sums say.
    pub(super) fn settle(&mut self, at: &mut Moment<'_>) {
        let amounts = self.amounts();
        let told = Cause::Authoritative;
        if self.state == OrderState::Authorized {
            if amounts.captured.minor == 0 && amounts.cancelled.minor >= self.total.minor {
                self.become_state(OrderState::Cancelled, told, at);
            } else if amounts.captured.minor > 0 && self.is_wholly_settled() {
                self.become_state(OrderState::Captured, told, at);
            }
        } else if amounts.cancelled.minor >= self.total.minor && self.state.is_open_unpaid() {
            if self.expiring.is_some() {
                return self.expire(at);
            }
            let message = "cancelled by the shop".to_owned();
            self.ending = Some(Failure { code: "MERCHANT".to_owned(), message });
            self.become_state(OrderState::Cancelled, told, at);
        } else if self.state.is_paid() && !self.is_wholly_settled() {
            self.become_state(OrderState::Authorized, told, at);
        }
    }

    /// Whether what would remain captured still covers what was refunded, or is about to be.
    pub(super) fn outlasts_reversal(&self, portions: &[Booked], spec: &ProviderSpec) -> bool {
        let covered = |part: &Booked| {
            let Some(line) = self.lines.iter().find(|line| line.line.line_id == part.line_id) else {
                return false;
            };
            let held = self.held(&part.line_id);
            let returned = line.refunded.plus(held.refund);
            let part = Tally { quantity: part.quantity, minor: part.minor };
            let left = line.captured.less(held.reversal).less(part).less(returned);
            left.is_sound()
        };
        spec.capture == CaptureMode::Automatic || portions.iter().all(covered)
    }

    /// Whether some line holds more than was ordered or captured: more happened than we sent, or was believed not to.
    pub(super) fn is_overdrawn(&self, spec: &ProviderSpec) -> bool {
        let below_zero = self.lines.iter().any(|line| !line.fulfilled.is_covered());
        below_zero
            || self.remaining(spec).iter().any(|line| {
                let sides = [line.shippable, line.refundable, line.cancellable];
                sides.into_iter().any(|side| !side.is_sound())
            })
    }

    /// The provider captured what we had not reported as shipped: all that is left is the shop's money.
    pub(super) fn adopt_capture(&mut self, at: &mut Moment<'_>) {
        if at.spec.capture == CaptureMode::OnFulfilment {
            let parts = self.open_parts().into_iter();
            let as_shipped = |part: Booked| Booked { booking: Booking::Fulfilment, ..part };
            self.adopt(
                OperationKind::Fulfilment,
                parts.map(as_shipped).collect(),
                "reported by the provider",
                at,
            );
            return;
        }
        for line in &mut self.lines {
            line.captured = line.ordered().less(line.cancelled);
        }
    }

    /// The provider gave up what was not captured.
    pub(super) fn adopt_cancellation(&mut self, reason: &str, at: &mut Moment<'_>) {
        self.adopt(OperationKind::Cancellation, self.open_parts(), reason, at);
    }

    /// Takes over what the provider did without us.
    pub(super) fn adopt(
        &mut self,
        kind: OperationKind,
        portions: Vec<Booked>,
        reason: &str,
        at: &mut Moment<'_>,
    ) {
        if portions.is_empty() {
            return;
        }
        let draft = self.unasked_operation("provider", kind, portions, at.now);
        self.operations.push(Operation { origin: Origin::Provider, reason: reason.to_owned(), ..draft });
        self.last_operation_at = Some(at.now);
        self.succeed(self.operations.len() - 1, Confirmation::Confirmed, at);
    }
}
