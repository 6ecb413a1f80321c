//! Values that must not be seen: credentials and personal data.
//!
//! [`Private`] has no `Display`, its `Debug` says nothing, and reading it takes a word that a reviewer can search
//! for ([`Private::expose`]). It does serialise, because the only writer of one is the sealing of a history.

use serde::{Deserialize, Serialize};

/// A value that never reaches a log, an error or a `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Takes a value out of sight.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value in the clear. Every use is a place to look at in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value in the clear, by value.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> std::fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("‹private›")
    }
}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Private::new("hunter2")), "‹private›");
    }
}
