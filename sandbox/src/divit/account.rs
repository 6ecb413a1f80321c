//! A branch's account at the simulated divit.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::AccountError;

/// A branch as divit's onboarding would have set it up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Which branch; also what `/directpay/profile` tells.
    pub branch_id: String,
    /// The merchant it belongs to.
    pub merchant_id: String,
    /// The name the checkout shows.
    pub merchant_name: String,
    /// Proves calls: the `api-key` header, `dvt_…`.
    pub api_key: String,
    /// Signs events and links.
    pub signature_key: String,
    /// Promo codes and their ratio of miles to dollars: `{"XYZ01": "1:2"}` is one mile for two.
    #[serde(default)]
    pub promo_codes: BTreeMap<String, String>,
    /// Where events of orders go that came by a signed link, which names no address; nowhere, if empty.
    #[serde(default)]
    pub webhook_url: String,
    /// What a mile costs, in cents; 0 leaves the cost of miles out of the alerts.
    #[serde(default)]
    pub mile_cost_minor: i64,
    /// Whether the status knows orders that nobody has paid. divit's may answer 404 until a payment event.
    #[serde(default)]
    pub shows_unpaid_orders: bool,
    /// Whether the status wraps its answer in `value`, as the older document has it.
    #[serde(default)]
    pub wraps_status: bool,
    /// Whether events also go to `webhookSuccess` and `webhookFailure`; the documents only promise `webhookEvents`.
    #[serde(default)]
    pub events_everywhere: bool,
}

impl Account {
    /// What redirects call the merchant in short: `UATTESTING` of `UAT Testing`.
    pub(crate) fn merchant_code(&self) -> String {
        self.merchant_name
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect::<String>()
            .to_uppercase()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account").field("branch_id", &self.branch_id).finish_non_exhaustive()
    }
}

impl crate::account::Account for Account {
    fn id(&self) -> String {
        self.branch_id.clone()
    }

    fn checked(self) -> Result<Account, AccountError> {
        let texts = [&self.branch_id, &self.merchant_id, &self.merchant_name, &self.signature_key];
        if texts.iter().any(|text| text.is_empty()) {
            return Err(AccountError::Invalid(
                "branch_id, merchant_id, merchant_name and signature_key are not empty",
            ));
        }
        if !self.api_key.starts_with("dvt_") || !self.api_key.is_ascii() {
            return Err(AccountError::Invalid("api_key begins with dvt_"));
        }
        if self.promo_codes.values().any(|ratio| super::miles::ratio(ratio).is_none()) {
            return Err(AccountError::Invalid("a promo code's ratio is miles:dollars, such as 1:2"));
        }
        if self.mile_cost_minor < 0 {
            return Err(AccountError::Invalid("mile_cost_minor is not negative"));
        }
        Ok(self)
    }
}
