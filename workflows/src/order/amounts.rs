//! Quantities and amounts: what a part of a line is worth, what remains, and the sums derived from both.
//!
//! Two rules keep every sum exact:
//!
//! - **Discounts and roundings are carried by the goods.** When the order opens, their sum is spread over the other
//!   lines by largest remainder (`worths`); from then on a line counts with its *worth*, the worths sum to the
//!   order's total, and discount and rounding lines are worth nothing and are never named in an operation.
//! - **A part takes what its line is worth up to there, less what earlier parts took** (`Tally::next_part`). So the
//!   last part takes the remainder, whichever parts came, failed or were taken back before.

use crate::order::{Booking, LineState, Operation, OperationKind, OperationState, Order};
use ordain_providers::spec::{RefundBasis, Support};
use ordain_providers::{Line, LineKind, Money, ProviderSpec, Quantity};
use serde::{Deserialize, Serialize};

/// A quantity and an amount of one line, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub quantity: Quantity,
    /// What they are worth, in minor units of the order's currency.
    pub minor: i64,
}

impl Tally {
    // Bounded by `NewOrder::validate` and the number of operations, far inside 64 bits.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            quantity: Quantity::from_micros(self.quantity.micros() + other.quantity.micros()),
            minor: self.minor + other.minor,
        }
    }

    pub(super) const fn less(self, other: Self) -> Self {
        Self {
            quantity: Quantity::from_micros(self.quantity.micros() - other.quantity.micros()),
            minor: self.minor - other.minor,
        }
    }

    /// Whether neither side is below zero.
    pub(super) const fn is_covered(self) -> bool {
        self.quantity.micros() >= 0 && self.minor >= 0
    }

    /// Whether it is covered, and no amount stays behind that no quantity could ever take.
    pub(super) const fn is_sound(self) -> bool {
        self.is_covered() && (self.quantity.micros() > 0 || self.minor == 0)
    }

    /// What the next `quantity` of this whole is worth after `used` of it; the last part takes the rest.
    pub(super) fn next_part(self, used: Self, quantity: Quantity) -> i64 {
        let (whole, reach) = (self.quantity.micros(), used.quantity.micros() + quantity.micros());
        let worth = if reach >= whole { self.minor } else { share(self.minor, reach, whole) };
        (worth - used.minor).max(0)
    }
}

/// `amount × part / whole`, rounded down; `0 ≤ part ≤ whole`.
fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let exact = i128::from(amount) * i128::from(part) / i128::from(whole);
    i64::try_from(exact).expect("a share is no larger than the whole")
}

/// Whether a line only adjusts the others' prices.
pub(super) const fn is_adjustment(kind: LineKind) -> bool {
    matches!(kind, LineKind::Discount | LineKind::Rounding)
}

/// Whether a line goes along with the goods: with the first fulfilment, else with the last cancellation.
pub(super) const fn is_companion(kind: LineKind) -> bool {
    matches!(kind, LineKind::Shipping | LineKind::Fee)
}

/// Whether a line is what the customer wanted.
pub(super) const fn is_goods(kind: LineKind) -> bool {
    matches!(kind, LineKind::Product | LineKind::Service)
}

/// What each line counts for: its total, with discounts and roundings spread over the goods (over all other lines
/// where they exceed the goods). Never negative for a validated order, and sums to its total.
pub(super) fn worths(lines: &[Line]) -> Vec<i64> {
    let adjustment: i64 =
        lines.iter().filter(|line| is_adjustment(line.kind)).map(|line| line.total.minor).sum();
    let weights_of = |carries: fn(LineKind) -> bool| -> Vec<i64> {
        lines.iter().map(|line| if carries(line.kind) { line.total.minor } else { 0 }).collect()
    };
    let mut weights = weights_of(is_goods);
    if weights.iter().sum::<i64>() < adjustment.abs() {
        weights = weights_of(|kind| !is_adjustment(kind));
    }
    let spread = largest_remainder(adjustment, &weights);
    let own = |line: &Line| if is_adjustment(line.kind) { 0 } else { line.total.minor };
    lines.iter().zip(spread).map(|(line, part)| own(line) + part).collect()
}

/// Splits `amount` (either sign) by non-negative weights; the pieces sum to it. Where all weights are zero the first
/// takes everything. Ties go to the earlier line.
pub(super) fn largest_remainder(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i64 = weights.iter().sum();
    if whole == 0 {
        return weights.iter().enumerate().map(|(i, _)| if i == 0 { amount } else { 0 }).collect();
    }
    let size = i128::from(amount.abs());
    let product = |weight: &i64| size * i128::from(*weight);
    let floor = |weight: &i64| i64::try_from(product(weight) / i128::from(whole)).expect("a share fits");
    let mut pieces: Vec<i64> = weights.iter().map(floor).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(product(&weights[i]) % i128::from(whole)));
    let missing =
        usize::try_from(amount.abs() - pieces.iter().sum::<i64>()).expect("floors never exceed the whole");
    for &i in order.iter().take(missing) {
        pieces[i] += 1;
    }
    pieces.into_iter().map(|piece| piece * amount.signum()).collect()
}

