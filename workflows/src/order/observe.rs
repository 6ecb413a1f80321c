//! Evidence: what an order believes, from whom, and why it ignores the rest.
//!
//! | trust | moves the state | otherwise |
//! |---|---|---|
//! | hint | never | the provider is asked |
//! | verified | forward along the table; never against an approval | the provider is asked |
//! | authoritative | along the table, backwards too if asked after the newest evidence | CONFLICT |
//!
//! Every observation ends as one event that says what it changed and why.

use crate::order::condition::{ConditionKind, STANDING, TOTAL};
use crate::order::effect::{Effect, Event, EventKind, Moment};
use crate::order::{Cause, Failure, LineState, Operation, Order, OrderState, Tally};
use jiff::Timestamp;
use ordain_providers::call::{AmountKind, Flag, Standing};
use ordain_providers::inbound::Trust;
use ordain_providers::{Facts, ProviderSpec};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::panic::Location;

/// A piece of evidence about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Where it came from.
    pub source: Source,
    /// How far it may be believed.
    pub trust: Trust,
    /// What it says.
    pub facts: Facts,
    /// A name for people: `orderSuccess`, `splash cancel`.
    pub label: String,
    /// When it reached us.
    pub received_at: Timestamp,
    /// When the question was asked that this answers.
    pub asked_at: Option<Timestamp>,
    /// Ask the provider besides.
    pub then_sync: bool,
}

/// Where evidence came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// The reply to our create.
    CreateResponse,
    /// The answer to our question.
    Sync,
    /// The provider's notification.
    Webhook,
    /// The customer's browser.
    Redirect,
    /// The provider asked for the content.
    Pull,
    /// A settlement statement.
    Statement,
    /// A person on our side.
    Operator,
    /// A simulated provider's control.
    Simulator,
}

/// What an observation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObservationEffect {
    /// The order's state, amounts or customer.
    Applied,
    /// Nothing: it was known, or proves nothing.
    Noop,
    /// Nothing: newer or further evidence is there.
    Stale,
    /// Nothing: it contradicts what is known. A condition says so.
    Conflict,
    /// Nothing: the table has no such way.
    Illegal,
}

/// How an observation was judged.
pub(super) struct Judged {
    effect: ObservationEffect,
    why: String,
    /// It says something that only the provider's own answer can settle.
    ask: bool,
}

impl Judged {
    pub(super) fn new(effect: ObservationEffect, why: impl Into<String>) -> Self {
        Self { effect, why: why.into(), ask: false }
    }

    fn asking(self, ask: bool) -> Self {
        Self { ask, ..self }
    }
}

use ObservationEffect::{Applied, Conflict, Illegal, Noop, Stale};

/// Names that a provider may give to one order: more is not a reference any more.
const REFS_MAX: usize = 32;
/// Bytes of such a name.
const REF_BYTES_MAX: usize = 256;

impl Order {
    /// Takes evidence in.
    pub fn observe(&mut self, seen: &Observation, now: Timestamp, spec: &ProviderSpec) -> Vec<Effect> {
        let mut at = Moment::new(now, spec);
        self.take_evidence(seen, &mut at);
        self.advance(&mut at);
        self.updated_at = now;
        at.effects
    }

    /// [`Self::observe`] as part of a larger change. Returns what the evidence changed.
    pub(super) fn take_evidence(&mut self, seen: &Observation, at: &mut Moment<'_>) -> ObservationEffect {
        let place = at.effects.len();
        let believed = seen.trust > Trust::Hint;
        let other = self.other_attempt(&seen.facts, at.spec);
        let other = other.filter(|other| believed || self.givebacks(other).next().is_some());
        let judged = match &other {
            Some(other) => self.judge_other_attempt(other, seen, at),
            None => self.judge_own(seen, at),
        };
        let data = json!({
            "source": seen.source, "trust": seen.trust, "label": seen.label, "effect": judged.effect,
            "why": judged.why, "wire_status": seen.facts.wire_status, "standing": seen.facts.standing,
        });
        // Before what follows from it, so that a reader meets the cause first.
        let event = Event { kind: EventKind::ObservationRecorded, data };
        at.effects.insert(place, Effect::Event { event, rule: Location::caller() });
        if let Some(other) = &other {
            self.news_of_attempt(other, &seen.facts, at);
        }
        if judged.effect == Applied {
            self.evidence_at = Some(at.now);
        }
        if believed && other.is_none() && seen.facts.flags.contains(&Flag::AcknowledgementDue) {
            self.acknowledge(at);
        }
        let returned = seen.source == Source::Redirect;
        if returned && (seen.then_sync || seen.trust == Trust::Hint) {
            self.ask_once_settled(at);
        } else if seen.then_sync || judged.ask || seen.trust == Trust::Hint {
            self.ask_for_proof(at);
        }
        judged.effect
    }

