//! Reading JSON that a stranger wrote: by path, one line a field, and nothing here panics.
//!
//! A number is kept digit by digit as it was written. A key given twice makes the whole message unreadable, because
//! nobody knows which of the two was meant; a field that is missing, `null` or of another kind says nothing.

use crate::quoting::printable;
use crate::wire::MoneyForm;
use crate::{Currency, Cx, InboundError, Money};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Levels that a message may nest. The providers use six; reading goes down level by level, and a stack has an end.
const LEVELS_MAX: usize = 32;

/// A piece of JSON as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    /// Nothing, said or not.
    Null,
    /// A truth value.
    Bool(bool),
    /// Its digits.
    Number(String),
    /// Unescaped.
    Text(String),
    /// In order.
    List(Vec<Json>),
    /// By name.
    Object(BTreeMap<String, Json>),
}

/// A field that a message lacks, or whose value cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {why}")]
pub(crate) struct Unread {
    /// Where it should be: `order.invoice_number`.
    pub(crate) path: String,
    /// What is wrong with it, without its value.
    pub(crate) why: &'static str,
}

impl Unread {
    /// The same of a message of which what was read is a part.
    pub(crate) fn below(self, part: &str) -> Self {
        Self { path: format!("{part}.{}", self.path), ..self }
    }
}

impl From<Unread> for String {
    fn from(unread: Unread) -> Self {
        unread.to_string()
    }
}

impl From<Unread> for InboundError {
    fn from(Unread { path, why }: Unread) -> Self {
        Self::malformed(&path, why)
    }
}

impl Json {
    /// Reads a message, which is an object.
    pub(crate) fn message(bytes: &[u8]) -> Option<Self> {
        Self::read(serde_json::from_slice(bytes).ok()?).filter(|json| matches!(json, Self::Object(_)))
    }

    /// Reads the body of an inbound message, which is an object.
    pub(crate) fn body(bytes: &[u8]) -> Result<Self, InboundError> {
        Self::message(bytes).ok_or_else(|| InboundError::malformed("body", "is no JSON object"))
    }