/// An order's amounts, derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// What the provider approved; zero before.
    pub authorized: Money,
    /// What became the shop's, refunds not taken off.
    pub captured: Money,
    /// What will never be captured.
    pub cancelled: Money,
    /// What was captured and went back.
    pub refunded: Money,
    /// What refunds and cancellations under way, or of unknown outcome, hold.
    pub reserved: Money,
}

/// How much of what is to be captured is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaptureStatus {
    /// Nothing.
    None,
    /// Some.
    Partial,
    /// All that was not cancelled.
    Full,
}

/// How much of what was captured went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStatus {
    /// Nothing, and nothing on its way.
    None,
    /// Nothing yet; something is on its way or of unknown outcome.
    Pending,
    /// Some.
    Partial,
    /// All.
    Full,
}

/// What may still be done with one line, capacity held by unfinished operations taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineRemaining {
    /// Which line.
    pub line_id: String,
    /// May be shipped.
    pub shippable: Tally,
    /// Captured (or activated, where the table says so), and may go back.
    pub refundable: Tally,
    /// Not captured, and may be cancelled.
    pub cancellable: Tally,
}

/// What unfinished operations hold of one line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// To be shipped.
    pub shipping: Tally,
    /// Of that: what the provider has taken on, and not confirmed yet.
    pub activating: Tally,
    /// To be cancelled.
    pub cancelling: Tally,
    /// Of what was captured: refunds.
    pub refund: Tally,
    /// Of what was captured: shipments being taken back.
    pub reversal: Tally,
}

impl LineState {
    /// All of the line.
    pub(super) const fn ordered(&self) -> Tally {
        Tally { quantity: self.line.quantity, minor: self.worth }
    }

    /// What can no longer be shipped: it was, or will not be, or is about to be either.
    pub(super) const fn gone_for_shipping(&self, held: Held) -> Tally {
        self.fulfilled.plus(held.shipping).plus(self.cancelled).plus(held.cancelling)
    }

    /// What can no longer be cancelled: captured or shipped (the same where shipping captures), or cancelled.
    pub(super) const fn gone_for_cancelling(&self, held: Held) -> Tally {
        let shipped = self.fulfilled.plus(held.shipping);
        let captures = self.captured.quantity.micros() > shipped.quantity.micros();
        let taken = if captures { self.captured } else { shipped };
        taken.plus(self.cancelled).plus(held.cancelling)
    }
}

impl LineState {
    /// What of the line a refund may draw on (I3), what went back already included.
    pub(super) const fn refund_base(&self, held: Held, basis: RefundBasis) -> Tally {
        let captured = self.captured.less(held.reversal);
        match basis {
            RefundBasis::Activated => captured.plus(held.activating),
            RefundBasis::Captured | RefundBasis::Authorized => captured,
        }
    }

    /// What of that is left.
    pub(super) const fn refundable(&self, held: Held, basis: RefundBasis) -> Tally {
        self.refund_base(held, basis).less(self.refunded).less(held.refund)
    }
}

impl Order {
    pub(super) fn held(&self, line_id: &str) -> Held {
        let mut held = Held::default();
        let holding = self.operations.iter().filter(|operation| operation.reserves());
        let parts =
            holding.flat_map(|operation| operation.portions.iter().map(move |part| (operation, part)));
        for (operation, part) in parts.filter(|(_, part)| part.line_id == line_id) {
            let tally = Tally { quantity: part.quantity, minor: part.minor };
            match part.booking {
                Booking::Fulfilment if operation.state == OperationState::Pending => {
                    held.shipping = held.shipping.plus(tally);
                    held.activating = held.activating.plus(tally);
                }
                Booking::Fulfilment => held.shipping = held.shipping.plus(tally),
                Booking::Cancellation => held.cancelling = held.cancelling.plus(tally),
                Booking::Refund => held.refund = held.refund.plus(tally),
                Booking::Reversal => held.reversal = held.reversal.plus(tally),
            }
        }
        held
    }

    /// What may still be done, line by line; adjustments are left out.
    #[must_use]
    pub fn remaining(&self, spec: &ProviderSpec) -> Vec<LineRemaining> {
        let of_line = |line: &LineState| {
            let held = self.held(&line.line.line_id);
            LineRemaining {
                line_id: line.line.line_id.clone(),
                shippable: line.ordered().less(line.gone_for_shipping(held)),
                refundable: line.refundable(held, spec.refund_basis),
                cancellable: line.ordered().less(line.gone_for_cancelling(held)),
            }
        };
        self.lines.iter().filter(|line| !is_adjustment(line.line.kind)).map(of_line).collect()
    }

