//! What came of the order's own calls.

use crate::order::command::may_abandon_create;
use crate::order::condition::{ConditionKind, SUMS};
use crate::order::effect::{Effect, EventKind, Moment, Step};
use crate::order::model::Ack;
use crate::order::{Cause, Confirmation, Failure, Observation, OperationState, Order, OrderState, Source};
use jiff::Timestamp;
use ordain_engine::Sealed;
use ordain_providers::call::{NextAction, Retry, Standing};
use ordain_providers::inbound::Trust;
use ordain_providers::spec::{Effect as BooksEffect, OnUnknown, UnpaidWhen};
use ordain_providers::{Facts, Outcome, ProviderSpec};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// As the codec read it, or as a person decided. Its `next_action` is not looked at: see below.
    pub outcome: Outcome,
    /// When the attempt that brought it was sent.
    pub asked_at: Timestamp,
    /// Where to send the customer, sealed by whoever decoded the reply.
    pub next_action: Option<Sealed<NextAction>>,
}

/// What else can happen to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// It waits for a person.
    Parked {
        /// Why.
        why: String,
        /// Whether it may have happened.
        unknown: bool,
    },
    /// A person sent it again. The engine sends it; no call comes back. A person may so have two operations of one
    /// order on their way at once; the rules never do.
    Retried,
    /// A person gave it up: it did not happen and will not.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl Order {
    /// Takes the end of a step in. An answer that a person gave is an answer.
    pub fn outcome(
        &mut self,
        step: &Step,
        answer: &Answer,
        now: Timestamp,
        spec: &ProviderSpec,
    ) -> Vec<Effect> {
        let mut at = Moment::new(now, spec);
        if !matches!(step, Step::Operation(_)) {
            self.clear(ConditionKind::Parked, step.subject(), &mut at);
            self.clear(ConditionKind::OutcomeUnknown, step.subject(), &mut at);
        }
        match step {
            Step::Create => self.created(answer, &mut at),
            Step::Sync => self.answered(answer, &mut at),
            Step::Ack => self.acknowledged(answer, &mut at),
            Step::Extend => self.extended(Some(&answer.outcome), &mut at),
            Step::Operation(id) => self.operation_ended(id, &answer.outcome, &mut at),
            Step::SyncRefund(id) => self.refund_answered(id, answer, &mut at),
            Step::SyncAttempt(attempt) => self.attempt_answered(attempt, answer, &mut at),
        }
        self.advance(&mut at);
        self.updated_at = now;
        at.effects
    }

    /// Takes in that a step was parked, retried or skipped.
    pub fn news(&mut self, step: &Step, news: &News, now: Timestamp, spec: &ProviderSpec) -> Vec<Effect> {
        let mut at = Moment::new(now, spec);
        match news {
            News::Parked { why, unknown } => self.parked(step, why, *unknown, &mut at),
            News::Retried => self.retried(step, &mut at),
            News::Skipped { reason } => self.skipped(step, reason, &mut at),
        }
        self.advance(&mut at);
        self.updated_at = now;
        at.effects
    }

    fn created(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        match &answer.outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => self.opened(facts, answer, at),
            _ if self.state != OrderState::Creating => {}
            Outcome::Refused { facts, code, message, .. } => {
                let declined = facts.standing == Some(Standing::Declined);
                let to = if declined { OrderState::Declined } else { OrderState::Failed };
                self.fail_create(to, (code.clone(), message.clone()), Cause::Authoritative, at);
            }
            Outcome::NotSent { why } => {
                self.fail_create(
                    OrderState::Failed,
                    ("NOT_SENT".to_owned(), why.clone()),
                    Cause::Authoritative,
                    at,
                );
            }
            Outcome::Unknown { why } => {
                self.raise(ConditionKind::OutcomeUnknown, Step::Create.subject(), why, at);
            }
        }
    }

    fn fail_create(
        &mut self,
        to: OrderState,
        (code, message): (String, String),
        by: Cause,
        at: &mut Moment<'_>,
    ) {
        self.ending = Some(Failure { code, message });
        self.become_state(to, by, at);
    }

    /// The provider answered our question, or nothing did.
    fn answered(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        let (facts, label) = match &answer.outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => (Some(facts), "sync".to_owned()),
            Outcome::Refused { facts, code, .. } => (Some(facts), format!("sync refused: {code}")),
            Outcome::NotSent { .. } | Outcome::Unknown { .. } => (None, String::new()),
        };
        if let Some(facts) = facts {
            let seen = answered_with(Source::Sync, facts, &label, answer.asked_at, at.now);
            self.take_evidence(&seen, at);
        }
        self.take_count(answer.asked_at, facts, at.spec);
        self.conclude_hinted_end(answer, at);
        self.conclude_expiry(answer, at);
        self.question_ended(is_answer(&answer.outcome), at);
    }

    fn acknowledged(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        if self.ack == Ack::Done {
            return;
        }
        match &answer.outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => {
                self.ack = Ack::Done;
                self.learn_refs(facts);
                if answer.next_action.is_some() {
                    self.next_action.clone_from(&answer.next_action);
                }
                self.clear(ConditionKind::MerchantActionRequired, Step::Ack.subject(), at);
                at.event(EventKind::PaymentAcknowledged, json!({}));
            }
            Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Unknown { .. } => {
                self.give_up_ack("the provider did not take note that we know of its approval", at);
            }
        }
    }

    pub(super) fn give_up_ack(&mut self, message: &str, at: &mut Moment<'_>) {
        self.ack = Ack::GivenUp;
        self.raise(ConditionKind::MerchantActionRequired, Step::Ack.subject(), message, at);
    }

    fn operation_ended(&mut self, id: &str, outcome: &Outcome, at: &mut Moment<'_>) {
        let Some(index) = self.operations.iter().position(|operation| operation.id == id) else { return };
        let (to, failure) = match outcome {
            Outcome::Done(_) => (OperationState::Succeeded, None),
            Outcome::Pending(_) => (OperationState::Pending, None),
            Outcome::Refused { code, message, .. } => {
                (OperationState::Failed, Some((code.as_str(), message)))
            }
            Outcome::NotSent { why } => (OperationState::NotSent, Some(("NOT_SENT", why))),
            Outcome::Unknown { why } => (OperationState::Unknown, Some(("UNKNOWN", why))),
        };
        // What the provider calls another attempt is no name of the order.
        let own = self.operations[index].attempt.is_none();
        if let (true, Outcome::Done(facts) | Outcome::Pending(facts)) = (own, outcome) {
            self.learn_refs(facts);
            self.compare_asked_back(facts, at);
        }
        let failure =
            failure.map(|(code, message)| Failure { code: code.to_owned(), message: message.clone() });
        self.move_operation(index, to, failure, at);
    }

    /// One step of an operation along its own graph; anything else is a result that came too late to count.
    pub(super) fn move_operation(
        &mut self,
        index: usize,
        to: OperationState,
        failure: Option<Failure>,
        at: &mut Moment<'_>,
    ) {
        let operation = &mut self.operations[index];
        if !operation.state.may_become(to) {
            return;
        }
        let late = !operation.reserves();
        let from = operation.state;
        let id = operation.id.clone();
        operation.state = to;
        operation.parked = None;
        operation.updated_at = at.now;
        let code = failure.as_ref().map(|failure| failure.code.clone());
        operation.failure = failure;
        self.clear(ConditionKind::Parked, &id, at);
        self.clear(ConditionKind::OutcomeUnknown, &id, at);
        self.clear(ConditionKind::MerchantActionRequired, &id, at);
        self.forget_called_off();
        match to {
            OperationState::Succeeded => {
                let confirmation = self.confirmation_of(index, at.spec);
                self.succeed(index, confirmation, at);
                if late {
                    self.proven_late(index, from, at);
                }
                self.settle(at);
            }
            OperationState::Pending => {
                at.event(EventKind::OperationPending, json!({ "id": id }));
                self.await_end_of_operation(at);
            }
            OperationState::Unknown => {
                at.event(EventKind::OperationOutcomeUnknown, json!({ "id": id }));
                self.raise(ConditionKind::OutcomeUnknown, &id, "it may or may not have happened", at);
            }
            OperationState::NotSent => at.event(EventKind::OperationNotSent, json!({ "id": id })),
            _ => {
                at.event(EventKind::OperationFailed, json!({ "id": id, "code": code }));
                self.cancellation_failed(index, at);
                self.activation_failed(index, at);
            }
        }
        self.giveback_moved(index, at);
        self.last_operation_at = Some(at.now);
    }

    /// It happened after all, and its hold had been let go: something else may have used what it took.
    fn proven_late(&mut self, index: usize, from: OperationState, at: &mut Moment<'_>) {
        let id = self.operations[index].id.clone();
        let message = format!("it was {from:?} here and happened all the same");
        self.raise(ConditionKind::Conflict, &id, &message, at);
        if self.operations[index].attempt.is_some() {
            return;
        }
        if self.is_overdrawn(at.spec) || !self.state.is_paid() {
            let message = format!("operation {id} happened besides what had taken its place");
            self.raise(ConditionKind::AmountMismatch, SUMS, &message, at);
        }
    }

    /// A refund that its own provider cannot be asked about is accepted and never confirmed.
    fn confirmation_of(&self, index: usize, spec: &ProviderSpec) -> Confirmation {
        let line = spec.operation(&self.operations[index].op(self, spec));
        match line.effect {
            BooksEffect::Mutates(OnUnknown::Park) => Confirmation::AcceptedUnconfirmable,
            _ => Confirmation::Confirmed,
        }
    }

    fn parked(&mut self, step: &Step, why: &str, unknown: bool, at: &mut Moment<'_>) {
        let subject = step.subject().to_owned();
        if let Step::Operation(id) = step {
            let Some(index) = self.operations.iter().position(|operation| &operation.id == id) else {
                return;
            };
            let to = if unknown { OperationState::Unknown } else { OperationState::NotSent };
            let code = if unknown { "UNKNOWN" } else { "NOT_SENT" };
            let failure = Failure { code: code.to_owned(), message: why.to_owned() };
            self.move_operation(index, to, Some(failure), at);
            if self.operations[index].state != to {
                return;
            }
            self.operations[index].parked = Some(why.to_owned());
        } else if unknown && !matches!(step, Step::Sync | Step::SyncRefund(_) | Step::SyncAttempt(_)) {
            self.raise(ConditionKind::OutcomeUnknown, &subject, why, at);
        }
        at.event(EventKind::OperationParked, json!({ "step": subject, "why": why, "unknown": unknown }));
        self.raise(ConditionKind::Parked, &subject, why, at);
        if *step == Step::Sync {
            self.take_count(at.now, None, at.spec);
            self.overdue(at);
            self.question_ended(false, at);
        }
    }

    fn retried(&mut self, step: &Step, at: &mut Moment<'_>) {
        let subject = step.subject().to_owned();
        self.clear(ConditionKind::Parked, &subject, at);
        self.clear(ConditionKind::OutcomeUnknown, &subject, at);
        match step {
            Step::Operation(id) => {
                let Some(index) = self.operations.iter().position(|operation| &operation.id == id) else {
                    return;
                };
                // Sending again what may have happened is a person's word that it did not.
                let operation = &mut self.operations[index];
                if operation.state == OperationState::Unknown {
                    operation.state = OperationState::NotSent;
                }
                if !operation.state.may_become(OperationState::Submitting) {
                    return;
                }
                operation.state = OperationState::Submitting;
                operation.parked = None;
                operation.failure = None;
                operation.updated_at = at.now;
            }
            Step::Sync => self.asking.out_since = Some(at.now),
            Step::SyncRefund(id) => drop(self.asking.refunds_out.insert(id.clone())),
            Step::SyncAttempt(attempt) => drop(self.asking.attempts_out.insert(attempt.clone())),
            Step::Ack => self.ack = Ack::Asked,
            Step::Create | Step::Extend => {}
        }
        at.event(EventKind::OperationRetried, json!({ "step": subject }));
    }

    fn skipped(&mut self, step: &Step, reason: &str, at: &mut Moment<'_>) {
        let subject = step.subject().to_owned();
        let failure = Failure { code: "SKIPPED".to_owned(), message: reason.to_owned() };
        match step {
            Step::Operation(id) => {
                let Some(index) = self.operations.iter().position(|operation| &operation.id == id) else {
                    return;
                };
                self.move_operation(index, OperationState::Failed, Some(failure), at);
            }
            Step::Sync => {
                self.take_count(at.now, None, at.spec);
                self.question_ended(false, at);
            }
            Step::SyncRefund(id) => drop(self.asking.refunds_out.remove(id)),
            Step::SyncAttempt(attempt) => drop(self.asking.attempts_out.remove(attempt)),
            Step::Ack => self.give_up_ack(reason, at),
            Step::Extend => self.extended(None, at),
            Step::Create if self.state == OrderState::Creating => {
                self.ending = Some(failure);
                self.become_state(OrderState::Failed, Cause::Command, at);
                if !may_abandon_create(at.spec) {
                    let message = "a checkout may be open there";
                    self.raise(ConditionKind::OrphanAtProvider, step.subject(), message, at);
                }
            }
            Step::Create => {}
        }
        self.clear(ConditionKind::Parked, &subject, at);
        self.clear(ConditionKind::OutcomeUnknown, &subject, at);
    }

    pub(super) fn overdue(&mut self, at: &mut Moment<'_>) {
        if self.expiring.is_some() {
            let message = "the order expires as soon as the provider says that it is unpaid; it does not say";
            self.raise(ConditionKind::SyncOverdue, Step::Sync.subject(), message, at);
        }
    }
}

/// Whether an outcome of a sync says anything at all about the order.
pub(super) const fn is_answer(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Done(_) | Outcome::Pending(_) | Outcome::Refused { retry: Retry::Never, .. } => true,
        Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Unknown { .. } => false,
    }
}

/// Whether an outcome of a sync proves that the order is not paid, by the table's rule.
pub(super) fn says_unpaid(outcome: &Outcome, rule: UnpaidWhen) -> bool {
    let facts = match outcome {
        Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. } => facts,
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => return false,
    };
    match facts.standing {
        Some(Standing::Authorized | Standing::Captured | Standing::Completed) => false,
        Some(_) => is_answer(outcome),
        None => is_answer(outcome) && rule == UnpaidWhen::AnyAnswerButPaid,
    }
}

pub(super) fn answered_with(
    source: Source,
    facts: &Facts,
    label: &str,
    asked_at: Timestamp,
    now: Timestamp,
) -> Observation {
    Observation {
        source,
        trust: Trust::Authoritative,
        facts: Facts { next_action: None, ..facts.clone() },
        label: label.to_owned(),
        received_at: now,
        asked_at: Some(asked_at),
        then_sync: false,
    }
}