    /// Reads a text that may hold any JSON.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::read(serde_json::from_str(text).ok()?)
    }

    fn read(raw: &RawValue) -> Option<Self> {
        level(raw, LEVELS_MAX)
    }

    /// The field of exactly this name, whatever stands in it.
    pub(crate) fn field(&self, name: &str) -> &Self {
        const NOTHING: &Json = &Json::Null;
        if let Self::Object(fields) = self { fields.get(name).unwrap_or(NOTHING) } else { NOTHING }
    }

    /// What stands at a path of names with dots between them; the empty path is the whole.
    pub(crate) fn at(&self, path: &str) -> &Self {
        path.split('.').filter(|name| !name.is_empty()).fold(self, Self::field)
    }

    /// Whether something stands at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        *self.at(path) != Self::Null
    }

    /// What stands at the first of these paths where something stands: one field, spelled in several ways.
    pub(crate) fn either(&self, paths: &[&str]) -> &Self {
        paths.iter().map(|path| self.at(path)).find(|found| **found != Self::Null).unwrap_or(&Self::Null)
    }

    /// A word, whether it was sent as a text or as a number; an empty one is none.
    pub(crate) fn as_word(&self) -> Option<&str> {
        match self {
            Self::Text(word) | Self::Number(word) => Some(word.as_str()).filter(|word| !word.is_empty()),
            _ => None,
        }
    }

    /// The word at a path.
    pub(crate) fn word(&self, path: &str) -> Option<&str> {
        self.at(path).as_word()
    }

    /// The word at a path, or where it is missing.
    pub(crate) fn need(&self, path: &str) -> Result<&str, Unread> {
        self.word(path).ok_or_else(|| unread(path, "is missing"))
    }

    /// The text at a path; empty if there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        if let Self::Text(text) = self.at(path) { text } else { "" }
    }

    /// The whole number at a path, sent as a number.
    pub(crate) fn whole(&self, path: &str) -> Option<i64> {
        if let Self::Number(digits) = self.at(path) { digits.parse().ok() } else { None }
    }

    /// The amount of this form at a path, sent as a number or as a text; none where nothing stands.
    pub(crate) fn amount(
        &self,
        path: &str,
        form: MoneyForm,
        currency: Currency,
    ) -> Result<Option<Money>, Unread> {
        match self.at(path) {
            Self::Null => Ok(None),
            Self::Number(digits) | Self::Text(digits) => {
                form.read(currency, digits).map(Some).map_err(|_| unread(path, "is no amount"))
            }
            _ => Err(unread(path, "is no amount")),
        }
    }

    /// The amount at a path, beside its currency: `{"amount": 1.01, "currency": "AED"}`.
    pub(crate) fn money(&self, path: &str, form: MoneyForm) -> Result<Money, Unread> {
        let money = self.at(path);
        let currency = Currency::from_code(money.text("currency"));
        let amount = currency.and_then(|currency| money.amount("amount", form, currency).ok()?);
        amount.ok_or_else(|| unread(path, "is no amount"))
    }

    /// Whether PHP and JavaScript take it for true.
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(truth) => *truth,
            Self::Number(digits) => digits != "0",
            Self::Text(text) => !matches!(text.as_str(), "" | "0"),
            Self::List(items) => !items.is_empty(),
            Self::Object(fields) => !fields.is_empty(),
        }
    }

    /// The items of the list at a path; none where there is no list.
    pub(crate) fn items(&self, path: &str) -> &[Self] {
        if let Self::List(items) = self.at(path) { items } else { &[] }
    }

    /// Its fields by their names; none if it is no object.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = if let Self::Object(fields) = self { Some(fields) } else { None };
        fields.into_iter().flatten().map(|(name, field)| (name.as_str(), field))
    }

    /// The items of the list at a path, as PHP writes one: an object of numbers with gaps, once something was taken out.
    pub(crate) fn php_items(&self, path: &str) -> Option<Vec<&Self>> {
        match self.at(path) {
            Self::List(items) => Some(items.iter().collect()),
            Self::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(number, _)| number.parse().unwrap_or(u64::MAX));
                Some(fields.into_iter().map(|(_, item)| item).collect())
            }
            _ => None,
        }
    }

    /// The items of the list at a path, or that there is no list.
    pub(crate) fn list(&self, path: &str) -> Result<&[Self], Unread> {
        if let Self::List(items) = self.at(path) { Ok(items) } else { Err(unread(path, "is no list")) }
    }

    /// The plain decimal at a path as it was written, number or text.
    pub(crate) fn decimal(&self, path: &str) -> Result<String, Unread> {
        let text = self.need(path)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain(whole) && plain(part) { Ok(text.to_owned()) } else { Err(unread(path, "is no decimal")) }
    }

    /// The word at a path, fit to be shown.
    pub(crate) fn printable(&self, path: &str, cx: &Cx<'_>) -> Option<String> {
        self.word(path).map(|text| printable(text, cx))
    }

    /// Every text in it, in order.
    pub(crate) fn every_text(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().flat_map(Self::every_text).collect(),
            Self::Object(fields) => fields.values().flat_map(Self::every_text).collect(),
            Self::Null | Self::Bool(_) | Self::Number(_) => Vec::new(),
        }
    }

    /// Every text in it, in order, with blanks between them.
    pub(crate) fn texts(&self) -> String {
        let texts = self.every_text().into_iter().filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join(" ")
    }

    /// The same for a record of ours, with every field that is `kept` at any level and every text as `cleaned`. A number
    /// that is not a whole one becomes a text of its digits, for nobody else might keep them all.
    pub(crate) fn kept(&self, kept: &dyn Fn(&str) -> bool, cleaned: &dyn Fn(&str) -> String) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Number(digits) => {
                digits.parse::<i64>().map_or_else(|_| Value::String(digits.clone()), Value::from)
            }
            Self::Text(text) => Value::String(cleaned(text)),
            Self::List(items) => items.iter().map(|item| item.kept(kept, cleaned)).collect(),
            Self::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| kept(name));
                Value::Object(
                    fields.map(|(name, field)| (cleaned(name), field.kept(kept, cleaned))).collect(),
                )
            }
        }
    }
}

/// What is wrong with the field at a path.
pub(crate) fn unread(path: &str, why: &'static str) -> Unread {
    Unread { path: path.to_owned(), why }
}

