//! Doing something at set times, durably: a schedule is a run, and its history says when it fired and what came of it.
//!
//! A [`ScheduleSpec`] says what, when and how; [`ScheduleWorkflow`] waits for the next time and carries out one [`Fire`]
//! step a firing, which the host has registered a handler for. A firing is on record before it begins, so it is never
//! forgotten and never made twice; what fell due while nobody was there follows the schedule's own policy.
//!
//! ```text
//! time came ─▶ fires ──────────▶ report
//!      └ one is under way ─▶ skipped │ waits for its end │ fires beside it     (`Overlap`)
//!      └ longer ago than `catch_up` ─▶ missed
//! ```
//!
//! Start at [`ScheduleSpec`], then [`state`] (what happens when), then [`door`] (how it is reached).

pub mod calendar;
pub mod door;
pub mod state;

use crate::activity::{Activity, OnUnknown, Policy};
use crate::clock::Micros;
use crate::ctx::{Ctx, Incoming, Next, StepId, StepNews};
use crate::store::Attributes;
use crate::workflow::Workflow;
use calendar::{Calendar, Plan};
use serde::{Deserialize, Serialize};
use state::{Firing, Schedule};
use std::time::Duration;

/// Firings after which the history is read from a new beginning.
const FIRINGS_MAX: u64 = 1_000;
/// The same for records, of which pauses and triggers make some too.
const RECORDS_MAX: u64 = 5_000;
/// Attempts at one firing; the next firing is the retry of a job that fails for longer.
const ATTEMPTS_MAX: u32 = 3;
/// How long one attempt may take: a job that works through a large store does so in pieces, one a firing.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// What is done when, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSpec {
    /// Which of the host's jobs.
    pub job: String,
    /// What the job is told, JSON.
    pub input: serde_json::Value,
    /// Five fields of cron: minute, hour, day of month, month, day of week.
    pub cron: String,
    /// Whose clock that is, by the name of the zone: `UTC`, `Asia/Dubai`.
    pub zone: String,
    /// What to do when a time comes while a firing is under way.
    pub overlap: Overlap,
    /// How late a firing may still begin. Never less than a minute: a time that has just come is not missed.
    pub catch_up_us: Micros,
    /// A firing begins up to this much later, by chance, so that not everything begins at once.
    pub jitter_us: Micros,
}

/// What to do when a time comes while a firing is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Overlap {
    /// Nothing: the next time will do.
    Skip,
    /// One waits for its end; more are not needed.
    BufferOne,
    /// It begins beside the other.
    Allow,
}

/// One firing: the step that the host carries out. The same firing may be attempted again, so a job does no harm twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fire {
    /// Which of the host's jobs.
    pub job: String,
    /// Which firing of the schedule, from 1.
    pub number: u64,
    /// For which time.
    pub due: Micros,
    /// What the job is told.
    pub input: serde_json::Value,
}

impl Activity for Fire {
    const NAME: &'static str = "schedule.fire";
    type Output = Report;

    fn key(&self) -> String {
        format!("{} {}", self.job, self.number)
    }

    fn policy(&self) -> Policy {
        Policy::new(ATTEMPTS_MAX, ATTEMPT_TIMEOUT, OnUnknown::Again)
    }
}

/// What came of a firing. Holds no personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the job did what it should.
    pub ok: bool,
    /// In one line.
    pub summary: String,
    /// What a person should look at, a line each.
    pub findings: Vec<String>,
}

/// What a schedule's run starts with, or goes on with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleInput {
    /// A schedule that has never fired.
    New(Box<ScheduleSpec>),
    /// A schedule as it stood.
    Continued(Box<Schedule>),
}

/// What a schedule's run can be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ScheduleMessage {
    /// From now on it is this; what is under way goes on.
    Change {
        /// It.
        spec: Box<ScheduleSpec>,
    },
    /// No time fires any more.
    Pause {
        /// For whoever looks.
        reason: String,
    },
    /// Times fire again, from the next one on.
    Resume {
        /// For whoever looks.
        reason: String,
    },
    /// It fires now, paused or not.
    Trigger {
        /// For whoever looks.
        reason: String,
    },
}

/// What a schedule's run answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ScheduleAnswer {
    /// It is so now.
    Done,
    /// It fires.
    Fires {
        /// Which firing it is.
        number: u64,
        /// The one under way comes first.
        waits: bool,
    },
    /// It does not, and why.
    Refused {
        /// For a person.
        why: String,
    },
}

/// The workflow of every schedule.
pub struct ScheduleWorkflow;

impl Workflow for ScheduleWorkflow {
    const NAME: &'static str = "schedule";
    const VERSION: u32 = 1;
    type Input = ScheduleInput;
    type Message = ScheduleMessage;
    type Answer = ScheduleAnswer;

