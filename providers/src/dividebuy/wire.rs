//! What both directions of DivideBuy's wire share: credentials, decimals, and the tax in a price.

use crate::said::{Said, digits, private};
use crate::{Account, EncodeError};
use subtle::ConstantTimeEq;

/// Both shared secrets of an account. They travel in bodies, in both directions.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) token: &'a str,
    pub(super) authentication: &'a str,
}

impl<'a> Credentials<'a> {
    /// The account's credentials.
    pub(super) fn of(account: &'a Account) -> Result<Self, EncodeError> {
        Ok(Self {
            token: account.secret("store_token")?,
            authentication: account.secret("store_authentication")?,
        })
    }

    /// Token and authentication as they stand in a body.
    pub(super) fn said(&self) -> [Said; 2] {
        [private(self.token), private(self.authentication)]
    }

    /// Whether a message shows the same two. Its time depends on lengths only.
    pub(super) fn are(&self, token: &str, authentication: &str) -> bool {
        let token = self.token.as_bytes().ct_eq(token.as_bytes());
        let authentication = self.authentication.as_bytes().ct_eq(authentication.as_bytes());
        (token & authentication).into()
    }
}

/// A number with two decimals and no zeros at its end: pounds from pence, percents from basis points.
pub(super) fn hundredths(number: i128) -> Said {
    let (whole, part) = (number.unsigned_abs() / 100, number.unsigned_abs() % 100);
    let sign = if number < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:02}");
    digits(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// What lines or parts of lines come to, with the tax in it.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) gross: i128,
    pub(super) vat: i128,
}

impl Sum {
    /// A price with its rate of tax.
    pub(super) fn of(minor: i64, rate_bp: u32) -> Self {
        let gross = i128::from(minor);
        Self { gross, vat: vat_within(gross, rate_bp) }
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { gross: self.gross + other.gross, vat: self.vat + other.vat }
    }

    /// With the tax.
    pub(super) fn with_vat(&self) -> Said {
        hundredths(self.gross)
    }

    /// Without the tax.
    pub(super) fn without_vat(&self) -> Said {
        hundredths(self.gross - self.vat)
    }
}

/// The tax contained in a price that is not negative, rounded half up to a penny.
fn vat_within(gross: i128, rate_bp: u32) -> i128 {
    let rate = i128::from(rate_bp);
    let base = 10_000 + rate;
    (2 * gross * rate + base) / (2 * base)
}