fn level(raw: &RawValue, levels_left: usize) -> Option<Json> {
    let (text, below) = (raw.get(), levels_left.checked_sub(1)?);
    Some(match text.as_bytes().first()? {
        b'{' => {
            let Fields(fields) = serde_json::from_str(text).ok()?;
            let fields = fields.into_iter().map(|(name, raw)| Some((name, level(raw, below)?)));
            Json::Object(fields.collect::<Option<_>>()?)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            Json::List(items.into_iter().map(|raw| level(raw, below)).collect::<Option<_>>()?)
        }
        b'"' => Json::Text(serde_json::from_str(text).ok()?),
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'n' => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

/// The fields of one object, each given once.
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Each).map(Self)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that names each field once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("a field is given twice"));
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::Json;
    use crate::wire::MoneyForm;
    use crate::{Currency, Money};

    #[test]
    fn fields_are_read_by_path_as_they_were_written() {
        let json =
            Json::message(br#" {"order": {"no": 12, "amount": 19.90, "paid": "1.005"}, "list": [1, "b"]}"#);
        let json = json.expect("it is an object");
        assert_eq!((json.word("order.no"), json.whole("order.no")), (Some("12"), Some(12)));
        assert_eq!(
            json.amount("order.amount", MoneyForm::MajorUnits, Currency::Gbp),
            Ok(Some(Money::of(Currency::Gbp, 1990)))
        );
        assert!(
            json.amount("order.paid", MoneyForm::MajorUnits, Currency::Gbp).is_err(),
            "three decimals are no pence"
        );
        assert_eq!(json.amount("order.none", MoneyForm::MajorUnits, Currency::Gbp), Ok(None));
        assert_eq!(
            json.need("order.none").map_err(|error| error.to_string()),
            Err("`order.none` is missing".to_owned())
        );
        assert_eq!((json.items("list").len(), json.texts().as_str()), (2, "b 1.005"));
        assert_eq!(json.list("list").map(<[Json]>::len), Ok(2));
        assert!(json.list("order").is_err() && json.list("none").is_err(), "an object is no list");
    }

    #[test]
    fn decimals_are_kept_digit_by_digit() {
        let json =
            Json::message(br#"{"a": 4.945, "b": "-0.50", "c": 1e3, "d": "--1", "e": ".5", "f": "5."}"#);
        let json = json.expect("it is an object");
        assert_eq!((json.decimal("a"), json.decimal("b")), (Ok("4.945".to_owned()), Ok("-0.50".to_owned())));
        for no_decimal in ["c", "d", "e", "f", "none"] {
            assert!(json.decimal(no_decimal).is_err(), "{no_decimal}");
        }
    }

    #[test]
    fn lists_of_php_may_be_objects_with_gaps() {
        let json = Json::message(br#"{"list": [1, 2], "gaps": {"16": 3, "9": 2, "0": 1}, "text": "x"}"#);
        let json = json.expect("it is an object");
        let words = |path| {
            let items = json.php_items(path)?;
            Some(items.into_iter().filter_map(Json::as_word).collect::<Vec<_>>())
        };
        assert_eq!(words("list"), Some(vec!["1", "2"]));
        assert_eq!(words("gaps"), Some(vec!["1", "2", "3"]), "by number, not by letter");
        assert_eq!((words("text"), words("none")), (None, None));
    }

    #[test]
    fn field_is_found_under_any_of_its_names() {
        let json =
            Json::message(br#"{"a": null, "storeToken": "t", "c": "later"}"#).expect("it is an object");
        assert_eq!(json.either(&["a", "b", "storeToken", "c"]).as_word(), Some("t"));
        assert_eq!(json.either(&["a", "b"]), &Json::Null);
    }

    #[test]
    fn amount_is_read_with_the_currency_beside_it() {
        let text = r#"{"a.b":1,"good":{"amount":1.50,"currency":"AED"},"bare":{"amount":1},"odd":{"amount":1,"currency":"X"}}"#;
        let json = Json::of(text).expect("it is JSON");
        assert_eq!(json.money("good", MoneyForm::MajorUnits), Ok(Money::of(Currency::Aed, 150)));
        for bad in ["bare", "odd", "none"] {
            assert!(json.money(bad, MoneyForm::MajorUnits).is_err(), "{bad}");
        }
        assert_eq!((json.field("a.b").as_word(), json.word("a.b")), (Some("1"), None));
    }

    #[test]
    fn what_is_given_twice_nests_too_deeply_or_is_no_object_is_unreadable() {
        let deep = "{\"a\":".repeat(40) + "1" + &"}".repeat(40);
        let abyss = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        for bad in ["", "[]", "1", "{\"a\":1,\"a\":1}", "{\"a\":{\"b\":1,\"b\":2}}", "{} {}", &deep, &abyss] {
            assert_eq!(Json::message(bad.as_bytes()), None, "{:.20}", bad);
        }
    }
}
