//! Faults at simulated providers: how `--fault` says one, and the way to the hosts that act it out.

use crate::cli::failure::Failure;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the simulator may take to note a rule.
const DEADLINE: Duration = Duration::from_secs(10);

/// What can be said about a fault besides, each a whole number.
const DETAILS: [&str; 7] = ["nth", "times", "reads", "delay_ms", "status", "retry_after_s", "skew_s"];

/// What is to go wrong, as `--fault` says it and as the simulator takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wish {
    operation: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability_percent: Option<u8>,
    #[serde(flatten)]
    details: BTreeMap<&'static str, i64>,
}

impl std::str::FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (head, details) = text.split_once(',').unwrap_or((text, ""));
        let (what, percent) = match head.split_once('@') {
            Some((what, percent)) => (what, Some(percent)),
            None => (head, None),
        };
        let percent = percent.map(|percent| {
            let number =
                percent.trim_end_matches('%').parse().ok().filter(|number| (1..=100).contains(number));
            number.ok_or_else(|| format!("`@{percent}` is no percentage from 1 to 100"))
        });
        let (operation, kind) = what.split_once(':').unwrap_or(("*", what));
        let of_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let word = |word: &str| !word.is_empty() && word.bytes().all(of_word);
        if !(operation == "*" || word(operation)) || !word(kind) {
            return Err(format!(
                "`{text}` is not [OPERATION:]KIND[@PERCENT][,DETAIL=N], such as refund:timeout_after_execute@10"
            ));
        }
        if !ordain_sandbox::is_fault_kind(kind) {
            let kinds: Vec<String> = ordain_sandbox::fault_kinds().map(|(name, _)| name).collect();
            return Err(format!("`{kind}` is no kind of fault; these are: {}", kinds.join(", ")));
        }
        let (operation, kind) = (operation.to_owned(), kind.to_owned());
        let details = details.split(',').filter(|part| !part.is_empty()).map(detail);
        Ok(Self {
            operation,
            kind,
            probability_percent: percent.transpose()?,
            details: details.collect::<Result<_, _>>()?,
        })
    }
}

fn detail(text: &str) -> Result<(&'static str, i64), String> {
    let (name, number) = text.split_once('=').unwrap_or((text, ""));
    let known = DETAILS.into_iter().find(|known| *known == name);
    let known = known.ok_or_else(|| format!("`{name}` is none of {}", DETAILS.join(", ")))?;
    let number = number.parse().map_err(|_| format!("`{text}` is not {name}=N, a whole number"))?;
    Ok((known, number))
}

impl Wish {
    /// Whether the provider's word that a customer was declined may never arrive.
    #[must_use]
    pub fn loses_webhooks(&self) -> bool {
        matches!(self.kind.as_str(), "drop_webhook" | "bad_signature" | "wrong_key" | "unknown_status")
    }
}

/// Every kind of fault, for `--help`.
#[must_use]
pub fn list() -> String {
    let width = ordain_sandbox::fault_kinds().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = ordain_sandbox::fault_kinds().map(|(name, about)| format!("  {name:width$}  {about}"));
    format!(
        "Faults, as [OPERATION:]KIND[@PERCENT][,DETAIL=N…]; without an operation, of all that the kind can happen to.\n\
        Details: nth=N (only the nth call), times=N (so often), and those named below. A kind that a provider cannot act \
        out is refused there, with what it can happen to.\n{}",
        lines.collect::<Vec<_>>().join("\n")
    )
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
        let why = told(&reply.text().await.unwrap_or_default());
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

/// What a refusal of the simulator's says, without the JSON around it.
fn told(answer: &str) -> String {
    let answered: Option<serde_json::Value> = serde_json::from_str(answer).ok();
    answered.and_then(|it| Some(it["error"].as_str()?.to_owned())).unwrap_or_else(|| answer.to_owned())
}

/// Installs what is to go wrong at every simulator that it can happen to.
///
/// # Errors
/// When a fault can happen at none of them; nothing is installed then.
pub async fn install(sandboxes: &[String], wishes: &[Wish]) -> Result<(), Failure> {
    for wish in wishes {
        let mut refused = None;
        let mut taken = false;
        for sandbox in sandboxes {
            match Faults::at(sandbox)?.install(wish).await {
                Ok(()) => taken = true,
                // One provider may lack what another has: Kredivo refunds nothing.
                Err(refusal @ Failure::Usage(_)) => refused = Some(refusal),
                Err(other) => return Err(other),
            }
        }
        if let (false, Some(refusal)) = (taken, refused) {
            clear(sandboxes).await?;
            return Err(refusal);
        }
    }
    Ok(())
}

/// Takes all rules back, whoever installed them.
///
/// # Errors
/// When a simulator does not answer.
pub async fn clear(sandboxes: &[String]) -> Result<(), Failure> {
    for sandbox in sandboxes {
        Faults::at(sandbox)?.clear().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Wish, told};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let wish = text.parse::<Wish>().map(|wish| serde_json::to_string(&wish).unwrap());
        assert_eq!(wish.unwrap_or_else(|why| why), expected);
    }

    #[test]
    fn refusal_is_told_without_the_json_around_it() {
        assert_eq!(
            told(r#"{"error": "1000 rules are installed already"}"#),
            "1000 rules are installed already"
        );
        assert_eq!(told("no JSON"), "no JSON");
    }

    #[test]
    fn wishes_become_rules() {
        check("drop_webhook", r#"{"operation":"*","kind":"drop_webhook"}"#);
        check("refund:delay@20", r#"{"operation":"refund","kind":"delay","probability_percent":20}"#);
        let nosuch = "refund:nosuch".parse::<Wish>().unwrap_err();
        assert!(nosuch.starts_with("`nosuch` is no kind of fault; these are: delay, "), "{nosuch}");
        check("refund:delay@0", "`@0` is no percentage from 1 to 100");
        check(
            "Refund",
            "`Refund` is not [OPERATION:]KIND[@PERCENT][,DETAIL=N], such as refund:timeout_after_execute@10",
        );
        check(
            "status:stale_status,reads=2,nth=1",
            r#"{"operation":"status","kind":"stale_status","nth":1,"reads":2}"#,
        );
        check("create:idempotent_replay_409", r#"{"operation":"create","kind":"idempotent_replay_409"}"#);
        check(
            "delay,colour=1",
            "`colour` is none of nth, times, reads, delay_ms, status, retry_after_s, skew_s",
        );
        check("tls_reset", r#"{"operation":"*","kind":"tls_reset"}"#);
        check("delay,nth", "`nth` is not nth=N, a whole number");
    }
}
