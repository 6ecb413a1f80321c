//! The counters as this process has seen them move.

use super::LAPSE;
use crate::clock::Micros;
use std::collections::BTreeMap;

/// A counter that stands still for so long makes its owner worth another look soon: two beats and some delay.
const SUSPECT: Micros = 2_500_000;
/// Processes that were asked for and are not in the table; a few restarts' worth, since each is forgotten cheaply.
const ASKED_MAX: usize = 1024;

/// How another process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It carries out what it has begun.
    Living,
    /// It will be judged within the next seconds.
    Doubtful,
    /// It is gone for good: what it had begun is anybody's.
    Gone,
}

/// What was heard. All times are this process's own monotonic ones.
#[derive(Debug, Default)]
pub(super) struct Table {
    seen: BTreeMap<u64, Seen>,
    /// Since when this process's beats have gone through without a gap.
    since: Micros,
    /// When the newest of them was sent; none before the first.
    newest: Option<Micros>,
    /// Since when somebody has asked for a process that is not in the table.
    asked: BTreeMap<u64, Micros>,
}

#[derive(Debug)]
struct Seen {
    beats: u64,
    /// When the store's answer with this count first came.
    at: Micros,
}

impl Table {
    /// Takes note of the store's answer to a beat. After a `gap` everybody has a whole lapse again.
    pub(super) fn heard(&mut self, peers: &[(u64, u64)], sent: Micros, heard: Micros, gap: bool) {
        if gap {
            self.since = sent;
        }
        self.newest = Some(sent);
        self.seen.retain(|incarnation, _| peers.iter().any(|(named, _)| named == incarnation));
        for (incarnation, beats) in peers {
            self.asked.remove(incarnation);
            let seen = self.seen.entry(*incarnation).or_insert(Seen { beats: *beats, at: heard });
            if seen.beats != *beats {
                *seen = Seen { beats: *beats, at: heard };
            }
        }
    }

    /// Judges a process that is not this one.
    pub(super) fn judge(&mut self, incarnation: u64, now: Micros) -> Standing {
        let Some(newest) = self.newest else { return Standing::Doubtful };
        let may_judge = newest - self.since >= LAPSE;
        let Some(seen) = self.seen.get(&incarnation) else {
            if self.asked.len() >= ASKED_MAX {
                self.asked.clear();
            }
            // It may have come after the newest answer was given: only one that was asked for later says it is gone.
            let asked = *self.asked.entry(incarnation).or_insert(now);
            return if may_judge && newest > asked { Standing::Gone } else { Standing::Doubtful };
        };
        let still = newest - seen.at.max(self.since);
        match still {
            LAPSE.. if may_judge => Standing::Gone,
            _ if newest - seen.at >= SUSPECT => Standing::Doubtful,
            _ => Standing::Living,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    /// Beats once a second, each answered at once, with what the store says of process 7 at that second; then judges it.
    #[track_caller]
    fn check(beats_of_7: &[Option<u64>], expected: Standing) {
        let mut table = Table::default();
        for (second, beats) in (0..).zip(beats_of_7) {
            let peers = Vec::from_iter(beats.map(|beats| (7, beats)));
            table.heard(&peers, second * SECOND, second * SECOND, second == 0);
            // Asked for from the first moment on.
            table.judge(7, second * SECOND);
        }
        let now = Micros::try_from(beats_of_7.len()).expect("a few") * SECOND;
        assert_eq!(table.judge(7, now), expected, "{beats_of_7:?}");
    }

    #[test]
    fn a_counter_that_moves_is_alive() {
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9].map(Some), Standing::Living);
        check(&[1, 2, 3, 4, 5, 6, 7, 7, 7].map(Some), Standing::Living);
    }

    #[test]
    fn a_counter_that_stands_still_for_a_lapse_is_gone() {
        check(&[1, 2, 3, 3, 3, 3].map(Some), Standing::Doubtful);
        check(&[1, 2, 3, 3, 3, 3, 3, 3].map(Some), Standing::Doubtful);
        check(&[1, 2, 3, 3, 3, 3, 3, 3, 3].map(Some), Standing::Gone);
    }

    #[test]
    fn who_is_not_named_is_gone_once_this_process_may_judge() {
        check(&[None; 6], Standing::Doubtful);
        check(&[None; 7], Standing::Gone);
        check(&[Some(1), None, None, None, None, None, None], Standing::Gone);
    }

    #[test]
    fn who_came_after_the_newest_answer_is_not_gone() {
        let mut table = Table::default();
        for second in 0..=9 {
            table.heard(&[], second * SECOND, second * SECOND, second == 0);
        }
        assert_eq!(table.judge(7, 9 * SECOND + 1), Standing::Doubtful);
        table.heard(&[(7, 1)], 10 * SECOND, 10 * SECOND, false);
        assert_eq!(table.judge(7, 10 * SECOND), Standing::Living);
    }

    #[test]
    fn after_a_gap_of_its_own_a_process_judges_nobody_for_a_lapse() {
        let mut table = Table::default();
        for second in 0..=9 {
            table.heard(&[(7, 1)], second * SECOND, second * SECOND, second == 0);
        }
        assert_eq!(table.judge(7, 9 * SECOND), Standing::Gone);
        for second in 30..=35 {
            table.heard(&[(7, 1)], second * SECOND, second * SECOND, second == 30);
            assert_eq!(table.judge(7, second * SECOND), Standing::Doubtful);
        }
        table.heard(&[(7, 2)], 36 * SECOND, 36 * SECOND, false);
        assert_eq!(table.judge(7, 36 * SECOND), Standing::Living, "it had been cut off like us");
    }
}
