//! The clock of an account as its simulated provider keeps it: set, and asked what is still to happen by it.

use crate::books::OpenAccount;
use jiff::Timestamp;
use ordain_providers::Private;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A simulator on a developer's machine answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to an account's clock over there.
pub struct SimulatedClock {
    http: reqwest::Client,
    url: reqwest::Url,
    credential: Private<String>,
}

/// What the simulator says of an account's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Face {
    /// Things that are due and have not happened yet: webhooks, expiries.
    pub busy: u64,
    /// When the first of the others is due.
    pub next_due: Option<Timestamp>,
    /// Another number whenever anything has happened over there.
    pub changes: u64,
}

/// Why a simulator's clock was not set, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// It is no simulator of ours, or none that knows the account.
    #[error("no simulated provider keeps the time of this account")]
    NoSimulator,
    /// Ask again.
    #[error("the simulated provider does not answer")]
    Unavailable,
}

impl SimulatedClock {
    /// The clock of an account over there; none if nothing of the kind could be there.
    #[must_use]
    pub fn of(account: &OpenAccount) -> Option<Self> {
        let kind = super::find(&account.account.new.provider)?;
        let values = &account.credentials;
        let credential = match values.secrets.get(kind.credential) {
            Some(secret) => secret.clone(),
            None => Private::new(values.config.get(kind.credential)?.clone()),
        };
        let mut url = reqwest::Url::parse(values.config.get("api_url")?).ok()?;
        url.set_path("/_sandbox/clock");
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().ok()?;
        Some(Self { http, url, credential })
    }

    /// It stands there from now on.
    ///
    /// # Errors
    /// See [`ClockError`].
    pub async fn set(&self, at: Timestamp) -> Result<Face, ClockError> {
        self.ask(json!({ "credential": self.credential.expose(), "at": at })).await
    }

    /// What is still to happen.
    ///
    /// # Errors
    /// See [`ClockError`].
    pub async fn look(&self) -> Result<Face, ClockError> {
        self.ask(json!({ "credential": self.credential.expose() })).await
    }

    /// The account lives in real time again.
    ///
    /// # Errors
    /// See [`ClockError`].
    pub async fn remove(&self) -> Result<(), ClockError> {
        self.ask(json!({ "credential": self.credential.expose(), "remove": true })).await.map(drop)
    }

    async fn ask(&self, wish: Value) -> Result<Face, ClockError> {
        let sent = self.http.put(self.url.clone()).json(&wish).send().await;
        let answer = sent.map_err(|_| ClockError::Unavailable)?;
        match answer.status().as_u16() {
            200 => answer.json().await.map_err(|_| ClockError::NoSimulator),
            500.. => Err(ClockError::Unavailable),
            _ => Err(ClockError::NoSimulator),
        }
    }
}
