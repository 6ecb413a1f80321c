//! Points in time and spans of it, as people read them. Always UTC, so that two people see the same.

use prost_types::Timestamp;
use std::time::Duration;

/// `2026-03-01 09:30:00.123Z`, or nothing.
#[must_use]
pub fn instant(at: Option<&Timestamp>) -> String {
    let known = at.and_then(|at| jiff::Timestamp::new(at.seconds, at.nanos).ok());
    known.map(|at| at.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string()).unwrap_or_default()
}

/// Reads RFC 3339: `2026-03-01T09:30:00Z`.
///
/// # Errors
/// Says what would be right.
pub fn read(text: &str) -> Result<Timestamp, String> {
    let at: jiff::Timestamp =
        text.parse().map_err(|_| format!("`{text}` is no time; write 2026-03-01T09:30:00Z"))?;
    Ok(Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
}

/// Reads a span: `500ms`, `30s`, `5m`, `2h`, `30d`.
///
/// # Errors
/// Says what would be right.
pub fn span(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    let span =
        milliseconds.zip(number.parse::<u64>().ok()).and_then(|(unit, number)| number.checked_mul(unit));
    span.map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is no span of time; write 30s, 5m, 2h or 30d"))
}

/// `0.342 s`, `12.3 s`, `4 min 10 s`.
#[must_use]
pub fn lasted(span: Duration) -> String {
    let (seconds, milliseconds) = (span.as_secs(), span.subsec_millis());
    match seconds {
        0..10 => format!("{seconds}.{milliseconds:03} s"),
        10..120 => format!("{seconds}.{} s", milliseconds / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{instant, lasted, read, span};
    use std::time::Duration;

    #[test]
    fn spans_need_a_unit() {
        assert_eq!(span("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for bad in ["", "5", "m", "5w", "-1s", "99999999999999999999h"] {
            assert!(span(bad).is_err(), "{bad} is no span");
        }
    }

    #[test]
    fn instants_round_trip() {
        let at = read("2026-03-01T09:30:00.123Z").unwrap();
        assert_eq!(instant(Some(&at)), "2026-03-01 09:30:00.123Z");
        assert!(read("yesterday").is_err());
    }

    #[test]
    fn long_spans_are_told_roughly() {
        assert_eq!(lasted(Duration::from_millis(1_042)), "1.042 s");
        assert_eq!(lasted(Duration::from_millis(61_990)), "61.9 s");
        assert_eq!(lasted(Duration::from_secs(250)), "4 min 10 s");
    }
}
