//! What a wish would do, line by line, before anything is changed: the lines, their parts, and what blocks them.

use crate::order::amounts::{Held, Tally, is_adjustment, is_companion, is_goods, largest_remainder};
use crate::order::{
    Booked, Booking, LineQuantity, LineState, Operation, OperationKind, OperationState, Order, RefusalReason,
};
use ordain_providers::spec::RefundBasis;
use ordain_providers::{Money, Quantity};
use std::collections::BTreeSet;

/// Why a wish is not granted, before the order's state and what it does allow are added.
pub(super) struct Objection {
    pub reason: RefusalReason,
    pub field: String,
    pub message: String,
}

impl Objection {
    pub fn new(reason: RefusalReason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, field: field.into(), message: message.into() }
    }
}

/// A line that a wish names, and how much of it.
struct Named<'a> {
    field: String,
    line: &'a LineState,
    held: Held,
    quantity: Quantity,
}

impl Order {
    /// What a shipment of these quantities takes; of everything that remains, if none are named.
    pub(super) fn plan_fulfilment(&self, asked: &[LineQuantity]) -> Result<Vec<Booked>, Objection> {
        let mut parts = Vec::new();
        for named in self.named(asked, "fulfilment")? {
            parts.push(named.part(named.line.gone_for_shipping(named.held), Booking::Fulfilment)?);
        }
        for line in &self.lines {
            let goes_along =
                if asked.is_empty() { !is_adjustment(line.line.kind) } else { is_companion(line.line.kind) };
            if goes_along && !parts.iter().any(|part| part.line_id == line.line.line_id) {
                let gone = line.gone_for_shipping(self.held(&line.line.line_id));
                parts.extend(rest_of(line, line.ordered().less(gone), Booking::Fulfilment));
            }
        }
        self.checked(parts, "fulfilment.lines", "nothing remains to be shipped")
    }

    /// What a refund of these quantities takes: captured pieces first; where the basis is what was authorised, pieces
    /// not captured yet are cancelled instead.
    pub(super) fn plan_refund(
        &self,
        asked: &[LineQuantity],
        basis: RefundBasis,
    ) -> Result<Vec<Booked>, Objection> {
        let mut parts = Vec::new();
        for named in self.named(asked, "refund")? {
            parts.extend(named.give_back(basis)?);
        }
        if asked.is_empty() {
            self.nothing_in_doubt("refund", basis)?;
            parts = self.everything(basis);
        } else {
            self.add_last_companions(&mut parts);
        }
        self.checked(parts, "refund.lines", "nothing remains to be refunded")
    }

    /// What giving up these quantities takes; everything that is not captured, if none are named.
    pub(super) fn plan_cancellation(&self, asked: &[LineQuantity]) -> Result<Vec<Booked>, Objection> {
        let mut parts = Vec::new();
        for named in self.named(asked, "cancellation")? {
            parts.push(named.part(named.line.gone_for_cancelling(named.held), Booking::Cancellation)?);
        }
        if asked.is_empty() {
            self.nothing_in_doubt("order", RefundBasis::Captured)?;
            parts = self.open_parts();
        } else {
            self.add_last_companions(&mut parts);
        }
        self.checked(parts, "order", "nothing remains to be cancelled")
    }

    /// What a refund of so much takes, whichever pieces it is for.
    pub(super) fn plan_amount(&self, amount: Money, basis: RefundBasis) -> Result<Vec<Booked>, Objection> {
        let field = "refund.amount";
        let invalid = |message: String| Err(Objection::new(RefusalReason::Invalid, field, message));
        if amount.currency != self.currency {
            return invalid(format!("the order is in {}", self.currency));
        }
        if amount.minor <= 0 {
            return invalid("more than nothing".to_owned());
        }
        if let Some(parts) = self.spread_refund(amount.minor, basis) {
            return Ok(parts);
        }
        self.nothing_in_doubt("refund", basis)?;
        let left = self.sum_of(&self.refundable_parts(basis));
        Err(Objection::new(RefusalReason::AmountExceedsRemaining, field, format!("{left} remains")))
    }

    /// So much of what may go back, spread over the lines; none if it is more than that.
    pub(super) fn spread_refund(&self, minor: i64, basis: RefundBasis) -> Option<Vec<Booked>> {
        spread(minor, self.refundable_parts(basis))
    }

    /// So much of what is not captured, spread over the lines; none if it is more than that.
    pub(super) fn spread_cancellation(&self, minor: i64) -> Option<Vec<Booked>> {
        spread(minor, self.open_parts())
    }