    async fn run(ctx: Ctx<Self>, input: ScheduleInput) -> String {
        let mut life = Life::begin(ctx, input);
        loop {
            if life.fired >= FIRINGS_MAX || life.ctx.records_since_beginning() >= RECORDS_MAX {
                let Life { ctx, schedule, .. } = life;
                match ctx.continue_with(&ScheduleInput::Continued(Box::new(schedule))).await {}
            }
            life.next().await;
        }
    }
}

struct Life {
    ctx: Ctx<ScheduleWorkflow>,
    schedule: Schedule,
    /// Firings since the code began, or began again.
    fired: u64,
}

impl Life {
    fn begin(ctx: Ctx<ScheduleWorkflow>, input: ScheduleInput) -> Self {
        match input {
            ScheduleInput::New(spec) => {
                let mut life = Self { ctx, schedule: Schedule::new(*spec), fired: 0 };
                life.plan_from_now();
                life.show();
                life
            }
            ScheduleInput::Continued(schedule) => Self { ctx, schedule: *schedule, fired: 0 },
        }
    }

    /// Waits for one thing and does what follows from it.
    async fn next(&mut self) {
        match self.ctx.next(self.schedule.fires_at).await {
            Next::Deadline => self.time_came(),
            Next::Message(told) => self.told(&told),
            Next::Step(step, news) => self.step_moved(step, news),
        }
        self.show();
    }

    fn time_came(&mut self) {
        let plan = self.plan(self.schedule.next_at.unwrap_or_else(|| self.ctx.now()));
        let firings = self.schedule.times_came(&plan.due, plan.missed);
        self.aim_at(&plan);
        firings.into_iter().for_each(|firing| self.fire(firing));
    }

    fn told(&mut self, told: &Incoming<ScheduleMessage>) {
        let now = self.ctx.now();
        let answer = match &told.message {
            ScheduleMessage::Change { spec } => {
                self.schedule.spec = (**spec).clone();
                self.plan_from_now();
                ScheduleAnswer::Done
            }
            ScheduleMessage::Pause { reason } => {
                self.schedule.pause(now, &told.actor, reason);
                ScheduleAnswer::Done
            }
            ScheduleMessage::Resume { .. } => {
                self.schedule.paused = None;
                self.plan_from_now();
                ScheduleAnswer::Done
            }
            ScheduleMessage::Trigger { reason } => {
                let (firing, answer) = self.schedule.trigger(now, &told.actor, reason);
                firing.into_iter().for_each(|firing| self.fire(firing));
                answer
            }
        };
        self.ctx.answer(told, &answer);
    }

    fn step_moved(&mut self, step: StepId, news: StepNews) {
        let report = match news {
            StepNews::Ended(end) => end.of::<Fire>().unwrap_or_else(|failure| failed(failure.to_string())),
            StepNews::Parked { why, .. } => {
                // Nobody need send it on its way: the next firing does what this one did not. Dropped, it is given up.
                drop(self.ctx.step::<Fire>(step));
                failed(why)
            }
            StepNews::SentAgain => return,
        };
        if let Some(next) = self.schedule.ended(step, self.ctx.now(), report) {
            self.fire(next);
        }
    }

    fn fire(&mut self, firing: Firing) {
        let spec = &self.schedule.spec;
        let (job, input) = (spec.job.clone(), spec.input.clone());
        let step = self.ctx.start(Fire { job, number: firing.number, due: firing.due, input });
        self.schedule.begun(step, self.ctx.now(), firing);
        self.fired += 1;
    }

    fn plan_from_now(&mut self) {
        let now = self.ctx.now();
        let plan = self.plan(now + 1);
        self.aim_at(&plan);
    }

    /// What fell due since `from`, and what comes next. Written down: the rules of time zones change.
    fn plan(&self, from: Micros) -> Plan {
        let (spec, now) = (&self.schedule.spec, self.ctx.now());
        self.ctx.record(|| match Calendar::of(spec) {
            Ok(calendar) => calendar.plan(from, now),
            Err(fault) => Plan { fault, ..Plan::default() },
        })
    }

    fn aim_at(&mut self, plan: &Plan) {
        let jitter = u64::try_from(self.schedule.spec.jitter_us).unwrap_or(0);
        let dice = self.ctx.entropy();
        let dice = u64::from_le_bytes(*dice.first_chunk().expect("a draw has 32 bytes"));
        let later = Micros::try_from(dice % (jitter + 1)).unwrap_or(0);
        self.schedule.aim_at(plan, later);
    }

    fn show(&self) {
        let state = if self.schedule.paused.is_some() { "PAUSED" } else { "ACTIVE" };
        let owner = self.schedule.spec.job.clone();
        let attributes = Attributes { owner, state: state.into(), ..Attributes::default() };
        self.ctx.show(&self.schedule, attributes);
    }
}

fn failed(why: String) -> Report {
    Report { ok: false, summary: why, findings: Vec::new() }
}
