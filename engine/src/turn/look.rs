//! When a run must be looked at again though nothing arrives for it.

use super::Live;
use crate::clock::Micros;
use crate::fold::NOBODY;

/// A run with a step under way is looked at again after this long, in case its performer is gone.
pub(crate) const STEP_LOOK: Micros = 10_000_000;
/// The row's `wake_at` is a lower bound and may lag by this much, so that a burst of turns writes it once.
const WAKE_LAG: Micros = 10_000_000;

impl Live {
    /// Whether a turn without anything new has something to do.
    pub(crate) fn has_work(&self, now: Micros, woken: bool) -> bool {
        let fold = &self.fold;
        if self.left.is_some() {
            return false;
        }
        let deliverable = self.execution.is_some() && fold.status.takes_turns();
        let due = deliverable && (fold.next_undelivered().is_some() || self.is_due(now));
        // Looked at as its row asked, and nothing was due: only a record may move the row's time later.
        let awaited = if fold.has_clock() {
            self.is_only_claimed()
        } else {
            fold.wake_at.is_some_and(|wake_at| wake_at <= now)
        };
        due || (woken && awaited)
    }

    /// Whether a timer is due.
    fn is_due(&self, now: Micros) -> bool {
        self.fold.next_due(self.clock.unwrap_or(now)).is_some()
    }

    /// Whether a claim is all that keeps its row awake.
    fn is_only_claimed(&self) -> bool {
        let claimed = self.written.as_ref().is_some_and(|written| written.wake_at.is_some());
        self.clock.is_some() && claimed && self.next_look().is_none()
    }

    /// When the run must be looked at again though nothing arrives.
    pub(super) fn next_look(&self) -> Option<Micros> {
        if !self.fold.status.takes_turns() {
            return None;
        }
        if self.left.is_some() {
            // At once, by a newer build; no other one is given it.
            return Some(self.fold.time);
        }
        let under_way = || self.fold.steps.values().filter(|step| step.parked.is_none());
        let given_back = under_way().any(|step| step.performer == NOBODY);
        let wait = if given_back { 0 } else { STEP_LOOK };
        let look = under_way().next().map(|_| self.fold.time + wait);
        // What waits to be shown is shown next, by whoever is alive then: a run that was just let go on waits so.
        let now = self.fold.next_undelivered().map(|_| self.fold.time);
        // A timer by a clock of the run's own stands in the row apart; but one that is due is taken up again at once.
        let timer = if self.fold.has_clock() {
            self.fold.next_due(self.fold.own_time).map(|_| self.fold.time)
        } else {
            self.fold.first_timer()
        };
        [timer, look, now].into_iter().flatten().min()
    }
}

/// Whether the row's lower bound may stay as it is: ahead, early enough, and not so early that looking is a waste.
pub(super) const fn still_good(written: Option<Micros>, due: Option<Micros>, now: Micros) -> bool {
    match (written, due) {
        (Some(written), Some(due)) => now < written && written <= due && due - written <= WAKE_LAG,
        (None, None) => true,
        _ => false,
    }
}
