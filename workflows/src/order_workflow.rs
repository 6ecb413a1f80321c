//! An order's durable run: it carries what happens to the order's rules, and what they want done to the engine.
//!
//! All decisions are the rules' ([`crate::order`]). This loop waits, tells them what came, begins the steps that they
//! ask for, and shows the order as it stands. It never ends by itself: late money and refunds still come. Only retention
//! ends it.

use crate::order::{Command, CommandId, Deadline, Effect, NewOrder, News, Observation, Order, Refusal, Step};
use crate::provider_call::{ProviderCall, spec_of};
use crate::time::{micros, timestamp};
use jiff::Timestamp;
use ordain_engine::store::Attributes;
use ordain_engine::{Ctx, Incoming, Next, Sealed, StepFailure, StepId, StepNews, Workflow};
use ordain_providers::ProviderSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order's history is read from its newest continuation on. An order's life is 50 to 200 records, so only those that
/// are polled for years come this far, and what is replayed stays a few milliseconds' work.
const RECORDS_MAX: u64 = 500;

/// The order workflow.
pub struct OrderWorkflow;

/// What an order's run starts with, or goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderInput {
    /// A validated order, to be opened.
    New(Box<NewOrder>),
    /// An order as it stood.
    Continued {
        /// It.
        order: Box<Order>,
        /// Steps under way, and what each is to the order.
        steps: BTreeMap<StepId, Step>,
    },
}

/// What an order's run can be told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum OrderMessage {
    /// Someone asks for something, and waits for the answer.
    Command {
        /// What.
        command: Command,
        /// Under which id, so that the operation can be found again.
        request_id: String,
    },
    /// Evidence came in. With the message that it was read from, word for word, under seal.
    Observed {
        /// What it says.
        observation: Box<Observation>,
        /// As it came.
        raw: Option<Sealed<RawMessage>>,
    },
    /// The order is put away for good, if it has been over and quiet since then.
    Retire {
        /// When that must have been.
        before: Timestamp,
    },
}

/// An inbound message word for word; holds credentials and personal data.
#[derive(Serialize, Deserialize)]
pub struct RawMessage {
    /// Below the account's URL.
    pub path: String,
    /// Raw query string.
    pub query: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// As text; bytes that are none are replaced.
    pub body: String,
}

/// What an order's run answers to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum OrderAnswer {
    /// It is done, or will be.
    Granted {
        /// The operation that carries it out, if it takes one.
        operation: Option<String>,
    },
    /// It is not, and why.
    Refused(Refusal),
}

impl Workflow for OrderWorkflow {
    const NAME: &'static str = "order";
    const VERSION: u32 = 1;
    type Input = OrderInput;
    type Message = OrderMessage;
    type Answer = OrderAnswer;

    async fn run(ctx: Ctx<Self>, input: OrderInput) -> String {
        let mut life = match input {
            OrderInput::New(new) => Life::open(ctx, *new),
            OrderInput::Continued { order, steps } => Life::go_on(ctx, *order, steps),
        };
        loop {
            if life.ctx.records_since_beginning() >= RECORDS_MAX {
                let Life { ctx, order, steps, .. } = life;
                let order = Box::new(order);
                match ctx.continue_with(&OrderInput::Continued { order, steps }).await {}
            }
            life.next().await;
            if let Some(since) = life.retired {
                return format!("put away: over and quiet since {since}");
            }
        }
    }
}

struct Life {
    ctx: Ctx<OrderWorkflow>,
    spec: &'static ProviderSpec,
    order: Order,
    /// Steps under way, and what each is to the order.
    steps: BTreeMap<StepId, Step>,
    /// Since when it has been over and quiet, if it is put away now.
    retired: Option<Timestamp>,
}

impl Life {
    fn open(ctx: Ctx<OrderWorkflow>, new: NewOrder) -> Self {
        let spec = spec_of(&new.provider);
        let (order, effects) = Order::open(new, timestamp(ctx.now()), spec);
        let mut life = Self { ctx, spec, order, steps: BTreeMap::new(), retired: None };
        life.carry_out(effects);
        life
    }

