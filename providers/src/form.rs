//! Form bodies as PHP's `http_build_query` writes them, which is what PHP hosts read and sign.
//!
//! Nested values are names with brackets (`customer[address][text]`); a space is a plus, and only letters, digits and
//! `-_.` stand as they are.

use crate::quoting::HIDDEN;
use crate::said::Headers;
use crate::wire::MoneyForm;
use crate::{Call, Cx, EncodeError, Money, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b' ');

/// Names and values in the order in which they are written.
#[derive(Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// With one more field, an empty value too.
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// With a field that says something; an empty one would say "none".
    pub(crate) fn with_any(self, name: impl Into<String>, value: &str) -> Self {
        if value.is_empty() { self } else { self.with(name, value) }
    }

    /// With an amount, as the table says that its field is written.
    pub(crate) fn with_amount(
        self,
        name: impl Into<String>,
        form: MoneyForm,
        money: Money,
    ) -> Result<Self, EncodeError> {
        Ok(self.with(name, form.said(money)?))
    }

    /// With all fields of another form.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// As it is sent and signed.
    pub(crate) fn encoded(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// For people: decoded, one field a line, with the values of fields that are not to be `shown` hidden. A field goes by
    /// its name before the first bracket.
    fn redacted(&self, shown: &[&str]) -> String {
        let may_show = |name: &str| shown.contains(&name.split('[').next().unwrap_or_default());
        let value_of = |name: &str, value| if may_show(name) { value } else { HIDDEN };
        let lines = self.0.iter().map(|(name, value)| format!("{name}={}", value_of(name, value.as_str())));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The request to the account's `api_url` with these fields: in the URL of a GET, else as its body.
    ///
    /// # Errors
    /// The account has no `api_url`.
    pub(crate) fn request(
        &self,
        (method, path): (&'static str, &str),
        mut headers: Headers,
        shown: &[&str],
        cx: &Cx<'_>,
    ) -> Result<Call, EncodeError> {
        let mut url = format!("{}{path}", cx.account.config("api_url")?.trim_end_matches('/'));
        let mut body = Vec::new();
        if method == "GET" {
            url = format!("{url}?{}", self.encoded());
        } else {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned().into()));
            body = self.encoded().into_bytes();
        }
        let redacted = format!("{method} {path}\n{}", self.redacted(shown));
        Ok(Call::Http(Request { method, url: url.into(), headers, body: body.into(), redacted }))
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string().replace(' ', "+")
}

/// The same query with every empty index of a list written out: `a[]=x&a[]=y` becomes `a[0]=x&a[1]=y`.
pub(crate) fn with_indexes(query: &str) -> String {
    const EMPTY: &str = "%5B%5D";
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let indexed = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some((list, rest)) = name.split_once(EMPTY) else { return pair.to_owned() };
        let next = seen.entry(list.to_owned()).or_default();
        let index = *next;
        *next += 1;
        format!("{list}%5B{index}%5D{rest}={value}")
    };
    query.split('&').map(indexed).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::{Form, with_indexes};

    #[test]
    fn fields_are_escaped_as_php_does() {
        let form = Form::default()
            .with("customer[address][text]", "115 High Street")
            .with("a", "b~c*_-.é+&=")
            .with("empty", "")
            .with_any("none", "");
        assert_eq!(
            form.encoded(),
            "customer%5Baddress%5D%5Btext%5D=115+High+Street&a=b%7Ec%2A_-.%C3%A9%2B%26%3D&empty="
        );
    }

    #[test]
    fn empty_indexes_count_by_list() {
        assert_eq!(
            with_indexes("l%5B%5D=x&l%5B%5D=y&n%5Bw%5D%5B%5D=3&n%5Bw%5D%5B%5D=4&t=true&e="),
            "l%5B0%5D=x&l%5B1%5D=y&n%5Bw%5D%5B0%5D=3&n%5Bw%5D%5B1%5D=4&t=true&e="
        );
    }
}
