//! JSON read exactly: numbers stay text until they are whole numbers of minor units.
//!
//! Nothing here goes through floating point, and nothing guesses: a name that
//! occurs twice in an object is refused, because two readers would not agree
//! on which of the two counts. Start at [`Fields::parse`].

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The largest amount taken where a provider's documents name none, in minor units. Ten thousand million pounds is
/// beyond any order, and sums of a thousand of them stay far from the end of an `i64`.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// The longest list taken. Longer than any basket; keeps a hostile body from costing more than it weighs.
const LIST_MAX: usize = 1_000;

/// The members of one JSON object, each still its own text.
pub(crate) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

/// What is wrong with a JSON body or one of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not a JSON object, or a name occurs twice.
    Malformed,
    /// Absent, null or empty.
    Missing(String),
    /// There, and not what it has to be.
    Wrong {
        /// The member's name.
        field: String,
        /// What it has to be, to follow "must be".
        expected: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Malformed => out.write_str("The body must be one JSON object without repeated names."),
            Fault::Missing(field) => write!(out, "The {field} field is required."),
            Fault::Wrong { field, expected } => write!(out, "The {field} field must be {expected}."),
        }
    }
}

impl<'a> Fields<'a> {
    /// Reads `body` as one JSON object.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Fields<'a>, Fault> {
        serde_json::from_slice(body).map_err(|_| Fault::Malformed)
    }

    fn raw(&self, name: &str) -> Result<&'a str, Fault> {
        match self.0.get(name).map(|value| value.get()) {
            None | Some("null" | "\"\"") => Err(Fault::Missing(name.to_owned())),
            Some(text) => Ok(text),
        }
    }

    /// Whether the member is there at all and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Result<String, Fault> {
        serde_json::from_str(self.raw(name)?).map_err(|_| wrong(name, "a string"))
    }

    /// A text, empty where the member is absent or null.
    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String, Fault> {
        match self.text(name) {
            Err(Fault::Missing(_)) => Ok(String::new()),
            other => other,
        }
    }

    /// A truth value.
    pub(crate) fn truth(&self, name: &str) -> Result<bool, Fault> {
        serde_json::from_str(self.raw(name)?).map_err(|_| wrong(name, "true or false"))
    }

    /// An id: a text or a whole number, since shops send both.
    pub(crate) fn id(&self, name: &str) -> Result<String, Fault> {
        let text = self.raw(name)?;
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.to_owned());
        }
        self.text(name)
    }

    /// A whole number, written without a point.
    pub(crate) fn whole(&self, name: &str) -> Result<i64, Fault> {
        self.raw(name)?.parse().map_err(|_| wrong(name, "an integer"))
    }

    /// The digits of a number of any kind, as they were written.
    pub(crate) fn number(&self, name: &str) -> Result<&'a str, Fault> {
        // What is JSON and begins so is a number.
        let begins = |digits: &&str| digits.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        Some(self.raw(name)?).filter(begins).ok_or_else(|| wrong(name, "a number"))
    }

    /// An amount in major units with at most two decimals, returned in minor units. May be negative.
    pub(crate) fn amount(&self, name: &str) -> Result<i64, Fault> {
        self.amount_up_to(name, AMOUNT_MAX)
    }

    /// The same, up to what the provider's own documents take.
    pub(crate) fn amount_up_to(&self, name: &str, max: i64) -> Result<i64, Fault> {
        let minor = minor_units(self.raw(name)?).filter(|minor| minor.abs() <= max);
        minor.ok_or_else(|| wrong(name, "a number with at most two decimals"))
    }

    /// An amount that is not negative, in minor units.
    pub(crate) fn amount_owed(&self, name: &str) -> Result<i64, Fault> {
        match self.amount(name)? {
            amount if amount < 0 => Err(wrong(name, "zero or more")),
            amount => Ok(amount),
        }
    }

    /// An object inside this one.
    pub(crate) fn object(&self, name: &str) -> Result<Fields<'a>, Fault> {
        serde_json::from_str(self.raw(name)?).map_err(|_| wrong(name, "an object without repeated names"))
    }

    /// A list of objects, possibly empty.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Fields<'a>>, Fault> {
        let list: Vec<Fields<'a>> =
            serde_json::from_str(self.raw(name)?).map_err(|_| wrong(name, "a list of objects"))?;
        if list.len() > LIST_MAX { Err(wrong(name, "at most 1000 long")) } else { Ok(list) }
    }

    /// A list of objects with at least one entry.
    pub(crate) fn some_objects(&self, name: &str) -> Result<Vec<Fields<'a>>, Fault> {
        let list = self.objects(name)?;
        if list.is_empty() { Err(Fault::Missing(name.to_owned())) } else { Ok(list) }
    }

    /// A list of texts with at least one entry.
    pub(crate) fn some_texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        let list: Vec<String> =
            serde_json::from_str(self.raw(name)?).map_err(|_| wrong(name, "a list of strings"))?;
        if list.is_empty() || list.len() > LIST_MAX {
            return Err(wrong(name, "a list of 1 to 1000 strings"));
        }
        Ok(list)
    }
}

