//! Both shared secrets of an account. They travel in bodies, in both directions.

use crate::said::{Said, pairs, private};
use crate::{Account, EncodeError};
use subtle::ConstantTimeEq;

/// An account's credentials.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) token: &'a str,
    pub(super) authentication: &'a str,
}

impl<'a> Credentials<'a> {
    /// Those of this account.
    pub(super) fn of(account: &'a Account) -> Result<Self, EncodeError> {
        Ok(Self {
            token: account.secret("store_token")?,
            authentication: account.secret("store_authentication")?,
        })
    }

    /// A body that begins with both.
    pub(super) fn with<const N: usize>(&self, fields: [(&'static str, Said); N]) -> Said {
        let both =
            [("storeToken", private(self.token)), ("storeAuthentication", private(self.authentication))];
        pairs(both.into_iter().chain(fields))
    }

    /// Whether a message shows the same two. Its time depends on lengths only.
    pub(super) fn are(&self, token: &str, authentication: &str) -> bool {
        let token = self.token.as_bytes().ct_eq(token.as_bytes());
        let authentication = self.authentication.as_bytes().ct_eq(authentication.as_bytes());
        (token & authentication).into()
    }
}