    /// Every piece that may go back, line by line: where what was authorised may, pieces that are not captured too.
    fn everything(&self, basis: RefundBasis) -> Vec<Booked> {
        let uncaptured_too = basis == RefundBasis::Authorized;
        let of_line = |line: &LineState| {
            [self.refundable_part(line, basis), self.open_part(line).filter(|_| uncaptured_too)]
        };
        self.unadjusted().flat_map(of_line).flatten().collect()
    }

    /// Every piece that a refund may draw on, as far as it is captured or activated.
    pub(super) fn refundable_parts(&self, basis: RefundBasis) -> Vec<Booked> {
        self.unadjusted().filter_map(|line| self.refundable_part(line, basis)).collect()
    }

    /// Every piece that is neither captured nor cancelled, nor about to be.
    pub(super) fn open_parts(&self) -> Vec<Booked> {
        self.unadjusted().filter_map(|line| self.open_part(line)).collect()
    }

    /// The lines that are no adjustments of others.
    fn unadjusted(&self) -> impl Iterator<Item = &LineState> {
        self.lines.iter().filter(|line| !is_adjustment(line.line.kind))
    }

    fn refundable_part(&self, line: &LineState, basis: RefundBasis) -> Option<Booked> {
        rest_of(line, line.refundable(self.held(&line.line.line_id), basis), Booking::Refund)
    }

    fn open_part(&self, line: &LineState) -> Option<Booked> {
        let gone = line.gone_for_cancelling(self.held(&line.line.line_id));
        rest_of(line, line.ordered().less(gone), Booking::Cancellation)
    }

    /// Shipping and fees go with the last cancellation of an order of which nothing was shipped.
    fn add_last_companions(&self, parts: &mut Vec<Booked>) {
        let given_up = |line: &LineState| {
            let held = self.held(&line.line.line_id).cancelling;
            let planned = cancelled_in(parts, &line.line.line_id);
            line.cancelled.plus(held).quantity.micros() + planned >= line.line.quantity.micros()
        };
        let cancels = parts.iter().any(|part| part.booking == Booking::Cancellation);
        if !cancels || !self.lines.iter().filter(|line| is_goods(line.line.kind)).all(given_up) {
            return;
        }
        for line in self.lines.iter().filter(|line| is_companion(line.line.kind)) {
            if parts.iter().any(|part| part.line_id == line.line.line_id) {
                continue;
            }
            let gone = line.gone_for_cancelling(self.held(&line.line.line_id));
            parts.extend(rest_of(line, line.ordered().less(gone), Booking::Cancellation));
        }
    }

    /// The lines that a wish names, checked.
    fn named<'a>(&'a self, asked: &[LineQuantity], what: &str) -> Result<Vec<Named<'a>>, Objection> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (index, wish) in asked.iter().enumerate() {
            let field = |name: &str| format!("{what}.lines[{index}].{name}");
            let invalid =
                |name: &str, message: &str| Objection::new(RefusalReason::Invalid, field(name), message);
            let line = self.lines.iter().find(|line| line.line.line_id == wish.line_id);
            let line = line.ok_or_else(|| invalid("line_id", "the order has no such line"))?;
            if is_adjustment(line.line.kind) {
                return Err(invalid(
                    "line_id",
                    "discounts and roundings go with the goods they are spread over",
                ));
            }
            if !seen.insert(&wish.line_id) {
                return Err(invalid("line_id", "named twice"));
            }
            if wish.quantity <= Quantity::ZERO {
                return Err(invalid("quantity", "more than nothing"));
            }
            let held = self.held(&wish.line_id);
            found.push(Named { field: field("quantity"), line, held, quantity: wish.quantity });
        }
        Ok(found)
    }

    /// Everything that remains is not a known amount while something hangs.
    fn nothing_in_doubt(&self, field: &str, basis: RefundBasis) -> Result<(), Objection> {
        // What the provider activates is known, and may go back as it stands.
        let activating = |it: &Operation| {
            it.kind == OperationKind::Fulfilment
                && it.state == OperationState::Pending
                && basis == RefundBasis::Activated
        };
        match self.own_operations().find(|it| it.reserves() && !activating(it)) {
            None => Ok(()),
            Some(open) => {
                let state =
                    if open.state == OperationState::Unknown { "of unknown outcome" } else { "unfinished" };
                let message = format!("operation {} is {state}: name the lines, or settle it first", open.id);
                Err(Objection::new(RefusalReason::OperationInDoubt, field, message))
            }
        }
    }

    fn checked(&self, parts: Vec<Booked>, field: &str, if_empty: &str) -> Result<Vec<Booked>, Objection> {
        if !parts.is_empty() {
            return Ok(parts);
        }
        let held = self.own_operations().any(Operation::reserves);
        let reason =
            if held { RefusalReason::OperationInDoubt } else { RefusalReason::AmountExceedsRemaining };
        Err(Objection::new(reason, field, if_empty))
    }

    /// The sum of some parts.
    pub(super) fn sum_of(&self, parts: &[Booked]) -> Money {
        Money::of(self.currency, parts.iter().map(|part| part.minor).sum())
    }
}

