//! What is still asked after the end: money can come late, and can go back without us.

use crate::order::model::after;
use crate::order::{Order, OrderState};
use jiff::Timestamp;
use ordain_providers::ProviderSpec;

impl Order {
    /// When an order that has ended is asked about next; none when that is over, or it has not ended.
    pub(super) fn next_look_back(&self, now: Timestamp, spec: &ProviderSpec) -> Option<Timestamp> {
        let over = self.state.is_ended() || self.state == OrderState::Completed;
        let ended = self.ended_at.filter(|_| over && self.was_opened())?;
        let next = after(now, self.pace(spec.afterlife.every));
        (next <= after(ended, self.pace(spec.afterlife.span))).then_some(next)
    }

    /// Of a checkout that never opened the provider knows nothing.
    fn was_opened(&self) -> bool {
        self.state != OrderState::Failed
    }
}
