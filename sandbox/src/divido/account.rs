//! A merchant's account at the simulated Divido.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::{self, Plan};
use crate::account::{self, AccountError};

/// A merchant as Divido's onboarding would have set it up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Divido's id of the merchant: `M…`.
    pub merchant_id: String,
    /// Proves calls, as the field `merchant` or as a bearer token: `live_….…`.
    pub api_key: String,
    /// Signs calls and webhooks; nothing is signed where it is empty.
    #[serde(default)]
    pub shared_secret: String,
    /// Where webhooks go of applications that name no `responseUrl`; none go where it is empty.
    #[serde(default)]
    pub webhook_url: String,
    /// The name that checkout and payment batches show.
    pub brand: String,
    /// The finance plans on offer; the documents' two where none are given.
    #[serde(default = "plan::documented")]
    pub plans: Vec<Plan>,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account").field("merchant_id", &self.merchant_id).finish_non_exhaustive()
    }
}

impl crate::account::Account for Account {
    fn id(&self) -> String {
        self.merchant_id.clone()
    }

    fn checked(self) -> Result<Account, AccountError> {
        if self.merchant_id.is_empty() || self.brand.is_empty() || self.plans.is_empty() {
            return Err(AccountError::Invalid("merchant_id, brand and plans are not empty"));
        }
        if !self.api_key.contains('.') || !self.api_key.is_ascii() {
            return Err(AccountError::Invalid("api_key has a public part, a dot and a secret part"));
        }
        if !self.webhook_url.is_empty() && account::base_url(&self.webhook_url).is_none() {
            return Err(AccountError::Invalid("webhook_url is an http or https URL without a query"));
        }
        if self.plans.iter().any(|plan| !plan.is_usable()) {
            return Err(AccountError::Invalid(
                "a plan has an id, 1 to 120 months, at most 100 % interest and deposits of 0 to 100 %",
            ));
        }
        Ok(self)
    }
}
