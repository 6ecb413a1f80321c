//! What an order does because time passed.
//!
//! No deadline ends an order by itself: an expiry begins by asking the provider, and only an answer to a question
//! asked since then ends it.

use crate::order::command::may_abandon_create;
use crate::order::effect::{Effect, EventKind, Moment};
use crate::order::model::{Expiring, after};
use crate::order::outcome::says_unpaid;
use crate::order::{Answer, Cause, Failure, Operation, Order, OrderState};
use jiff::Timestamp;
use ordain_providers::ProviderSpec;
use ordain_providers::spec::Support;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// Why an order must be looked at at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Deadline {
    /// The checkout has been open long enough.
    Expiry,
    /// The provider has been deciding long enough.
    DecisionOverdue,
    /// The provider is asked again.
    Poll,
    /// Nothing more is expected of a captured order.
    Complete,
}

impl Deadline {
    const ALL: [Self; 4] = [Self::Expiry, Self::DecisionOverdue, Self::Poll, Self::Complete];
}

impl Order {
    /// The next time at which [`Self::due`] does something, if nothing else happens before.
    #[must_use]
    pub fn next_deadline(&self, spec: &ProviderSpec) -> Option<(Timestamp, Deadline)> {
        let timed = |deadline| self.time_of(deadline, spec).map(|time| (time, deadline));
        Deadline::ALL.into_iter().filter_map(timed).min()
    }

    /// A deadline came. One that moved or went away since it was set does nothing.
    pub fn due(&mut self, deadline: Deadline, now: Timestamp, spec: &ProviderSpec) -> Vec<Effect> {
        let mut at = Moment::new(now, spec);
        if self.time_of(deadline, spec).is_none_or(|time| time > now) {
            return at.effects;
        }
        match deadline {
            Deadline::Expiry => self.begin_expiry("nobody paid in time", &mut at),
            Deadline::DecisionOverdue => self.begin_expiry("the provider did not decide in time", &mut at),
            Deadline::Poll => self.poll(&mut at),
            Deadline::Complete => self.become_state(OrderState::Completed, Cause::Timer, &mut at),
        }
        self.updated_at = now;
        at.effects
    }

    fn time_of(&self, deadline: Deadline, spec: &ProviderSpec) -> Option<Timestamp> {
        self.exact_time_of(deadline, spec).map(to_whole_micros)
    }

    fn exact_time_of(&self, deadline: Deadline, spec: &ProviderSpec) -> Option<Timestamp> {
        let waiting = self.expiring.is_none();
        match deadline {
            Deadline::Expiry => {
                let open = self.state == OrderState::AwaitingCustomer
                    || (self.state == OrderState::Creating && may_abandon_create(spec));
                (open && waiting).then_some(self.expires_at)
            }
            Deadline::DecisionOverdue if waiting => {
                self.decision_since.map(|since| after(since, spec.decide_within))
            }
            Deadline::DecisionOverdue => None,
            Deadline::Poll => self.poll_due_at(),
            Deadline::Complete => {
                let idle = !self.own_operations().any(Operation::reserves);
                (self.state == OrderState::Captured && idle).then(|| self.completes_at(spec))
            }
        }
    }

    fn completes_at(&self, spec: &ProviderSpec) -> Timestamp {
        let last = self.last_operation_at.or(self.authorized_at).unwrap_or(self.created_at);
        after(last, self.settings.complete_after_s.map_or(spec.complete_after, Duration::from_secs))
    }

    /// Asks the provider whether the order is really unpaid, once its answer is sure to know; [`Self::conclude_expiry`]
    /// does the rest. Where there is nobody to ask, the order expires at once.
    pub(super) fn begin_expiry(&mut self, reason: &str, at: &mut Moment<'_>) {
        at.event(EventKind::ExpiryBegan, json!({ "reason": reason }));
        let nobody_knows_it = self.state == OrderState::Creating;
        // Who paid at the last moment is still unpaid in an answer of that moment.
        let settled = self.settled_at(at);
        self.expiring = Some(Expiring { since: settled.unwrap_or(at.now), reason: reason.to_owned() });
        if nobody_knows_it || !at.spec.operations.sync.support.is_offered() {
            return self.expire(at);
        }
        self.asking.polls_done = 0;
        match settled {
            None => self.ask(at),
            Some(_) => self.asking.due_at = settled,
        }
    }

    /// An answer to our question came, or failed to. An expiry that waits for it ends, or waits on and says so.
    pub(super) fn conclude_expiry(&mut self, answer: &Answer, at: &mut Moment<'_>) {
        let Some(expiring) = &self.expiring else { return };
        let counts = answer.asked_at >= expiring.since;
        let unpaid = says_unpaid(&answer.outcome, at.spec.unpaid_when);
        // An approval that may still come must be given up over there first; where we cannot, we wait.
        let cancel = at.spec.operations.cancel.support;
        let settled = self.state != OrderState::PendingDecision
            || matches!(cancel, Support::Emulated | Support::Local)
            || self.is_cancellable_there(at.spec);
        if !counts {
            return;
        }
        if !(unpaid && settled) {
            self.overdue(at);
        } else if !self.cancel_to_expire(at) {
            self.expire(at);
        }
    }

    pub(super) fn expire(&mut self, at: &mut Moment<'_>) {
        let reason = self.expiring.take().map(|expiring| expiring.reason).unwrap_or_default();
        self.ending = Some(Failure { code: "EXPIRED".to_owned(), message: reason });
        self.become_state(OrderState::Expired, Cause::Timer, at);
    }
}

/// The next whole microsecond. Durable timers count in those, and one that fires a nanosecond early would find
/// nothing due and be set again for the same microsecond.
fn to_whole_micros(time: Timestamp) -> Timestamp {
    let micros = time.as_microsecond();
    let whole = |micros| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX);
    if whole(micros) < time { whole(micros + 1) } else { whole(micros) }
}
