//! What a provider counts as asked back, read before a refund of ours is sent.
//!
//! Where a lost refund is found by a counter that grew ([`LookUpBy::Counters`]), what the back office asked back before it
//! would be taken for it. So the provider is asked first, and only growth since then counts. Where no answer comes, the
//! refund is sent all the same: nothing is found then that the last known count and our own sum cannot explain.

use crate::order::effect::Moment;
use crate::order::{Operation, Order};
use jiff::Timestamp;
use ordain_providers::call::AmountKind;
use ordain_providers::spec::{Effect, LookUpBy, OnUnknown};
use ordain_providers::{Facts, Money, ProviderSpec};
use serde::{Deserialize, Serialize};

/// The provider's count of what was asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// When it was last asked for, answered or not.
    pub asked_at: Timestamp,
    /// What it last was, if it ever was told.
    pub requested: Option<Money>,
}

impl Order {
    /// A question came back, with an answer or without one.
    pub(super) fn take_count(&mut self, asked_at: Timestamp, facts: Option<&Facts>, spec: &ProviderSpec) {
        if !is_counted(spec) {
            return;
        }
        let amounts = facts.map(|facts| facts.amounts.as_slice()).unwrap_or_default();
        let told = amounts.iter().find(|fact| fact.kind == AmountKind::RefundRequested);
        let told = told.map(|fact| fact.amount).filter(|amount| amount.currency == self.currency);
        let before = self.asking.counted.take().and_then(|counted| counted.requested);
        self.asking.counted = Some(Counted { asked_at, requested: told.or(before) });
    }

    /// Whether an operation waits for the count, and asks for it.
    pub(super) fn counts_first(&mut self, index: usize, at: &mut Moment<'_>) -> bool {
        let operation = &self.operations[index];
        if !operation.is_found_by_counters(self, at.spec) || !at.spec.operations.sync.support.is_offered() {
            return false;
        }
        let since = operation.created_at;
        if self.asking.counted.as_ref().is_some_and(|counted| counted.asked_at >= since) {
            return false;
        }
        if self.asking.out_since.is_none_or(|out| out < since) {
            self.ask(at);
        }
        true
    }

    /// What the provider had counted, for an operation that is about to be sent.
    pub(super) fn counted_before(&self, index: usize, spec: &ProviderSpec) -> Option<Money> {
        let found = self.operations[index].is_found_by_counters(self, spec);
        self.asking.counted.as_ref().filter(|_| found)?.requested
    }
}

impl Operation {
    /// Whether only a counter could tell that it happened. Of another attempt nothing went back before.
    fn is_found_by_counters(&self, order: &Order, spec: &ProviderSpec) -> bool {
        self.attempt.is_none() && by_counters(spec.operation(&self.op(order, spec)).effect)
    }
}

const fn is_counted(spec: &ProviderSpec) -> bool {
    by_counters(spec.operations.refund.effect)
}

const fn by_counters(effect: Effect) -> bool {
    matches!(effect, Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Counters, .. }))
}
