//! What a hint said, kept until an answer bears it out: a hint alone changes nothing, and an answer alone may say less.
//!
//! A provider that knows an unpaid order by no word of its own says "ended" in a message that only makes us ask, and
//! "unpaid" in its answer; only both together end the order. So with a refund that was called off: the message names it,
//! and the counters of an answer to a younger question prove it. Counters may lag, so such a message is kept until they
//! fell or the refund came to another end; where they do not for long, a person is told.

use crate::order::condition::ConditionKind;
use crate::order::effect::Moment;
use crate::order::model::after;
use crate::order::outcome::says_unpaid;
use crate::order::{
    Answer, Failure, Observation, Operation, OperationKind, OperationState, Order, OrderState, Source,
};
use jiff::Timestamp;
use ordain_providers::call::{
    AmountKind, OperationFact, OperationKind as WireKind, OperationStanding, Standing,
};
use ordain_providers::inbound::Trust;
use ordain_providers::spec::UnpaidWhen;
use ordain_providers::{Facts, Money, Outcome};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What hints said that no answer has settled yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hinted {
    /// That the order ended without money: how, in whose words, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<HintedEnd>,
    /// That refunds were called off, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called_off: Vec<CalledOff>,
}

/// An end that a hint told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintedEnd {
    /// CANCELLED or EXPIRED.
    pub standing: Standing,
    /// The message's name.
    pub label: String,
    /// An answer to an older question bears nothing out.
    pub since: Timestamp,
}

/// A refund that a hint says was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledOff {
    /// How much was to go back.
    pub amount: Money,
    /// The attempt, where that is another one than the order's: of it all goes back or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// An answer to an older question bears nothing out.
    pub since: Timestamp,
}

impl CalledOff {
    /// Whether this may be the refund that it names.
    fn may_mean(&self, operation: &Operation) -> bool {
        use OperationState::{Pending, Submitting, Unknown};

        let open = matches!(operation.state, Submitting | Pending | Unknown);
        let refund = operation.kind == OperationKind::Refund || operation.attempt.is_some();
        open && refund && operation.amount == self.amount && operation.attempt == self.attempt
    }

    /// Whether both name a refund of the same amount and attempt.
    fn is_like(&self, other: &Self) -> bool {
        self.amount == other.amount && self.attempt == other.attempt
    }
}

impl Hinted {
    pub(super) const fn is_empty(&self) -> bool {
        self.end.is_none() && self.called_off.is_empty()
    }
}

impl Order {
    /// Keeps what a hint says besides that there are news.
    pub(super) fn keep_hint(&mut self, seen: &Observation, at: &Moment<'_>) {
        if let Some(standing @ (Standing::Cancelled | Standing::Expired)) = seen.facts.standing {
            let (label, since) = (seen.label.clone(), at.now);
            self.asking.said.end = Some(HintedEnd { standing, label, since });
        }
        self.keep_called_off(None, &seen.facts, at);
    }

    /// Keeps that a refund of the order, or of another attempt, was called off. One message more than there are such
    /// refunds is one of them told again.
    pub(super) fn keep_called_off(&mut self, attempt: Option<&str>, facts: &Facts, at: &Moment<'_>) {
        let Some(fact) = called_off(facts) else { return };
        let whole = attempt.map(|_| self.total);
        let Some(amount) = whole.or(fact.amount) else { return };
        let told = CalledOff { amount, attempt: attempt.map(str::to_owned), since: at.now };
        let known = self.asking.said.called_off.iter().filter(|it| it.is_like(&told)).count();
        if known < self.operations.iter().filter(|operation| told.may_mean(operation)).count() {
            self.asking.said.called_off.push(told);
        }
    }

