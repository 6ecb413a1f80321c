//! The id of a run: made by us, ordered by time, 26 characters.
//!
//! 48 bits of milliseconds and 80 bits of dice, written in Crockford's base32. Ids that grow with time keep the
//! history's inserts at the end of its tree; random ones made them several times slower.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// Identifies a run, for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(u128);

/// A text that is no run id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of 0-9 and A-Z without I, L, O and U are expected")]
pub struct NotARunId;

impl RunId {
    /// A new id for a run that starts now (microseconds since the epoch), with these dice.
    #[must_use]
    pub const fn new(now_us: i64, dice: [u8; 10]) -> Self {
        let millis = (now_us / 1000) as u128 & 0xFFFF_FFFF_FFFF;
        let mut bytes = [0; 16];
        let mut i = 0;
        while i < dice.len() {
            bytes[6 + i] = dice[i];
            i += 1;
        }
        Self(u128::from_be_bytes(bytes) | millis << 80)
    }

    /// As the store keeps it.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From what the store keeps; none if it is not 16 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(u128::from_be_bytes(bytes)))
    }

    /// Which of `lanes` lanes takes this run's turns. The low bits are dice, so this spreads evenly.
    #[must_use]
    pub const fn lane(self, lanes: usize) -> usize {
        (self.0 % lanes as u128) as usize
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; LENGTH];
        for (i, place) in text.iter_mut().enumerate() {
            let shift = 5 * (LENGTH - 1 - i);
            *place = ALPHABET[(self.0 >> shift & 31) as usize];
        }
        f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RunId {
    type Err = NotARunId;

    fn from_str(text: &str) -> Result<Self, NotARunId> {
        // 26 digits of 5 bits are 130: the first digit may only carry 3 of them.
        if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
            return Err(NotARunId);
        }
        // In capitals only: who finds a run under a second spelling takes a changed name for the same one.
        text.bytes()
            .try_fold(0, |sum: u128, byte| {
                let digit = ALPHABET.iter().position(|known| *known == byte);
                digit.map(|digit| sum << 5 | digit as u128).ok_or(NotARunId)
            })
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::RunId;

    #[test]
    fn ids_read_back_and_sort_by_time() {
        let early = RunId::new(1_700_000_000_000_000, [255; 10]);
        let late = RunId::new(1_700_000_000_001_000, [0; 10]);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(RunId::from_bytes(&early.to_bytes()), Some(early));
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in [
            "",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU",
            "01ARZ3NDEKTSV4RRFFQ69G5FAv",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "é1ARZ3NDEKTSV4RRFFQ69G5FA",
        ] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
