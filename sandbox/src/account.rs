//! What every simulated account has in common, and why one is not taken.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// An account as the provider's onboarding would have set it up. It is sealed whole on disk.
pub(crate) trait Account: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Which account it is; putting the same id again replaces it.
    fn id(&self) -> String;

    /// The account in the form the simulator uses, or why it cannot be used.
    fn checked(self) -> Result<Self, AccountError>;
}

/// What becomes of an account of the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Putting {
    /// It is replaced.
    Replaces,
    /// It stays: the new one is only there to begin with.
    Begins,
}

/// Why an account was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The fields cannot be used. Correct them.
    #[error("{0}")]
    Invalid(&'static str),
    /// Another account has these credentials, and calls could not be told apart.
    #[error("another account has these credentials")]
    CredentialsTaken,
    /// The journal cannot be written. Restart on a disk that works.
    #[error("the account could not be written down")]
    NotWritten,
}

/// An `http` or `https` address without a query, and without the slash it may end in.
pub(crate) fn base_url(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok()?;
    let usable = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.has_host();
    usable.then(|| text.trim_end_matches('/').to_owned())
}

/// The place an account's sealed fields are bound to.
pub(crate) fn place(id: &str) -> String {
    format!("account:{id}")
}