    /// The provider answered: an end that a hint told is borne out by the answer that nothing was paid.
    pub(super) fn conclude_hinted_end(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        let nothing_paid = knows_nothing(&answer.outcome, at.spec.unpaid_when);
        if !nothing_paid && !matches!(answer.outcome, Outcome::Done(_)) {
            return;
        }
        let Some(end) = self.asking.said.end.take_if(|end| answer.asked_at >= end.since) else { return };
        if self.state != OrderState::AwaitingCustomer || !nothing_paid {
            return;
        }
        let seen = Observation {
            source: Source::Webhook,
            trust: Trust::Authoritative,
            facts: Facts { standing: Some(end.standing), ..Facts::default() },
            label: format!("{}, and the answer that nothing was paid", end.label),
            received_at: at.now,
            asked_at: Some(answer.asked_at),
            then_sync: false,
        };
        self.take_evidence(&seen, at);
    }

    /// A refund that a hint called off has failed once the answer to a younger question counts less as asked back than the
    /// provider had taken on. Of another attempt all was taken on. Returns whether one failed.
    pub(super) fn learn_called_off(
        &mut self,
        attempt: Option<&str>,
        facts: &Facts,
        asked_at: Option<Timestamp>,
        at: &mut Moment<'_>,
    ) -> bool {
        let requested = facts.amounts.iter().find(|fact| fact.kind == AmountKind::RefundRequested);
        let Some(requested) = requested.filter(|fact| fact.amount.currency == self.currency) else {
            return false;
        };
        let mut moved = false;
        for told in self.asking.said.called_off.clone() {
            if told.attempt.as_deref() != attempt || asked_at.is_none_or(|asked| asked < told.since) {
                continue;
            }
            let fell = match attempt {
                None => requested.amount.minor + told.amount.minor <= self.asked_back_besides("").minor,
                Some(_) => requested.amount.minor < self.total.minor,
            };
            let pending = |it: &Operation| it.state == OperationState::Pending && told.may_mean(it);
            if let Some(index) = self.operations.iter().position(pending).filter(|_| fell) {
                self.call_off(index, at);
                moved = true;
            }
        }
        moved
    }

    fn call_off(&mut self, index: usize, at: &mut Moment<'_>) {
        let message = "the provider called it off".to_owned();
        let failure = Failure { code: "CALLED_OFF".to_owned(), message };
        self.move_operation(index, OperationState::Failed, Some(failure), at);
    }

    /// A refund came to its end: a message more than there are such refunds left meant that one.
    pub(super) fn forget_called_off(&mut self) {
        let mut kept: Vec<CalledOff> = Vec::new();
        for told in std::mem::take(&mut self.asking.said.called_off).into_iter().rev() {
            let open = self.operations.iter().filter(|operation| told.may_mean(operation)).count();
            if kept.iter().filter(|it| it.is_like(&told)).count() < open {
                kept.push(told);
            }
        }
        kept.reverse();
        self.asking.said.called_off = kept;
    }

    /// A whole schedule of questions did not bear a message out: a person is told which refund it is about.
    pub(super) fn warn_of_called_off(&mut self, at: &mut Moment<'_>) {
        let schedule: Duration = at.spec.poll_after.iter().sum();
        for told in self.asking.said.called_off.clone() {
            let meant = self.operations.iter().find(|operation| told.may_mean(operation));
            let overdue = after(told.since, self.pace(schedule)) <= at.now;
            if let Some(id) = meant.filter(|_| overdue).map(|operation| operation.id.clone()) {
                let message = format!(
                    "the provider said that refund {id} was called off, and its answers do not bear that out"
                );
                self.raise(ConditionKind::MerchantActionRequired, &id, &message, at);
            }
        }
    }
}

/// A refund that was called off, without our name of it.
fn called_off(facts: &Facts) -> Option<&OperationFact> {
    facts.operations.iter().find(|fact| {
        fact.kind == WireKind::Refund && fact.standing == OperationStanding::Failed && fact.id.is_none()
    })
}

/// Whether an answer proves by the table's rule that nothing was paid, and tells of no open checkout either.
fn knows_nothing(outcome: &Outcome, rule: UnpaidWhen) -> bool {
    let standing = match outcome {
        Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. } => facts.standing,
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => None,
    };
    says_unpaid(outcome, rule) && standing.is_none_or(|standing| standing == Standing::Unpaid)
}
