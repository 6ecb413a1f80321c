//! What both directions of DivideBuy's wire share: credentials, decimals, words, quotable text.

use crate::{Account, Cx, EncodeError};
use serde::de::Deserialize;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;

/// Stands where a credential or personal data was.
pub(super) const HIDDEN: &str = "‹private›";
/// Enough for a person to see what is wrong, too little for a page of somebody's data.
const QUOTED_CHARS_MAX: usize = 200;

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
        RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// The tax contained in a price that is not negative, rounded half up to a penny.
pub(super) fn vat_within(gross: i128, rate_bp: u32) -> i128 {
    let rate = i128::from(rate_bp);
    let base = 10_000 + rate;
    (2 * gross * rate + base) / (2 * base)
}

/// Reads a JSON object. A type that borrows its parts refuses a key given twice.
pub(super) fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    // Without this an array of the right length would pass for the object.
    bytes.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(bytes).ok())?
}

/// A word, whether it was sent as a string or as a number.
pub(super) fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A provider's free text, fit to be shown: also without e-mail addresses and this order's customer.
pub(super) fn quotable(text: &str, cx: &Cx<'_>) -> String {
    let mut text = text.to_owned();
    for known in cx.order.iter().flat_map(|order| {
        let (who, to) = (order.customer.expose(), order.shipping_to.expose());
        [&who.email, &who.first_name, &who.last_name, &who.phone, &to.postcode]
    }) {
        // Shorter ones are part of ordinary words, and nobody is known by two letters.
        if known.len() > 2 {
            text = text.replace(known.as_str(), HIDDEN);
        }
    }
    let words = text.split_whitespace().map(|word| if word.contains('@') { HIDDEN } else { word });
    printable(&words.collect::<Vec<_>>().join(" "), cx)
}

/// A provider's status, reference or time: one short line without this account's credentials.
pub(super) fn printable(text: &str, cx: &Cx<'_>) -> String {
    let is_printable = |c: &char| c.is_alphanumeric() || c.is_ascii_graphic() || matches!(c, ' ' | '‹' | '›');
    without_credentials(text, cx).chars().filter(is_printable).take(QUOTED_CHARS_MAX).collect()
}

/// The text without this account's credentials.
pub(super) fn without_credentials(text: &str, cx: &Cx<'_>) -> String {
    Credentials::of(cx.account).map_or_else(
        |_| text.to_owned(),
        |known| text.replace(known.token, HIDDEN).replace(known.authentication, HIDDEN),
    )
}
