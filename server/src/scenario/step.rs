//! A step of the order: its attempts, its look-ups, its end, as the engine carries it out.
//!
//! What an outcome means for a step is [`crate::perform`]'s word, and how often and in which way it is tried again the
//! table's, so a story meets the same refusals, retries and parkings that an order does. Pauses between attempts are
//! left out: the next one leaves at once.

use super::message::Said;
use super::partner::Asked;
use super::stage::{Known, Stage, is_reading, sealed};
use super::told::Voice;
use super::verb::{Act, Answering};
use crate::perform::{found, judge, question_about, seen};
use jiff::{SignedDuration, Timestamp};
use ordain_engine::{Activity as _, Attempt, OnUnknown, Policy};
use ordain_providers::call::Retry;
use ordain_providers::{Call, EncodeError, Facts, Op, Outcome, Private, Reply};
use ordain_workflows::ProviderCall;
use ordain_workflows::order::{Answer, News, Step};

/// Looks that settled nothing before a person is asked, as the engine counts them.
const LOOKS_MAX: u32 = 5;

/// A step that has not ended.
pub(super) struct Out {
    pub(super) step: Step,
    pub(super) op: Op,
    pub(super) phase: Phase,
    attempt: u32,
    looks: u32,
    /// Whether an attempt may have been carried out.
    unknown: bool,
    /// When that attempt was given up.
    lost_at: Timestamp,
    asked_at: Timestamp,
    asked: Asked,
    entropy: [u8; 32],
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// About to leave.
    Due,
    /// Waits for its answer.
    Waiting,
    /// About to be looked up.
    LookDue,
    /// Waits for the answer to its look-up.
    Looking,
    /// Looked up again then, when absence proves something.
    LooksAt(Timestamp),
    /// Waits for a person.
    Parked,
}

impl Out {
    /// How a story calls it.
    pub(super) fn name(&self) -> String {
        match &self.step {
            Step::Create => "create".to_owned(),
            Step::Sync => "sync".to_owned(),
            Step::Ack => "ack".to_owned(),
            Step::Extend => "extend".to_owned(),
            Step::Operation(id) => id.clone(),
            Step::SyncRefund(id) => format!("?{id}"),
            Step::SyncAttempt(attempt) => format!("?{attempt}"),
        }
    }

    pub(super) const fn looks_again_at(&self) -> Option<Timestamp> {
        if let Phase::LooksAt(time) = self.phase { Some(time) } else { None }
    }

    fn waits(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Looking)
    }
}

impl Stage {
    /// A call of the rules: it leaves once they have said everything.
    pub(super) fn begin(&mut self, step: Step, op: Op) {
        self.begun = self.begun.wrapping_add(1);
        let entropy = [self.begun; 32];
        let (now, asked) = (self.now, Asked::default());
        self.out.push(Out {
            step,
            op,
            phase: Phase::Due,
            attempt: 1,
            looks: 0,
            unknown: false,
            lost_at: now,
            asked_at: now,
            asked,
            entropy,
        });
    }

    /// Sends what is due.
    pub(super) fn settle(&mut self) {
        while let Some(at) = self.out.iter().position(|out| matches!(out.phase, Phase::Due | Phase::LookDue))
        {
            self.send(at);
        }
    }

    fn send(&mut self, at: usize) {
        let out = &self.out[at];
        let looks = out.phase == Phase::LookDue;
        let Some(op) = self.question(at, looks) else {
            return self.park(at, "its provider's table has no question about it", true);
        };
        let known = self.known_for(at, self.now);
        let encoded = self.provider.encode(&op, &known.cx(&self.partner));
        match encoded {
            Ok(Call::Local(facts)) => {
                self.told.say(self.now, Voice::Leaves, "nothing: this is only written down");
                self.end(at, Outcome::Done(facts));
            }
            Ok(Call::Http(request)) => self.left(at, looks, &op, &request),
            Err(error @ EncodeError::AccountIncomplete { .. }) => self.park(at, &error.to_string(), false),
            Err(error) => self.end(at, refused("NOT_EXPRESSIBLE", error.to_string())),
        }
    }

    /// What is asked: the operation, or the question about it.
    fn question(&self, at: usize, looks: bool) -> Option<Op> {
        let op = &self.out[at].op;
        if looks { question_about(self.provider, op) } else { Some(op.clone()) }
    }

    /// What a codec may know for this step.
    fn known_for(&self, at: usize, asked_at: Timestamp) -> Known {
        let out = &self.out[at];
        self.known(self.order.attempt_of(&out.step), out.entropy, asked_at)
    }

