//! A retailer's account at the simulated DivideBuy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest token or authentication taken. Real ones have 12 characters; the cipher uses 32 at most.
const CREDENTIAL_MAX: usize = 64;

/// A retailer as DivideBuy's onboarding team would have set it up.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The id the retailer learns from `confirmretailer`.
    pub retailer_id: u64,
    /// First credential; also the key of the splash keys.
    pub store_token: String,
    /// Second credential.
    pub store_authentication: String,
    /// The store code until `confirmretailer` announces another.
    pub retailer_store_code: String,
    /// Where the shop is, e.g. `http://127.0.0.1:7701/a/demo-dividebuy`. The documented paths are appended.
    pub store_url: String,
    /// The name the checkout shows.
    pub brand: String,
    /// Whether shoppers may check out before `updateretailerstatus` has been called. What that call says
    /// last always wins.
    #[serde(default)]
    pub active: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account")
            .field("retailer_id", &self.retailer_id)
            .field("store_url", &self.store_url)
            .finish_non_exhaustive()
    }
}

/// Why an account was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The fields cannot be used. Correct them.
    #[error("{0}")]
    Invalid(&'static str),
    /// Another retailer has these credentials, and calls could not be told apart.
    #[error("another retailer has these credentials")]
    CredentialsTaken,
    /// The journal cannot be written. Restart on a disk that works.
    #[error("the account could not be written down")]
    NotWritten,
}

impl Account {
    /// Checks the fields and returns the account with its URL in the form the paths are appended to.
    pub(crate) fn checked(mut self) -> Result<Account, AccountError> {
        let usable = |credential: &str| {
            !credential.is_empty() && credential.len() <= CREDENTIAL_MAX && !credential.contains(':')
        };
        if !usable(&self.store_token) || !usable(&self.store_authentication) {
            return Err(AccountError::Invalid("a credential has 1 to 64 bytes and no colon"));
        }
        if self.retailer_store_code.is_empty() || self.retailer_store_code.contains(':') {
            return Err(AccountError::Invalid("retailer_store_code is not empty and has no colon"));
        }
        match reqwest::Url::parse(&self.store_url) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.has_host() => {}
            _ => return Err(AccountError::Invalid("store_url is an http or https URL without a query")),
        }
        self.store_url.truncate(self.store_url.trim_end_matches('/').len());
        Ok(self)
    }
}

/// What proves a call comes from the retailer. Never shown, and sealed on disk.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) token: String,
    pub(crate) authentication: String,
}

/// An account as the host keeps it.
pub(crate) struct Retailer {
    pub(crate) id: u64,
    pub(crate) credentials: Credentials,
    pub(crate) store_code: String,
    pub(crate) store_url: String,
    pub(crate) brand: String,
    pub(crate) active_at_first: bool,
    /// What `updateretailerstatus` said last.
    pub(crate) status: Option<bool>,
    pub(crate) allowed_ips: String,
}

impl Retailer {
    /// Whether shoppers may check out.
    pub(crate) fn enabled(&self) -> bool {
        self.status.unwrap_or(self.active_at_first)
    }
}
