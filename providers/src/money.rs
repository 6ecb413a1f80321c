//! Amounts and quantities: integers with a unit, checked at every step.
//!
//! There is no floating point here or in anything that calls this. Text becomes an amount by counting digits, and
//! an amount that a currency cannot hold is an error, never a rounding.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 currency that some provider of ours settles in, with its exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// UAE dirham.
    Aed,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
    /// Hong Kong dollar.
    Hkd,
    /// Indonesian rupiah; ISO gives it two decimals, its providers use none.
    Idr,
    /// Japanese yen.
    Jpy,
    /// Kuwaiti dinar.
    Kwd,
    /// United States dollar.
    Usd,
}

impl Currency {
    /// Every currency we know, in order of code.
    pub const ALL: [Self; 8] =
        [Self::Aed, Self::Eur, Self::Gbp, Self::Hkd, Self::Idr, Self::Jpy, Self::Kwd, Self::Usd];

    /// The three-letter code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Aed => "AED",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Hkd => "HKD",
            Self::Idr => "IDR",
            Self::Jpy => "JPY",
            Self::Kwd => "KWD",
            Self::Usd => "USD",
        }
    }

    /// Digits after the decimal point of one major unit (ISO 4217).
    #[must_use]
    pub const fn exponent(self) -> u32 {
        match self {
            Self::Jpy => 0,
            Self::Aed | Self::Eur | Self::Gbp | Self::Hkd | Self::Idr | Self::Usd => 2,
            Self::Kwd => 3,
        }
    }

    /// The currency with this code, upper case as ISO writes it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code() == code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of one currency, in minor units. Negative only for discounts and roundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Which currency.
    pub currency: Currency,
    /// How much, in the currency's minor unit (pence for GBP, yen for JPY).
    pub minor: i64,
}

/// Why two amounts have no sum, or a text no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// One order has one currency.
    #[error("{0} and {1} cannot be added: an order has one currency")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit; no real order comes near.
    #[error("the amount does not fit into 64 bits of minor units")]
    Overflow,
    /// Not a plain decimal number.
    #[error("not a decimal amount: write digits with at most one point, such as 19.99")]
    NotDecimal,
    /// More digits after the point than the currency has.
    #[error("{0} has {1} decimals, and the amount has more")]
    TooPrecise(Currency, u32),
    /// Decimals where none are written.
    #[error("whole {0} only: nothing smaller is written there")]
    NotWhole(Currency),
}

impl Money {
    /// No money at all.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { currency, minor: 0 }
    }

    /// So many minor units.
    #[must_use]
    pub const fn of(currency: Currency, minor: i64) -> Self {
        Self { currency, minor }
    }

    /// The sum.
    ///
    /// # Errors
    /// Unlike currencies, or a sum beyond 64 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// Unlike currencies, or a difference beyond 64 bits.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount as major units with all of the currency's decimals: `19.00`, `-0.50`, `1200` for JPY.
    #[must_use]
    pub fn to_major(self) -> String {
        let exponent = self.currency.exponent() as usize;
        decimal(self.minor.into(), exponent, exponent)
    }

    /// Reads major units: `19`, `19.5`, `19.50`, `-3.20`. Trailing zeros beyond the currency's decimals are the
    /// same amount; other digits there are an error, because dropping them would be rounding.
    ///
    /// # Errors
    /// Not a plain decimal, too many decimals, or beyond 64 bits.
    pub fn from_major(currency: Currency, text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (major, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if major.is_empty() || !plain(major) || !plain(fraction) || digits.ends_with('.') {
            return Err(MoneyError::NotDecimal);
        }
        let exponent = currency.exponent() as usize;
        let kept = fraction.trim_end_matches('0');
        if kept.len() > exponent {
            return Err(MoneyError::TooPrecise(currency, currency.exponent()));
        }
        let minor: i64 = format!("{major}{kept:0<exponent$}").parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { currency, minor: if negative { -minor } else { minor } })
    }

    /// Reads major units with as many decimals as there are, rounding half away from zero: what a provider's
    /// statement writes to a thousandth is compared to the minor unit, and never booked.
    ///
    /// # Errors
    /// Not a plain decimal, or beyond 64 bits.
    pub fn from_major_rounded(currency: Currency, text: &str) -> Result<Self, MoneyError> {
        let exponent = currency.exponent() as usize;
        let Some((whole, fraction)) = text.split_once('.').filter(|(_, part)| part.len() > exponent) else {
            return Self::from_major(currency, text);
        };
        if fraction.bytes().any(|byte| !byte.is_ascii_digit()) {
            return Err(MoneyError::NotDecimal);
        }
        let (kept, rest) = fraction.split_at(exponent);
        let kept = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
        let floor = Self::from_major(currency, &kept)?;
        let up = i64::from(rest.as_bytes()[0] >= b'5') * if whole.starts_with('-') { -1 } else { 1 };
        floor.plus(Self::of(currency, up))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.to_major())
    }
}