    fn left(&mut self, at: usize, looks: bool, op: &Op, request: &ordain_providers::Request) {
        let now = self.now;
        let out = &mut self.out[at];
        out.phase = if looks { Phase::Looking } else { Phase::Waiting };
        out.asked_at = now;
        let header = |name: &str| request.headers.iter().find(|(known, _)| *known == name);
        let request_id = header("request-id").map(|(_, id)| id.expose().clone()).unwrap_or_default();
        let url = request.url.expose().split_once("://").map_or("", |(_, rest)| rest);
        let path = url.find('/').map_or("", |from| &url[from..]).split('?').next().unwrap_or_default();
        out.asked = Asked { path: path.to_owned(), request_id };
        let why = match (looks, out.attempt) {
            (true, _) => format!("look-up of {}", out.name()),
            (false, 1) => out.name(),
            (false, again) => format!("{}, attempt {again}", out.name()),
        };
        self.sent.clone_from(&request.redacted);
        self.told.say(
            now,
            Voice::Leaves,
            super::told::cut(&format!("{} ({why})", request.redacted.replace('\n', " "))),
        );
        let of_order = matches!(op, Op::Sync);
        match self.always.clone().filter(|_| of_order) {
            Some(Answering::With(said)) => {
                if let Err(why) = self.answer(at, &said) {
                    self.told.say(now, Voice::Changes, why);
                }
            }
            Some(Answering::Silence) => self.came(at, lost("no answer within its time")),
            None => {}
        }
    }

    /// The provider answers.
    pub(super) fn reply(&mut self, to: Option<&str>, said: &Said) -> Result<(), String> {
        let at = self.addressed(to)?;
        self.answer(at, said)?;
        self.settle();
        Ok(())
    }

    fn answer(&mut self, at: usize, said: &Said) -> Result<(), String> {
        let body = self.filled(said, &said.body)?;
        let status: u16 =
            self.filled(said, &said.head)?.trim().parse().map_err(|_| "a reply has an HTTP status")?;
        let out = &self.out[at];
        let mut headers = self.partner.of_reply(&out.asked, &body, self.now)?;
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        self.heard_from_there(&status.to_string(), &body);
        let reply = Reply { status, headers, body: Private::new(body.into_bytes()) };
        let out = &self.out[at];
        let (looks, name) = (out.phase == Phase::Looking, out.name());
        let op = self.question(at, looks).ok_or("it has no question")?;
        let known = self.known_for(at, self.out[at].asked_at);
        let outcome = self.provider.decode(&op, &reply, &known.cx(&self.partner));
        let what = format!("{name} {}", told_by(&outcome));
        self.came(at, outcome);
        self.note(what);
        Ok(())
    }

    /// Nothing comes back.
    pub(super) fn silence(&mut self, to: Option<&str>) -> Result<(), String> {
        let at = self.addressed(to)?;
        let name = self.out[at].name();
        self.came(at, lost("no answer within its time"));
        self.note(format!("{name} silence"));
        self.settle();
        Ok(())
    }

    /// Nothing could be sent.
    pub(super) fn unreachable(&mut self, to: Option<&str>) -> Result<(), String> {
        let at = self.addressed(to)?;
        self.came(at, Outcome::NotSent { why: "no connection".to_owned() });
        self.settle();
        Ok(())
    }

    fn addressed(&self, to: Option<&str>) -> Result<usize, String> {
        let meant = |out: &Out| to.is_none_or(|to| out.name() == to);
        let at = self.out.iter().position(|out| out.waits() && meant(out));
        at.ok_or_else(|| {
            let waiting: Vec<String> = self.out.iter().filter(|out| out.waits()).map(Out::name).collect();
            format!("no such call waits for an answer; there are: {}", waiting.join(", "))
        })
    }

    /// Something came of an attempt, or of a look-up.
    fn came(&mut self, at: usize, outcome: Outcome) {
        if self.out[at].phase == Phase::Looking {
            return self.looked(at, outcome);
        }
        let policy = self.policy(at);
        // A question is asked a few times in a row; a story tells the last.
        let last = self.out[at].attempt >= policy.attempts_max || is_reading(self.provider, &self.out[at].op);
        match judge(self.provider, &self.out[at].op, outcome, last) {
            Attempt::Done(outcome) => self.end(at, outcome),
            Attempt::Retry { why, .. } => self.try_again(at, &policy, &why),
            Attempt::Park { why } => self.park(at, &why, self.out[at].unknown),
            Attempt::Unknown { why } => self.lost(at, &policy, &why),
        }
    }

    fn policy(&self, at: usize) -> Policy {
        let (provider, account) = (self.order.provider.clone(), self.order.account.clone());
        ProviderCall { provider, account, pace: 1, op: self.out[at].op.clone(), attempt: None }.policy()
    }

