//! The filter of a listing, built from flags.

use ordain_proto::orders::v1::OrderState;

/// What to look for. Everything that is given must hold.
#[derive(Debug, Default)]
pub struct Wanted {
    /// A state, in any case: `authorized`.
    pub state: Option<String>,
    /// A condition's type, in any case: `parked`.
    pub condition: Option<String>,
    /// An account's full name.
    pub account: Option<String>,
    /// The shop's own number.
    pub client_reference: Option<String>,
}

impl Wanted {
    /// The filter's text; empty for everything.
    ///
    /// # Errors
    /// A word that is no state.
    pub fn filter(&self) -> Result<String, String> {
        let mut terms = Vec::new();
        if let Some(word) = &self.state {
            terms.push(format!("state = {}", state(word)?));
        }
        terms.extend(self.condition.iter().map(|word| format!("conditions:{}", word.to_ascii_uppercase())));
        terms.extend(self.account.iter().map(|name| format!("account = {}", quoted(name))));
        terms.extend(self.client_reference.iter().map(|text| format!("client_reference = {}", quoted(text))));
        Ok(terms.join(" AND "))
    }
}

fn state(word: &str) -> Result<String, String> {
    let word = word.to_ascii_uppercase().replace('-', "_");
    match OrderState::from_str_name(&format!("ORDER_STATE_{word}")) {
        Some(OrderState::Unspecified) | None => Err(format!("`{word}` is no state of an order")),
        Some(_) => Ok(word),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn terms_are_joined_and_quoted() {
        let all = Wanted {
            state: Some("awaiting-customer".to_owned()),
            condition: Some("parked".to_owned()),
            account: None,
            client_reference: Some(r#"say "hi""#.to_owned()),
        };
        let expected =
            r#"state = AWAITING_CUSTOMER AND conditions:PARKED AND client_reference = "say \"hi\"""#;
        assert_eq!(all.filter().as_deref(), Ok(expected));
        assert_eq!(Wanted::default().filter().as_deref(), Ok(""));
    }

    #[test]
    fn unknown_states_are_refused_before_anybody_is_asked() {
        assert!(Wanted { state: Some("paid".to_owned()), ..Wanted::default() }.filter().is_err());
    }
}
