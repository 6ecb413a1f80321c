//! What a host says that is not so: its words, its amounts and its proof, each under the one fault that bends it.

use std::borrow::Cow;

use super::{Fault, Kind};

/// A word that no provider's documents have.
const NO_STATUS: &str = "SANDBOX_SURPRISE";
/// A currency that is real, and none of the simulated accounts'.
const NO_CURRENCY: &str = "USD";

/// How what is said differs from what is so; not at all, mostly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Twist(Option<Kind>);

impl Twist {
    /// Says what is so.
    pub(crate) const NONE: Twist = Twist(None);

    /// As a fault wants it.
    pub(crate) fn of(fault: Option<Fault>) -> Twist {
        Twist(fault.map(|fault| fault.kind))
    }

    /// An amount in minor units: half of it, cut down to a whole hundred where it is one, since some wires say no less.
    pub(crate) fn amount(self, minor: i64) -> i64 {
        match self.0 {
            Some(Kind::PartialAmount) if minor % 100 == 0 => minor / 200 * 100,
            Some(Kind::PartialAmount) => minor / 2,
            _ => minor,
        }
    }

    /// The code of a currency.
    pub(crate) fn currency(self, own: &str) -> &str {
        if self.0 == Some(Kind::CurrencyMismatch) { NO_CURRENCY } else { own }
    }

    /// The word for how something stands.
    pub(crate) fn status(self, own: &str) -> &str {
        if self.0 == Some(Kind::UnknownStatus) { NO_STATUS } else { own }
    }

    /// What proves a message, in text: another's.
    pub(crate) fn key(self, own: &str) -> Cow<'_, str> {
        if self.has_wrong_key() { Cow::Owned(format!("not-{own}")) } else { Cow::Borrowed(own) }
    }

    /// Whether somebody else's key proves what is said.
    pub(crate) fn has_wrong_key(self) -> bool {
        self.0 == Some(Kind::WrongKey)
    }

    /// Whether an order is to be shown as it began.
    pub(crate) fn is_stale(self) -> bool {
        self.0 == Some(Kind::StaleStatus)
    }

    /// Whether an answer comes as a repetition.
    pub(crate) fn is_replay(self) -> bool {
        self.0 == Some(Kind::IdempotentReplay409)
    }
}

/// Changes one character of a signature in base64: before its padding, so that it is base64 still and fits nothing.
pub(crate) fn spoilt(signature: &str) -> String {
    let mut letters: Vec<char> = signature.chars().collect();
    let place = letters.len().saturating_sub(8);
    if let Some(letter) = letters.get_mut(place) {
        *letter = if *letter == 'A' { 'B' } else { 'A' };
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Kind};
    use super::{Twist, spoilt};

    #[test]
    fn one_fault_bends_one_thing() {
        let twist = Twist::of(Some(Fault::of(Kind::PartialAmount)));
        assert_eq!((twist.amount(101), twist.amount(300), twist.amount(7_000)), (50, 100, 3_500));
        assert_eq!((twist.currency("HKD"), twist.status("PAID"), &*twist.key("k")), ("HKD", "PAID", "k"));
        assert_eq!(Twist::NONE.amount(101), 101);
        assert_eq!(&*Twist::of(Some(Fault::of(Kind::WrongKey))).key("k"), "not-k");
    }

    #[test]
    fn spoilt_signature_differs_in_one_character() {
        assert_eq!(spoilt("t=1,s1=AAAABBBBCCC="), "t=1,s1=AAAAABBBCCC=");
        assert_eq!(spoilt(""), "");
    }
}
