//! Steps that nobody is carrying out.
//!
//! Three kinds: those of a process that is gone, those that their process gave back, and those that this very process
//! intended and never began, since their record was stored and refused all the same, or their lane was given up before
//! it heard of it.
//!
//! A step that is late is none of them while its process lives: that one keeps the step's deadlines itself, and ends every
//! attempt. Taken away from it by another's clock, a step could have its effect twice.

use crate::fold::{NOBODY, OpenStep};
use crate::peers::Standing;
use crate::store::RunStatus;
use crate::turn::{Live, Turner};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::received::Input;
use std::collections::BTreeSet;

/// What was found.
#[derive(Default)]
pub(super) struct Orphans {
    /// To be put on record: this process carries them out.
    pub(super) taken: Vec<Input>,
    /// Of a process that may be gone, nobody knows yet.
    pub(super) undecided: bool,
}

impl Orphans {
    /// Looks at the steps of a run of which this process has `under_way` in hand.
    pub(super) fn of(live: &Live, under_way: &BTreeSet<u64>, turner: &Turner<'_>) -> Self {
        let (mut orphans, fold) = (Self::default(), &live.fold);
        if fold.status == RunStatus::Closed || live.left.is_some() || !turner.peers.takes_over() {
            return orphans;
        }
        for (op, step) in fold.steps.iter().filter(|(_, step)| step.parked.is_none()) {
            match standing(*op, step, under_way, turner) {
                Standing::Living => {}
                Standing::Doubtful => orphans.undecided = true,
                Standing::Gone => {
                    let taken = wire::TakenOver { op: *op, from_incarnation: step.performer };
                    orphans.taken.push(Input::TakenOver(taken));
                }
            }
        }
        orphans
    }
}

/// How whoever performs the step stands.
fn standing(op: u64, step: &OpenStep, under_way: &BTreeSet<u64>, turner: &Turner<'_>) -> Standing {
    match step.performer {
        NOBODY => Standing::Gone,
        own if own == turner.incarnation && under_way.contains(&op) => Standing::Living,
        own if own == turner.incarnation => Standing::Gone,
        other => turner.peers.standing(other),
    }
}