    /// Nobody knows whether an attempt was carried out.
    fn lost(&mut self, at: usize, policy: &Policy, why: &str) {
        self.told.say(self.now, Voice::Changes, format!("nobody knows whether it happened: {why}"));
        self.out[at].unknown = true;
        self.out[at].lost_at = self.now;
        match policy.on_unknown {
            OnUnknown::Park => self.park(at, why, true),
            OnUnknown::LookUp { .. } => self.out[at].phase = Phase::LookDue,
            OnUnknown::Reads | OnUnknown::Again => self.try_again(at, policy, why),
        }
    }

    fn try_again(&mut self, at: usize, policy: &Policy, why: &str) {
        let out = &mut self.out[at];
        if out.attempt >= policy.attempts_max {
            let (why, unknown) = (format!("gave up after {} attempts: {why}", out.attempt), out.unknown);
            return self.park(at, &why, unknown);
        }
        out.attempt += 1;
        out.phase = Phase::Due;
    }

    fn looked(&mut self, at: usize, outcome: Outcome) {
        let found = seen(outcome).ok().map(|facts| found(self.provider, &self.out[at].op, facts));
        if let Some(Some(outcome)) = found {
            return self.end(at, outcome);
        }
        let policy = self.policy(at);
        let proves = match policy.on_unknown {
            OnUnknown::LookUp { absent_proves_after: Some(after) } => {
                SignedDuration::try_from(after).ok().map(|after| self.out[at].lost_at + after)
            }
            _ => None,
        };
        self.out[at].looks += 1;
        match proves {
            Some(from) if from > self.now => {
                self.told.say(self.now, Voice::Changes, "it was not found, which proves nothing yet");
                self.out[at].phase = Phase::LooksAt(from);
            }
            Some(_) if found.is_some() => {
                self.told.say(self.now, Voice::Changes, "it was not found: it never happened");
                self.out[at].unknown = false;
                self.try_again(at, &policy, "it never happened");
            }
            _ if self.out[at].looks < LOOKS_MAX => self.out[at].phase = Phase::LookDue,
            _ => self.park(at, "it was looked up five times, and nothing settles it", true),
        }
    }

    /// The time has come for a look that proves something.
    pub(super) fn look_again(&mut self, time: Timestamp) {
        self.now = self.now.max(time);
        for out in self.out.iter_mut().filter(|out| out.looks_again_at().is_some_and(|at| at <= time)) {
            out.phase = Phase::LookDue;
        }
        self.settle();
    }

    fn end(&mut self, at: usize, outcome: Outcome) {
        let out = self.out.remove(at);
        let mut outcome = outcome;
        let next_action = match &mut outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => facts.next_action.take().map(|_| sealed()),
            _ => None,
        };
        let answer = Answer { outcome, asked_at: out.asked_at, next_action };
        let effects = self.order.outcome(&out.step, &answer, self.now, self.provider.spec());
        self.take(effects);
    }

    fn park(&mut self, at: usize, why: &str, unknown: bool) {
        self.out[at].phase = Phase::Parked;
        let step = self.out[at].step.clone();
        let news = News::Parked { why: why.to_owned(), unknown };
        let effects = self.order.news(&step, &news, self.now, self.provider.spec());
        self.take(effects);
    }

    /// A person settles a parked step.
    pub(super) fn person(&mut self, act: Act, name: &str) -> Result<(), String> {
        let parked = |out: &Out| out.phase == Phase::Parked && out.name() == name;
        let at = self.out.iter().position(parked).ok_or_else(|| format!("`{name}` is not parked"))?;
        let step = self.out[at].step.clone();
        let news = match act {
            Act::Complete => {
                self.end(at, Outcome::Done(Facts::default()));
                return Ok(());
            }
            Act::Skip => {
                drop(self.out.remove(at));
                News::Skipped { reason: "their portal does not show it".to_owned() }
            }
            Act::Retry => {
                let out = &mut self.out[at];
                (out.phase, out.attempt, out.looks, out.unknown) = (Phase::Due, 1, 0, false);
                News::Retried
            }
        };
        let effects = self.order.news(&step, &news, self.now, self.provider.spec());
        self.take(effects);
        Ok(())
    }
}

fn lost(why: &str) -> Outcome {
    Outcome::Unknown { why: why.to_owned() }
}

fn refused(code: &str, message: String) -> Outcome {
    Outcome::Refused { facts: Facts::default(), code: code.to_owned(), message, retry: Retry::Never }
}

/// An answer in a word: the provider's own, where it has one.
fn told_by(outcome: &Outcome) -> String {
    let word =
        |facts: &Facts, otherwise: &str| facts.wire_status.clone().unwrap_or_else(|| otherwise.to_owned());
    match outcome {
        Outcome::Done(facts) => word(facts, "done"),
        Outcome::Pending(facts) => format!("pending {}", word(facts, "")).trim_end().to_owned(),
        Outcome::Refused { code, .. } => format!("refused {code}"),
        Outcome::NotSent { .. } => "not sent".to_owned(),
        Outcome::Unknown { .. } => "unreadable".to_owned(),
    }
}
