//! Settling an attempt of unknown outcome by asking the other side.
//!
//! "Found" settles it at any time. "Absent" says little while the request may still sit in a socket's buffer, a paused
//! process or the other side's queue: it proves only after the policy's time, counted from the end of an attempt that
//! this very process made and hung up on. What cannot be settled waits for a person.

use super::{Performer, Tried, backoff, cx, micros, too_large};
use crate::activity::{LookUp, OnUnknown, Policy};
use crate::bounds::OUTPUT_MAX;
use crate::clock::Micros;
use crate::downstream::Said;
use crate::turn::StepJob;
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// Questions that settled nothing before a person is asked; while absence may still come to prove something, more.
const LOOKS_MAX: u32 = 5;

enum Settled {
    Found(Vec<u8>),
    Absent,
    Unsettled(String),
}

impl Performer {
    /// Settles what is unknown, if that is the step's way. False if that ended or parked the step.
    pub(super) async fn settled(&self, job: &StepJob, policy: &Policy, tried: &mut Tried) -> bool {
        let OnUnknown::LookUp { absent_proves_after } = policy.on_unknown else { return true };
        if !tried.unknown {
            return true;
        }
        let proves_from = tried
            .ended
            .zip(absent_proves_after)
            .map(|((ended, _), after)| ended.saturating_add(micros(after)));
        match self.settle(job, policy, tried, proves_from).await {
            Settled::Found(output) if output.len() > OUTPUT_MAX => {
                self.parked(job, tried.attempt.max(1), too_large(output.len()), true);
                false
            }
            Settled::Found(output) => {
                self.ended(job, tried.attempt.max(1), output);
                false
            }
            Settled::Absent => {
                tried.unknown = false;
                true
            }
            Settled::Unsettled(why) => {
                self.parked(job, tried.attempt.max(1), why, true);
                false
            }
        }
    }

    async fn settle(
        &self,
        job: &StepJob,
        policy: &Policy,
        tried: &Tried,
        proves_from: Option<Micros>,
    ) -> Settled {
        let (mut looks, clock) = (0, &self.0.parts.clock);
        loop {
            looks += 1;
            let (now, pause) = (clock.monotonic(), micros(backoff(job, looks)));
            // Absence is asked for once more as soon as it proves something, not a whole pause later.
            let proves_in = proves_from.map(|from| from - now).filter(|span| *span > 0);
            clock.pause(proves_in.map_or(pause, |span| span.min(pause))).await;
            let asked = clock.monotonic();
            let why = match self.look(job, policy, tried.attempt.max(1)).await {
                LookUp::Found(output) => return Settled::Found(output),
                LookUp::Absent if proves_from.is_some_and(|from| asked >= from) => return Settled::Absent,
                LookUp::Absent => "it was not found, which proves nothing yet".into(),
                LookUp::Unknown { why } => why,
            };
            let may_prove_later = proves_from.is_some_and(|from| asked < from);
            if looks >= LOOKS_MAX && !may_prove_later {
                return Settled::Unsettled(format!("{}; looked it up {looks} times: {why}", tried.why));
            }
        }
    }

    async fn look(&self, job: &StepJob, policy: &Policy, attempt: u32) -> LookUp<Vec<u8>> {
        let Some(look_up) = self.0.parts.registry.find_look_up(&job.kind) else {
            return LookUp::Unknown { why: "this build cannot look it up".into() };
        };
        let (permit, downstream) = self.permits(policy).await;
        let running = async {
            match look_up(cx(job, attempt), &job.input) {
                Ok(running) => running.await,
                Err(why) => LookUp::Unknown { why },
            }
        };
        let guarded = tokio::time::timeout(policy.timeout, AssertUnwindSafe(running).catch_unwind());
        let (found, said) = match guarded.await {
            Ok(Ok(found @ LookUp::Unknown { .. })) => (found, Said::Failed),
            Ok(Ok(found)) => (found, Said::Answered),
            Ok(Err(_)) => (LookUp::Unknown { why: "the look-up panicked".into() }, Said::Nothing),
            Err(_) => (no_answer(policy.timeout), Said::Failed),
        };
        drop(permit);
        if let Some(permit) = downstream {
            permit.ended(said);
        }
        found
    }
}

fn no_answer(timeout: Duration) -> LookUp<Vec<u8>> {
    LookUp::Unknown { why: format!("no answer within {timeout:?}") }
}
