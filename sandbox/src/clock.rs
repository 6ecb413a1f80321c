//! Clocks of accounts: an account may be given a time of its own, which stands still until it is moved.
//!
//! Everything that a provider does about such an account goes by its clock: what expires, how long a token lets in,
//! what a message is signed with, when staff has worked through it, when a webhook is tried again. Every other account
//! lives in real time. Start at [`Clocks::now`].

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

/// The accounts that have one, and where each stands.
#[derive(Debug, Default)]
pub(crate) struct Clocks(BTreeMap<String, Timestamp>);

impl Clocks {
    /// What time it is for an account.
    pub(crate) fn now(&self, account: &str) -> Timestamp {
        self.0.get(account).copied().unwrap_or_else(Timestamp::now)
    }

    /// Where an account's clock stands, if it has one.
    pub(crate) fn of(&self, account: &str) -> Option<Timestamp> {
        self.0.get(account).copied()
    }

    /// Whether an account has a clock of its own.
    pub(crate) fn has(&self, account: &str) -> bool {
        self.0.contains_key(account)
    }

    /// Whether no account has one.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From now on an account's clock stands here; with none, it lives in real time.
    pub(crate) fn set(&mut self, account: String, at: Option<Timestamp>) {
        match at {
            Some(at) => drop(self.0.insert(account, at)),
            None => drop(self.0.remove(&account)),
        }
    }
}

/// The time so much after `now`, or `now` where that is beyond all calendars.
pub(crate) fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(now)
}
