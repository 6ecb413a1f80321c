//! The simulated provider's ledger, over its admin calls.

use crate::cli::failure::Failure;
use serde::Deserialize;
use std::time::Duration;

/// How long a ledger may take. It is read whole, and a long campaign's is some megabytes.
const DEADLINE: Duration = Duration::from_secs(60);
/// Length of our order ids; a later attempt's id has `-n` behind it.
const ORDER_ID_LEN: usize = 26;

/// One effect that the provider performed, or the repeat of one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its place in the ledger, from 1.
    pub n: u64,
    /// What the provider calls the order; none for what concerns the account.
    #[serde(default)]
    pub order: Option<String>,
    /// `approved`, `tracking`, `tracking_deleted`, `refund`, `cancellation`, and what moves neither money nor goods.
    pub kind: String,
    /// How much, in minor units, where money moves.
    #[serde(default)]
    pub amount_minor: Option<i64>,
    /// Of the amount.
    #[serde(default)]
    pub currency: Option<String>,
    /// What was shipped or given back.
    #[serde(default)]
    pub skus: Vec<Article>,
    /// The parcel's number.
    #[serde(default)]
    pub number: Option<String>,
    /// The same was asked for before, and nothing new happened.
    #[serde(default)]
    pub repeat: bool,
}

/// Some of one article.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Article {
    /// Its number.
    pub sku: String,
    /// How many.
    pub qty: i64,
}

#[derive(Deserialize)]
struct Page {
    entries: Vec<Entry>,
}

impl Entry {
    /// The id of our order, whichever attempt of it this was; empty where no order is concerned.
    #[must_use]
    pub fn order_id(&self) -> &str {
        let order = self.order.as_deref().unwrap_or_default();
        match order.split_at_checked(ORDER_ID_LEN) {
            Some((id, attempt)) if attempt.starts_with('-') => id,
            _ => order,
        }
    }
}

/// Where the ledger is.
#[derive(Debug, Clone)]
pub struct Ledger {
    http: reqwest::Client,
    sandbox: String,
}

impl Ledger {
    /// The ledger of the simulated provider at this URL.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn at(sandbox: &str) -> Result<Self, Failure> {
        // A simulated provider is never behind the proxy that the environment may name.
        let http = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build();
        let http = http.map_err(|error| Failure::Failed(format!("cannot make an HTTP client: {error}")))?;
        Ok(Self { http, sandbox: sandbox.trim_end_matches('/').to_owned() })
    }

    /// Everything that happened over there, oldest first.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when nobody answers, [`Failure::Failed`] when what comes back is no ledger.
    pub async fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let url = format!("{}/_sandbox/ledger", self.sandbox);
        let reply = self.http.get(&url).send().await;
        let reply = reply.map_err(|_| Failure::Unreachable { address: self.sandbox.clone() })?;
        let reply =
            reply.error_for_status().map_err(|error| Failure::Failed(format!("no ledger: {error}")))?;
        let page = reply.json::<Page>().await;
        page.map(|page| page.entries)
            .map_err(|error| Failure::Failed(format!("{url} does not answer with a ledger: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    fn entry(json: &str) -> Entry {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn later_attempts_belong_to_their_order() {
        let entry = entry(r#"{"n": 1, "order": "01JARZ3NDEKTSV4RRFFQ69G5FA-2", "kind": "approved"}"#);
        assert_eq!(entry.order_id(), "01JARZ3NDEKTSV4RRFFQ69G5FA");
    }

    #[test]
    fn fields_that_we_do_not_know_are_ignored() {
        let text = r#"{"n": 2, "at": "2026-03-01T09:30:00Z", "retailer_id": 7, "kind": "retailer_enabled", "currency": "GBP",
            "skus": [], "repeat": false, "request_digest": "00"}"#;
        assert_eq!(entry(text).order_id(), "");
    }
}
