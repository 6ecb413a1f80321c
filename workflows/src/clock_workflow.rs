//! A test clock's durable run: where the time of an account stands, and how it was moved there.
//!
//! It only keeps the time. Whoever moves it ([`ClockMessage::Move`]) wakes what is due, from timer to timer; the aim
//! ([`ClockMessage::Aim`]) is kept so that asking for the same again after a lost answer means the same time.

use crate::time::timestamp;
use jiff::Timestamp;
use ordain_engine::store::Attributes;
use ordain_engine::{Ctx, Next, Workflow};
use serde::{Deserialize, Serialize};

/// A clock's history is read from its newest continuation on: years are passed in steps of minutes.
const RECORDS_MAX: u64 = 500;

/// The clock workflow.
pub struct ClockWorkflow;

/// What a clock's run starts with, or goes on with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockInput {
    /// A clock to begin with.
    New(NewClock),
    /// A clock as it stood.
    Continued(TestClock),
}

/// What a clock begins with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewClock {
    /// Whose account it is.
    pub merchant: String,
    /// The account.
    pub account: String,
    /// Microseconds since the epoch.
    pub stands_at: i64,
}

/// What a clock can be told. Times are microseconds since the epoch.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ClockMessage {
    /// This is where somebody wants it to go.
    Aim {
        /// There, or so much after where it stands.
        to: Goal,
    },
    /// Stand there, if you still stand where I think.
    Move {
        /// Where it stood when that was decided.
        from: i64,
        /// No earlier.
        to: i64,
    },
    /// It is needed no more.
    Remove,
}

/// Where a clock is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To a time.
    Time(i64),
    /// So many microseconds on.
    Span(i64),
}

/// What a clock answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ClockAnswer {
    /// It stands there now, or is to go there.
    Granted {
        /// The time.
        at: i64,
    },
    /// It does not go back, or somebody else has moved it.
    Refused {
        /// Where it stands.
        stands_at: i64,
    },
}

/// A clock as it stands: the run's view, and for the engine its face
/// ([`ClockFace`](ordain_engine::clocks::ClockFace)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestClock {
    /// Whose account it is.
    pub merchant: String,
    /// The account.
    pub account: String,
    /// Microseconds since the epoch.
    pub stands_at: i64,
    /// Where it is to go; where it stands, once it is there.
    pub target: i64,
    /// In real time.
    pub created_at: Timestamp,
}

/// The word for a clock that is in use, in its run's attributes.
pub const IN_USE: &str = "IN_USE";

impl Workflow for ClockWorkflow {
    const NAME: &'static str = "clock";
    const VERSION: u32 = 1;
    type Input = ClockInput;
    type Message = ClockMessage;
    type Answer = ClockAnswer;

    async fn run(ctx: Ctx<Self>, input: ClockInput) -> String {
        let mut clock = match input {
            ClockInput::New(NewClock { merchant, account, stands_at }) => {
                let created_at = timestamp(ctx.now());
                TestClock { merchant, account, stands_at, target: stands_at, created_at }
            }
            ClockInput::Continued(clock) => clock,
        };
        show(&ctx, &clock, IN_USE);
        loop {
            if ctx.records_since_beginning() >= RECORDS_MAX {
                match ctx.continue_with(&ClockInput::Continued(clock)).await {}
            }
            let Next::Message(told) = ctx.next(None).await else { continue };
            let answer = clock.told(&told.message);
            ctx.answer(&told, &answer);
            if matches!(told.message, ClockMessage::Remove) {
                show(&ctx, &clock, "REMOVED");
                return "it was removed".into();
            }
            show(&ctx, &clock, IN_USE);
        }
    }
}

impl TestClock {
    fn told(&mut self, message: &ClockMessage) -> ClockAnswer {
        let refused = ClockAnswer::Refused { stands_at: self.stands_at };
        match *message {
            ClockMessage::Aim { to } => {
                let at = match to {
                    Goal::Time(at) => at,
                    Goal::Span(span) => self.stands_at.saturating_add(span),
                };
                if at < self.stands_at {
                    return refused;
                }
                self.target = at;
                ClockAnswer::Granted { at }
            }
            ClockMessage::Move { from, to } if from == self.stands_at && to >= from => {
                self.stands_at = to;
                self.target = self.target.max(to);
                ClockAnswer::Granted { at: to }
            }
            ClockMessage::Move { .. } => refused,
            ClockMessage::Remove => ClockAnswer::Granted { at: self.stands_at },
        }
    }
}

fn show(ctx: &Ctx<ClockWorkflow>, clock: &TestClock, state: &str) {
    let attributes =
        Attributes { owner: clock.merchant.clone(), state: state.into(), ..Attributes::default() };
    ctx.show(clock, attributes);
}

#[cfg(test)]
mod tests {
    use super::{ClockAnswer, ClockMessage, Goal, TestClock};
    use jiff::Timestamp;

    /// Tells a clock that stands at 10 these things, and compares what it says last.
    #[track_caller]
    fn check(told: &[ClockMessage], expected: ClockAnswer, (stands_at, target): (i64, i64)) {
        let created_at = Timestamp::UNIX_EPOCH;
        let (merchant, account) = ("demo".to_owned(), "own".to_owned());
        let mut clock = TestClock { merchant, account, stands_at: 10, target: 10, created_at };
        let answers: Vec<_> = told.iter().map(|message| clock.told(message)).collect();
        assert_eq!(answers.last(), Some(&expected), "{told:?}");
        assert_eq!((clock.stands_at, clock.target), (stands_at, target), "{told:?}");
    }

    #[test]
    fn a_clock_goes_where_it_is_told_and_never_back() {
        let (granted, refused) =
            (|at| ClockAnswer::Granted { at }, |at| ClockAnswer::Refused { stands_at: at });
        let aim = |to| ClockMessage::Aim { to };
        check(&[aim(Goal::Time(30))], granted(30), (10, 30));
        check(&[aim(Goal::Span(5))], granted(15), (10, 15));
        check(&[aim(Goal::Time(9))], refused(10), (10, 10));
        check(&[ClockMessage::Move { from: 10, to: 20 }], granted(20), (20, 20));
        check(&[ClockMessage::Move { from: 10, to: 9 }], refused(10), (10, 10));
    }

    #[test]
    fn two_who_move_a_clock_at_a_time_do_not_move_it_twice() {
        let step = || ClockMessage::Move { from: 10, to: 20 };
        check(&[step(), step()], ClockAnswer::Refused { stands_at: 20 }, (20, 20));
    }
}
