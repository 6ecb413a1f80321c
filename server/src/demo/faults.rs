//! Faults at the simulated provider: installed before the demo, gone after it.

use crate::cli::failure::Failure;
use serde::Serialize;
use std::time::Duration;

/// How long the simulator may take to note a rule.
const DEADLINE: Duration = Duration::from_secs(10);

/// What is to go wrong, as `--fault` says it and as the simulator takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wish {
    operation: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability_percent: Option<u8>,
}

impl std::str::FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, percent) = match text.split_once('@') {
            Some((what, percent)) => (what, Some(percent)),
            None => (text, None),
        };
        let percent = percent.map(|percent| {
            let number =
                percent.trim_end_matches('%').parse().ok().filter(|number| (1..=100).contains(number));
            number.ok_or_else(|| format!("`@{percent}` is no percentage from 1 to 100"))
        });
        let (operation, kind) = what.split_once(':').unwrap_or(("*", what));
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if !(operation == "*" || word(operation)) || !word(kind) {
            return Err(format!(
                "`{text}` is not [OPERATION:]KIND[@PERCENT], such as refund:timeout_after_execute@10"
            ));
        }
        let (operation, kind) = (operation.to_owned(), kind.to_owned());
        Ok(Self { operation, kind, probability_percent: percent.transpose()? })
    }
}

impl Wish {
    /// Whether the provider's word that a customer was declined may never arrive.
    #[must_use]
    pub fn loses_webhooks(&self) -> bool {
        self.kind == "drop_webhook"
    }
}

/// The simulator's fault rules.
#[derive(Debug)]
pub struct Faults {
    http: reqwest::Client,
    url: String,
}

impl Faults {
    /// Of the simulated provider at this URL.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn at(sandbox: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build();
        let http = http.map_err(|error| Failure::Failed(format!("cannot make an HTTP client: {error}")))?;
        Ok(Self { http, url: format!("{}/_sandbox/faults", sandbox.trim_end_matches('/')) })
    }

    /// Installs one.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it is none of the simulator's.
    pub async fn install(&self, wish: &Wish) -> Result<(), Failure> {
        let reply = self.http.post(&self.url).json(wish).send().await.map_err(|_| self.unreachable())?;
        if reply.status().is_success() {
            return Ok(());
        }
        let why = reply.text().await.unwrap_or_default();
        Err(Failure::Usage(format!("the simulator takes no fault {}:{}: {why}", wish.operation, wish.kind)))
    }

    /// Takes all rules back, whoever installed them.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn clear(&self) -> Result<(), Failure> {
        let reply = self.http.delete(&self.url).send().await.map_err(|_| self.unreachable())?;
        reply
            .error_for_status()
            .map_err(|error| Failure::Failed(format!("the faults stay installed: {error}")))?;
        Ok(())
    }

    fn unreachable(&self) -> Failure {
        Failure::Unreachable { address: self.url.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::Wish;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let wish = text.parse::<Wish>().map(|wish| serde_json::to_string(&wish).unwrap());
        assert_eq!(wish.unwrap_or_else(|why| why), expected);
    }

    #[test]
    fn wishes_become_rules() {
        check("drop_webhook", r#"{"operation":"*","kind":"drop_webhook"}"#);
        check("refund:delay@20", r#"{"operation":"refund","kind":"delay","probability_percent":20}"#);
        check("refund:delay@0", "`@0` is no percentage from 1 to 100");
        check(
            "Refund",
            "`Refund` is not [OPERATION:]KIND[@PERCENT], such as refund:timeout_after_execute@10",
        );
    }
}
