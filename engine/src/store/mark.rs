//! What a store remembers about itself for whoever opens it next.

use crate::clock::Micros;
use jiff::Timestamp;

/// It moved to another store: nobody serves it.
pub(super) const MOVED: &str = "moved";
/// The other one, where it came from.
pub(super) const IMPORTED: &str = "imported";
/// It was brought back as it was before, and has forgotten what happened since.
pub(super) const RESTORED: &str = "restored";

/// That something was done to a store, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Tells this time from another.
    pub id: [u8; 16],
    /// By the clock of the machine where it was done.
    pub at: Micros,
}

impl Mark {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        [&self.id[..], &self.at.to_be_bytes()].concat()
    }

    /// None of bytes that are no mark.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, at) = bytes.split_first_chunk::<16>()?;
        Some(Self { id: *id, at: Micros::from_be_bytes(at.try_into().ok()?) })
    }

    /// When, for people.
    #[must_use]
    pub fn when(&self) -> String {
        let at = Timestamp::from_microsecond(self.at).unwrap_or_default();
        at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}