impl Named<'_> {
    /// A part of what of the line is not yet `gone`.
    fn part(&self, gone: Tally, booking: Booking) -> Result<Booked, Objection> {
        let whole = self.line.ordered();
        let left = left_of(whole, gone);
        if self.quantity > left {
            return Err(self.exceeds(left, self.held.shipping.plus(self.held.cancelling).quantity));
        }
        Ok(booked(self.line, self.quantity, whole.next_part(gone, self.quantity), booking))
    }

    /// Captured pieces first, and those being activated where that is enough; then, where the basis allows, pieces that
    /// are neither.
    fn give_back(&self, basis: RefundBasis) -> Result<Vec<Booked>, Objection> {
        let (line, held) = (self.line, self.held);
        let captured = line.refund_base(held, basis);
        let returned = line.refunded.plus(held.refund);
        let gone = line.gone_for_cancelling(held);
        let refundable = left_of(captured, returned);
        let cancellable = match basis {
            RefundBasis::Authorized => left_of(line.ordered(), gone),
            RefundBasis::Captured | RefundBasis::Activated => Quantity::ZERO,
        };
        let back = self.quantity.min(refundable);
        let rest = Quantity::from_micros(self.quantity.micros() - back.micros());
        if rest > cancellable {
            let left = Quantity::from_micros(refundable.micros() + cancellable.micros());
            let free = if basis == RefundBasis::Activated { held.activating } else { Tally::default() };
            let shipping = held.shipping.less(free);
            let in_doubt = held.refund.plus(held.reversal).plus(shipping).plus(held.cancelling);
            return Err(self.exceeds(left, in_doubt.quantity));
        }
        let mut parts = Vec::new();
        if back > Quantity::ZERO {
            parts.push(booked(line, back, captured.next_part(returned, back), Booking::Refund));
        }
        if rest > Quantity::ZERO {
            parts.push(booked(line, rest, line.ordered().next_part(gone, rest), Booking::Cancellation));
        }
        Ok(parts)
    }

    /// Too much: in doubt if unfinished operations hold what is missing, otherwise never possible.
    fn exceeds(&self, left: Quantity, held: Quantity) -> Objection {
        let could = Quantity::from_micros(left.micros() + held.micros());
        if self.quantity <= could {
            let message =
                format!("{left} of this line is free; {held} is held by operations that have not ended");
            return Objection::new(RefusalReason::OperationInDoubt, self.field.clone(), message);
        }
        let message = format!("{left} of this line remains");
        Objection::new(RefusalReason::AmountExceedsRemaining, self.field.clone(), message)
    }
}

fn cancelled_in(parts: &[Booked], line_id: &str) -> i64 {
    let cancelled =
        parts.iter().filter(|part| part.line_id == line_id && part.booking == Booking::Cancellation);
    cancelled.map(|part| part.quantity.micros()).sum()
}

fn booked(line: &LineState, quantity: Quantity, minor: i64, booking: Booking) -> Booked {
    Booked { line_id: line.line.line_id.clone(), quantity, minor, booking }
}

/// How many of `whole` are not in `used`.
fn left_of(whole: Tally, used: Tally) -> Quantity {
    whole.less(used).quantity.max(Quantity::ZERO)
}

/// All that is left, if anything is.
fn rest_of(line: &LineState, left: Tally, booking: Booking) -> Option<Booked> {
    (left.quantity > Quantity::ZERO).then(|| booked(line, left.quantity, left.minor.max(0), booking))
}

/// Takes an amount out of what there is by largest remainder. A part that takes all of a line's amount takes its pieces
/// too; any other takes none, since nobody named any.
fn spread(minor: i64, from: Vec<Booked>) -> Option<Vec<Booked>> {
    let weights: Vec<i64> = from.iter().map(|part| part.minor).collect();
    if minor > weights.iter().sum() {
        return None;
    }
    let taken = from.into_iter().zip(largest_remainder(minor, &weights));
    let part = |(part, minor): (Booked, i64)| {
        let quantity = if minor == part.minor { part.quantity } else { Quantity::ZERO };
        Booked { quantity, minor, ..part }
    };
    Some(taken.map(part).filter(|part| part.minor > 0 || part.quantity > Quantity::ZERO).collect())
}
