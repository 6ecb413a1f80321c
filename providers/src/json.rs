//! Reading JSON that a stranger wrote. Nothing here panics, and a number is read digit by digit as it was written.

use crate::{Currency, Money};
use serde::de::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Reads a JSON object. A type that borrows its parts refuses a key given twice.
pub(crate) fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    // Without this an array of the right length would pass for the object.
    bytes.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(bytes).ok())?
}

/// A word, whether it was sent as a string or as a number.
pub(crate) fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An amount in major units, whether it was sent as a number or put into a string.
pub(crate) fn major(raw: Option<&RawValue>, currency: Currency) -> Option<Money> {
    let raw = raw?.get();
    let text = if raw.starts_with('"') { serde_json::from_str(raw).ok()? } else { raw.to_owned() };
    Money::from_major(currency, &text).ok()
}

/// A number with these digits and no others, ready to stand in a message.
///
/// # Errors
/// When the digits are no JSON number.
pub(crate) fn digits(text: String) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(text)
}
