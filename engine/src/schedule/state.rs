//! What a schedule does when something happens: the run's state and, as JSON, its view. Pure: effects are returned.

use super::calendar::Plan;
use super::{Overlap, Report, ScheduleAnswer, ScheduleSpec};
use crate::clock::Micros;
use crate::ctx::StepId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Firings that are kept to be shown; the history has them all.
const RECENT_MAX: usize = 10;
/// What is kept of a report: a run's view is written whenever it changes.
const FINDINGS_MAX: usize = 50;
/// Bytes of one line of it, and of a reason.
const LINE_MAX: usize = 500;

/// A schedule as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// What is done when, and how.
    pub spec: ScheduleSpec,
    /// Since when nothing fires by itself, by whom and why.
    pub paused: Option<Paused>,
    /// The next time that the calendar names.
    pub next_at: Option<Micros>,
    /// When that one begins: the same, and some jitter.
    pub fires_at: Option<Micros>,
    /// Why there is no next time; empty if there is.
    pub fault: String,
    /// Firings under way, by their steps.
    pub under_way: BTreeMap<StepId, Firing>,
    /// The one that waits for the end of the one under way.
    pub waiting: Option<Firing>,
    /// Firings so far.
    pub fired: u64,
    /// Times that did not fire because a firing was under way.
    pub skipped: u64,
    /// Times that came while nobody was there, too long ago to make up for.
    pub missed: u64,
    /// Firings that failed.
    pub failed: u64,
    /// What came of the last ones, newest first.
    pub recent: VecDeque<Firing>,
}

/// Why nothing fires by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub since: Micros,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// One firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// From 1.
    pub number: u64,
    /// For which time.
    pub due: Micros,
    /// Who asked for it and why, if it was a person.
    pub asked_by: Option<AskedBy>,
    /// When it began.
    pub began: Option<Micros>,
    /// When it ended.
    pub ended: Option<Micros>,
    /// What came of it.
    pub report: Option<Report>,
}

/// Who asked for a firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBy {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl Schedule {
    /// A schedule that has never fired and has no next time yet.
    #[must_use]
    pub const fn new(spec: ScheduleSpec) -> Self {
        Self {
            spec,
            paused: None,
            next_at: None,
            fires_at: None,
            fault: String::new(),
            under_way: BTreeMap::new(),
            waiting: None,
            fired: 0,
            skipped: 0,
            missed: 0,
            failed: 0,
            recent: VecDeque::new(),
        }
    }

    /// These times came, and so many more are too long ago. Returns what fires.
    pub(super) fn times_came(&mut self, due: &[Micros], missed: u64) -> Vec<Firing> {
        self.missed += missed;
        let mut begin = Vec::new();
        for due in due {
            let busy = !self.under_way.is_empty() || !begin.is_empty();
            match self.spec.overlap {
                Overlap::Skip if busy => self.skipped += 1,
                Overlap::BufferOne if busy && self.waiting.is_some() => self.skipped += 1,
                Overlap::BufferOne if busy => self.waiting = Some(self.next_firing(*due, None)),
                Overlap::Skip | Overlap::BufferOne | Overlap::Allow => {
                    begin.push(self.next_firing(*due, None));
                }
            }
        }
        begin
    }

    /// Somebody wants it to fire now. Returns what fires, and what is answered.
    pub(super) fn trigger(
        &mut self,
        now: Micros,
        actor: &str,
        reason: &str,
    ) -> (Option<Firing>, ScheduleAnswer) {
        let busy = !self.under_way.is_empty();
        let refused = |why: &str| (None, ScheduleAnswer::Refused { why: why.to_owned() });
        let asked_by = Some(AskedBy { actor: actor.to_owned(), reason: cut(reason) });
        match self.spec.overlap {
            Overlap::Skip if busy => refused("a firing is under way"),
            Overlap::BufferOne if busy && self.waiting.is_some() => {
                refused("a firing is under way, and another one waits for its end")
            }
            Overlap::BufferOne if busy => {
                let firing = self.next_firing(now, asked_by);
                let number = firing.number;
                self.waiting = Some(firing);
                (None, ScheduleAnswer::Fires { number, waits: true })
            }
            Overlap::Skip | Overlap::BufferOne | Overlap::Allow => {
                let firing = self.next_firing(now, asked_by);
                let number = firing.number;
                (Some(firing), ScheduleAnswer::Fires { number, waits: false })
            }
        }
    }

    /// Nothing fires by itself from now on. One that is paused already keeps its first reason.
    pub(super) fn pause(&mut self, now: Micros, actor: &str, reason: &str) {
        let paused = Paused { since: now, actor: actor.to_owned(), reason: cut(reason) };
        self.paused.get_or_insert(paused);
        (self.next_at, self.fires_at) = (None, None);
    }

    /// A firing is on its way.
    pub(super) fn begun(&mut self, step: StepId, now: Micros, firing: Firing) {
        self.under_way.insert(step, Firing { began: Some(now), ..firing });
    }

    /// A firing is over. Returns the one that waited for that.
    pub(super) fn ended(&mut self, step: StepId, now: Micros, mut report: Report) -> Option<Firing> {
        report.summary = cut(&report.summary);
        report.findings.truncate(FINDINGS_MAX);
        report.findings.iter_mut().for_each(|line| *line = cut(line));
        let firing = self.under_way.remove(&step)?;
        self.failed += u64::from(!report.ok);
        self.recent.push_front(Firing { ended: Some(now), report: Some(report), ..firing });
        self.recent.truncate(RECENT_MAX);
        if self.under_way.is_empty() { self.waiting.take() } else { None }
    }

    /// The next time is this one, begun so much later.
    pub(super) fn aim_at(&mut self, plan: &Plan, later: Micros) {
        self.fault.clone_from(&plan.fault);
        let next = plan.next.filter(|_| self.paused.is_none());
        self.next_at = next;
        self.fires_at = next.map(|at| at.saturating_add(later));
    }

    fn next_firing(&mut self, due: Micros, asked_by: Option<AskedBy>) -> Firing {
        self.fired += 1;
        Firing { number: self.fired, due, asked_by, began: None, ended: None, report: None }
    }
}

