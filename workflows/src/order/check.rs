//! The invariants, as a question to any order at any time.
//!
//! Tests ask it after every change, and `ordain check` over a whole store. An order on which the provider did more
//! than we sent says so itself (AMOUNT_MISMATCH); its sums are then exempt from I2 and I3, which bind what we send.

use crate::order::amounts::{Tally, is_adjustment};
use crate::order::condition::ConditionKind;
use crate::order::{Booking, LineState, Operation, OperationState, Order, OrderState};
use ordain_providers::LineKind;
use ordain_providers::spec::RefundBasis;
use std::collections::BTreeSet;
use std::fmt;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which: `I1` to `I6`, or `state`.
    pub invariant: &'static str,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

struct Findings(Vec<Violation>);

impl Findings {
    fn check(&mut self, invariant: &'static str, holds: bool, detail: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Violation { invariant, detail: detail() });
        }
    }
}

impl Order {
    /// Every invariant that does not hold. Empty for an order that only this module's methods changed.
    #[must_use]
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Findings(Vec::new());
        self.check_totals(&mut found);
        if !self.has(ConditionKind::AmountMismatch) {
            for line in &self.lines {
                self.check_line(line, &mut found);
            }
            self.check_state(&mut found);
        }
        self.check_operations(&mut found);
        found.0
    }

    fn check_totals(&self, found: &mut Findings) {
        let sum = |of: fn(&LineState) -> i64| self.lines.iter().map(of).sum::<i64>();
        found.check("I1", sum(|line| line.line.total.minor) == self.total.minor, || {
            "Σ lines ≠ total".to_owned()
        });
        found.check("I1", sum(|line| line.worth) == self.total.minor, || "Σ worths ≠ total".to_owned());
        for line in &self.lines {
            let id = &line.line.line_id;
            let may_be_negative = matches!(line.line.kind, LineKind::Discount | LineKind::Rounding);
            let one_currency =
                line.line.total.currency == self.currency && self.total.currency == self.currency;
            found.check("I6", one_currency, || format!("line {id}: another currency"));
            found.check("I6", may_be_negative || line.line.total.minor >= 0, || {
                format!("line {id}: negative")
            });
            found.check("I6", line.worth >= 0, || format!("line {id}: worth less than nothing"));
        }
    }

    fn check_line(&self, line: &LineState, found: &mut Findings) {
        let id = &line.line.line_id;
        let held = self.held(id);
        let ordered = line.ordered();
        let gone = [line.gone_for_shipping(held), line.gone_for_cancelling(held)];
        let covered = gone.into_iter().all(|gone| ordered.less(gone).is_covered());
        found.check("I2", covered, || {
            format!("line {id}: more shipped, captured, cancelled and held than ordered")
        });
        // Pending activations included, which only some tables allow: the plan of a refund is as strict as its table.
        let left = line.refundable(held, RefundBasis::Activated);
        found.check("I3", left.is_covered(), || format!("line {id}: more refunded and held than activated"));
        let parts = [line.fulfilled, line.captured, line.cancelled, line.refunded];
        found
            .check("I6", parts.into_iter().all(Tally::is_covered), || format!("line {id}: a sum below zero"));
        let gone = line.captured.plus(line.cancelled);
        let exact = gone.quantity != ordered.quantity || gone.minor == ordered.minor;
        found.check("I5", is_adjustment(line.line.kind) || exact, || {
            format!("line {id}: all gone, amount left")
        });
    }

    fn check_state(&self, found: &mut Findings) {
        let amounts = self.amounts();
        let (captured, cancelled) = (amounts.captured.minor, amounts.cancelled.minor);
        let holds = match self.state {
            OrderState::Captured | OrderState::Completed => captured > 0 && self.is_wholly_settled(),
            OrderState::Cancelled => captured == 0 && cancelled == self.total.minor,
            OrderState::Authorized => {
                !(self.is_wholly_settled() && captured > 0) && cancelled < self.total.minor
            }
            OrderState::Creating | OrderState::Failed => captured == 0 && cancelled == 0,
            OrderState::AwaitingCustomer | OrderState::PendingDecision => {
                captured == 0 && cancelled < self.total.minor
            }
            OrderState::Declined | OrderState::Expired => captured == 0,
        };
        found.check("state", holds, || {
            format!("{} with {captured} captured, {cancelled} cancelled", self.state)
        });
    }

    /// It happened after it was believed not to: a conflict says so, and what took its place may have happened too.
    fn is_proven_late(&self, operation: &Operation) -> bool {
        let mut conflicts = self.conditions.iter().filter(|it| it.kind == ConditionKind::Conflict);
        conflicts.any(|it| it.subject == operation.id)
    }

    /// I4 is what [`Operation::reserves`] says; here, that the lines are the sums of what succeeded, and that another
    /// attempt's money goes back once.
    fn check_operations(&self, found: &mut Findings) {
        let mut ids = BTreeSet::new();
        let unique = self.operations.iter().all(|operation| ids.insert(&operation.id));
        found.check("state", unique, || "two operations of one id".to_owned());
        let in_flight = self.operations.iter().filter(|operation| operation.is_in_flight()).count();
        let retried = self.operations.iter().filter(|operation| operation.reserves()).count();
        found.check("I4", in_flight <= retried, || "an operation in flight that holds nothing".to_owned());
        for attempt in self.operations.iter().filter_map(|operation| operation.attempt.as_deref()) {
            let once =
                self.givebacks(attempt).filter(|it| it.may_have_happened() && !self.is_proven_late(it));
            found.check("I4", once.count() <= 1, || format!("attempt {attempt}: given back twice"));
        }
        for operation in &self.operations {
            let sum: i64 = operation.portions.iter().map(|part| part.minor).sum();
            // What gives another attempt's money back takes nothing of the lines, and all that the order costs.
            let due = if operation.attempt.is_none() { operation.amount.minor } else { 0 };
            found.check("I6", sum == due, || format!("operation {}: Σ ≠ amount", operation.id));
        }
        for line in &self.lines {
            for (booking, booked) in
                [(Booking::Refund, line.refunded), (Booking::Cancellation, line.cancelled)]
            {
                let done =
                    self.operations.iter().filter(|operation| operation.state == OperationState::Succeeded);
                let sum = sum_of(done, &line.line.line_id, booking);
                found.check("I4", sum == booked, || {
                    format!("line {}: {booking:?} ≠ Σ operations", line.line.line_id)
                });
            }
        }
    }
}

fn sum_of<'a>(operations: impl Iterator<Item = &'a Operation>, line_id: &str, booking: Booking) -> Tally {
    let parts = operations.flat_map(|operation| &operation.portions);
    let mine = parts.filter(|part| part.line_id == line_id && part.booking == booking);
    mine.fold(Tally::default(), |sum, part| sum.plus(Tally { quantity: part.quantity, minor: part.minor }))
}
