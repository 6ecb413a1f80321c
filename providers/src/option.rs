//! What only one provider understands of an order: rows of its table, the one check of their values, and their form in
//! words for people.

use crate::Money;
use crate::shape::Shape;
use std::collections::BTreeMap;
use std::fmt;

/// One of an order's `provider_options`.
#[derive(Debug)]
pub struct OrderOption {
    /// As in the API and in the codec.
    pub name: &'static str,
    /// What it is, with its format.
    pub about: &'static str,
    /// How its value is written.
    pub form: ValueForm,
    /// Whether an order without it is refused.
    pub required: bool,
    /// Options that must be given beside it.
    pub needs: &'static [&'static str],
}

impl OrderOption {
    /// An option that an order may leave out.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, form: ValueForm) -> Self {
        Self { name, about, form, required: false, needs: &[] }
    }

    /// The same, of no use without these beside it.
    #[must_use]
    pub const fn needing(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }
}

/// How a value that is sent as text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueForm {
    /// Text of at most so many characters.
    Text(usize),
    /// The word `true` or the word `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number from the one to the other.
    Whole(u64, u64),
    /// Major units, from zero to the order's total.
    Amount,
    /// Major units, above zero and at most the order's total.
    Part,
    /// So many letters, all capital.
    Capitals(usize),
    /// Texts by their names, in JSON.
    Texts {
        /// Names that are ours.
        taken: &'static [&'static str],
    },
    /// JSON of this shape.
    Json(&'static Shape),
    /// As the codec reads it itself.
    Own,
}

impl ValueForm {
    /// All that is wrong with a value of this form.
    pub(crate) fn faults(self, value: &str, total: Money) -> Vec<String> {
        match self {
            Self::Json(shape) => shape.faults(value, total),
            form => form.fault(value, total).into_iter().collect(),
        }
    }

    /// What is wrong with a value of this form, if anything; JSON is not looked into.
    pub(crate) fn fault(self, value: &str, total: Money) -> Option<String> {
        let (holds, wanted) = match self {
            Self::Text(max) => {
                let fits = !value.trim().is_empty() && value.chars().count() <= max;
                (fits, format!("must have 1 to {max} characters"))
            }
            Self::Flag => (matches!(value, "true" | "false"), "must be `true` or `false`".to_owned()),
            Self::Word([word]) => (value == *word, format!("must be `{word}`")),
            Self::Word(words) => (words.contains(&value), format!("must be one of {}", words.join(", "))),
            Self::Whole(min, max) => {
                let fits = value.parse().is_ok_and(|number| (min..=max).contains(&number));
                (fits, format!("must be a whole number from {min} to {max}"))
            }
            Self::Amount => {
                let fits = is_amount(value, 0, total);
                (fits, "must be an amount in major units, from 0 to the total".to_owned())
            }
            Self::Part => {
                let fits = is_amount(value, 1, total);
                (fits, "must be an amount in major units, above 0 and at most the total".to_owned())
            }
            Self::Capitals(count) => {
                let fits = value.len() == count && value.bytes().all(|byte| byte.is_ascii_uppercase());
                (fits, format!("must be {count} capital letters"))
            }
            Self::Texts { taken } => {
                let fits = texts(value).is_some_and(|texts| texts.iter().all(|text| is_note(text, taken)));
                let others = taken.join("` and `");
                (
                    fits,
                    format!("must be JSON: texts of at most {NOTE_MAX} bytes by names other than `{others}`"),
                )
            }
            Self::Json(_) | Self::Own => return None,
        };
        (!holds).then_some(wanted)
    }
}

fn is_amount(value: &str, minor_min: i64, total: Money) -> bool {
    let amount = Money::from_major(total.currency, value);
    amount.is_ok_and(|amount| (minor_min..=total.minor).contains(&amount.minor))
}

/// As people read it; nothing where only the codec knows.
impl fmt::Display for ValueForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(max) => write!(f, "text({max})"),
            Self::Flag => f.write_str("true|false"),
            Self::Word(words) => f.write_str(&words.join("|")),
            Self::Whole(min, max) => write!(f, "{min}..{max}"),
            Self::Amount | Self::Part => f.write_str("amount"),
            Self::Capitals(count) => write!(f, "{count} capital letters"),
            Self::Texts { .. } => f.write_str("{name: text}"),
            Self::Json(shape) => shape.fmt(f),
            Self::Own => Ok(()),
        }
    }
}

/// Bytes of one text of several, and of its name.
const NOTE_MAX: usize = 255;

/// Texts by their names, if this is JSON of that kind.
pub(crate) fn texts(json: &str) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(json).ok()
}

/// Whether a text and its name can stand among a form's fields, where names have brackets around them.
fn is_note((name, text): (&String, &String), taken: &[&str]) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '[' | ']');
    let is_name = !name.is_empty() && name.chars().all(plain) && !taken.contains(&name.as_str());
    is_name && name.len() <= NOTE_MAX && text.len() <= NOTE_MAX
}