    /// Evidence of the order's own attempt.
    fn judge_own(&mut self, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        let believed = seen.trust > Trust::Hint;
        if believed {
            self.learn_refs(&seen.facts);
            self.take_flags(&seen.facts, seen.trust == Trust::Authoritative, at);
        }
        let moved = believed && self.learn_operations(seen, at);
        let adopted = seen.trust == Trust::Verified && self.adopt_told(&seen.facts, at);
        let judged = self.judge(seen, at);
        let effect = if (moved || adopted) && judged.effect == Noop { Applied } else { judged.effect };
        Judged { effect, ..judged }
    }

    fn judge(&mut self, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        if seen.trust == Trust::Hint {
            self.asking.hinted = true;
            self.keep_hint(seen, at);
            if seen.source == Source::Redirect {
                self.customer_arrived(at);
            }
            return Judged::new(Noop, "a hint proves nothing: the provider is asked");
        }
        let Some(standing) = seen.facts.standing else {
            let Some(word) = &seen.facts.wire_status else {
                return Judged::new(Noop, "says nothing about how the order stands");
            };
            if at.spec.has_status(word) {
                return Judged::new(Noop, format!("{word:?} alone does not say how the order stands"));
            }
            let message = format!("the provider's table has no status {word:?}");
            self.raise(ConditionKind::UnknownStatus, STANDING, &message, at);
            return Judged::new(Noop, message);
        };
        self.clear(ConditionKind::UnknownStatus, STANDING, at);
        if let Some(mismatch) = self.total_mismatch(&seen.facts, at.spec) {
            self.raise(ConditionKind::AmountMismatch, TOTAL, &mismatch, at);
            return Judged::new(Conflict, mismatch).asking(seen.trust == Trust::Verified);
        }
        let authoritative = seen.trust == Trust::Authoritative;
        if authoritative && seen.facts.amounts.iter().any(|fact| fact.kind == AmountKind::ProviderTotal) {
            self.clear(ConditionKind::AmountMismatch, TOTAL, at);
        }
        let judged = self.judge_standing(standing, seen, at);
        if authoritative {
            if matches!(judged.effect, Applied | Noop) {
                self.clear(ConditionKind::Conflict, STANDING, at);
            }
            self.adopt_foreign(&seen.facts, at);
            self.compare_sums(&seen.facts, at);
        }
        judged
    }

    fn judge_standing(&mut self, standing: Standing, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        match standing {
            Standing::Unpaid => self.see_unpaid(None, seen, at),
            Standing::AwaitingCustomer => self.see_unpaid(Some(OrderState::AwaitingCustomer), seen, at),
            Standing::CustomerArrived => {
                let news = self.state == OrderState::AwaitingCustomer && self.customer_arrived(at);
                if news {
                    Judged::new(Applied, "the customer is there")
                } else {
                    self.see_unpaid(None, seen, at)
                }
            }
            Standing::PendingDecision => self.step_to(OrderState::PendingDecision, seen, at),
            Standing::Authorized => self.see_paid(OrderState::Authorized, seen, at),
            Standing::Captured => self.see_paid(OrderState::Captured, seen, at),
            Standing::Completed => self.see_paid(OrderState::Completed, seen, at),
            Standing::Declined => self.see_end(OrderState::Declined, seen, at),
            Standing::Cancelled => self.see_end(OrderState::Cancelled, seen, at),
            Standing::Expired => self.see_end(OrderState::Expired, seen, at),
        }
    }

    /// Not paid, as far as the provider knows.
    fn see_unpaid(&mut self, to: Option<OrderState>, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        match to {
            _ if self.state.is_ended() => Judged::new(Noop, "unpaid, as is known"),
            _ if self.state.is_paid() => self.contradicted("unpaid", seen, at),
            Some(to) => self.step_to(to, seen, at),
            None => Judged::new(Noop, "unpaid, as is known"),
        }
    }

    /// Paid, as far as the provider knows.
    fn see_paid(&mut self, to: OrderState, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        let late = self.state.is_ended();
        if late {
            let given_back = |op: &Operation| op.submitted_at.is_some() && op.amount.minor > 0;
            let undone = self.operations.iter().any(|op| op.is_undone_by_payment(at.spec));
            if self.state == OrderState::Cancelled && !undone && self.own_operations().any(given_back) {
                return Judged::new(Noop, "paid once, and given back since");
            }
            if seen.trust != Trust::Authoritative && at.spec.operations.sync.support.is_offered() {
                let why = format!("paid after {}: only the provider's own answer counts", self.state);
                return Judged::new(Noop, why).asking(true);
            }
        }
        if self.state.rank() >= to.rank() && self.state.is_paid() {
            return Judged::new(Noop, "paid, as is known");
        }
        let under_way = self.own_operations().any(Operation::reserves);
        if to != OrderState::Authorized
            && (self.is_being_cancelled() || (under_way && self.state == OrderState::Authorized))
        {
            return Judged::new(Noop, "an operation of ours is under way and will say");
        }
        if late {
            let message = format!("the provider reports a payment of an order that was {}", self.state);
            self.raise(ConditionKind::LatePayment, STANDING, &message, at);
            self.undo_cancellation(at);
        }
        if to != OrderState::Authorized {
            self.disprove_cancellations(at);
        }
        self.pay(to, seen, at);
        if late {
            self.paid_late(at);
        }
        Judged::new(Applied, "the provider says it is paid")
    }

