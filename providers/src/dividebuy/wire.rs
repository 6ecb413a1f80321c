//! What both directions of DivideBuy's wire share: credentials and decimals.

use crate::quoting::HIDDEN;
use crate::{Account, EncodeError, json};
use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq;

/// Both shared secrets of an account. They travel in bodies, in both directions.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) token: &'a str,
    pub(super) authentication: &'a str,
}

impl<'a> Credentials<'a> {
    /// What a shown request holds in their place.
    pub(super) const SHOWN: Credentials<'static> = Credentials { token: HIDDEN, authentication: HIDDEN };

    /// The account's credentials. Empty ones are none: an empty message would match them.
    pub(super) fn of(account: &'a Account) -> Result<Self, EncodeError> {
        let secret = |field| match account.secret(field) {
            Ok("") => Err(EncodeError::AccountIncomplete { field }),
            other => other,
        };
        Ok(Self { token: secret("store_token")?, authentication: secret("store_authentication")? })
    }

    /// Whether a message shows the same two. Its time depends on lengths only.
    pub(super) fn are(&self, token: &str, authentication: &str) -> bool {
        let token = self.token.as_bytes().ct_eq(token.as_bytes());
        let authentication = self.authentication.as_bytes().ct_eq(authentication.as_bytes());
        (token & authentication).into()
    }
}

/// A number with two decimals, written as a JSON number digit by digit: pounds from pence, percents from basis points.
#[derive(Clone, Copy)]
pub(super) struct Hundredths(pub(super) i128);

impl Serialize for Hundredths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = match (part, part % 10) {
            (0, _) => format!("{sign}{whole}"),
            (_, 0) => format!("{sign}{whole}.{}", part / 10),
            _ => format!("{sign}{whole}.{part:02}"),
        };
        json::digits(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// The tax contained in a price that is not negative, rounded half up to a penny.
pub(super) fn vat_within(gross: i128, rate_bp: u32) -> i128 {
    let rate = i128::from(rate_bp);
    let base = 10_000 + rate;
    (2 * gross * rate + base) / (2 * base)
}
