//! Giving an order up before its money is captured: written down, told to the provider, or done by another of its
//! operations, as the table says.

use crate::order::amounts::Tally;
use crate::order::command::{Granted, may_abandon_create};
use crate::order::condition::ConditionKind;
use crate::order::effect::{EventKind, Moment, Step};
use crate::order::plan::Objection;
use crate::order::{
    Cause, CommandId, Confirmation, Failure, LineQuantity, Operation, OperationKind, OperationState, Order,
    OrderState, RefusalReason,
};
use ordain_providers::ProviderSpec;
use ordain_providers::call::Standing;
use ordain_providers::spec::{By, Support};
use serde_json::json;

impl Order {
    /// Gives up these pieces, or everything that is not captured.
    pub(super) fn cancel(
        &mut self,
        id: CommandId<'_>,
        lines: &[LineQuantity],
        reason: &str,
        at: &mut Moment<'_>,
    ) -> Granted {
        self.may_touch_money()?;
        self.may_cancel(at.spec)?;
        let told = self.is_cancelled_there(at.spec);
        let by_line = told && at.spec.cancel_by == By::Line;
        if !lines.is_empty() && !by_line {
            let message = "only the whole order can be given up here";
            return Err(Objection::new(RefusalReason::OperationNotSupported, "cancellation.lines", message));
        }
        let portions = self.plan_cancellation(lines)?;
        let draft = self.draft(id, OperationKind::Cancellation, portions, at)?;
        let operation = Operation { reason: reason.to_owned(), ..draft };
        if told {
            return Ok(Some(self.enqueue(operation, at)));
        }
        Ok(Some(self.write_cancellation(operation, at)))
    }

    /// Before approval a cancellation may be ours alone: from then on the order is refused to the provider.
    fn write_cancellation(&mut self, operation: Operation, at: &mut Moment<'_>) -> String {
        let (id, reason) = (operation.id.clone(), operation.reason.clone());
        self.book(&operation.portions, at.spec);
        let data = json!({ "id": id, "kind": operation.kind, "amount": operation.amount });
        at.event(EventKind::OperationRequested, data);
        self.operations.push(Operation { state: OperationState::Succeeded, ..operation });
        self.ending = Some(Failure { code: "MERCHANT".to_owned(), message: reason });
        self.become_state(OrderState::Cancelled, Cause::Command, at);
        id
    }

    /// Whether a cancellation now would be a call to the provider.
    fn is_cancelled_there(&self, spec: &ProviderSpec) -> bool {
        let native = spec.operations.cancel.support == Support::Native;
        self.state.is_paid() || (native && self.state != OrderState::Creating)
    }

    pub(super) fn may_cancel(&self, spec: &ProviderSpec) -> Result<(), Objection> {
        let illegal = |message: &str| Err(Objection::new(RefusalReason::IllegalTransition, "order", message));
        let unsupported =
            |message: &str| Err(Objection::new(RefusalReason::OperationNotSupported, "order", message));
        let support = spec.operations.cancel.support;
        match (self.state, support) {
            (state, _) if state.is_ended() => illegal("the order has ended"),
            (OrderState::Captured | OrderState::Completed, _) => illegal("the order is captured: refund it"),
            (OrderState::Creating, _) if !may_abandon_create(spec) => illegal("the checkout is being opened"),
            (OrderState::Creating, Support::Native) => Ok(()),
            (_, Support::Native) if self.is_cancellable_there(spec) => Ok(()),
            (_, Support::Native) => illegal("the provider does not give up an order that stands like this"),
            (OrderState::Authorized, _) if self.amounts().captured.minor > 0 => {
                illegal("part of the order is captured: refund it")
            }
            (OrderState::Authorized, Support::Emulated) => Ok(()),
            (OrderState::Authorized, _) => {
                unsupported("an approved order cannot be cancelled at this provider")
            }
            (_, Support::Emulated | Support::Local) => Ok(()),
            _ => unsupported("an order cannot be cancelled at this provider by us"),
        }
    }

    /// Whether the provider itself would give the order up as it stands.
    pub(super) fn is_cancellable_there(&self, spec: &ProviderSpec) -> bool {
        let standing = match self.state {
            OrderState::AwaitingCustomer => Standing::AwaitingCustomer,
            OrderState::PendingDecision => Standing::PendingDecision,
            OrderState::Authorized => Standing::Authorized,
            _ => return false,
        };
        spec.operations.cancel.support == Support::Native && spec.cancellable_in.contains(&standing)
    }

