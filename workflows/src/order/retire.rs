//! Whether an order may be put away: nothing happened to it for long, and nothing is expected.

use crate::order::model::after;
use crate::order::{Operation, Order, OrderState, Refusal, RefusalReason};
use jiff::Timestamp;
use ordain_providers::ProviderSpec;
use std::time::Duration;

/// Where a table has no schedule of questions at all.
const ASK_FALLBACK: Duration = Duration::from_secs(24 * 60 * 60);

impl Order {
    /// Whether the order came to its end before then and nothing of it is open. What somebody once should have looked
    /// at, and nobody did, does not keep a customer's data for ever.
    #[must_use]
    pub fn may_retire(&self, before: Timestamp) -> bool {
        let ended = self.ended_at.is_some_and(|ended| ended <= before);
        let touched = self.last_operation_at.is_some_and(|last| last > before);
        let busy = self.asking.out_since.is_some() || self.operations.iter().any(Operation::reserves);
        ended && !touched && !busy
    }

    /// The order is to be put away.
    ///
    /// # Errors
    /// It is not that far.
    pub fn retire(&self, before: Timestamp, spec: &ProviderSpec) -> Result<(), Refusal> {
        if self.may_retire(before) {
            return Ok(());
        }
        Err(Refusal {
            reason: RefusalReason::IllegalTransition,
            field: "order".to_owned(),
            message: format!("the order has not been over and quiet since {before}"),
            state: self.state,
            allowed: self.allowed(spec),
        })
    }

    /// Whether an open order was last asked about longer ago than the provider's table says: nothing may have told us
    /// of what its back office did.
    #[must_use]
    pub fn is_unseen(&self, now: Timestamp, spec: &ProviderSpec) -> bool {
        let every = match self.state {
            OrderState::AwaitingCustomer | OrderState::PendingDecision => {
                spec.poll_after.last().copied().unwrap_or(ASK_FALLBACK)
            }
            OrderState::Authorized | OrderState::Captured => spec.afterlife.every,
            _ => return false,
        };
        let seen = self.asking.asked_at.max(self.asking.answered_at).unwrap_or(self.created_at);
        spec.operations.sync.support.is_offered()
            && self.asking.out_since.is_none()
            && after(seen, self.pace(every)) <= now
    }
}
