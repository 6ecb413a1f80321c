//! What an order is made of: the run's state and, as JSON, its view.
//!
//! Everything is readable by anyone and changed only by the methods of [`Order`]. Personal data and what the customer
//! is sent to are under seal; the rest is what decisions depend on.

use crate::order::amounts::{self, Tally};
use crate::order::condition::ConditionKind;
use crate::order::counting::Counted;
use crate::order::effect::{Effect, EventKind, Moment, Step};
use crate::order::hinted::Hinted;
use crate::order::{Cause, Condition, Failure, LatePayment, NewOrder, Operation, OperationState, OrderState};
use jiff::{SignedDuration, Timestamp};
use ordain_engine::Sealed;
use ordain_providers::call::{NextAction, Standing};
use ordain_providers::spec::AckWhen;
use ordain_providers::{Address, Currency, Customer, Line, Money, Op, OrderContent, Private, ProviderSpec};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One order, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Ours, 26 characters; the run's id and what the provider knows.
    pub id: String,
    /// The shop.
    pub merchant: String,
    /// Its account at the provider.
    pub account: String,
    /// The provider's id, for people: rules read its table.
    pub provider: String,
    /// The shop's own number.
    pub client_reference: String,
    /// One for everything.
    pub currency: Currency,
    /// Σ lines.
    pub total: Money,
    /// The lines, and what became of each.
    pub lines: Vec<LineState>,
    /// How it stands.
    pub state: OrderState,
    /// What is wrong or waited for.
    pub conditions: Vec<Condition>,
    /// Shipments, refunds and cancellations, oldest first.
    pub operations: Vec<Operation>,
    /// Who buys and where it goes.
    pub people: Sealed<People>,
    /// Where the customer goes next.
    pub next_action: Option<Sealed<NextAction>>,
    /// What the provider calls things.
    pub provider_refs: BTreeMap<String, String>,
    /// Other attempts than the order's that were paid too, and how far each came by what the provider said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paid_besides: BTreeMap<String, Standing>,
    /// What only this provider understands.
    pub provider_options: BTreeMap<String, String>,
    /// Where the shop wants the customer back.
    pub return_url: Option<String>,
    /// The shop's own notes.
    pub metadata: BTreeMap<String, String>,
    /// Pace, from the account.
    pub settings: Settings,
    /// When we accepted it.
    pub created_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When an unpaid checkout is given up (the provider is asked first).
    pub expires_at: Timestamp,
    /// Whether it is the link that the customer was sent to which ends then, earlier than the order would.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expires_with_link: bool,
    /// When the provider first approved.
    pub authorized_at: Option<Timestamp>,
    /// When the customer first reached the checkout.
    pub customer_arrived_at: Option<Timestamp>,
    /// When evidence last changed something. An answer to an older question is old news.
    pub evidence_at: Option<Timestamp>,
    /// Since when the provider decides.
    pub decision_since: Option<Timestamp>,
    /// When an operation last ended.
    pub last_operation_at: Option<Timestamp>,
    /// Questions to the provider: out, due, owed.
    pub asking: Asking,
    /// Until when the provider was asked to let the checkout live, while that is out.
    pub extending: Option<Timestamp>,
    /// When it last came to an end, with or without money.
    pub ended_at: Option<Timestamp>,
    /// What of the payment is disputed, or was taken back.
    pub disputed: Option<Money>,
    /// Set while an expiry waits for the provider's answer.
    pub expiring: Option<Expiring>,
    /// Whether the provider was told that we know of its approval.
    pub ack: Ack,
    /// Why the order ended without money, if it did.
    pub ending: Option<Failure>,
    /// Pulls of the content that were refused because the order had ended.
    pub pulls_refused: u32,
}

/// A line and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// As ordered.
    pub line: Line,
    /// What it counts for in minor units: its total with its share of discounts and roundings.
    pub worth: i64,
    /// Reported as shipped.
    pub fulfilled: Tally,
    /// The shop's money; never less than what was refunded of it.
    pub captured: Tally,
    /// Will never be captured.
    pub cancelled: Tally,
    /// Captured, and went back.
    pub refunded: Tally,
}

