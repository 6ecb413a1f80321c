//! Invariant I7: the provider's sums against ours.

use crate::order::condition::{ConditionKind, SUMS};
use crate::order::effect::Moment;
use crate::order::{Operation, Order};
use ordain_providers::call::AmountKind;
use ordain_providers::{Facts, Money, ProviderSpec};

impl Order {
    /// What is wrong with the total that the provider reports, if anything.
    pub(super) fn total_mismatch(&self, facts: &Facts, spec: &ProviderSpec) -> Option<String> {
        let left_out = self.lines.iter().filter(|line| !spec.total_rule.includes(line.line.kind));
        let left_out: i64 = left_out.map(|line| line.line.total.minor).sum();
        let ours = Money::of(self.currency, self.total.minor - left_out);
        let foreign = facts.amounts.iter().find(|fact| fact.amount.currency != self.currency);
        let total =
            facts.amounts.iter().find(|fact| fact.kind == AmountKind::ProviderTotal && fact.amount != ours);
        let wrong = foreign.or(total)?;
        Some(format!("the provider reports {:?} {}, by our lines it is {ours}", wrong.kind, wrong.amount))
    }

    /// I7: the provider's sums against ours, once nothing is under way.
    pub(super) fn compare_sums(&mut self, facts: &Facts, at: &mut Moment<'_>) {
        let spec = at.spec;
        if self.own_operations().any(Operation::reserves) {
            return;
        }
        let captured = self.amounts().captured.minor;
        let mut reported = false;
        for fact in &facts.amounts {
            let ours = match fact.kind {
                AmountKind::ProviderTotal | AmountKind::RefundRequested | AmountKind::Paid => continue,
                AmountKind::Cancelled => self.amounts().cancelled.minor,
                AmountKind::Captured => captured,
                AmountKind::Refunded => self.sent_back(spec),
            };
            reported = true;
            if fact.amount.minor != ours {
                let ours = Money::of(self.currency, ours);
                let message =
                    format!("the provider reports {:?} {}, we know of {ours}", fact.kind, fact.amount);
                return self.raise(ConditionKind::AmountMismatch, SUMS, &message, at);
            }
        }
        if reported && !self.is_overdrawn(at.spec) {
            self.clear(ConditionKind::AmountMismatch, SUMS, at);
        }
    }
}