    fn go_on(ctx: Ctx<OrderWorkflow>, order: Order, steps: BTreeMap<StepId, Step>) -> Self {
        let spec = spec_of(&order.provider);
        Self { ctx, spec, order, steps, retired: None }
    }

    /// Waits for one thing and lets the order take it in.
    async fn next(&mut self) {
        let deadline = self.order.next_deadline(self.spec);
        let effects = match self.ctx.next(deadline.map(|(at, _)| micros(at))).await {
            Next::Message(incoming) => self.told(&incoming),
            Next::Step(id, news) => self.step_moved(id, news),
            Next::Deadline => self.due(deadline.map(|(_, deadline)| deadline)),
        };
        self.carry_out(effects);
    }

    fn told(&mut self, incoming: &Incoming<OrderMessage>) -> Vec<Effect> {
        let now = self.now();
        match &incoming.message {
            OrderMessage::Observed { observation, .. } => self.order.observe(observation, now, self.spec),
            OrderMessage::Retire { before } => {
                let answer = match self.order.retire(*before, self.spec) {
                    Ok(()) => {
                        self.retired = Some(*before);
                        OrderAnswer::Granted { operation: None }
                    }
                    Err(refusal) => OrderAnswer::Refused(refusal),
                };
                self.ctx.answer(incoming, &answer);
                Vec::new()
            }
            OrderMessage::Command { command, request_id } => {
                let operation = (self.order.operations.len() + 1).to_string();
                let id = CommandId { operation: &operation, request: request_id };
                match self.order.command(id, command, now, self.spec) {
                    Ok(accepted) => {
                        let operation = accepted.operation;
                        self.ctx.answer(incoming, &OrderAnswer::Granted { operation });
                        accepted.effects
                    }
                    Err(refusal) => {
                        self.ctx.answer(incoming, &OrderAnswer::Refused(refusal));
                        Vec::new()
                    }
                }
            }
        }
    }

    fn step_moved(&mut self, id: StepId, news: StepNews) -> Vec<Effect> {
        let now = self.now();
        let step = self.steps.get(&id).cloned().expect("every step was begun here");
        let news = match news {
            StepNews::Ended(end) => {
                self.steps.remove(&id);
                match end.of::<ProviderCall>() {
                    Ok(answer) => return self.order.outcome(&step, &answer, now, self.spec),
                    Err(StepFailure::Skipped { reason, .. }) => News::Skipped { reason },
                }
            }
            StepNews::Parked { why, outcome_unknown } => News::Parked { why, unknown: outcome_unknown },
            StepNews::SentAgain => News::Retried,
        };
        self.order.news(&step, &news, now, self.spec)
    }

    fn due(&mut self, deadline: Option<Deadline>) -> Vec<Effect> {
        let now = self.now();
        deadline.map(|deadline| self.order.due(deadline, now, self.spec)).unwrap_or_default()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event { event, rule } => {
                    self.ctx.event_of(rule, &format!("{:?}", event.kind), &event.data);
                }
                Effect::Call { step, op, rule } => {
                    let (provider, account) = (self.order.provider.clone(), self.order.account.clone());
                    let pace = self.order.settings.poll_scale;
                    let attempt = self.order.attempt_of(&step).map(str::to_owned);
                    let id = self.ctx.start_of(rule, ProviderCall { provider, account, pace, op, attempt });
                    self.steps.insert(id, step);
                }
            }
        }
        self.ctx.show(&self.order, attributes(&self.order));
    }

    fn now(&self) -> Timestamp {
        timestamp(self.ctx.now())
    }
}

fn attributes(order: &Order) -> Attributes {
    Attributes {
        owner: order.account.clone(),
        state: order.state.to_string(),
        flags: order.conditions.iter().map(|condition| condition.kind.as_str().to_owned()).collect(),
        ..Attributes::default()
    }
}