/// Who buys and where it goes. Personal data: it is sealed wherever it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// Who buys.
    pub customer: Private<Customer>,
    /// Where the money is settled.
    pub billing: Private<Address>,
    /// Where the goods go.
    pub shipping_to: Private<Address>,
}

/// Pace, from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Seconds after the last operation until a captured order is completed; the provider's table, if none.
    pub complete_after_s: Option<u64>,
    /// What to do with a payment of an order that had ended, or that was paid already.
    #[serde(default)]
    pub late_payment: LatePayment,
    /// Divides every interval between questions to the provider: 1 for real accounts, 100 for sandboxes.
    pub poll_scale: u32,
    /// A refund of an amount may go out where the provider's table wants lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub amount_refunds: bool,
}

/// Questions to the provider about how the order stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// When the question that is out was asked.
    pub out_since: Option<Timestamp>,
    /// When a question was last asked.
    pub asked_at: Option<Timestamp>,
    /// When a usable answer last came.
    pub answered_at: Option<Timestamp>,
    /// When to ask next.
    pub due_at: Option<Timestamp>,
    /// News came while a question was out: its answer may be older than the news.
    pub again: bool,
    /// Something hinted at a payment at least once.
    pub hinted: bool,
    /// What hints said that no answer has settled yet.
    #[serde(default, skip_serializing_if = "Hinted::is_empty")]
    pub said: Hinted,
    /// Evidence that proves nothing itself waits for an answer that does.
    pub owed: bool,
    /// Polls since the last news; picks the interval.
    pub polls_done: u32,
    /// What the provider counts as asked back, where only that finds a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// Refunds that the provider is being asked about, by their operation's id.
    #[serde(default)]
    pub refunds_out: BTreeSet<String>,
    /// Other attempts that the provider is being asked about.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attempts_out: BTreeSet<String>,
}

/// An expiry that waits for the provider's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// Only an answer to a question asked since then counts.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// How far the acknowledgement of the approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ack {
    /// No approval yet, or nothing to acknowledge.
    NotAsked,
    /// On its way.
    Asked,
    /// The provider knows.
    Done,
    /// Given up; a person must look.
    GivenUp,
}

impl Order {
    /// Accepts a validated order: it exists from now on, and its checkout is to be opened.
    #[must_use]
    pub fn open(new: NewOrder, now: Timestamp, spec: &ProviderSpec) -> (Self, Vec<Effect>) {
        let worths = amounts::worths(&new.lines);
        let lines = new
            .lines
            .into_iter()
            .zip(worths)
            .map(|(line, worth)| LineState::untouched(line, worth))
            .collect();
        let order = Self {
            id: new.id,
            merchant: new.merchant,
            account: new.account,
            provider: new.provider,
            client_reference: new.client_reference,
            currency: new.currency,
            total: new.total,
            lines,
            state: OrderState::Creating,
            conditions: Vec::new(),
            operations: Vec::new(),
            people: new.people,
            next_action: None,
            provider_refs: BTreeMap::new(),
            paid_besides: BTreeMap::new(),
            provider_options: new.provider_options,
            return_url: new.return_url,
            metadata: new.metadata,
            settings: new.settings,
            created_at: now,
            updated_at: now,
            expires_with_link: false,
            expires_at: new.expires_at.unwrap_or_else(|| after(now, spec.expires_after)),
            authorized_at: None,
            customer_arrived_at: None,
            evidence_at: None,
            decision_since: None,
            last_operation_at: None,
            asking: Asking::default(),
            extending: None,
            ended_at: None,
            disputed: None,
            expiring: None,
            ack: Ack::NotAsked,
            ending: None,
            pulls_refused: 0,
        };
        let mut at = Moment::new(now, spec);
        let data =
            json!({ "total": order.total, "provider": order.provider, "expires_at": order.expires_at });
        at.event(EventKind::OrderCreated, data);
        at.call(Step::Create, Op::Create);
        (order, at.effects)
    }

