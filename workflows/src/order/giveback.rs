//! Giving the money of another attempt back.
//!
//! What was paid on another attempt is never the order's, so its way back stands beside the order's own operations: it
//! names its attempt, is for all that the order costs, and moves no line, no sum and no state. It waits for nothing and
//! nothing waits for it. There is one for each attempt; after one that failed, a second is a person's word.

use crate::order::command::Granted;
use crate::order::condition::ConditionKind;
use crate::order::effect::{EventKind, Moment, Step};
use crate::order::outcome::is_answer;
use crate::order::plan::Objection;
use crate::order::{
    Answer, CommandId, LatePayment, Operation, OperationKind, OperationState, Order, RefusalReason,
};
use ordain_providers::call::Standing;
use ordain_providers::spec::Support;
use ordain_providers::{Facts, Op, Outcome, ProviderSpec};
use serde_json::json;
use std::collections::BTreeMap;

impl Order {
    /// How this attempt's money goes back without anybody's word, or what a person is to do instead.
    pub(super) fn way_back_by_itself(
        &self,
        attempt: &str,
        facts: &Facts,
        spec: &ProviderSpec,
    ) -> Result<OperationKind, String> {
        let wait = "give its money back at the provider";
        if self.settings.late_payment != LatePayment::AutoRefund {
            return Err(wait.to_owned());
        }
        if let Some(mismatch) = self.total_mismatch(facts, spec) {
            return Err(format!("{wait} ({mismatch})"));
        }
        self.way_back(attempt, spec).map_err(|objection| format!("{wait} ({})", objection.message))
    }

    /// The account wants such money back by itself.
    pub(super) fn give_back_by_itself(&mut self, attempt: &str, kind: OperationKind, at: &mut Moment<'_>) {
        let draft = self.unasked_operation("attempt", kind, Vec::new(), at.now);
        self.begin_giveback(attempt, Operation { reason: "paid twice".to_owned(), ..draft }, at);
    }

