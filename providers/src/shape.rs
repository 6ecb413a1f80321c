//! What a JSON value is like: rows of a provider's table, the one check that reads them, and how people read them.
//!
//! ```text
//! [{"to"?: text(200), "type"?: "A"|"B", "amount": text(amount), "pays_fee"?: true|false}]
//! ```
//!
//! A name with `?` may be left out; `…` at the end of an object stands for fields that nobody here judges.

use crate::json::Json;
use crate::option::ValueForm;
use crate::wire::MoneyForm;
use crate::{Money, OrderContent};
use std::fmt;

/// Faults of one value that are told. A long list that is wrong throughout is wrong in the same way.
const FAULTS_MAX: usize = 20;

/// What a JSON value is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text of this form.
    Text(ValueForm),
    /// A truth value.
    Truth,
    /// A number, zero or more, with as many decimals as the order's currency has.
    Number,
    /// An amount, zero or more, beside the order's currency.
    Money,
    /// Values of one shape.
    List {
        /// What each is like.
        of: &'static Shape,
        /// The least of them.
        min: usize,
        /// The most of them.
        max: usize,
    },
    /// These fields and no others.
    Object(&'static [Field]),
    /// At least these fields; others are the provider's to judge.
    Open(&'static [Field]),
    /// Texts by names of the shop's choice, which will stand among a form's fields with brackets around them.
    Texts {
        /// Bytes of a text, and of a name.
        max: usize,
        /// Names that are ours.
        taken: &'static [&'static str],
    },
}

/// A field of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What its value is like.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
}

impl Field {
    /// A field that may be left out.
    #[must_use]
    pub const fn may(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, required: false }
    }

    /// A field that must be given.
    #[must_use]
    pub const fn must(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, required: true }
    }
}

impl Shape {
    /// What is wrong with a text that should be JSON of this shape; each fault names the place by its path.
    pub(crate) fn faults(&self, text: &str, total: Money) -> Vec<String> {
        let Some(json) = Json::of(text) else { return vec![format!("must be JSON: {self}")] };
        let mut faults = Vec::new();
        self.judge("", &json, total, &mut faults);
        faults.truncate(FAULTS_MAX);
        faults
    }

    fn judge(&self, path: &str, value: &Json, total: Money, faults: &mut Vec<String>) {
        let fits = |money: Money| money.currency == total.currency && money.minor >= 0;
        let why = match (self, value) {
            (Self::Text(form), Json::Text(text)) => form.fault(text, total),
            (Self::Truth, Json::Bool(_)) => None,
            (Self::Number, Json::Number(digits))
                if Money::from_major(total.currency, digits).is_ok_and(fits) =>
            {
                None
            }
            (Self::Money, money) if money.money("", MoneyForm::MajorUnits).is_ok_and(fits) => None,
            (Self::List { of, min, max }, Json::List(items)) if (*min..=*max).contains(&items.len()) => {
                for (index, item) in items.iter().enumerate() {
                    of.judge(&format!("{path}[{index}]"), item, total, faults);
                }
                None
            }
            (Self::Object(fields) | Self::Open(fields), Json::Object(given)) => {
                for field in *fields {
                    field.judge(path, value.field(field.name), total, faults);
                }
                let known = |name: &&String| fields.iter().any(|field| field.name == name.as_str());
                let others = given.keys().filter(|name| !matches!(self, Self::Open(_)) && !known(name));
                faults.extend(others.map(|name| format!("`{}` is unknown", below(path, name))));
                None
            }
            (Self::Texts { max, taken }, Json::Object(given)) => {
                let text = |value: &Json| matches!(value, Json::Text(text) if text.len() <= *max);
                for (name, value) in given {
                    let wrong_name =
                        (!is_name(name, *max, taken)).then(|| "must have another name".to_owned());
                    let wrong_text = (!text(value)).then(|| format!("must be a text of at most {max} bytes"));
                    let at = below(path, name);
                    faults
                        .extend(wrong_name.into_iter().chain(wrong_text).map(|why| format!("`{at}` {why}")));
                }
                None
            }
            (Self::List { min, max, .. }, Json::List(_)) => Some(format!("must have {min} to {max} items")),
            (Self::Number, _) => Some("must be a number of zero or more, as exact as money is".to_owned()),
            (Self::Money, _) => Some(format!("must be {self} of zero or more, in the order's currency")),
            _ => Some(format!("must be {self}")),
        };
        faults.extend(why.map(|why| if path.is_empty() { why } else { format!("`{path}` {why}") }));
    }
}

impl Field {
    fn judge(&self, path: &str, value: &Json, total: Money, faults: &mut Vec<String>) {
        let path = below(path, self.name);
        match value {
            Json::Null if self.required => faults.push(format!("`{path}` must be given")),
            Json::Null => {}
            value => self.shape.judge(&path, value, total, faults),
        }
    }
}

