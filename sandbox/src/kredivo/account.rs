//! A merchant's account at the simulated DOKU.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::{self, AccountError};

/// A merchant as DOKU's back office has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Names the merchant in every message.
    pub client_id: String,
    /// Signs every message, both ways.
    pub secret_key: String,
    /// Where notifications go, unless an order says otherwise.
    pub notification_url: String,
    /// The name the checkout shows.
    pub merchant_name: String,
    /// Whether refusals look like those of DOKU's checkout, `{"message": […]}`; those of its direct API otherwise.
    #[serde(default)]
    pub refuses_like_checkout: bool,
    /// Whether they look like those of its newer glossary, `{"status": "FAILED", "response_code": …}`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refuses_like_glossary: bool,
}

/// What a refusal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalShape {
    Direct,
    Checkout,
    Glossary,
}

impl Account {
    pub(crate) fn refusal_shape(&self) -> RefusalShape {
        match self {
            Account { refuses_like_glossary: true, .. } => RefusalShape::Glossary,
            Account { refuses_like_checkout: true, .. } => RefusalShape::Checkout,
            _ => RefusalShape::Direct,
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Account");
        out.field("client_id", &self.client_id).field("notification_url", &self.notification_url);
        out.finish_non_exhaustive()
    }
}

impl account::Account for Account {
    fn id(&self) -> String {
        self.client_id.clone()
    }

    fn checked(self) -> Result<Account, AccountError> {
        if self.client_id.is_empty() || !self.client_id.is_ascii() || self.secret_key.is_empty() {
            return Err(AccountError::Invalid("client_id and secret_key are not empty"));
        }
        if self.refuses_like_checkout && self.refuses_like_glossary {
            return Err(AccountError::Invalid("refusals look like the checkout's or like the glossary's"));
        }
        match account::base_url(&self.notification_url) {
            Some(_) => Ok(self),
            None => Err(AccountError::Invalid("notification_url is an http or https URL without a query")),
        }
    }
}