    /// A person wants it back, and `whole`: there are no lines to tell its parts by. A refund of what is only approved, or
    /// a cancellation of what is captured, is refused.
    pub(super) fn give_back(
        &mut self,
        (id, kind): (CommandId<'_>, OperationKind),
        (attempt, whole): (&str, bool),
        reason: &str,
        at: &mut Moment<'_>,
    ) -> Granted {
        let objection = |reason, message: &str| Err(Objection::new(reason, "attempt", message));
        if !whole {
            let message = "it goes back whole: name no lines and no part of the amount";
            return objection(RefusalReason::Invalid, message);
        }
        let way = self.way_back(attempt, at.spec)?;
        if way != kind {
            let captured = way == OperationKind::Refund;
            let message =
                if captured { "it is captured: refund it" } else { "it is only approved: cancel it" };
            return objection(RefusalReason::IllegalTransition, message);
        }
        let draft = self.draft(id, kind, Vec::new(), at)?;
        Ok(Some(self.begin_giveback(attempt, Operation { reason: reason.to_owned(), ..draft }, at)))
    }

    /// What would give this attempt's money back now, or why nothing does.
    fn way_back(&self, attempt: &str, spec: &ProviderSpec) -> Result<OperationKind, Objection> {
        let objection = |reason, message: String| Err(Objection::new(reason, "attempt", message));
        let own = spec.attempt_ref.and_then(|name| self.provider_refs.get(name));
        let besides = own.is_none_or(|own| own != attempt);
        let Some(standing) = self.paid_besides.get(attempt).filter(|_| besides) else {
            let message = "no such attempt was paid beside the order's own";
            return objection(RefusalReason::Invalid, message.to_owned());
        };
        if let Some(open) = self.givebacks(attempt).find(|it| it.may_have_happened()) {
            return objection(
                RefusalReason::OperationInDoubt,
                format!("operation {} gives it back", open.id),
            );
        }
        self.may_touch_money()?;
        let cancellable = spec.operations.cancel.support == Support::Native
            && spec.cancellable_in.contains(&Standing::Authorized);
        match standing {
            Standing::Authorized if cancellable => Ok(OperationKind::Cancellation),
            Standing::Authorized => objection(
                RefusalReason::OperationNotSupported,
                "what is only approved cannot be cancelled at this provider".to_owned(),
            ),
            _ if spec.operations.refund.support.is_offered() => Ok(OperationKind::Refund),
            _ => objection(
                RefusalReason::OperationNotSupported,
                "this provider has no such operation".to_owned(),
            ),
        }
    }

    fn begin_giveback(&mut self, attempt: &str, draft: Operation, at: &mut Moment<'_>) -> String {
        let (amount, attempt) = (self.total, Some(attempt.to_owned()));
        let operation = Operation { amount, full: true, attempt, ..draft };
        let id = operation.id.clone();
        let data = json!({
            "id": id, "kind": operation.kind, "amount": operation.amount, "attempt": operation.attempt,
        });
        at.event(EventKind::OperationRequested, data);
        self.operations.push(operation);
        self.submit(self.operations.len() - 1, at);
        id
    }

    /// The operations that give this attempt's money back.
    pub(super) fn givebacks(&self, attempt: &str) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |operation| operation.attempt.as_deref() == Some(attempt))
    }

    /// Such an operation went on: a person is needed where it did not happen, and no more where it did.
    pub(super) fn giveback_moved(&mut self, index: usize, at: &mut Moment<'_>) {
        let operation = &self.operations[index];
        let (id, state, attempt) = (operation.id.clone(), operation.state, operation.attempt.clone());
        let Some(attempt) = attempt else { return };
        match state {
            OperationState::Succeeded => self.clear(ConditionKind::MerchantActionRequired, &attempt, at),
            OperationState::Failed | OperationState::NotSent => {
                let message =
                    format!("attempt {attempt} was paid too, and operation {id} did not give it back");
                self.raise(ConditionKind::MerchantActionRequired, &attempt, &message, at);
                self.ask_about(&attempt, at);
            }
            _ => {}
        }
    }

    /// News of another attempt came: it is asked about if something of ours is open there.
    pub(super) fn news_of_attempt(&mut self, attempt: &str, facts: &Facts, at: &mut Moment<'_>) {
        if self.givebacks(attempt).any(Operation::is_open_there) {
            self.keep_called_off(Some(attempt), facts, at);
            self.ask_about(attempt, at);
        }
    }

    /// Asks about every other attempt whose money may be on its way back.
    pub(super) fn ask_about_givebacks(&mut self, at: &mut Moment<'_>) {
        let open = self.operations.iter().filter(|operation| operation.is_open_there());
        let attempts: Vec<String> = open.filter_map(|operation| operation.attempt.clone()).collect();
        for attempt in attempts {
            self.ask_about(&attempt, at);
        }
    }

    /// Asks how another attempt stands, unless that question is out.
    pub(super) fn ask_about(&mut self, attempt: &str, at: &mut Moment<'_>) {
        let offered = at.spec.operations.sync.support.is_offered();
        if offered && self.asking.attempts_out.insert(attempt.to_owned()) {
            at.call(Step::SyncAttempt(attempt.to_owned()), Op::Sync);
        }
    }

    /// The provider answered how another attempt stands.
    pub(super) fn attempt_answered(&mut self, attempt: &str, answer: &Answer, at: &mut Moment<'_>) {
        self.asking.attempts_out.remove(attempt);
        let (Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. }) =
            &answer.outcome
        else {
            return;
        };
        if is_answer(&answer.outcome) && is_about(attempt, facts, at.spec) {
            self.note_payment(attempt, facts);
            self.learn_operations_of(Some(attempt), facts, at);
            self.learn_called_off(Some(attempt), facts, Some(answer.asked_at), at);
        }
    }

    /// Remembers that another attempt is paid, and how far; an old message takes nothing back.
    pub(super) fn note_payment(&mut self, attempt: &str, facts: &Facts) {
        if let Some(standing) = facts.standing.filter(|standing| is_paid(*standing)) {
            let known = self.paid_besides.entry(attempt.to_owned()).or_insert(standing);
            *known = standing.max(*known);
        }
    }

    /// Which other attempt a step is about, if it is about one.
    #[must_use]
    pub fn attempt_of<'a>(&'a self, step: &'a Step) -> Option<&'a str> {
        match step {
            Step::SyncAttempt(attempt) => Some(attempt),
            Step::Operation(id) => self.operation(id)?.attempt.as_deref(),
            Step::Create | Step::Sync | Step::Ack | Step::Extend | Step::SyncRefund(_) => None,
        }
    }

    /// By which names the provider is spoken to: those of the order, or that of another attempt alone.
    #[must_use]
    pub fn refs_of(&self, attempt: Option<&str>, spec: &ProviderSpec) -> BTreeMap<String, String> {
        match (attempt, spec.attempt_ref) {
            (Some(attempt), Some(name)) => [(name.to_owned(), attempt.to_owned())].into(),
            _ => self.provider_refs.clone(),
        }
    }
}

impl Operation {
    /// Whether a second one like it could be one too many.
    pub(super) fn may_have_happened(&self) -> bool {
        self.reserves() || self.state == OperationState::Succeeded
    }

    /// Whether the provider alone can say how it ends.
    const fn is_open_there(&self) -> bool {
        matches!(self.state, OperationState::Pending | OperationState::Unknown)
    }
}

/// An answer that names no attempt is about the one that was asked for.
fn is_about(attempt: &str, facts: &Facts, spec: &ProviderSpec) -> bool {
    let named = spec.attempt_ref.and_then(|name| facts.refs.get(name));
    named.is_none_or(|named| named == attempt)
}

/// Whether the money of an attempt that stands so is the shop's, or set aside for it.
pub(super) const fn is_paid(standing: Standing) -> bool {
    matches!(standing, Standing::Authorized | Standing::Captured | Standing::Completed)
}
