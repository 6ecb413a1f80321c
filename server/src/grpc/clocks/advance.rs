//! Moving a clock: from timer to timer, and each time until everything due has happened.
//!
//! ```text
//! settle ─▶ the first thing due, here or over there ─▶ stand there: our clock, then theirs ─▶ wake ─▶ settle ─▶ …
//! ```
//! Each stop is on record before anything acts on it. Whoever is interrupted leaves the clock where it stands; the next
//! advance begins by settling there. Of two who advance at a time one moves it at each stop, and the other is refused.

use super::{OpenClock, from_simulator, next_due, orders_named};
use crate::grpc::{Api, answer, orders, refusal};
use jiff::Timestamp;
use ordain_engine::RunId;
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::advance_test_clock_request::Destination;
use ordain_workflows::clock_workflow::{ClockAnswer, ClockMessage, Goal};
use ordain_workflows::time::{micros, timestamp};
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Code, Status};

/// Between two looks at what is under way. A step at a simulator takes about as long.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Stops on the way, where nothing is said: a month of hourly polls.
const STEPS_DEFAULT: u32 = 1_000;

/// A time at which something was due, and whose timers fired then.
pub(super) struct Stop {
    at: i64,
    fired: Vec<RunId>,
}

impl Stop {
    /// As the API tells it.
    pub(super) fn told(self, clock: &OpenClock) -> proto::TestClockStop {
        let time = Some(answer::time(timestamp(self.at)));
        proto::TestClockStop { time, fired: orders_named(&clock.clock, &self.fired) }
    }
}

/// Who moves a clock, and until when.
pub(super) struct Mover<'a> {
    api: &'a Api,
    clock: &'a OpenClock,
    actor: String,
    until: Instant,
}

impl<'a> Mover<'a> {
    /// Of somebody who has that much patience.
    pub(super) fn new(api: &'a Api, clock: &'a OpenClock, (actor, patience): (String, Duration)) -> Self {
        Self { api, clock, actor, until: Instant::now() + patience }
    }

    /// Moves the clock as far as patience, and the number of stops, allow.
    pub(super) async fn advance(
        &self,
        request: &proto::AdvanceTestClockRequest,
    ) -> Result<Vec<Stop>, Status> {
        let steps = match u32::try_from(request.max_steps) {
            Ok(0) => STEPS_DEFAULT,
            Ok(steps) => steps,
            Err(_) => return Err(refusal::field("max_steps", "zero for the default, or more")),
        };
        let mut stands_at = self.clock.clock.stands_at;
        let mut stops = Vec::new();
        // What an advance before this one left undone.
        let mut settled = self.settle(stands_at, &mut stops).await?;
        let Some(target) = self.target(request).await? else { return Ok(stops) };
        for _ in 0..steps {
            if !settled || stands_at >= target {
                break;
            }
            let next = self.next_stop(stands_at).await?.map_or(target, |next| next.min(target));
            self.stand(stands_at, next).await?;
            stands_at = next;
            settled = self.settle(stands_at, &mut stops).await?;
        }
        Ok(stops)
    }

    /// Where the clock is to go; none if it is to go to the next timer and there is none.
    async fn target(&self, request: &proto::AdvanceTestClockRequest) -> Result<Option<i64>, Status> {
        let to = match &request.destination {
            Some(Destination::To(time)) => {
                let time = crate::grpc::wire::time(time).ok_or_else(|| refusal::field("to", "a time"))?;
                Goal::Time(micros(time))
            }
            Some(Destination::By(span)) => Goal::Span(span_of(span)?),
            Some(Destination::ToNextTimer(true)) => match self.next_stop(self.clock.clock.stands_at).await? {
                Some(next) => Goal::Time(next),
                None => return Ok(None),
            },
            Some(Destination::ToNextTimer(false)) | None => {
                return Err(refusal::field("destination", "one of to, by and to_next_timer"));
            }
        };
        let key = orders::request_id(&request.request_id)?;
        match self.api.tell_clock(self.clock, (&ClockMessage::Aim { to }, key), &self.actor).await? {
            ClockAnswer::Granted { at } => Ok(Some(at)),
            ClockAnswer::Refused { stands_at } => {
                let message = format!("a clock never goes back, and it stands at {}", timestamp(stands_at));
                Err(refusal::field("to", message))
            }
        }
    }

    async fn next_stop(&self, stands_at: i64) -> Result<Option<i64>, Status> {
        let waits = self.api.engine.waits_on(self.clock.run).await;
        let waits = waits.map_err(|error| refusal::from_store(&error))?;
        let face = self.clock.simulated.look().await.map_err(|error| from_simulator(&error))?;
        Ok(next_due(&waits, &face, timestamp(stands_at)).map(micros))
    }

    /// Puts the clock there, unless somebody else has moved it.
    async fn stand(&self, from: i64, to: i64) -> Result<(), Status> {
        let (message, key) = (ClockMessage::Move { from, to }, orders::request_id("")?);
        match self.api.tell_clock(self.clock, (&message, key), &self.actor).await? {
            ClockAnswer::Granted { .. } => Ok(()),
            ClockAnswer::Refused { .. } => {
                let message = "somebody else advances this clock: ask again when they are through";
                Err(refusal::status(Code::Aborted, "TEST_CLOCK_MOVED", message))
            }
        }
    }

    /// Wakes what is due, here and over there, and waits until all of it has happened. False if patience ends first.
    async fn settle(&self, stands_at: i64, stops: &mut Vec<Stop>) -> Result<bool, Status> {
        self.simulator_stands(timestamp(stands_at)).await?;
        let (mut fired, mut quiet_since, mut woke) = (Vec::new(), None, false);
        let settled = loop {
            let waits = self.api.engine.waits_on(self.clock.run).await;
            let waits = waits.map_err(|error| refusal::from_store(&error))?;
            let is_due = waits.next_timer.is_some_and(|timer| timer <= stands_at);
            // Whoever was woken is under way until its turn is on record.
            if is_due && (!woke || waits.under_way.is_empty()) {
                woke = true;
                let woken = self.api.engine.wake_due_on(self.clock.run).await;
                fired.extend(woken.map_err(|error| refusal::from_store(&error))?);
            }
            let face = self.clock.simulated.look().await.map_err(|error| from_simulator(&error))?;
            let quiet = (!is_due && waits.under_way.is_empty() && face.busy == 0).then_some(face.changes);
            // Each side may wake the other: all is over when both rest, and nothing has changed over there between
            // two looks at ours.
            if quiet.is_some() && quiet == quiet_since {
                break true;
            }
            quiet_since = quiet;
            if Instant::now() >= self.until {
                break false;
            }
            if quiet.is_none() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        if !fired.is_empty() {
            fired.sort_unstable();
            fired.dedup();
            stops.push(Stop { at: stands_at, fired });
        }
        Ok(settled)
    }

    async fn simulator_stands(&self, at: Timestamp) -> Result<(), Status> {
        self.clock.simulated.set(at).await.map(drop).map_err(|error| from_simulator(&error))
    }
}

fn span_of(span: &prost_types::Duration) -> Result<i64, Status> {
    let span = Duration::try_from(*span).ok().and_then(|span| i64::try_from(span.as_micros()).ok());
    span.ok_or_else(|| refusal::field("by", "a span of time, no less than zero"))
}