/// How many of a line, in millionths: Divido sells half hours (S3 L450), PayBy writes two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity {
    micros: i64,
}

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self { micros: 0 };
    const ONE: i64 = 1_000_000;

    /// So many millionths.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// So many whole pieces.
    #[must_use]
    pub const fn whole(pieces: u32) -> Self {
        Self { micros: pieces as i64 * Self::ONE }
    }

    /// In millionths.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// The whole number of pieces, if it is one.
    #[must_use]
    pub const fn pieces(self) -> Option<i64> {
        if self.micros % Self::ONE == 0 { Some(self.micros / Self::ONE) } else { None }
    }

    /// What so many of a price cost, exactly: in millionths of a minor unit.
    #[must_use]
    pub fn millionths_of(self, price: Money) -> i128 {
        i128::from(price.minor) * i128::from(self.micros)
    }

    /// The sum, unless it leaves 64 bits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.micros.checked_add(other.micros).map(|micros| Self { micros })
    }

    /// The difference, unless it would be below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        let micros = self.micros.checked_sub(other.micros)?;
        (micros >= 0).then_some(Self { micros })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.micros.into(), 6, 0))
    }
}

/// So many parts of one as an exact decimal: one has `places` zeros, and at least `places_min` of the decimals are written,
/// with no zeros beyond.
pub(crate) fn decimal(parts: i128, places: usize, places_min: usize) -> String {
    let digits = format!("{:0>width$}", parts.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let (kept, beyond) = part.split_at(places_min);
    let part = format!("{kept}{}", beyond.trim_end_matches('0'));
    let sign = if parts < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money, MoneyError, Quantity, decimal};
    use proptest::prelude::*;

    #[test]
    fn major_units_are_read_digit_by_digit() {
        let gbp = |text| Money::from_major(Currency::Gbp, text).map(|money| money.minor);
        assert_eq!(gbp("19"), Ok(1900));
        assert_eq!(gbp("19.5"), Ok(1950));
        assert_eq!(gbp("0.29"), Ok(29));
        assert_eq!(gbp("1.100"), Ok(110));
        assert_eq!(gbp("-0.50"), Ok(-50));
        assert_eq!(gbp("1.005"), Err(MoneyError::TooPrecise(Currency::Gbp, 2)));
        for bad in ["", ".5", "5.", "1e3", "1,5", "--1", "+1", "£1", "99999999999999999999"] {
            assert!(gbp(bad).is_err(), "{bad} is no amount");
        }
    }

    #[test]
    fn statements_are_rounded_half_away_from_zero() {
        let rounded = |currency, text| Money::from_major_rounded(currency, text).map(|money| money.minor);
        let cases = [
            ("1074.165", 107_417),
            ("4.944", 494),
            ("4.9450", 495),
            ("-0.005", -1),
            ("-1.004", -100),
            ("7", 700),
        ];
        for (text, minor) in cases {
            assert_eq!(rounded(Currency::Gbp, text), Ok(minor), "{text}");
        }
        assert_eq!(rounded(Currency::Jpy, "12.5"), Ok(13));
        for bad in ["", "1.2e5", "1.005x", ".005", "--1.005"] {
            assert!(rounded(Currency::Gbp, bad).is_err(), "{bad} is no amount");
        }
    }

    #[test]
    fn decimals_are_exact_and_as_short_as_they_may_be() {
        assert_eq!(decimal(-833_500_000, 8, 2), "-8.335");
        assert_eq!(decimal(1_950_000_000, 8, 2), "19.50");
        assert_eq!(decimal(7_000_000, 6, 0), "7");
        assert_eq!(decimal(1_750, 2, 0), "17.5");
        assert_eq!(decimal(0, 2, 0), "0");
    }

    #[test]
    fn quantities_print_without_trailing_zeros() {
        assert_eq!(Quantity::from_micros(500_000).to_string(), "0.5");
        assert_eq!(Quantity::whole(3).to_string(), "3");
    }

    proptest! {
        #[test]
        fn major_units_round_trip_in_every_currency(minor in -1_000_000_000_000_i64..1_000_000_000_000, which in 0..8_usize) {
            let money = Money::of(Currency::ALL[which], minor);
            prop_assert_eq!(Money::from_major(money.currency, &money.to_major()), Ok(money));
        }
    }
}