    /// Walks the table to a paid state; the way to COMPLETED leads over CAPTURED.
    fn pay(&mut self, to: OrderState, seen: &Observation, at: &mut Moment<'_>) {
        let by = Cause::from(seen.trust);
        if to == OrderState::Authorized {
            return self.become_state(to, by, at);
        }
        if self.state != OrderState::Captured {
            self.adopt_capture(at);
            self.become_state(OrderState::Captured, by, at);
        }
        if to == OrderState::Completed {
            self.become_state(to, by, at);
        }
    }

    /// Over without money, as far as the provider knows.
    fn see_end(&mut self, to: OrderState, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        if self.state.is_ended() {
            return Judged::new(Noop, format!("the order is {} already", self.state));
        }
        if self.state.is_paid() {
            let untouched = |line: &LineState| line.fulfilled.plus(line.captured) == Tally::default();
            let under_way = self.own_operations().any(Operation::reserves);
            let free = self.lines.iter().all(untouched) && !under_way;
            let legal = self.state.may_become(to, Cause::from(seen.trust));
            if !(legal && free && self.is_fresh(seen)) {
                return self.contradicted(to.as_str(), seen, at);
            }
        }
        if to == OrderState::Cancelled {
            if self.is_being_cancelled() {
                return Judged::new(Noop, "an operation of ours is under way and will say");
            }
            self.prove_cancellations(at);
        }
        // What was given up there because it expired here has expired.
        let expired = to == OrderState::Cancelled && self.expiring.is_some();
        let to = if expired { OrderState::Expired } else { to };
        let judged = self.step_to(to, seen, at);
        if judged.effect == Applied {
            let code = seen.facts.wire_status.clone().unwrap_or_else(|| "provider_unspecified".to_owned());
            if to == OrderState::Cancelled {
                self.adopt_cancellation(&code, at);
            }
            self.ending = Some(Failure { code, message: seen.label.clone() });
        }
        judged
    }

    /// Less than what was approved. Believed by nobody: an old message is old, a new one is a conflict.
    fn contradicted(&mut self, says: &str, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        let why = format!("{} says {says}, and the order is {}", seen.label, self.state);
        let ends = says != "unpaid";
        match seen.trust {
            Trust::Authoritative if !self.is_fresh(seen) => {
                Judged::new(Stale, format!("{why}; it was asked before newer evidence")).asking(true)
            }
            Trust::Verified if !ends => Judged::new(Stale, why),
            _ => {
                self.raise(ConditionKind::Conflict, STANDING, &why, at);
                Judged::new(Conflict, why).asking(seen.trust == Trust::Verified)
            }
        }
    }

    /// One step along the table, or the reason why not.
    fn step_to(&mut self, to: OrderState, seen: &Observation, at: &mut Moment<'_>) -> Judged {
        let from = self.state;
        let proven = seen.trust == Trust::Authoritative && self.is_fresh(seen);
        if from == to {
            return Judged::new(Noop, format!("{to}, as is known"));
        }
        if to.rank() < from.rank() && !proven {
            return Judged::new(Stale, format!("{to} is behind {from}"));
        }
        if from.may_become(to, Cause::from(seen.trust)) {
            if from.is_ended() {
                self.undo_cancellation(at);
            }
            self.become_state(to, Cause::from(seen.trust), at);
            return Judged::new(Applied, format!("{from} became {to}"));
        }
        let why = format!("{from} cannot become {to}");
        if proven {
            self.raise(ConditionKind::Conflict, STANDING, &why, at);
            return Judged::new(Conflict, why);
        }
        Judged::new(Illegal, why)
    }

    /// Whether nothing newer is known than what this answers.
    fn is_fresh(&self, seen: &Observation) -> bool {
        match (seen.asked_at, self.evidence_at) {
            (Some(asked), Some(newest)) => asked >= newest,
            _ => true,
        }
    }

    /// The customer reached the checkout. Returns whether that is news.
    pub(super) fn customer_arrived(&mut self, at: &mut Moment<'_>) -> bool {
        let news = self.customer_arrived_at.is_none();
        if news {
            self.customer_arrived_at = Some(at.now);
            at.event(EventKind::CustomerArrived, json!({}));
        }
        self.news_of_customer(at);
        news
    }

    pub(super) fn learn_refs(&mut self, facts: &Facts) {
        for (name, value) in &facts.refs {
            let room = self.provider_refs.len() < REFS_MAX || self.provider_refs.contains_key(name);
            if room && name.len() <= REF_BYTES_MAX && value.len() <= REF_BYTES_MAX {
                self.provider_refs.insert(name.clone(), value.clone());
            }
        }
    }
}
