//! What a provider says, in the words of a script.

use crate::stage::Stage;
use jiff::SignedDuration;
use ordain_providers::call::{
    AmountFact, AmountKind, Flag, OperationFact, OperationKind as WireKind, OperationStanding, Standing,
};
use ordain_providers::spec::TotalRule;
use ordain_providers::{Currency, Facts, Money, Outcome};
use ordain_workflows::order::OperationKind;
use std::collections::BTreeMap;

/// A refund that the provider will not do, without our name of it.
const fn called_off(amount: Money) -> OperationFact {
    let (kind, standing) = (WireKind::Refund, OperationStanding::Failed);
    OperationFact { kind, id: None, provider_id: None, amount: Some(amount), standing, failure: None }
}

/// A refund that somebody asked for elsewhere, under the provider's name of it.
fn foreign(amount: Money) -> OperationFact {
    let (kind, standing) = (WireKind::Refund, OperationStanding::Succeeded);
    let provider_id = Some("their-refund".to_owned());
    OperationFact { kind, id: None, provider_id, amount: Some(amount), standing, failure: None }
}

impl Stage {
    /// The provider's name of the attempt: `attempt=one`.
    fn attempt_of<'a>(&self, words: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
        let named = words.filter_map(|word| word.strip_prefix("attempt="));
        let word = self.spec.attempt_ref.unwrap_or("attempt");
        named.map(|name| (word.to_owned(), name.to_owned())).collect()
    }

    /// An open checkout; `ends=1800`: the way to it closes in so many seconds; `alert`: something of it is odd.
    pub(super) fn opened(&self, words: &[&str]) -> Facts {
        let ends = words.iter().find_map(|word| word.strip_prefix("ends=")?.parse().ok());
        let checkout_ends_at = ends.map(|seconds| self.now + SignedDuration::from_secs(seconds));
        let alert = words.contains(&"alert").then(|| Flag::Alert { why: "odd".to_owned() });
        let flags = alert.into_iter().collect();
        Facts { checkout_ends_at, flags, refs: self.attempt_of(words.iter().copied()), ..Facts::default() }
    }

    /// `paid`, `captured total=2400`, `cancelled`, `strange`.
    pub(super) fn facts(&self, says: &str) -> Facts {
        let mut words = says.split_whitespace();
        let word = words.next().unwrap_or("nothing");
        let standing = match word {
            "unpaid" => Some(Standing::Unpaid),
            "awaiting" => Some(Standing::AwaitingCustomer),
            "arrived" => Some(Standing::CustomerArrived),
            "deciding" => Some(Standing::PendingDecision),
            "paid" => Some(Standing::Authorized),
            "captured" => Some(Standing::Captured),
            "completed" => Some(Standing::Completed),
            "declined" => Some(Standing::Declined),
            "cancelled" => Some(Standing::Cancelled),
            "expired" => Some(Standing::Expired),
            _ => None,
        };
        let right = if self.spec.total_rule == TotalRule::AllLines { 3_000 } else { 2_500 };
        let money = standing >= Some(Standing::Authorized) && standing <= Some(Standing::Completed);
        let mut amounts = vec![(AmountKind::ProviderTotal, Money::of(self.order.currency, right))];
        let (mut operations, mut flags) = (Vec::new(), Vec::new());
        flags.extend(says.contains("ackdue").then_some(Flag::AcknowledgementDue));
        flags.extend(says.contains("action").then_some(Flag::CustomerActionRequired));
        let sum = |text: &str| Money::of(self.order.currency, text.parse().expect("minor units"));
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            match name {
                "total" => amounts[0].1 = sum(value),
                "currency" => amounts[0].1.currency = Currency::from_code(value).expect("a currency"),
                "captured" => amounts.push((AmountKind::Captured, sum(value))),
                "refunded" => amounts.push((AmountKind::Refunded, sum(value))),
                "attempt" => {}
                "asked" => amounts.push((AmountKind::RefundRequested, sum(value))),
                "foreign" => operations.push(foreign(sum(value))),
                "calledoff" => operations.push(called_off(sum(value))),
                "like" => operations.extend(self.refund_like(value)),
                "disputed" => flags.push(Flag::Disputed { amount: Some(sum(value)) }),
                id => operations.extend(self.reported(id, value)),
            }
        }
        // An answer about a refund counts refunds, and says nothing of the order besides.
        amounts.retain(|(kind, _)| money || *kind == AmountKind::RefundRequested);
        let amounts = amounts.into_iter().map(|(kind, amount)| AmountFact { kind, amount });
        Facts {
            wire_status: (word != "nothing").then(|| word.to_owned()),
            standing,
            amounts: amounts.collect(),
            flags,
            operations,
            refs: self.attempt_of(says.split_whitespace()),
            ..Facts::default()
        }
    }

    /// A refund that somebody at the provider made under the name of one of our operations: `like=op1:500`.
    fn refund_like(&self, text: &str) -> Option<OperationFact> {
        let (id, minor) = text.split_once(':')?;
        let amount = Money::of(self.order.currency, minor.parse().ok()?);
        let fact = called_off(amount);
        Some(OperationFact { id: Some(id.to_owned()), standing: OperationStanding::Succeeded, ..fact })
    }

    /// What the provider says of one of our operations: `op2=pending`, with an amount `op2=done/833`, with the reason
    /// `op2=failed:62030`.
    fn reported(&self, id: &str, says: &str) -> Option<OperationFact> {
        let (says, failure) =
            says.split_once(':').map_or((says, None), |(it, why)| (it, Some(why.to_owned())));
        let (standing, amount) = says.split_once('/').map_or((says, None), |(it, sum)| (it, Some(sum)));
        let minor = |text: &str| text.parse().expect("minor units");
        let amount = amount.map(|text| Money::of(self.order.currency, minor(text)));
        let kind = match self.order.operation(id)?.kind {
            OperationKind::Refund => WireKind::Refund,
            OperationKind::Cancellation => WireKind::Cancellation,
            OperationKind::Fulfilment | OperationKind::Reversal => WireKind::Fulfilment,
        };
        let standing = match standing {
            "pending" => OperationStanding::Pending,
            "done" => OperationStanding::Succeeded,
            _ => OperationStanding::Failed,
        };
        Some(OperationFact { kind, id: Some(id.to_owned()), provider_id: None, amount, standing, failure })
    }

    /// What the provider itself says that it did not do, it did not do.
    pub(super) fn forget_failed(&mut self, outcome: &Outcome) {
        let Outcome::Done(facts) = outcome else { return };
        let failed = facts.operations.iter().filter(|fact| fact.standing == OperationStanding::Failed);
        for id in failed.filter_map(|fact| fact.id.as_ref()) {
            self.sent_back.remove(id);
        }
    }
}
