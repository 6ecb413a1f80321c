//! What the providers' replies have in common: what a status settles before anybody reads the body, and the few facts
//! that every codec makes.

use crate::call::{AmountFact, AmountKind, Facts, NextAction, Outcome, Reply, Retry, Standing};
use crate::quoting::quotable;
use crate::{Cx, Money, Private};

impl Reply {
    /// The outcome where the status alone tells it: too many requests are turned away at the door; a redirect, a
    /// timeout or trouble on the other side may come after the deed.
    pub(crate) fn settled(&self, provider: &str) -> Option<Outcome> {
        match self.status {
            429 => Some(Outcome::refused("429", "too many requests", Retry::Later)),
            200..=299 | 400..=407 | 409..=499 => None,
            status => Some(Outcome::unknown(format!("{provider} answered with HTTP status {status}"))),
        }
    }

    /// Whether the status says that it went well.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The outcome where the body is not in the provider's own words. A refusal then comes from something in front of
    /// it, a wrong address or a firewall, and the request got no further; a success may be one.
    pub(crate) fn unreadable(&self, provider: &str) -> Outcome {
        if self.is_success() {
            return self.unclear(provider);
        }
        let why = format!("the answer is not {provider}'s");
        Outcome::refused(&self.status.to_string(), &why, Retry::AfterAccountFix)
    }

    /// The outcome where nobody can tell whether the answer is a yes.
    pub(crate) fn unclear(&self, provider: &str) -> Outcome {
        let status = self.status;
        Outcome::unknown(format!(
            "{provider}'s answer of HTTP status {status} can be read neither as yes nor as no"
        ))
    }
}

/// What a provider's refusals leave to do, by their codes and words. A row of its table.
pub(crate) struct Refusals {
    /// Codes that are about the account.
    pub(crate) account_codes: &'static [&'static str],
    /// Parts of words that make a refusal the account's trouble and not the order's, in lower case.
    pub(crate) account_words: &'static [&'static str],
    /// Codes of a provider that is busy.
    pub(crate) later_codes: &'static [&'static str],
    /// Codes after which it may have happened.
    pub(crate) unknown_codes: &'static [&'static str],
}

impl Refusals {
    /// A refusal with its code, the HTTP status in its place if it has none, and what was said with it. A code that looks
    /// like a status of HTTP is read like one, and one in small letters like the same in capitals: documents and servers
    /// differ in that.
    pub(crate) fn outcome(&self, http: u16, code: Option<&str>, message: &str, cx: &Cx<'_>) -> Outcome {
        let code = code.map_or_else(|| http.to_string(), |code| quotable(code, cx));
        let (word, lower) = (code.as_str(), message.to_lowercase());
        let is_in = |codes: &[&str]| codes.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is_in(self.unknown_codes) || word.len() == 3 && word.starts_with('5') {
            return Outcome::unknown(format!(
                "the answer is the code {code}, after which it may have happened"
            ));
        }
        let is_account = matches!(http, 401 | 403)
            || matches!(word, "401" | "403")
            || is_in(self.account_codes)
            || self.account_words.iter().any(|part| lower.contains(part));
        let retry = match word {
            _ if is_in(self.later_codes) => Retry::Later,
            _ if is_account => Retry::AfterAccountFix,
            _ => Retry::Never,
        };
        Outcome::refused(&code, &quotable(message, cx), retry)
    }
}

impl Outcome {
    /// What was read, or why it could not be read: then it may have happened.
    pub(crate) fn of<E: ToString>(read: Result<Facts, E>) -> Self {
        read.map_or_else(|why| Self::unknown(why.to_string()), Self::Done)
    }
}

impl Cx<'_> {
    /// That an answer is about the order spoken of.
    pub(crate) fn expect_order(&self, provider: &str, order_id: Option<&str>) -> Result<(), String> {
        let other = || format!("{provider}'s answer is about another order");
        self.is_about(order_id).then_some(()).ok_or_else(other)
    }
}

impl Facts {
    /// How the order stands, and nothing besides.
    pub(crate) fn standing(standing: Standing) -> Self {
        Self { standing: Some(standing), ..Self::default() }
    }

    /// With an amount, if it was said.
    pub(crate) fn with_amount(mut self, kind: AmountKind, amount: Option<Money>) -> Self {
        self.amounts.extend(amount.map(|amount| AmountFact { kind, amount }));
        self
    }

    /// With a name of the provider's, if it was said; fit to be shown already.
    pub(crate) fn with_ref(mut self, name: &str, said: Option<String>) -> Self {
        self.refs.extend(said.map(|said| (name.to_owned(), said)));
        self
    }
}

/// Where to send the browser, if this is the address of a page.
pub(crate) fn redirect(url: &str) -> Option<Private<NextAction>> {
    let is_link = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    let is_sane = is_link && !url.chars().any(|c| c.is_control() || c == ' ');
    is_sane.then(|| Private::new(NextAction::Redirect { url: url.to_owned() }))
}
