//! What the provider did, or saw done, without us: refunds and cancellations of its back office, actions it waits for,
//! disputes.
//!
//! What we did not ask for becomes an operation of the provider's own first; only what does not fit into the order is
//! a mismatch.

use crate::order::condition::{Condition, ConditionKind};
use crate::order::effect::Moment;
use crate::order::plan::Objection;
use crate::order::{Operation, OperationKind, OperationState, Order, RefusalReason};
use ordain_providers::call::{AmountKind, Flag, OperationFact, OperationKind as FactKind, OperationStanding};
use ordain_providers::spec::{RefundBasis, Support};
use ordain_providers::{Facts, Money};

/// The subject of what the provider waits for, or warns of.
const PROVIDER: &str = "provider";
/// The subject of refunds that were asked for elsewhere.
const ELSEWHERE: &str = "refunds";
/// The subject of what somebody at the shop should look at once; no answer of the provider's takes it off.
const ALERT: &str = "alert";

impl Order {
    /// Takes in what the provider says besides status and amounts. What its own answer no longer says is over.
    pub(super) fn take_flags(&mut self, facts: &Facts, answered: bool, at: &mut Moment<'_>) {
        let mut said = Vec::new();
        for flag in &facts.flags {
            let (kind, message) = match flag {
                Flag::CustomerActionRequired => (
                    ConditionKind::CustomerActionRequired,
                    "the customer must act at the provider".to_owned(),
                ),
                Flag::MerchantActionRequired => {
                    (ConditionKind::MerchantActionRequired, "the shop must act at the provider".to_owned())
                }
                Flag::Disputed { amount } => {
                    self.disputed =
                        amount.filter(|amount| amount.currency == self.currency).or(Some(self.total));
                    (
                        ConditionKind::Disputed,
                        amount.map_or("disputed".into(), |it| format!("{it} is disputed")),
                    )
                }
                Flag::Alert { why } => {
                    self.raise(ConditionKind::MerchantActionRequired, ALERT, why, at);
                    continue;
                }
                Flag::AttemptFailed { .. } | Flag::AcknowledgementDue => continue,
            };
            said.push(kind);
            self.raise(kind, PROVIDER, &message, at);
        }
        let may_end = [ConditionKind::CustomerActionRequired, ConditionKind::MerchantActionRequired];
        for kind in may_end.into_iter().filter(|kind| answered && !said.contains(kind)) {
            self.clear(kind, PROVIDER, at);
        }
    }

    /// What is disputed may be taken from the shop already: it is not given back besides.
    pub(super) fn leaves_what_is_disputed(&self, refund: Money, basis: RefundBasis) -> Result<(), Objection> {
        let Some(disputed) = self.disputed else { return Ok(()) };
        let parts = [self.refundable_parts(basis), self.open_parts()].concat();
        let left = self.sum_of(&parts).minor - disputed.minor;
        if refund.minor > left.max(0) {
            let message = format!("{disputed} of this order is disputed");
            return Err(Objection::new(RefusalReason::AmountExceedsRemaining, "refund.amount", message));
        }
        Ok(())
    }

    /// Takes over refunds and cancellations that the provider reports and nobody here asked for.
    pub(super) fn adopt_foreign(&mut self, facts: &Facts, at: &mut Moment<'_>) {
        if self.is_overdrawn(at.spec) || self.own_operations().any(Operation::reserves) {
            // One of ours may be what it reports; its own end comes first.
            return;
        }
        for fact in &facts.operations {
            self.adopt_reported(fact, at);
        }
        let refunded = facts.amounts.iter().find(|fact| fact.kind == AmountKind::Refunded);
        let more = refunded.map(|fact| fact.amount.minor - self.sent_back(at.spec)).filter(|more| *more > 0);
        if let Some(more) = more {
            self.adopt_amount(OperationKind::Refund, Money::of(self.currency, more), None, at);
        }
        self.ask_what_is_asked_back(at);
    }