    /// The order's sums.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        let sum = |of: fn(&LineState) -> i64| Money::of(self.currency, self.lines.iter().map(of).sum());
        let giving_back =
            |part: &&super::Booked| matches!(part.booking, Booking::Refund | Booking::Cancellation);
        let holding = self.operations.iter().filter(|operation| operation.reserves());
        let reserved = holding.flat_map(|operation| &operation.portions).filter(giving_back);
        Amounts {
            authorized: if self.authorized_at.is_some() { self.total } else { Money::zero(self.currency) },
            captured: sum(|line| line.captured.minor),
            cancelled: sum(|line| line.cancelled.minor),
            refunded: sum(|line| line.refunded.minor),
            reserved: Money::of(self.currency, reserved.map(|part| part.minor).sum()),
        }
    }

    /// What a refund may still draw on, by the provider's table: where authorised money can go back, refunding what
    /// is not captured yet cancels it.
    #[must_use]
    pub fn refundable(&self, spec: &ProviderSpec) -> Money {
        let uncaptured = spec.refund_basis == RefundBasis::Authorized && self.state.is_paid();
        let of_line = |left: &LineRemaining| {
            left.refundable.minor + if uncaptured { left.cancellable.minor } else { 0 }
        };
        Money::of(self.currency, self.remaining(spec).iter().map(of_line).sum())
    }

    /// How much of what is to be captured is.
    #[must_use]
    pub fn capture_status(&self) -> CaptureStatus {
        match self.amounts().captured.minor {
            0 => CaptureStatus::None,
            _ if self.is_wholly_settled() => CaptureStatus::Full,
            _ => CaptureStatus::Partial,
        }
    }

    /// How much of what was captured went back.
    #[must_use]
    pub fn refund_status(&self) -> RefundStatus {
        let amounts = self.amounts();
        let under_way =
            self.lines.iter().any(|line| self.held(&line.line.line_id).refund.quantity > Quantity::ZERO);
        match amounts.refunded.minor {
            0 if under_way => RefundStatus::Pending,
            0 => RefundStatus::None,
            refunded if refunded >= amounts.captured.minor => RefundStatus::Full,
            _ => RefundStatus::Partial,
        }
    }

    /// Whether every line is captured or cancelled, to the last piece.
    pub(super) fn is_wholly_settled(&self) -> bool {
        let lines = self.lines.iter().filter(|line| !is_adjustment(line.line.kind));
        let settled = |line: &LineState| line.captured.plus(line.cancelled).quantity >= line.line.quantity;
        lines.into_iter().all(settled)
    }

    /// What the provider had taken on to give back of the same attempt before this operation, done or not.
    pub(super) fn asked_back_besides(&self, id: &str) -> Money {
        let attempt = self.operation(id).and_then(|operation| operation.attempt.as_ref());
        let others = self.operations.iter().filter(|operation| operation.id != id);
        let others = others.filter(|operation| operation.attempt.as_ref() == attempt);
        let taken_on = others.filter(|operation| {
            let counts = matches!(operation.state, OperationState::Succeeded | OperationState::Pending);
            operation.kind == OperationKind::Refund && counts
        });
        Money::of(self.currency, taken_on.map(|operation| operation.amount.minor).sum())
    }

    /// What went back through refunds, ours and the provider's own, whichever of our sums they moved. A cancellation is
    /// one where the table does it by a refund.
    pub(super) fn sent_back(&self, spec: &ProviderSpec) -> i64 {
        let emulated = spec.operations.cancel.support == Support::Emulated;
        let refunds = |operation: &&Operation| {
            operation.state == OperationState::Succeeded
                && match operation.kind {
                    OperationKind::Refund => true,
                    OperationKind::Cancellation => emulated && operation.submitted_at.is_some(),
                    OperationKind::Fulfilment | OperationKind::Reversal => false,
                }
        };
        let parts = self.operations.iter().filter(refunds).flat_map(|operation| &operation.portions);
        let back = parts.filter(|part| matches!(part.booking, Booking::Refund | Booking::Cancellation));
        back.map(|part| part.minor).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, largest_remainder};
    use ordain_providers::Quantity;
    use proptest::prelude::*;

    #[test]
    fn remainders_go_to_the_largest_then_to_the_earliest() {
        assert_eq!(largest_remainder(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(largest_remainder(10, &[1, 0, 2]), [3, 0, 7]);
        assert_eq!(largest_remainder(5, &[0, 0]), [5, 0]);
    }

    proptest! {
        #[test]
        fn pieces_sum_to_the_whole_and_stay_within_their_weight(
            weights in prop::collection::vec(0_i64..100_000, 1..8), permille in 0_i64..=1000,
        ) {
            let whole: i64 = weights.iter().sum();
            let amount = -(whole * permille / 1000);
            let pieces = largest_remainder(amount, &weights);
            prop_assert_eq!(pieces.iter().sum::<i64>(), amount);
            prop_assert!(pieces.iter().zip(&weights).all(|(piece, weight)| piece + weight >= 0));
        }

        #[test]
        fn parts_of_a_line_sum_to_its_worth(worth in 0_i64..10_000, cuts in prop::collection::vec(1_i64..5, 1..8)) {
            let whole = Tally { quantity: Quantity::from_micros(cuts.iter().sum()), minor: worth };
            let mut used = Tally::default();
            for cut in cuts {
                let quantity = Quantity::from_micros(cut);
                used = used.plus(Tally { quantity, minor: whole.next_part(used, quantity) });
            }
            prop_assert_eq!(used, whole);
        }
    }
}
