//! What a hint said, kept until an answer bears it out: a hint alone changes nothing, and an answer alone may say less.
//!
//! A provider that knows an unpaid order by no word of its own says "ended" in a message that only makes us ask, and
//! "unpaid" in its answer; only both together end the order. So with a refund that was called off: the message names it,
//! and the counters of the answer prove it.

use crate::order::effect::Moment;
use crate::order::{Answer, Failure, Observation, OperationKind, OperationState, Order, OrderState, Source};
use jiff::Timestamp;
use ordain_providers::call::{
    AmountKind, OperationFact, OperationKind as WireKind, OperationStanding, Standing,
};
use ordain_providers::inbound::Trust;
use ordain_providers::{Facts, Money, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What hints said that no answer has settled yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hinted {
    /// That the order ended without money: how, in whose words, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<HintedEnd>,
    /// That a refund of so much was called off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_called_off: Option<Money>,
    /// That the refund of another attempt was called off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attempts_called_off: BTreeSet<String>,
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

impl Hinted {
    pub(super) fn is_empty(&self) -> bool {
        self.end.is_none() && self.refund_called_off.is_none() && self.attempts_called_off.is_empty()
    }
}

impl Order {
    /// Keeps what a hint says besides that there are news.
    pub(super) fn keep_hint(&mut self, seen: &Observation, at: &Moment<'_>) {
        if let Some(standing @ (Standing::Cancelled | Standing::Expired)) = seen.facts.standing {
            let (label, since) = (seen.label.clone(), at.now);
            self.asking.said.end = Some(HintedEnd { standing, label, since });
        }
        if let Some(amount) = called_off(&seen.facts).and_then(|fact| fact.amount) {
            self.asking.said.refund_called_off = Some(amount);
        }
    }

    /// The same of another attempt, of which all goes back or nothing.
    pub(super) fn keep_attempt_called_off(&mut self, attempt: &str, facts: &Facts) {
        if called_off(facts).is_some() {
            self.asking.said.attempts_called_off.insert(attempt.to_owned());
        }
    }

    /// The provider answered: an end that a hint told is borne out by the answer that nothing was paid.
    pub(super) fn conclude_hinted_end(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        let Outcome::Done(facts) = &answer.outcome else { return };
        let Some(end) = self.asking.said.end.take_if(|end| answer.asked_at >= end.since) else { return };
        if self.state != OrderState::AwaitingCustomer || facts.standing != Some(Standing::Unpaid) {
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

    /// A refund that a hint called off has failed once the provider counts less as asked back than it had taken on.
    pub(super) fn learn_called_off(&mut self, facts: &Facts, at: &mut Moment<'_>) -> bool {
        let requested = facts.amounts.iter().find(|fact| fact.kind == AmountKind::RefundRequested);
        let Some(requested) = requested else { return false };
        let Some(amount) = self.asking.said.refund_called_off.take() else { return false };
        let taken_on = self.asked_back_besides("");
        let fell = requested.amount.currency == taken_on.currency
            && requested.amount.minor + amount.minor <= taken_on.minor;
        let meant = self.operations.iter().position(|operation| {
            let pending = operation.state == OperationState::Pending;
            operation.kind == OperationKind::Refund
                && pending
                && operation.amount == amount
                && operation.attempt.is_none()
        });
        let Some(index) = meant.filter(|_| fell) else { return false };
        self.call_off(index, at);
        true
    }

    /// The same of another attempt: less is asked back there than all of it.
    pub(super) fn learn_attempt_called_off(&mut self, attempt: &str, facts: &Facts, at: &mut Moment<'_>) {
        let requested = facts.amounts.iter().find(|fact| fact.kind == AmountKind::RefundRequested);
        let Some(requested) = requested else { return };
        if !self.asking.said.attempts_called_off.remove(attempt) {
            return;
        }
        let meant = self.operations.iter().position(|operation| {
            operation.attempt.as_deref() == Some(attempt) && operation.state == OperationState::Pending
        });
        let fell = requested.amount.currency == self.currency && requested.amount.minor < self.total.minor;
        if let Some(index) = meant.filter(|_| fell) {
            self.call_off(index, at);
        }
    }

    fn call_off(&mut self, index: usize, at: &mut Moment<'_>) {
        let message = "the provider called it off".to_owned();
        let failure = Failure { code: "CALLED_OFF".to_owned(), message };
        self.move_operation(index, OperationState::Failed, Some(failure), at);
    }
}

/// A refund that was called off, without our name of it.
fn called_off(facts: &Facts) -> Option<&OperationFact> {
    facts.operations.iter().find(|fact| {
        fact.kind == WireKind::Refund && fact.standing == OperationStanding::Failed && fact.id.is_none()
    })
}
