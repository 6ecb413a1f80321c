//! A merchant's account at the simulated PayBy: a number and two key pairs, half of each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::signature::{CheckingKey, SigningKey};
use crate::account::{self, AccountError};
use crate::faults::Twist;

/// Longest partner id (S2 L22-25).
const PARTNER_MAX: usize = 12;

/// A merchant as PayBy's portal would have set it up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The member id in the `Partner-Id` header.
    pub partner_id: String,
    /// Checks what the merchant signs: PEM, or the base64 within.
    pub merchant_public_key: String,
    /// Signs what PayBy says to this merchant, and opens what is encrypted for it: PKCS#8.
    pub payby_private_key: String,
    /// The name the checkout shows.
    pub brand: String,
    /// How long a refund stays CREATED; at once SUCCESS where it is nothing.
    #[serde(default)]
    pub refund_ms: u64,
    /// How long after the payment an order is SETTLED; never, where it is nothing.
    #[serde(default)]
    pub settle_ms: u64,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Account").field("partner_id", &self.partner_id).finish_non_exhaustive()
    }
}

impl crate::account::Account for Account {
    fn id(&self) -> String {
        self.partner_id.clone()
    }

    fn checked(self) -> Result<Account, AccountError> {
        let plain = self.partner_id.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || !(1..=PARTNER_MAX).contains(&self.partner_id.len()) {
            return Err(AccountError::Invalid("partner_id has 1 to 12 digits"));
        }
        if CheckingKey::read(&self.merchant_public_key).is_none() {
            return Err(AccountError::Invalid("merchant_public_key is an RSA key of 2048 bits or more"));
        }
        if SigningKey::read(&self.payby_private_key).is_none() {
            return Err(AccountError::Invalid(
                "payby_private_key is an RSA key of 2048 bits or more in PKCS#8",
            ));
        }
        Ok(self)
    }
}

/// An account as the host keeps it, keys read once.
pub(crate) struct Merchant {
    pub(crate) partner_id: String,
    pub(crate) brand: String,
    pub(crate) signs: CheckingKey,
    pub(crate) key: SigningKey,
    pub(crate) refund_ms: u64,
    pub(crate) settle_ms: u64,
}

impl Merchant {
    /// The key that signs what is said; a stranger's, where a fault wants that.
    pub(crate) fn signer(&self, twist: Twist) -> &SigningKey {
        if twist.has_wrong_key() { SigningKey::strangers() } else { &self.key }
    }
}

impl From<Account> for Merchant {
    fn from(account: Account) -> Merchant {
        let checked = "keys are checked before an account is taken";
        Merchant {
            signs: CheckingKey::read(&account.merchant_public_key).expect(checked),
            key: SigningKey::read(&account.payby_private_key).expect(checked),
            partner_id: account.partner_id,
            brand: account.brand,
            refund_ms: account.refund_ms,
            settle_ms: account.settle_ms,
        }
    }
}

/// A merchant whose keys everybody knows, for a first try on one machine.
#[must_use]
pub fn demo(brand: &str) -> Demo {
    let (merchant, payby) =
        (include_str!("../../payby/demo_merchant.pem"), include_str!("../../payby/demo_payby.pem"));
    let public = |pem: &str| SigningKey::read(pem).expect("it lies beside the code").public_pem();
    let account = Account {
        partner_id: "200000000888".to_owned(),
        merchant_public_key: public(merchant),
        payby_private_key: payby.to_owned(),
        brand: brand.to_owned(),
        refund_ms: 0,
        settle_ms: 0,
    };
    Demo { account, merchant_private_key: merchant.to_owned(), payby_public_key: public(payby) }
}

/// Both sides of the demo merchant.
pub struct Demo {
    /// What the simulator is given.
    pub account: Account,
    /// What the shop signs with.
    pub merchant_private_key: String,
    /// What the shop checks PayBy's messages with.
    pub payby_public_key: String,
}

/// An `http` or `https` address that fits into a field.
pub(crate) fn is_address(text: &str, max: usize) -> bool {
    let base = text.split(['?', '#']).next().unwrap_or_default();
    text.len() <= max && account::base_url(base).is_some()
}
