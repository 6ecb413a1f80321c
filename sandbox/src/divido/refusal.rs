//! Why a call is refused, and how Divido says so: mostly with HTTP 200.

use axum::http::StatusCode;

use super::json::object;
use crate::call::Answer;

/// Why a call is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody has this key.
    Key,
    /// The signature is missing or wrong.
    Signature,
    /// There is no such resource.
    NotFound(&'static str),
    /// The call itself, or what it wants of the application.
    Error(String),
}

impl Refusal {
    /// A rule that the call breaks.
    pub(crate) fn rule(text: &str) -> Refusal {
        Refusal::Error(text.to_owned())
    }

    /// The answer. Only what is not found has a status of its own in the documents.
    pub(crate) fn answer(&self) -> Answer {
        let (status, text) = match self {
            Refusal::Key => (StatusCode::OK, "Invalid merchant: unknown API key".to_owned()),
            Refusal::Signature => (StatusCode::OK, "Invalid signature".to_owned()),
            Refusal::NotFound(what) => (StatusCode::NOT_FOUND, format!("{what} not found")),
            Refusal::Error(text) => (StatusCode::OK, text.clone()),
        };
        Answer::json(status, object([("status", "error".into()), ("error", text.into())]).written())
    }
}
