//! What a provider reports of our operations: by our ids where it keeps them, else by a sum that only they explain.
//!
//! Only operations that we know are looked at. What else the provider reports is evidence about its own doings.

use crate::order::condition::{ConditionKind, SUMS};
use crate::order::effect::{Moment, Step};
use crate::order::{
    Answer, Failure, Observation, Operation, OperationKind, OperationState, Order, outcome::is_answer,
};
use ordain_providers::call::{
    AmountKind, OperationFact, OperationKind as WireKind, OperationStanding as Standing,
};
use ordain_providers::inbound::Trust;
use ordain_providers::spec::Support;
use ordain_providers::{Facts, Op, Outcome, ProviderSpec};

impl Order {
    /// Moves our operations along what the evidence says of them. Returns whether any of them moved.
    pub(super) fn learn_operations(&mut self, seen: &Observation, at: &mut Moment<'_>) -> bool {
        let by_id = self.learn_by_id(None, (&seen.facts, seen.trust), at);
        let by_sum = seen.trust == Trust::Authoritative && self.learn_by_sum(None, &seen.facts, at);
        let called_off =
            seen.trust == Trust::Authoritative && self.learn_called_off(None, &seen.facts, seen.asked_at, at);
        by_id || by_sum || called_off
    }

    /// The answer to the question about one refund.
    pub(super) fn refund_answered(&mut self, id: &str, answer: &Answer, at: &mut Moment<'_>) {
        self.asking.refunds_out.remove(id);
        let (Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. }) =
            &answer.outcome
        else {
            return;
        };
        if is_answer(&answer.outcome) {
            self.learn_refs(facts);
            self.learn_operations_of(None, facts, at);
            self.compare_asked_back(facts, at);
        }
    }

    /// Moves the operations on an attempt, the order's own if none is named, along what an answer about it says.
    pub(super) fn learn_operations_of(&mut self, attempt: Option<&str>, facts: &Facts, at: &mut Moment<'_>) {
        self.learn_by_id(attempt, (facts, Trust::Authoritative), at);
        self.learn_by_sum(attempt, facts, at);
    }

    fn learn_by_id(
        &mut self,
        attempt: Option<&str>,
        (facts, trust): (&Facts, Trust),
        at: &mut Moment<'_>,
    ) -> bool {
        let mut moved = false;
        for fact in &facts.operations {
            let is_meant = |operation: &Operation| {
                operation.attempt.as_deref() == attempt && operation.is_reported_as(fact, at.spec)
            };
            let Some(index) = self.operations.iter().position(is_meant) else { continue };
            let before = self.operations[index].state;
            if self.agree_on_amount(index, (fact, trust), at) {
                self.learn_operation(index, fact, at);
            }
            moved |= self.operations[index].state != before;
        }
        moved
    }

    /// Whether the amount is the one that we asked for. Another one ends nothing: either of us is wrong about the
    /// money, and only the provider's own answer, or a person, can say who.
    fn agree_on_amount(
        &mut self,
        index: usize,
        (fact, trust): (&OperationFact, Trust),
        at: &mut Moment<'_>,
    ) -> bool {
        let operation = &self.operations[index];
        let (id, ours) = (operation.id.clone(), operation.amount);
        let Some(theirs) = fact.amount else { return true };
        if theirs == ours {
            self.clear(ConditionKind::AmountMismatch, &id, at);
            return true;
        }
        // What would change nothing is old news, or was settled since.
        if operation.state.may_become(state_of(fact.standing)) {
            let message = format!("the provider reports operation {id} of {theirs}, we asked for {ours}");
            self.raise(ConditionKind::AmountMismatch, &id, &message, at);
            if trust == Trust::Verified {
                self.ask_about_operation(index, at);
            }
        }
        false
    }

    /// Asks how one operation stands: by its own question where the table has one, else by the order's.
    pub(super) fn ask_about_operation(&mut self, index: usize, at: &mut Moment<'_>) {
        let operation = &self.operations[index];
        let own_question = at.spec.operations.sync_refund.support.is_offered() && operation.attempt.is_none();
        match operation.op(self, at.spec) {
            Op::Refund(request) if own_question => {
                if self.asking.refunds_out.insert(request.id.clone()) {
                    at.call(Step::SyncRefund(request.id.clone()), Op::SyncRefund(request));
                }
            }
            _ => self.ask_for_proof(at),
        }
    }

    fn learn_operation(&mut self, index: usize, fact: &OperationFact, at: &mut Moment<'_>) {
        let failure = (fact.standing == Standing::Failed).then(|| Failure {
            code: fact.failure.clone().unwrap_or_else(|| "FAILED_AT_PROVIDER".to_owned()),
            message: "the provider took it on and it failed there".to_owned(),
        });
        self.move_operation(index, state_of(fact.standing), failure, at);
    }

    /// What the provider would not activate may have been refunded there meanwhile: then more went back than was captured.
    pub(super) fn activation_failed(&mut self, index: usize, at: &mut Moment<'_>) {
        let operation = &self.operations[index];
        if operation.kind == OperationKind::Fulfilment && self.is_overdrawn(at.spec) {
            let message = format!("fulfilment {} failed, and part of it was given back", operation.id);
            self.raise(ConditionKind::AmountMismatch, SUMS, &message, at);
        }
    }

    /// A provider that only counts what went back has ended every refund that the count covers, oldest first. One that
    /// names the refund in the same answer has said more than its count does.
    fn learn_by_sum(&mut self, attempt: Option<&str>, facts: &Facts, at: &mut Moment<'_>) -> bool {
        let counted = facts.amounts.iter().find(|fact| fact.kind == AmountKind::Refunded);
        let Some(counted) = counted.filter(|fact| fact.amount.currency == self.currency) else {
            return false;
        };
        let mut moved = false;
        for index in 0..self.operations.len() {
            let operation = &self.operations[index];
            // All of another attempt went back once: whatever is open there is that.
            let in_doubt = operation.state == OperationState::Unknown && attempt.is_some();
            let pending = (operation.state == OperationState::Pending || in_doubt)
                && operation.kind == OperationKind::Refund;
            let named = facts.operations.iter().any(|fact| operation.is_reported_as(fact, at.spec));
            if !pending || named || operation.attempt.as_deref() != attempt {
                continue;
            }
            // Of another attempt nothing went back before: there is one such operation for each.
            let before = if attempt.is_none() { self.sent_back(at.spec) } else { 0 };
            // A younger one that would fit is not taken instead: the count does not say which it means.
            if before + operation.amount.minor > counted.amount.minor {
                break;
            }
            self.move_operation(index, OperationState::Succeeded, None, at);
            moved = true;
        }
        moved
    }
}

/// Our word for how the provider says that an operation stands.
const fn state_of(standing: Standing) -> OperationState {
    match standing {
        Standing::Pending => OperationState::Pending,
        Standing::Succeeded => OperationState::Succeeded,
        Standing::Failed => OperationState::Failed,
    }
}

impl Operation {
    /// Whether a provider means this operation: by our id, and by what it is on the wire.
    pub(super) fn is_reported_as(&self, fact: &OperationFact, spec: &ProviderSpec) -> bool {
        let native = spec.operations.cancel.support == Support::Native;
        let kind = match self.kind {
            OperationKind::Fulfilment => Some(WireKind::Fulfilment),
            OperationKind::Cancellation if native => Some(WireKind::Cancellation),
            OperationKind::Refund | OperationKind::Cancellation => Some(WireKind::Refund),
            OperationKind::Reversal => None,
        };
        kind == Some(fact.kind) && fact.id.as_ref() == Some(&self.id)
    }
}
