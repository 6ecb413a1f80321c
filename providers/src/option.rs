//! What only one provider understands of an order: rows of its table, the one check of their values, and their form in
//! words for people.

use crate::shape::Shape;
use crate::{Money, OrderContent};
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
    /// JSON of this shape.
    Json(&'static Shape),
    /// JSON of the shape that another option picks.
    JsonBy(&'static Choice),
}

/// A shape for each word of another option.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// The option that picks.
    pub by: &'static str,
    /// The shapes by its words; the first one where the order does not give it.
    pub shapes: &'static [(&'static str, Shape)],
}

impl ValueForm {
    /// All that is wrong with a value of this form, or with its absence.
    pub(crate) fn faults(self, value: Option<&str>, content: &OrderContent) -> Vec<String> {
        match (self, value) {
            (Self::JsonBy(choice), value) => choice.faults(value.unwrap_or("{}"), content),
            (_, None) => Vec::new(),
            (Self::Json(shape), Some(value)) => shape.faults(value, content.total),
            (form, Some(value)) => form.fault(value, content.total).into_iter().collect(),
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
            Self::Json(_) | Self::JsonBy(_) => return None,
        };
        (!holds).then_some(wanted)
    }
}

impl Choice {
    /// Nothing where the other option's own form tells that no such word exists.
    fn faults(&self, value: &str, content: &OrderContent) -> Vec<String> {
        let word = content.option(self.by).unwrap_or(self.shapes[0].0);
        let picked = self.shapes.iter().find(|(known, _)| *known == word);
        let faults = picked.map(|(_, shape)| shape.faults(value, content.total)).unwrap_or_default();
        faults.into_iter().map(|why| format!("{word}: {why}")).collect()
    }
}

fn is_amount(value: &str, minor_min: i64, total: Money) -> bool {
    let amount = Money::from_major(total.currency, value);
    amount.is_ok_and(|amount| (minor_min..=total.minor).contains(&amount.minor))
}

/// As people read it.
impl fmt::Display for ValueForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(max) => write!(f, "text({max})"),
            Self::Flag => f.write_str("true|false"),
            Self::Word(words) => f.write_str(&words.join("|")),
            Self::Whole(min, max) => write!(f, "{min}..{max}"),
            Self::Amount | Self::Part => f.write_str("amount"),
            Self::Capitals(count) => write!(f, "{count} capital letters"),
            Self::Json(shape) => shape.fmt(f),
            Self::JsonBy(Choice { by, shapes }) => {
                let each: Vec<_> = shapes.iter().map(|(word, shape)| format!("{word} {shape}")).collect();
                write!(f, "by {by}: {}", each.join(" | "))
            }
        }
    }
}
