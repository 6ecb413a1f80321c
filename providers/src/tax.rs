//! The tax in a price, and what prices of different rates come to together.
//!
//! Prices with tax are ours and exact. Tax is rounded half up, price by price, and what is without tax is the rest: so
//! the parts of a sum always come to the sum.

use crate::{Line, LineKind, Money, OrderContent};
use std::iter::Sum;

/// One price or several, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taxed {
    /// With the tax.
    pub(crate) gross: i128,
    /// The tax alone.
    pub(crate) tax: i128,
}

impl Taxed {
    /// A price at this rate, in hundredths of a percent.
    pub(crate) fn of(price: Money, rate_bp: u32) -> Self {
        let gross = i128::from(price.minor);
        Self { gross, tax: within(gross, i128::from(rate_bp)) }
    }

    /// A line's whole price.
    pub(crate) fn of_line(line: &Line) -> Self {
        Self::of(line.total, line.tax_rate_bp)
    }

    /// So many pieces of a line at its own price, whatever is off the order; none where that is no amount.
    pub(crate) fn of_pieces(line: &Line, pieces: i64) -> Option<Self> {
        let minor = line.unit_price.minor.checked_mul(pieces)?;
        Some(Self::of(Money::of(line.unit_price.currency, minor), line.tax_rate_bp))
    }

    /// What the lines of some kinds come to.
    pub(crate) fn of_kinds(content: &OrderContent, counts: impl Fn(LineKind) -> bool) -> Self {
        content.lines.iter().filter(|line| counts(line.kind)).map(Self::of_line).sum()
    }

    /// Without the tax.
    pub(crate) const fn net(&self) -> i128 {
        self.gross - self.tax
    }
}

impl Sum for Taxed {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            gross: sum.gross + part.gross,
            tax: sum.tax + part.tax,
        })
    }
}

/// The tax contained in a price that is not negative, rounded half up to a minor unit.
fn within(gross: i128, rate_bp: i128) -> i128 {
    let base = 10_000 + rate_bp;
    (2 * gross * rate_bp + base) / (2 * base)
}

#[cfg(test)]
mod tests {
    use super::Taxed;
    use crate::{Currency, Money};

    fn taxed(minor: i64, rate_bp: u32) -> Taxed {
        Taxed::of(Money::of(Currency::Gbp, minor), rate_bp)
    }

    #[test]
    fn tax_is_what_the_price_contains_rounded_half_up() {
        let cases =
            [(12_000, 2_000, 2_000), (3, 2_000, 1), (2, 2_000, 0), (101, 250, 2), (21, 500, 1), (9, 0, 0)];
        for (minor, rate_bp, tax) in cases {
            assert_eq!(taxed(minor, rate_bp).tax, tax, "{minor} at {rate_bp}");
        }
    }

    #[test]
    fn sums_are_of_what_was_rounded() {
        let sum: Taxed = [taxed(3, 2_000), taxed(3, 2_000), taxed(100, 0)].into_iter().sum();
        assert_eq!((sum.gross, sum.tax, sum.net()), (106, 2, 104));
    }

    #[test]
    fn no_price_overflows() {
        let most = taxed(i64::MAX, u32::MAX);
        assert_eq!(most.net() + most.tax, i128::from(i64::MAX));
        assert_eq!([most; 3].into_iter().sum::<Taxed>().gross, 3 * i128::from(i64::MAX));
    }
}
