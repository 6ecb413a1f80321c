//! Bringing a run back from its history.

use super::{Phase, Slot};
use crate::call::CallError;
use crate::clock::Micros;
use crate::fold::Fold;
use crate::history::{self, Corrupt, History, StoredRun};
use crate::lane::{Arrival, LaneTools, MessageReply, Polled, Watch};
use crate::registry::Registry;
use crate::replay::{self, Replayed, Stop};
use crate::reset;
use crate::run_id::RunId;
use crate::store::RunRow;
use crate::turn::Live;
use ordain_proto::history::v1::received::Input;

/// A run as it was read from the store.
pub(crate) struct Read {
    pub(crate) run: RunId,
    pub(crate) stored: StoredRun,
    /// Why its code is not to be polled any more.
    pub(crate) poison: Option<String>,
}

impl Slot {
    /// The history was read: bring the run back. Tells how long it is.
    pub(crate) fn loaded(&mut self, tools: &LaneTools, watch: &Watch, read: Read) -> Result<u64, Corrupt> {
        let Read { run, stored: StoredRun { since, records, row, clock }, poison } = read;
        self.fresh = true;
        let records = history::decode(&tools.vault, run, since, &records)?;
        let history = History { since, records: &records };
        // A fault that was met on a state that somebody else has gone on from meanwhile may not be met again.
        let next = history.numbered().last().map_or(1, |(newest, _)| newest + 1);
        self.stop = self.stop.take().filter(|stop| stop.is_at(next));
        if let Some(why) = poison {
            self.stop.get_or_insert(Box::new(Stop::Poison(why)));
        }
        let Replayed { fold, execution } =
            self.replayed(tools, watch, history.shortened(), (run, row.as_ref()))?;
        let seq = fold.head;
        if !fold.status.takes_turns() && matches!(self.stop.as_deref(), Some(Stop::Poison(_))) {
            self.stop = None;
        }
        self.answer_from(&fold);
        if self.take_back((tools, watch), &fold, history, (row.as_ref(), clock))? {
            return Ok(seq);
        }
        let mut left = None;
        let execution = match execution {
            Ok(execution) => Some(execution),
            Err(stop) if fold.status.takes_turns() && self.stop.is_none() && stop.is_of_another_build() => {
                tracing::warn!(%run, %stop, "a run is left to another build");
                left = Some(stop.to_string());
                None
            }
            Err(stop) => {
                if fold.status.takes_turns() && self.stop.is_none() {
                    tracing::error!(%run, %stop, "a run cannot go on and is stopped");
                    self.stop = Some(Box::new(stop));
                }
                None
            }
        };
        // A fault of the turn that is to be put on record: the code would only fail again.
        let execution = execution.filter(|_| self.stop.is_none());
        let live = Live::loaded(fold, execution, row).on_clock(clock).left_because(left);
        self.phase = Phase::Idle(Box::new(live));
        Ok(seq)
    }

    /// A run that takes no turns, or is about to be stopped, is brought back without asking its code anything: the code
    /// may be why.
    fn replayed(
        &self,
        tools: &LaneTools,
        watch: &Watch,
        history: History<'_>,
        (run, row): (RunId, Option<&RunRow>),
    ) -> Result<Replayed, Corrupt> {
        let stopped = row.is_some_and(|row| !row.status.takes_turns());
        if stopped || self.stop.is_some() {
            let unasked = replay::replay(&Registry::new(), run, history)?;
            if self.stop.is_some() || !unasked.fold.status.takes_turns() {
                return Ok(unasked);
            }
        }
        watch.polls(Polled::Run(run));
        replay::replay(&tools.registry, run, history)
    }

    /// The history was read for a reset: take the run back, or say why not.
    fn take_back(
        &mut self,
        (tools, watch): (&LaneTools, &Watch),
        now: &Fold,
        history: History<'_>,
        (row, clock): (Option<&RunRow>, Option<Micros>),
    ) -> Result<bool, Corrupt> {
        let Some((to, control, reply)) = self.reset.take().map(|reset| *reset) else { return Ok(false) };
        if !control.key.is_empty() && now.key(&control.key).is_some() {
            drop(reply.send(Ok(())));
            return Ok(false);
        }
        if to == 0 || to >= now.head {
            let text = format!("the point must be a record before the newest, which is {}", now.head);
            drop(reply.send(Err(CallError::ResetRefused(text))));
            return Ok(false);
        }
        watch.polls(Polled::Run(now.run));
        let Replayed { fold, execution } = reset::rewind(&tools.registry, now.run, history, to)?;
        let refused = reset::doubt(&fold).or_else(|| execution.as_ref().err().map(ToString::to_string));
        if let Some(text) = refused {
            drop(reply.send(Err(CallError::ResetRefused(text))));
            return Ok(false);
        }
        let live = Live::loaded(fold, execution.ok(), row.cloned()).on_clock(clock).taken_back_to(to);
        self.phase = Phase::Idle(Box::new(live));
        self.waiting.push_front(Arrival::OfPerson { input: Input::Control(control), reply, sure: true });
        Ok(true)
    }

    /// The history was read: callers whose answer is in it are told.
    fn answer_from(&mut self, fold: &Fold) {
        self.unanswered.retain(|number, callers| {
            let Some(answer) = fold.answer_to(*number) else { return true };
            for (reply, replayed) in callers.drain(..) {
                drop(reply.send(Ok(MessageReply { answer: Some(answer.clone()), replayed })));
            }
            false
        });
        if !fold.status.takes_turns() {
            self.leave_unanswered();
        }
    }

    /// What they asked for is stored, and nobody can say when it will be answered: they ask again.
    pub(super) fn leave_unanswered(&mut self) {
        for (reply, _) in std::mem::take(&mut self.unanswered).into_values().flatten() {
            drop(reply.send(Err(CallError::Unavailable)));
        }
    }
}
