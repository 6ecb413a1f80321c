//! A retailer's account at the simulated DivideBuy.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::{self, AccountError};

/// Longest token or authentication taken. Real ones have 12 characters; the cipher uses 32 at most.
const CREDENTIAL_MAX: usize = 64;

/// A retailer as DivideBuy's onboarding team would have set it up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Account {
    /// What proves its calls.
    pub(crate) fn credentials(&self) -> Credentials {
        let (token, authentication) = (self.store_token.clone(), self.store_authentication.clone());
        Credentials { token, authentication }
    }
}

impl crate::account::Account for Account {
    fn id(&self) -> String {
        self.retailer_id.to_string()
    }

    /// Checks the fields and returns the account with its URL in the form the paths are appended to.
    fn checked(self) -> Result<Account, AccountError> {
        let usable = |credential: &str| {
            !credential.is_empty() && credential.len() <= CREDENTIAL_MAX && !credential.contains(':')
        };
        if !usable(&self.store_token) || !usable(&self.store_authentication) {
            return Err(AccountError::Invalid("a credential has 1 to 64 bytes and no colon"));
        }
        if self.retailer_store_code.is_empty() || self.retailer_store_code.contains(':') {
            return Err(AccountError::Invalid("retailer_store_code is not empty and has no colon"));
        }
        let store_url = account::base_url(&self.store_url);
        let store_url =
            store_url.ok_or(AccountError::Invalid("store_url is an http or https URL without a query"))?;
        Ok(Account { store_url, ..self })
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
