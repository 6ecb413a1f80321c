//! Which times a cron expression names. Pure: the time is given.

use super::ScheduleSpec;
use crate::clock::Micros;
use cronexpr::{Crontab, MakeTimestamp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A time that has just come is not missed, however long its node took to look.
const CATCH_UP_MIN: Micros = 60_000_000;
/// Times that one look makes up for; of more, the newest.
const DUE_MAX: usize = 100;
/// Missed times are counted so far and no further: after a year's absence the number helps nobody.
const MISSED_MAX: u64 = 10_000;

/// The times of a schedule.
pub struct Calendar {
    crontab: Crontab,
    catch_up: Micros,
}

/// What a look at the calendar came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Times that came and are to fire, oldest first.
    pub due: Vec<Micros>,
    /// Times that came too long ago.
    pub missed: u64,
    /// The next time to come; none if there is none for centuries.
    pub next: Option<Micros>,
    /// Why there are no times at all; empty if there are.
    pub fault: String,
}

impl Calendar {
    /// The calendar of a schedule.
    ///
    /// # Errors
    /// Says what is wrong with the expression or the zone.
    pub fn of(spec: &ScheduleSpec) -> Result<Self, String> {
        // The zone is a field of ours, so that none can be smuggled in with the expression.
        if spec.cron.split_whitespace().count() != 5 {
            return Err(format!("`{}` is no cron expression of five fields", spec.cron));
        }
        let crontab = cronexpr::parse_crontab(&format!("{} {}", spec.cron, spec.zone));
        let crontab = crontab.map_err(|error| error.to_string())?;
        Ok(Self { crontab, catch_up: spec.catch_up_us.max(CATCH_UP_MIN) })
    }

    /// What fell due from `from` to `now`, both included, and what comes next.
    #[must_use]
    pub fn plan(&self, from: Micros, now: Micros) -> Plan {
        let window = now.saturating_sub(self.catch_up);
        let missed = self.times(from).take_while(|at| *at < window && *at <= now);
        let missed = missed.take(usize::try_from(MISSED_MAX).unwrap_or(usize::MAX)).count() as u64;
        let mut due: Vec<Micros> = self.times(from.max(window)).take_while(|at| *at <= now).collect();
        let more = due.len().saturating_sub(DUE_MAX);
        due.drain(..more);
        let missed = missed + more as u64;
        Plan { due, missed, next: self.times(now + 1).next(), fault: String::new() }
    }

    /// The times from `from` on.
    fn times(&self, from: Micros) -> impl Iterator<Item = Micros> + '_ {
        let mut after = Timestamp::from_microsecond(from - 1).ok();
        std::iter::from_fn(move || {
            let next = self.crontab.find_next(MakeTimestamp(after?)).ok()?.timestamp();
            after = Some(next);
            Some(next.as_microsecond())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Micros, Plan};
    use crate::schedule::{Overlap, ScheduleSpec};
    use jiff::Timestamp;

    fn spec(cron: &str, zone: &str) -> ScheduleSpec {
        ScheduleSpec {
            job: "any".into(),
            input: serde_json::Value::Null,
            cron: cron.into(),
            zone: zone.into(),
            overlap: Overlap::Skip,
            catch_up_us: 3_600_000_000,
            jitter_us: 0,
        }
    }

    fn at(text: &str) -> Micros {
        text.parse::<Timestamp>().expect("a time").as_microsecond()
    }

    fn plan(cron: &str, zone: &str, from: &str, now: &str) -> Plan {
        Calendar::of(&spec(cron, zone)).expect("a calendar").plan(at(from), at(now))
    }

    #[test]
    fn times_within_the_window_are_due_and_older_ones_missed() {
        let plan = plan("*/30 * * * *", "UTC", "2026-03-01T06:00:00Z", "2026-03-01T09:10:00Z");
        assert_eq!(plan.due, [at("2026-03-01T08:30:00Z"), at("2026-03-01T09:00:00Z")]);
        assert_eq!((plan.missed, plan.next), (5, Some(at("2026-03-01T09:30:00Z"))));
    }

    #[test]
    fn time_that_comes_this_instant_is_due() {
        let plan = plan("0 9 * * *", "UTC", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z");
        assert_eq!((plan.due, plan.missed), (vec![at("2026-03-01T09:00:00Z")], 0));
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let plan = plan("0 9 * * *", "Asia/Dubai", "2026-03-01T05:30:00Z", "2026-03-01T05:30:00Z");
        assert_eq!((plan.due, plan.next), (Vec::new(), Some(at("2026-03-02T05:00:00Z"))));
    }

    #[test]
    fn long_absence_is_not_made_up_for_without_end() {
        let mut year = spec("* * * * *", "UTC");
        year.catch_up_us = i64::MAX;
        let plan = Calendar::of(&year)
            .expect("a calendar")
            .plan(at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
        assert_eq!((plan.due.len(), plan.missed), (100, 1_341));
        assert_eq!(plan.due.last(), Some(&at("2026-03-02T00:00:00Z")));
    }

    #[test]
    fn what_is_no_calendar_is_refused_with_a_reason() {
        for (cron, zone) in [
            ("every day", "UTC"),
            ("61 * * * *", "UTC"),
            ("* * * * *", "Mars/Olympus"),
            ("* * * * * UTC", ""),
        ] {
            assert!(Calendar::of(&spec(cron, zone)).is_err(), "{cron} {zone}");
        }
    }
}