    /// An expiry that the provider's answer allows: the checkout is closed over there first, if it can be. A provider
    /// that will not close it keeps an orphan, which is said and watched.
    pub(super) fn cancel_to_expire(&mut self, at: &mut Moment<'_>) -> bool {
        let newest = self.operations.iter().rfind(|operation| operation.gives_the_order_up());
        if newest.is_some_and(Operation::reserves) {
            return true;
        }
        let refused = newest.is_some_and(|operation| operation.state == OperationState::Failed);
        if !self.is_cancellable_there(at.spec) || refused {
            if refused {
                let message = "the provider would not close the checkout; a payment may still come";
                self.raise(ConditionKind::OrphanAtProvider, Step::Create.subject(), message, at);
            }
            return false;
        }
        let Ok(portions) = self.plan_cancellation(&[]) else { return false };
        let draft = self.unasked_operation("expiry", OperationKind::Cancellation, portions, at.now);
        self.enqueue(Operation { reason: "expired".to_owned(), ..draft }, at);
        true
    }

    /// Whether a call to give the order up is out: its own end says more than anything else.
    pub(super) fn is_being_cancelled(&self) -> bool {
        let given_up = |op: &Operation| op.gives_the_order_up() && op.is_in_flight();
        self.operations.iter().any(given_up)
    }

    /// The provider would not cancel: something is other than we believe, so it is asked.
    pub(super) fn cancellation_failed(&mut self, index: usize, at: &mut Moment<'_>) {
        if self.operations[index].gives_the_order_up() {
            self.ask(at);
        }
    }

    /// The provider says that the order is given up: so are the cancellations that were on their way.
    pub(super) fn prove_cancellations(&mut self, at: &mut Moment<'_>) {
        for index in 0..self.operations.len() {
            let operation = &self.operations[index];
            if !operation.gives_the_order_up() || !operation.reserves() {
                continue;
            }
            let id = operation.id.clone();
            self.operations[index].parked = None;
            self.clear(ConditionKind::Parked, &id, at);
            self.clear(ConditionKind::OutcomeUnknown, &id, at);
            self.succeed(index, Confirmation::Confirmed, at);
        }
    }

    /// The provider says that the order is paid: a cancellation that was on its way came too late.
    pub(super) fn disprove_cancellations(&mut self, at: &mut Moment<'_>) {
        for index in 0..self.operations.len() {
            let operation = &mut self.operations[index];
            if !operation.gives_the_order_up() || !operation.reserves() {
                continue;
            }
            operation.state = OperationState::Failed;
            operation.parked = None;
            operation.updated_at = at.now;
            let message = "the order was paid first".to_owned();
            operation.failure = Some(Failure { code: "PAID".to_owned(), message });
            let id = operation.id.clone();
            at.event(EventKind::OperationFailed, json!({ "id": id, "code": "PAID" }));
            self.clear(ConditionKind::Parked, &id, at);
            self.clear(ConditionKind::OutcomeUnknown, &id, at);
        }
    }

    /// The order had been given up, and money came all the same: what gave it up is taken out again.
    pub(super) fn undo_cancellation(&mut self, at: &mut Moment<'_>) {
        if self.amounts().cancelled.minor < self.total.minor {
            return;
        }
        let spec = at.spec;
        let Some(index) = self.operations.iter().rposition(|op| op.is_undone_by_payment(spec)) else {
            return;
        };
        let operation = &mut self.operations[index];
        operation.state = OperationState::Reversed;
        operation.updated_at = at.now;
        at.event(EventKind::CancellationUndone, json!({ "id": operation.id }));
        for part in operation.portions.clone() {
            let line = self.lines.iter_mut().find(|line| line.line.line_id == part.line_id);
            if let Some(line) = line {
                line.cancelled = line.cancelled.less(Tally { quantity: part.quantity, minor: part.minor });
            }
        }
    }
}

impl Operation {
    /// A cancellation of the order, or of a part of it; that of another attempt is none.
    pub(super) fn gives_the_order_up(&self) -> bool {
        self.kind == OperationKind::Cancellation && self.attempt.is_none()
    }

    /// A cancellation that a payment disproves: it never left us, or closed a checkout that was paid all the same. One
    /// that was done by a refund is not: that money went back.
    pub(super) fn is_undone_by_payment(&self, spec: &ProviderSpec) -> bool {
        self.gives_the_order_up()
            && self.state == OperationState::Succeeded
            && (self.submitted_at.is_none() || spec.operations.cancel.support == Support::Native)
    }
}
