//! One fault to be acted out: how long, how much, and how a request or a reference asks for it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FaultRefused, Kind, Operation};

/// How long a connection is held before it is dropped without an answer: longer than any client waits.
const HOLD: Duration = Duration::from_secs(60);
/// What `delay` and its like wait where nothing is said: enough to change an order of events, short enough to watch.
const DELAY: Duration = Duration::from_secs(2);
/// The longest delay taken, so that a mistyped one does not hold a connection for a day.
const DELAY_MAX_MS: u64 = 600_000;
/// When to come back, where nothing is said.
const RETRY_AFTER_S: u32 = 1;
/// How far a wrong clock is ahead where nothing is said: beyond the window of every provider that has one.
const SKEW_S: i32 = 20 * 60;
/// The furthest that a clock may be off: more is no clock.
const SKEW_MAX_S: u32 = 7 * 24 * 3_600;

/// One fault, to be acted out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_after_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) skew_s: Option<i32>,
}

impl Fault {
    /// One of a kind, with nothing said about it.
    pub(super) const fn of(kind: Kind) -> Fault {
        Fault { kind, delay_ms: None, status: None, retry_after_s: None, skew_s: None }
    }

    /// How long a connection is held.
    pub(crate) fn hold(&self) -> Duration {
        self.delay_ms.map_or(HOLD, Duration::from_millis)
    }

    /// How long a delay lasts.
    pub(crate) fn delay(&self) -> Duration {
        self.delay_ms.map_or(DELAY, Duration::from_millis)
    }

    /// The status of a refused request.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or(500)
    }

    /// When a client that was turned away may come back, in seconds.
    pub(crate) fn retry_after_s(&self) -> u32 {
        self.retry_after_s.unwrap_or(RETRY_AFTER_S)
    }

    /// Reads the header's value.
    pub(crate) fn from_header(value: &str) -> Result<Fault, FaultRefused> {
        let mut parts = value.split(';').map(str::trim);
        let kind = parts.next().and_then(Kind::named).ok_or(FaultRefused::UnknownKind)?;
        let mut fault = Fault::of(kind);
        for part in parts {
            let (name, text) = part.split_once('=').ok_or(FaultRefused::Option)?;
            match name {
                "delay_ms" => fault.delay_ms = Some(number(text)?),
                "status" => fault.status = Some(number(text)?),
                "retry_after_s" => fault.retry_after_s = Some(number(text)?),
                "skew_s" => fault.skew_s = Some(number(text)?),
                _ => return Err(FaultRefused::Option),
            }
        }
        fault.checked()
    }

    /// The fault a reference asks for `operation`, if it asks for one.
    pub(crate) fn in_reference(reference: &str, operation: Operation) -> Option<Fault> {
        reference.match_indices("fault.").find_map(|(at, mark)| {
            let (name, rest) = reference[at + mark.len()..].split_once('.')?;
            let of_kind =
                |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            let kind = Kind::named(&rest[..rest.find(|letter| !of_kind(letter)).unwrap_or(rest.len())])?;
            let fits = (name == operation.name || name == "*") && kind.happens_to(operation);
            fits.then_some(Fault::of(kind))
        })
    }

    /// Whether this can go wrong with `operation`.
    pub(crate) fn fits(&self, operation: Operation) -> bool {
        self.kind.happens_to(operation)
    }

    pub(super) fn checked(self) -> Result<Fault, FaultRefused> {
        let status_fits = self.status.is_none_or(|status| (200..600).contains(&status));
        let delay_fits = self.delay_ms.is_none_or(|delay| delay <= DELAY_MAX_MS);
        let skew_fits = self.skew_s.is_none_or(|skew| skew.unsigned_abs() <= SKEW_MAX_S);
        if status_fits && delay_fits && skew_fits { Ok(self) } else { Err(FaultRefused::Option) }
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, FaultRefused> {
    text.parse().map_err(|_| FaultRefused::Option)
}

/// A time by the provider's clock, which a fault may have put off.
pub(crate) fn by_clock(fault: Option<Fault>, now: Timestamp) -> Timestamp {
    match fault {
        Some(Fault { kind: Kind::ClockSkew, skew_s, .. }) => {
            let skew = SignedDuration::from_secs(skew_s.unwrap_or(SKEW_S).into());
            now.checked_add(skew).unwrap_or(now)
        }
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Channel, FaultRefused, Kind, Operation};
    use super::Fault;

    const REFUND: Operation = Operation { name: "refund", channel: Channel::Api, acts: &[] };
    const WEBHOOK: Operation =
        Operation { name: "webhook", channel: Channel::Webhook, acts: &[Kind::WrongKey] };

    #[track_caller]
    fn check(reference: &str, operation: Operation, expected: Option<Kind>) {
        assert_eq!(Fault::in_reference(reference, operation).map(|fault| fault.kind), expected);
    }

    #[test]
    fn reference_asks_only_for_what_can_happen_to_the_operation() {
        check("SHOP-1-fault.refund.timeout_after_execute", REFUND, Some(Kind::TimeoutAfterExecute));
        check("fault.refund.truncate-7 fault.webhook.drop_webhook", WEBHOOK, Some(Kind::DropWebhook));
        check("fault.refund.drop_webhook", REFUND, None);
        check("fault.tracking.truncate", REFUND, None);
        check("fault.refund", REFUND, None);
        check("fault.*.delay", WEBHOOK, Some(Kind::Delay));
        check("fault.*.wrong_key", WEBHOOK, Some(Kind::WrongKey));
        check("fault.*.wrong_key", REFUND, None);
    }

    #[test]
    fn header_carries_options_and_refuses_unknown_ones() {
        let fault = Fault::from_header("http_status; status=503;delay_ms=5").unwrap();
        assert_eq!((fault.kind, fault.status(), fault.delay().as_millis()), (Kind::HttpStatus, 503, 5));
        let fault = Fault::from_header("rate_limit;retry_after_s=7").unwrap();
        assert_eq!((fault.kind, fault.retry_after_s()), (Kind::RateLimit, 7));
        assert_eq!(Fault::from_header("explode"), Err(FaultRefused::UnknownKind));
        assert_eq!(Fault::from_header("delay;status=99"), Err(FaultRefused::Option));
        assert_eq!(Fault::from_header("delay;colour=red"), Err(FaultRefused::Option));
        assert_eq!(Fault::from_header("clock_skew;skew_s=-9999999"), Err(FaultRefused::Option));
    }
}