fn cut(line: &str) -> String {
    line[..line.floor_char_boundary(LINE_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Overlap, Report, Schedule, ScheduleAnswer, ScheduleSpec, StepId};

    fn schedule(overlap: Overlap) -> Schedule {
        Schedule::new(ScheduleSpec {
            job: "any".into(),
            input: serde_json::Value::Null,
            cron: "* * * * *".into(),
            zone: "UTC".into(),
            overlap,
            catch_up_us: 0,
            jitter_us: 0,
        })
    }

    /// Of three times that came at once: which begin, which one waits, and how many are skipped.
    #[track_caller]
    fn check(overlap: Overlap, begin: &[u64], waits: Option<u64>, skipped: u64) {
        let mut schedule = schedule(overlap);
        let begun: Vec<u64> = schedule.times_came(&[1, 2, 3], 0).iter().map(|firing| firing.number).collect();
        let waiting = schedule.waiting.as_ref().map(|firing| firing.number);
        assert_eq!((&begun[..], waiting, schedule.skipped), (begin, waits, skipped));
    }

    #[test]
    fn overlap_decides_what_becomes_of_times_that_come_together() {
        check(Overlap::Skip, &[1], None, 2);
        check(Overlap::BufferOne, &[1], Some(2), 1);
        check(Overlap::Allow, &[1, 2, 3], None, 0);
    }

    #[test]
    fn one_that_waits_begins_when_the_other_ends() {
        let mut schedule = schedule(Overlap::BufferOne);
        let first = schedule.times_came(&[1], 0).pop().expect("nothing is under way");
        schedule.begun(StepId(7), 1, first);
        assert!(schedule.times_came(&[2], 0).is_empty());
        let report = Report { ok: false, ..Report::default() };
        let next = schedule.ended(StepId(7), 3, report).map(|firing| firing.number);
        assert_eq!((next, schedule.failed, schedule.recent.len()), (Some(2), 1, 1));
    }

    #[test]
    fn trigger_is_refused_while_a_firing_is_under_way_that_nothing_overlaps() {
        let mut schedule = schedule(Overlap::Skip);
        let (first, answer) = schedule.trigger(5, "ada", "at once");
        assert_eq!(answer, ScheduleAnswer::Fires { number: 1, waits: false });
        schedule.begun(StepId(7), 5, first.expect("it fires"));
        let (second, answer) = schedule.trigger(6, "ada", "again");
        assert!(second.is_none() && matches!(answer, ScheduleAnswer::Refused { .. }), "{answer:?}");
    }
}