/// The fault of a field that is there and not what it has to be.
pub(crate) fn wrong(field: &str, expected: &'static str) -> Fault {
    Fault::Wrong { field: field.to_owned(), expected }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        deserializer.deserialize_map(MembersOnce).map(Fields)
    }
}

/// Collects an object's members and refuses a name that comes twice.
struct MembersOnce;

impl<'de> Visitor<'de> for MembersOnce {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.insert(name, map.next_value::<&'de RawValue>()?).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(members)
    }
}

/// Reads a JSON number of major units as minor units. None for anything but plain digits with up to two
/// decimals: an exponent is a float's way of writing, and a third decimal is money that does not exist.
fn minor_units(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (major, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(major) || !plain(decimals) || decimals.len() > 2 {
        return None;
    }
    let cents: i64 = decimals.parse().ok()?;
    let cents = if decimals.len() == 1 { cents * 10 } else { cents };
    let amount = major.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?;
    Some(if negative { -amount } else { amount })
}

/// An amount in minor units that writes itself as a JSON number of major units: `1000`, `12.5`, `0.01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Major(pub(crate) i64);

impl fmt::Display for Major {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (major, minor) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match minor {
            0 => write!(out, "{sign}{major}"),
            minor if minor % 10 == 0 => write!(out, "{sign}{major}.{}", minor / 10),
            minor => write!(out, "{sign}{major}.{minor:02}"),
        }
    }
}

impl serde::Serialize for Major {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        serde::Serialize::serialize(&raw, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Fields, Major, minor_units, wrong};

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(minor_units(text), expected, "{text}");
        if let Some(amount) = expected {
            assert_eq!(minor_units(&Major(amount).to_string()), Some(amount));
        }
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        check("1200", Some(120_000));
        check("0.01", Some(1));
        check("19.9", Some(1_990));
        check("-5.05", Some(-505));
        check("0.10", Some(10));
        check("1.005", None);
        check("1.000", None);
        check("1e3", None);
        check("\"5\"", None);
        check("1.", None);
        check("999999999999.99", Some(99_999_999_999_999));
        check("99999999999999999999", None);
    }

    #[test]
    fn largest_amount_is_the_providers_own() {
        let fields = Fields::parse(br#"{"a":10000000000,"b":10000000000.01,"c":-10000000000.01}"#).unwrap();
        assert_eq!(fields.amount("a"), Ok(1_000_000_000_000));
        assert!(fields.amount("b").is_err() && fields.amount("c").is_err());
        assert_eq!(fields.amount_up_to("b", 1_000_000_000_001), Ok(1_000_000_000_001));
    }

    #[test]
    fn amount_is_written_back_without_trailing_zeros() {
        assert_eq!(serde_json::to_string(&[Major(1_990), Major(100), Major(5)]).unwrap(), "[19.9,1,0.05]");
    }

    #[test]
    fn truth_is_no_text() {
        let fields = Fields::parse(br#"{"a":true,"b":"true","c":null}"#).unwrap();
        assert_eq!(fields.truth("a"), Ok(true));
        assert_eq!(fields.truth("b"), Err(wrong("b", "true or false")));
        assert_eq!(fields.truth("c"), Err(Fault::Missing("c".to_owned())));
    }

    #[test]
    fn missing_field_is_named() {
        let refused = Fields::parse(br#"{"a":null}"#).unwrap().text("a").unwrap_err();
        assert_eq!(refused.to_string(), "The a field is required.");
    }

    #[test]
    fn numbers_of_any_kind_are_kept_as_they_were_written() {
        let fields =
            Fields::parse(br#"{"a":1,"b":-19.989999999999998,"c":1e3,"d":"1","e":true,"f":null}"#).unwrap();
        assert_eq!(
            ["a", "b", "c"].map(|name| fields.number(name).unwrap()),
            ["1", "-19.989999999999998", "1e3"]
        );
        assert!(["d", "e", "f", "g"].iter().all(|name| fields.number(name).is_err()));
    }

    #[test]
    fn repeated_name_is_refused() {
        assert_eq!(Fields::parse(br#"{"a":1,"a":2}"#).err(), Some(Fault::Malformed));
    }
}