    /// What a codec may say of the order, with the people opened by whoever may.
    #[must_use]
    pub fn content(&self, people: &People) -> OrderContent {
        OrderContent {
            order_id: self.id.clone(),
            client_reference: self.client_reference.clone(),
            currency: self.currency,
            total: self.total,
            lines: self.lines.iter().map(|line| line.line.clone()).collect(),
            customer: people.customer.clone(),
            billing: people.billing.clone(),
            shipping_to: people.shipping_to.clone(),
            provider_options: self.provider_options.clone(),
        }
    }

    /// The operation with this id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// What the provider will be asked to carry an operation out, as long as it was not.
    #[must_use]
    pub fn waiting_op(&self, id: &str, spec: &ProviderSpec) -> Option<Op> {
        let waiting = self.operation(id).filter(|operation| operation.state == OperationState::Requested);
        waiting.map(|operation| operation.op(self, spec))
    }

    /// The operations on the order's own money and goods; one that gives another attempt's money back is none of them.
    pub(super) fn own_operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.attempt.is_none())
    }

    /// Goes to `to`. The one place where the state changes; asking for a pair that the table lacks is our own bug.
    #[track_caller]
    pub(super) fn become_state(&mut self, to: OrderState, by: Cause, at: &mut Moment<'_>) {
        assert!(self.state.may_become(to, by), "{} cannot become {to} by {by:?}", self.state);
        let from = std::mem::replace(&mut self.state, to);
        at.event(event_of(from, to), json!({ "from": from, "to": to }));
        if to.is_paid() {
            self.ending = None;
            self.authorized_at.get_or_insert(at.now);
            match at.spec.ack_when {
                AckWhen::Approved => self.acknowledge(at),
                // What it waited for is done, by whomever.
                AckWhen::Flagged => {
                    self.clear(ConditionKind::MerchantActionRequired, Step::Ack.subject(), at)
                }
            }
        }
        self.decision_since = (to == OrderState::PendingDecision).then_some(at.now);
        self.ended_at = (to.is_ended() || to == OrderState::Completed).then_some(at.now);
        self.expiring = None;
        self.clear_overdue(at);
        self.plan_poll(at);
    }

    /// Tells the provider once that its approval was taken note of, where it waits for that. Where it waits before it
    /// approves, that says once more what is to be paid: all of the order, and never what is left of it.
    pub(super) fn acknowledge(&mut self, at: &mut Moment<'_>) {
        if self.ack != Ack::NotAsked || !at.spec.operations.ack.support.is_offered() {
            return;
        }
        if at.spec.ack_when == AckWhen::Flagged {
            let given_up = self.own_operations().any(|it| it.gives_the_order_up() && it.reserves());
            let part = self.amounts().cancelled.minor > 0;
            if part && !given_up && !self.state.is_ended() {
                let message = "part of the order was cancelled, and confirming it would ask for all of it again: \
                               settle it at the provider";
                self.give_up_ack(message, at);
            }
            if part || given_up {
                return;
            }
        }
        self.ack = Ack::Asked;
        at.call(Step::Ack, Op::Ack);
    }
}

impl LineState {
    fn untouched(line: Line, worth: i64) -> Self {
        let none = Tally::default();
        Self { line, worth, fulfilled: none, captured: none, cancelled: none, refunded: none }
    }
}

const fn event_of(from: OrderState, to: OrderState) -> EventKind {
    match to {
        // Nothing returns to its own beginning; the pair is not in the table.
        OrderState::Creating => EventKind::OrderCreated,
        OrderState::AwaitingCustomer => EventKind::CheckoutOpened,
        OrderState::PendingDecision => EventKind::DecisionAwaited,
        OrderState::Authorized if matches!(from, OrderState::Captured | OrderState::Completed) => {
            EventKind::OrderReopened
        }
        OrderState::Authorized => EventKind::PaymentAuthorized,
        OrderState::Captured => EventKind::PaymentCaptured,
        OrderState::Completed => EventKind::OrderCompleted,
        OrderState::Declined => EventKind::OrderDeclined,
        OrderState::Cancelled => EventKind::OrderCancelled,
        OrderState::Expired => EventKind::OrderExpired,
        OrderState::Failed => EventKind::OrderFailed,
    }
}

/// So long after; the end of time, if it is later than that.
pub(super) fn after(time: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}