    /// Takes over what a genuine message names as done and nobody here asked for: under the provider's own name of it,
    /// and none of ours. What has neither may be ours, and waits for the provider's answer. Returns whether anything was
    /// taken over.
    pub(super) fn adopt_told(&mut self, facts: &Facts, at: &mut Moment<'_>) -> bool {
        let before = self.operations.len();
        let named = |fact: &&OperationFact| fact.id.is_none() && fact.provider_id.is_some();
        for fact in facts.operations.iter().filter(named) {
            self.adopt_reported(fact, at);
        }
        let adopted = self.operations.len() > before;
        if adopted {
            self.ask_what_is_asked_back(at);
        }
        adopted
    }

    /// What an answer about a refund counts as asked back, beyond all that ours explain, was asked for elsewhere. It
    /// may not be done yet, so it is said and not taken over. A provider without a question about refunds counts them
    /// in its answers about the order, which are compared as a whole.
    pub(super) fn compare_asked_back(&mut self, facts: &Facts, at: &mut Moment<'_>) {
        let counted = facts.amounts.iter().find(|fact| fact.kind == AmountKind::RefundRequested);
        let counted = counted.filter(|fact| fact.amount.currency == self.currency);
        let offered = at.spec.operations.sync_refund.support.is_offered();
        let Some(counted) = counted.filter(|_| offered) else { return };
        let ours = self.own_operations().filter(|op| match op.kind {
            OperationKind::Refund => true,
            OperationKind::Cancellation => at.spec.operations.cancel.support == Support::Emulated,
            OperationKind::Fulfilment | OperationKind::Reversal => false,
        });
        let ours = ours.filter(|op| op.reserves() || op.state == OperationState::Succeeded);
        let ours = Money::of(self.currency, ours.map(|op| op.amount.minor).sum());
        if counted.amount.minor > ours.minor {
            let message = format!("the provider counts {} as asked back, we know of {ours}", counted.amount);
            self.raise(ConditionKind::AmountMismatch, ELSEWHERE, &message, at);
        } else {
            self.clear(ConditionKind::AmountMismatch, ELSEWHERE, at);
        }
    }

    /// Asks about our last refund again: the answer counts all of them, and says whether any is still unexplained.
    fn ask_what_is_asked_back(&mut self, at: &mut Moment<'_>) {
        let unexplained = |condition: &Condition| {
            condition.kind == ConditionKind::AmountMismatch && condition.subject == ELSEWHERE
        };
        let ours = |op: &Operation| {
            op.kind == OperationKind::Refund && op.attempt.is_none() && op.submitted_at.is_some()
        };
        let last = self.operations.iter().rposition(ours);
        if let Some(last) = last.filter(|_| self.conditions.iter().any(unexplained)) {
            self.ask_about_operation(last, at);
        }
    }

    fn adopt_reported(&mut self, fact: &OperationFact, at: &mut Moment<'_>) {
        let kind = match fact.kind {
            FactKind::Refund => OperationKind::Refund,
            FactKind::Cancellation => OperationKind::Cancellation,
            FactKind::Fulfilment => return,
        };
        // A provider may give a refund and a cancellation one name.
        let spec = at.spec;
        let known = |op: &Operation| {
            let adopted = fact.provider_id.is_some() && op.provider_id == fact.provider_id;
            op.is_reported_as(fact, spec) || (adopted && op.kind == kind)
        };
        let done = fact.standing == OperationStanding::Succeeded;
        if let Some(amount) = fact.amount.filter(|_| done && !self.operations.iter().any(known)) {
            self.adopt_amount(kind, amount, fact.provider_id.clone(), at);
        }
    }

    fn adopt_amount(
        &mut self,
        kind: OperationKind,
        amount: Money,
        provider_id: Option<String>,
        at: &mut Moment<'_>,
    ) {
        if amount.currency != self.currency || amount.minor <= 0 {
            return;
        }
        let spread = match kind {
            OperationKind::Cancellation => self.spread_cancellation(amount.minor),
            _ => self.spread_refund(amount.minor, at.spec.refund_basis),
        };
        // More than there is: the comparison of sums says so.
        let Some(portions) = spread else { return };
        self.adopt(kind, portions, "reported by the provider", at);
        if let Some(adopted) = self.operations.last_mut() {
            adopted.provider_id = provider_id;
        }
        self.settle(at);
    }
}
