//! One message described in JSON, signed or checked: for people who integrate and want to see the signed bytes.
//!
//! The fields are those of the worked vectors (`vectors.json` in each folder). Nothing here is used on the way of an
//! order; what is used there is what this calls.

/// Which message is described: each has its own rule at some providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// What we send.
    Request,
    /// What comes back on it.
    Reply,
    /// What the provider sends unasked.
    Webhook,
}

/// A message as people describe it; it holds the secret.
pub type Description = serde_json::Map<String, serde_json::Value>;

/// What was signed, and the result.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The exact bytes.
    pub string: Vec<u8>,
    /// As it stands in its header or field.
    pub signature: String,
}

/// What became of a check.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// The exact bytes that must have been signed.
    pub string: Vec<u8>,
    /// What the signature should be; none where only the signer can make it.
    pub expected: Option<String>,
    /// Why it is not genuine, one finding a line; empty if it is.
    pub findings: Vec<String>,
}

/// Why a description cannot be signed or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// The provider signs nothing of this kind.
    #[error("{provider} does not sign this kind of message: {instead}")]
    NotSigned {
        /// The provider's id.
        provider: &'static str,
        /// What it does instead.
        instead: &'static str,
    },
    /// A field is needed.
    #[error("`{field}` is missing: {about}")]
    Missing {
        /// Which.
        field: &'static str,
        /// What it is.
        about: &'static str,
    },
    /// A field cannot be read.
    #[error("`{field}`: {why}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong with it, without its value.
        why: String,
    },
}
