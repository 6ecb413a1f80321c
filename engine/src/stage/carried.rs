//! What a stage hands on when its workflow continues with a new input.

use super::{News, OpEnd, Outstanding, Shown, Stage};
use crate::activity::StepFailure;
use crate::clock::Micros;
use crate::ctx::Cancellation;
use crate::store::Attributes;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::person_acted::Act;
use ordain_proto::history::v1::received::Input;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Stage {
    /// A stage for code that goes on where other code left, its next turn at `now`. A timer that the wait for the next
    /// event races keeps its identity as long as it is among `timers`.
    pub(crate) fn going_on(
        start: &wire::Start,
        carried: &wire::Carried,
        timers: &BTreeMap<u64, Micros>,
    ) -> Self {
        let deadline = timers.get(&carried.deadline).map(|due| (carried.deadline, *due));
        let slept: BTreeMap<_, _> =
            timers.keys().filter(|op| **op != carried.deadline).map(|op| (*op, None)).collect();
        let fired = carried.fired.iter().map(|op| (*op, Some((0, OpEnd::Timer))));
        let awaited: BTreeMap<_, _> = slept.into_iter().chain(fired).collect();
        let outstanding = carried
            .outstanding
            .iter()
            .map(|step| (step.op, Outstanding { kind: step.kind.clone(), key: step.key.clone() }));
        let cancelled = carried
            .cancelled
            .as_ref()
            .map(|by| (0, Cancellation { actor: by.actor.clone(), reason: by.reason.clone() }));
        let attributes = Attributes {
            owner: carried.owner.clone(),
            state: carried.state.clone(),
            flags: carried.flags.clone(),
            ..Attributes::default()
        };
        Self {
            next_op: carried.next_op,
            draws: carried.draws,
            unclaimed: awaited.keys().copied().collect(),
            awaited,
            deadline,
            outstanding: outstanding.collect(),
            cancelled,
            shown: Arc::new(Shown { view: carried.view.clone(), attributes }),
            ..Self::new(start.seed.clone(), 0)
        }
    }

    /// What code that goes on after this one must know.
    pub(crate) fn carried(&self) -> wire::Carried {
        let fired = self.awaited.iter().filter(|(_, end)| matches!(end, Some((_, OpEnd::Timer))));
        let outstanding = self.outstanding.iter().map(|(op, step)| wire::Outstanding {
            op: *op,
            kind: step.kind.clone(),
            key: step.key.clone(),
        });
        let cancelled = self.cancelled.as_ref().map(|(_, by)| wire::Control {
            kind: Kind::Cancel.into(),
            actor: by.actor.clone(),
            reason: by.reason.clone(),
            key: String::new(),
        });
        wire::Carried {
            next_op: self.next_op,
            draws: self.draws,
            deadline: self.deadline.map_or(0, |(op, _)| op),
            fired: fired.map(|(op, _)| *op).collect(),
            outstanding: outstanding.collect(),
            cancelled,
            view: self.shown.view.clone(),
            owner: self.shown.attributes.owner.clone(),
            state: self.shown.attributes.state.clone(),
            flags: self.shown.attributes.flags.clone(),
        }
    }

    /// What was delivered and the workflow has not taken, in the order of delivery, as it was received. A deadline is
    /// not among it: whoever waits for that time again finds it passed.
    pub(crate) fn not_taken(&self) -> Vec<(u64, Input)> {
        let ends = self.awaited.iter().filter_map(|(op, end)| match end {
            Some((arrival, OpEnd::Step { received, end })) => Some((*arrival, *received, ended(*op, end))),
            Some((_, OpEnd::Timer)) | None => None,
        });
        let news = self.news.iter().filter_map(|(arrival, news)| match news {
            News::Message { received, message } => {
                Some((*arrival, *received, Input::Message(message.clone())))
            }
            News::StepEnded { received, step, end } => Some((*arrival, *received, ended(*step, end))),
            News::StepParked { received, step, why, outcome_unknown } => {
                Some((*arrival, *received, parked(*step, why, *outcome_unknown)))
            }
            News::StepSentAgain { received, step } => {
                Some((*arrival, *received, acted(*step, Act::Retry, None)))
            }
            News::Deadline => None,
        });
        let mut all: Vec<_> = ends.chain(news).collect();
        all.sort_by_key(|(arrival, ..)| *arrival);
        all.into_iter().map(|(_, received, input)| (received, input)).collect()
    }

    /// Steps of which the workflow wants to hear nothing more.
    pub(crate) const fn dropped(&self) -> &BTreeSet<u64> {
        &self.dropped
    }
}

fn ended(op: u64, end: &Result<Vec<u8>, StepFailure>) -> Input {
    match end {
        Ok(output) => {
            let output_json = output.clone();
            Input::StepEnded(wire::StepEnded { op, attempt: 0, output_json, late: false })
        }
        Err(StepFailure::Skipped { actor, reason }) => acted(op, Act::Skip, Some((actor, reason))),
    }
}

fn parked(op: u64, why: &str, outcome_unknown: bool) -> Input {
    let reason = why.to_owned();
    Input::StepParked(wire::StepParked { op, attempt: 0, reason, outcome_unknown })
}

fn acted(op: u64, act: Act, who: Option<(&String, &String)>) -> Input {
    let (actor, reason) = who.map(|(actor, reason)| (actor.clone(), reason.clone())).unwrap_or_default();
    Input::PersonActed(wire::PersonActed { op, act: act.into(), actor, reason, ..Default::default() })
}
