//! The engine counts microseconds, the business reads timestamps.

use jiff::Timestamp;

/// The engine's time as a timestamp.
#[must_use]
pub fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// A timestamp as the engine's time, rounded up: a timer that fired must find its time passed.
#[must_use]
pub fn micros(time: Timestamp) -> i64 {
    let rest = time.as_nanosecond().rem_euclid(1000);
    time.as_microsecond() + i64::from(rest > 0)
}

#[cfg(test)]
mod tests {
    use super::{micros, timestamp};
    use jiff::Timestamp;

    #[test]
    fn a_time_between_two_microseconds_is_the_later_one() {
        let between = Timestamp::from_nanosecond(1_500).expect("a time");
        assert_eq!(micros(between), 2);
        assert!(timestamp(micros(between)) >= between);
        assert_eq!(micros(timestamp(7)), 7);
    }

    #[test]
    fn a_time_before_the_epoch_rounds_up_too() {
        let between = Timestamp::from_nanosecond(-1_500).expect("a time");
        assert!(timestamp(micros(between)) >= between);
    }
}