/// Whether a name can have brackets around it.
fn is_name(name: &str, max: usize, taken: &[&str]) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '[' | ']');
    !name.is_empty() && name.len() <= max && name.chars().all(plain) && !taken.contains(&name)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(ValueForm::Flag) => f.write_str(r#""true"|"false""#),
            Self::Text(ValueForm::Word(words)) => write!(f, "\"{}\"", words.join("\"|\"")),
            Self::Text(form @ ValueForm::Text(_)) => form.fmt(f),
            Self::Text(form) => write!(f, "text({form})"),
            Self::Truth => f.write_str("true|false"),
            Self::Number => f.write_str("number"),
            Self::Money => f.write_str(r#"{"currency", "amount": number}"#),
            Self::List { of, .. } => write!(f, "[{of}]"),
            Self::Object(fields) => write!(f, "{{{}}}", named(fields)),
            Self::Open(fields) => write!(f, "{{{}, …}}", named(fields)),
            Self::Texts { max, .. } => write!(f, "{{name: text({max})}}"),
        }
    }
}

fn named(fields: &[Field]) -> String {
    let named = |field: &Field| {
        let mark = if field.required { "" } else { "?" };
        format!("\"{}\"{mark}: {}", field.name, field.shape)
    };
    fields.iter().map(named).collect::<Vec<_>>().join(", ")
}

impl OrderContent {
    /// The provider option of this name, read as the JSON that the check has found it to be; nothing if it is not given.
    pub(crate) fn json(&self, option: &str) -> Json {
        self.option(option).and_then(Json::of).unwrap_or(Json::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Shape};
    use crate::option::ValueForm;
    use crate::{Currency, Money};

    const PART: Shape = Shape::Object(&[
        Field::must("memo", Shape::Text(ValueForm::Text(3))),
        Field::may("kind", Shape::Text(ValueForm::Word(&["A", "B"]))),
        Field::may("fee", Shape::Truth),
        Field::may("cost", Shape::Money),
        Field::may("count", Shape::Number),
        Field::may("place", Shape::Open(&[Field::must("at", Shape::Text(ValueForm::Text(9)))])),
    ]);
    const PARTS: Shape = Shape::List { of: &PART, min: 1, max: 2 };

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(PARTS.faults(text, Money::of(Currency::Aed, 1_000)), expected, "{text}");
    }

    #[test]
    fn value_of_the_shape_has_no_faults() {
        check(r#"[{"memo":"m"},{"memo":"abc","kind":"A","fee":true,"count":2.50}]"#, &[]);
        check(r#"[{"memo":"m","kind":null,"cost":{"currency":"AED","amount":0.5}}]"#, &[]);
        check(r#"[{"memo":"m","place":{"at":"HKG","gate":["4"]}}]"#, &[]);
    }

    #[test]
    fn every_fault_names_its_place_and_never_the_value() {
        check(
            r#"[{"memo":"long","kind":"secret"},{"memo":1,"name":"secret"}]"#,
            &[
                "`[0].memo` must have 1 to 3 characters",
                "`[0].kind` must be one of A, B",
                "`[1].memo` must be text(3)",
                "`[1].name` is unknown",
            ],
        );
        check(r#"[{"fee":"true"}]"#, &["`[0].memo` must be given", "`[0].fee` must be true|false"]);
        check(r#"[{"memo":"m","place":{"at":""}}]"#, &["`[0].place.at` must have 1 to 9 characters"]);
        for cost in [r#"{"currency":"HKD","amount":1}"#, r#"{"currency":"AED","amount":1.001}"#, "1"] {
            let why = "of zero or more, in the order's currency";
            let faults = [format!("`[0].cost` must be {{\"currency\", \"amount\": number}} {why}")];
            check(&format!(r#"[{{"memo":"m","cost":{cost}}}]"#), &faults.each_ref().map(String::as_str));
        }
        check(
            r#"[{"memo":"m","count":-1}]"#,
            &["`[0].count` must be a number of zero or more, as exact as money is"],
        );
    }

    #[test]
    fn what_is_no_json_or_of_another_kind_is_told_the_shape() {
        let shape = "[{\"memo\": text(3), \"kind\"?: \"A\"|\"B\", \"fee\"?: true|false, \
            \"cost\"?: {\"currency\", \"amount\": number}, \"count\"?: number, \"place\"?: {\"at\": text(9), …}}]";
        for bad in ["", "secret", "[{\"memo\":\"m\",\"memo\":\"m\"}]"] {
            check(bad, &[&format!("must be JSON: {shape}")]);
        }
        check("{}", &[&format!("must be {shape}")]);
    }

    #[test]
    fn list_has_as_many_items_as_it_may_have() {
        let list = |count| format!("[{}]", vec![r#"{"memo":"m"}"#; count].join(","));
        check(&list(2), &[]);
        for count in [0, 3] {
            check(&list(count), &["must have 1 to 2 items"]);
        }
    }

    #[test]
    fn endless_list_of_faults_is_cut() {
        const MANY: Shape = Shape::List { of: &Shape::Truth, min: 0, max: 100 };
        let text = format!("[{}]", ["1"; 100].join(","));
        assert_eq!(MANY.faults(&text, Money::of(Currency::Aed, 1)).len(), 20);
    }
}
