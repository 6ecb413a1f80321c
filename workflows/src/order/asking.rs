//! When the provider is asked how an order stands.
//!
//! At most one question is out. News that prove nothing (hints) make us ask at once, but at most once per
//! [`HINT_GAP`], and go on making us ask by the table's schedule until an answer comes that can say. So does an
//! operation that the provider took on and has not ended; where the table has a question about refunds, a refund is
//! asked about besides.

use crate::order::condition::ConditionKind;
use crate::order::effect::{Moment, Step};
use crate::order::model::after;
use crate::order::{OperationState, Order, OrderState};
use jiff::Timestamp;
use ordain_providers::Op;
use std::time::Duration;

/// At least this long between questions that hints cause: anyone can send hints, and one question serves them all.
const HINT_GAP: Duration = Duration::from_secs(10);
/// Where a table has no schedule at all: long enough to trouble nobody, short enough to end the same day.
const POLL_FALLBACK: Duration = Duration::from_secs(15 * 60);
/// No pace is faster than this, whatever divides it.
const PACE_MIN: Duration = Duration::from_millis(10);

impl Order {
    /// Asks now, unless a question is out; its answer serves then only if nothing was learned since.
    pub(super) fn ask(&mut self, at: &mut Moment<'_>) {
        if !at.spec.operations.sync.support.is_offered() {
            return;
        }
        if self.asking.out_since.is_some() {
            self.asking.again = true;
            return;
        }
        self.asking.out_since = Some(at.now);
        self.asking.asked_at = Some(at.now);
        self.asking.due_at = None;
        self.asking.again = false;
        at.call(Step::Sync, Op::Sync);
    }

    /// Asks because of evidence that cannot speak for itself: at once, or as soon as [`HINT_GAP`] allows.
    pub(super) fn ask_for_proof(&mut self, at: &mut Moment<'_>) {
        self.asking.owed = true;
        self.asking.polls_done = 0;
        match self.asking.asked_at.map(|asked| after(asked, self.pace(HINT_GAP))) {
            Some(earliest) if earliest > at.now && self.asking.out_since.is_none() => {
                self.asking.due_at = Some(self.asking.due_at.map_or(earliest, |due| due.min(earliest)));
            }
            _ => self.ask(at),
        }
    }

    /// Asks because the customer came back from the checkout: once the provider's status has settled. Nobody puts that
    /// off by coming back again.
    pub(super) fn ask_once_settled(&mut self, at: &mut Moment<'_>) {
        let Some(settled) = self.settled_at(at) else { return self.ask_for_proof(at) };
        self.asking.owed = true;
        self.asking.polls_done = 0;
        self.asking.due_at = Some(self.asking.due_at.map_or(settled, |due| due.min(settled)));
    }

    /// When an answer is sure to know what the customer does now; none where each does.
    pub(super) fn settled_at(&self, at: &Moment<'_>) -> Option<Timestamp> {
        let span = at.spec.status_settles_within;
        (!span.is_zero()).then(|| after(at.now, self.pace(span)))
    }

    /// The question that was out came back, `usable` or not. Plans the next one.
    pub(super) fn question_ended(&mut self, usable: bool, at: &mut Moment<'_>) {
        self.asking.out_since = None;
        let again = std::mem::take(&mut self.asking.again);
        if usable {
            self.asking.answered_at = Some(at.now);
            self.asking.owed = again;
        }
        self.warn_of_called_off(at);
        if again {
            self.ask_for_proof(at);
        } else if self.asking.due_at.is_none() {
            self.plan_poll(at);
        }
    }

    /// The customer came, or came back: the decision may be near, so polls start over.
    pub(super) fn news_of_customer(&mut self, at: &Moment<'_>) {
        self.start_polls_over(at);
    }

    /// Sets or drops the time of the next poll. Intervals grow as the table says; the last one repeats.
    pub(super) fn plan_poll(&mut self, at: &Moment<'_>) {
        if !at.spec.operations.sync.support.is_offered() {
            self.asking.due_at = None;
        } else if !self.is_worth_polling() {
            self.asking.due_at = self.next_look_back(at.now, at.spec);
        } else if self.asking.out_since.is_none() && self.asking.due_at.is_none() {
            let schedule = at.spec.poll_after;
            let which = usize::try_from(self.asking.polls_done).unwrap_or(usize::MAX);
            let wait = schedule.get(which).or(schedule.last()).copied().unwrap_or(POLL_FALLBACK);
            self.asking.polls_done = self.asking.polls_done.saturating_add(1);
            self.asking.due_at = Some(after(at.now, self.pace(wait)));
        }
    }

    /// Whether an answer could still change something that nobody will tell us.
    fn is_worth_polling(&self) -> bool {
        let expected = match self.state {
            OrderState::AwaitingCustomer => self.customer_arrived_at.is_some() || self.asking.hinted,
            OrderState::PendingDecision => true,
            _ => false,
        };
        let unfinished = self.operations.iter().any(|op| op.state == OperationState::Pending);
        let called_off = !self.asking.said.called_off.is_empty();
        expected || unfinished || called_off || self.asking.owed || self.expiring.is_some()
    }

    /// A poll is due: how the order stands, the other attempts whose money is on its way back and, where the table has a
    /// question about them, the unfinished refunds.
    pub(super) fn poll(&mut self, at: &mut Moment<'_>) {
        self.ask(at);
        self.ask_about_givebacks(at);
        if !at.spec.operations.sync_refund.support.is_offered() {
            return;
        }
        for index in 0..self.operations.len() {
            let operation = &self.operations[index];
            let pending = operation.state == OperationState::Pending && operation.attempt.is_none();
            let Op::Refund(request) = operation.op(self, at.spec) else { continue };
            if pending && self.asking.refunds_out.insert(request.id.clone()) {
                at.call(Step::SyncRefund(request.id.clone()), Op::SyncRefund(request));
            }
        }
    }

    /// The provider took an operation on and will end it later: polls start over.
    pub(super) fn await_end_of_operation(&mut self, at: &Moment<'_>) {
        self.start_polls_over(at);
    }

    fn start_polls_over(&mut self, at: &Moment<'_>) {
        self.asking.polls_done = 0;
        // What a hint made us owe stays due when it was; a look back at an order that was over is far too late.
        let owed = self.asking.due_at.take().filter(|_| self.asking.owed);
        self.plan_poll(at);
        self.asking.due_at = [self.asking.due_at, owed].into_iter().flatten().min();
    }

    /// When the next question is due, if none is out.
    pub(super) fn poll_due_at(&self) -> Option<Timestamp> {
        if self.asking.out_since.is_some() { None } else { self.asking.due_at }
    }

    /// An interval at this account's pace.
    pub(super) fn pace(&self, interval: Duration) -> Duration {
        (interval / self.settings.poll_scale.max(1)).max(PACE_MIN)
    }

    pub(super) fn clear_overdue(&mut self, at: &mut Moment<'_>) {
        self.clear(ConditionKind::SyncOverdue, Step::Sync.subject(), at);
    }
}
