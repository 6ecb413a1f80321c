//! What we say in JSON: fields in their order, each written once, sent in full and shown without what is private.
//!
//! A request that is built twice, once to be sent and once to be shown, can show what it should hide. Here every value
//! carries both: [`private`] is the one place where the two part.

use crate::json::Json;
use crate::money::decimal;
use crate::quoting::HIDDEN;
use crate::wire::MoneyForm;
use crate::{Call, Cx, EncodeError, Money, Private, Request};
use serde_json::Value;

/// A piece of JSON as it is sent, and as people see it. Nothing at all, if it is absent.
#[derive(Clone, Default)]
pub(crate) struct Said {
    /// Exactly what is signed and sent.
    pub(crate) sent: String,
    /// The same without what is private.
    pub(crate) shown: String,
}

/// An object with these fields; those that are absent are left out.
pub(crate) fn object<const N: usize>(fields: [(&str, Said); N]) -> Said {
    pairs(fields.into_iter())
}

/// An object whose fields nobody knows beforehand.
pub(crate) fn pairs<'a>(fields: impl Iterator<Item = (&'a str, Said)>) -> Said {
    let fields = fields.filter(|(_, value)| !value.is_absent());
    let named = |(name, Said { sent, shown }): (&str, Said)| {
        let name = text(name);
        Said { sent: format!("{name}:{sent}"), shown: format!("{name}:{shown}") }
    };
    joined(['{', '}'], fields.map(named))
}

/// A list of these; those that are absent are left out.
pub(crate) fn list(items: impl IntoIterator<Item = Said>) -> Said {
    joined(['[', ']'], items.into_iter().filter(|item| !item.is_absent()))
}

/// What nobody but the provider may read.
pub(crate) fn private(value: impl Into<Said>) -> Said {
    let value = value.into();
    if value.is_absent() { value } else { Said { shown: text(HIDDEN), ..value } }
}

/// A number with these digits and no others.
pub(crate) fn digits(number: String) -> Said {
    Said { shown: number.clone(), sent: number }
}

/// An amount as the table says that its field is written.
pub(crate) fn amount(form: MoneyForm, money: Money) -> Result<Said, EncodeError> {
    form.said(money).map(digits)
}

/// A percentage of so many hundredths, without zeros at its end.
pub(crate) fn percent(basis_points: u32) -> Said {
    digits(decimal(basis_points.into(), 2, 0))
}

impl Said {
    /// Whether there is nothing to say.
    pub(crate) fn is_absent(&self) -> bool {
        self.sent.is_empty()
    }

    /// The value, or nothing unless this holds.
    pub(crate) fn only_if(self, holds: bool) -> Self {
        if holds { self } else { Self::default() }
    }
}

/// Names in lower case and values, in their order.
pub(crate) type Headers = Vec<(&'static str, Private<String>)>;

impl Request {
    /// A request to the account's `api_url`; with a body it is JSON.
    ///
    /// # Errors
    /// The account has no `api_url`.
    pub(crate) fn json(
        method: &'static str,
        path: &str,
        mut headers: Headers,
        body: Said,
        cx: &Cx<'_>,
    ) -> Result<Call, EncodeError> {
        if !body.is_absent() {
            headers.push(("content-type", "application/json".to_owned().into()));
        }
        Ok(Call::Http(Self {
            method,
            url: format!("{}{path}", cx.account.config("api_url")?.trim_end_matches('/')).into(),
            headers,
            body: body.sent.into_bytes().into(),
            redacted: format!("{method} {path}\n{}", body.shown),
        }))
    }
}

fn joined(ends: [char; 2], parts: impl Iterator<Item = Said>) -> Said {
    let (sent, shown): (Vec<_>, Vec<_>) = parts.map(|part| (part.sent, part.shown)).unzip();
    let [open, close] = ends;
    let whole = |parts: Vec<String>| format!("{open}{}{close}", parts.join(","));
    Said { sent: whole(sent), shown: whole(shown) }
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

impl From<Value> for Said {
    fn from(value: Value) -> Self {
        digits(value.to_string())
    }
}

impl From<&Json> for Said {
    /// As it was read: numbers digit by digit, fields in order of their names.
    fn from(value: &Json) -> Self {
        match value {
            Json::Null => digits("null".to_owned()),
            Json::Bool(truth) => (*truth).into(),
            Json::Number(number) => digits(number.clone()),
            Json::Text(text) => text.into(),
            Json::List(items) => list(items.iter().map(Self::from)),
            Json::Object(fields) => pairs(fields.iter().map(|(name, value)| (name.as_str(), value.into()))),
        }
    }
}

impl From<&str> for Said {
    fn from(value: &str) -> Self {
        digits(text(value))
    }
}

impl From<&String> for Said {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl From<String> for Said {
    fn from(value: String) -> Self {
        value.as_str().into()
    }
}

impl From<i64> for Said {
    fn from(value: i64) -> Self {
        digits(value.to_string())
    }
}

impl From<u64> for Said {
    fn from(value: u64) -> Self {
        digits(value.to_string())
    }
}

impl From<bool> for Said {
    fn from(value: bool) -> Self {
        digits(value.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Said {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{Said, amount, list, object, private};
    use crate::json::Json;
    use crate::wire::MoneyForm;
    use crate::{Currency, Money};

    #[test]
    fn fields_stand_in_their_order_and_private_ones_are_hidden_where_it_is_shown() {
        let said = object([
            ("z", "a\"b".into()),
            ("none", None::<&str>.into()),
            ("amount", amount(MoneyForm::MajorUnits, Money::of(Currency::Aed, 1050)).expect("it fits")),
            ("who", list([private("Amina"), private(None::<&str>), 1_i64.into()])),
        ]);
        assert_eq!(said.sent, r#"{"z":"a\"b","amount":10.50,"who":["Amina",1]}"#);
        assert_eq!(said.shown, r#"{"z":"a\"b","amount":10.50,"who":["‹private›",1]}"#);
    }

    #[test]
    fn json_that_was_read_is_said_digit_by_digit() {
        let text = r#"{"a":[1.50,null,true],"b":{"c":"\"d\""}}"#;
        assert_eq!(Said::from(&Json::of(text).expect("it is JSON")).sent, text);
    }
}
