//! The stage: one order, one clock, and verbs that happen to it.
//!
//! A script is words separated by `;`. After every verb the invariants are checked, every change of state is looked
//! up in the table, and the order must survive a round trip through JSON. The order (GBP, 30.00):
//!
//! | line | kind | quantity | total | worth |
//! |---|---|---|---|---|
//! | a | product | 2 | 20.00 | 16.67 |
//! | b | service | 3 | 10.00 | 8.33 |
//! | s | shipping | 1 | 5.00 | 5.00 |
//! | d | discount | 1 | -5.00 | 0 |

use jiff::{SignedDuration, Timestamp};
use ordain_engine::StepId;
use ordain_providers::call::{RefundRequest, Retry, Tracking};
use ordain_providers::inbound::Trust;
use ordain_providers::{Currency, Facts, Line, LineKind, Money, Op, Outcome, ProviderSpec, Quantity};
use ordain_workflows::order::{
    Answer, Cause, Command, CommandId, Effect, Event, LatePayment, LineQuantity, NewOrder, News, Observation,
    Operation, Order, OrderState, Refusal, Settings, Source, Step,
};
use ordain_workflows::order_workflow::OrderInput;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub struct Stage {
    pub order: Order,
    pub spec: &'static ProviderSpec,
    pub now: Timestamp,
    /// Calls that are out, oldest first.
    pub calls: Vec<(Step, Op, Timestamp)>,
    pub events: Vec<Event>,
    pub refusal: Option<Refusal>,
    /// What the provider may have done: refunds sent and not certainly refused, each with its attempt, if that is
    /// another one than the order's.
    pub sent_back: BTreeMap<String, (String, RefundRequest)>,
    /// Whether every verb is followed by the costly questions too.
    pub thorough: bool,
    named: u32,
}

pub fn line(line_id: &str, kind: LineKind, pieces: u32, minor: i64) -> Line {
    Line {
        line_id: line_id.to_owned(),
        sku: format!("sku-{line_id}"),
        name: format!("thing {line_id}"),
        kind,
        quantity: Quantity::whole(pieces),
        unit_price: Money::of(Currency::Gbp, minor / i64::from(pieces)),
        tax_rate_bp: 2_000,
        total: Money::of(Currency::Gbp, minor),
        unit: String::new(),
        image_url: None,
    }
}

pub fn new_order() -> NewOrder {
    NewOrder {
        id: "01JD0000000000000000000000".to_owned(),
        merchant: "shop".to_owned(),
        account: "shop-sandbox".to_owned(),
        provider: "invented".to_owned(),
        client_reference: "A-1".to_owned(),
        currency: Currency::Gbp,
        total: Money::of(Currency::Gbp, 3_000),
        lines: vec![
            line("a", LineKind::Product, 2, 2_000),
            line("b", LineKind::Service, 3, 1_000),
            line("s", LineKind::Shipping, 1, 500),
            line("d", LineKind::Discount, 1, -500),
        ],
        people: serde_json::from_str("\"AAAA\"").expect("any bytes are a seal"),
        provider_options: BTreeMap::new(),
        return_url: Some("https://shop.example/thanks".to_owned()),
        metadata: BTreeMap::new(),
        expires_at: None,
        settings: Settings {
            complete_after_s: None,
            late_payment: LatePayment::Accept,
            poll_scale: 1,
            amount_refunds: false,
        },
    }
}

fn late_payment(word: &str) -> LatePayment {
    match word {
        "refund" => LatePayment::AutoRefund,
        "park" => LatePayment::Park,
        _ => LatePayment::Accept,
    }
}

/// The same numbers in another currency.
fn in_currency(currency: Currency, new: NewOrder) -> NewOrder {
    let mut new = NewOrder { currency, ..new };
    new.total.currency = currency;
    for line in &mut new.lines {
        line.total.currency = currency;
        line.unit_price.currency = currency;
    }
    new
}

impl Stage {
    pub fn new(spec: &'static ProviderSpec) -> Self {
        let now: Timestamp = "2024-11-21T09:00:00Z".parse().expect("a time");
        let new = in_currency(spec.currencies[0], new_order());
        assert_eq!(new.validate(now, spec), []);
        let (order, effects) = Order::open(new, now, spec);
        let mut stage = Self {
            order,
            spec,
            now,
            calls: Vec::new(),
            events: Vec::new(),
            refusal: None,
            sent_back: BTreeMap::new(),
            thorough: true,
            named: 0,
        };
        stage.take(effects);
        stage
    }

    /// Plays a whole script.
    pub fn play(&mut self, script: &str) {
        for verb in script.split(';').map(str::trim).filter(|verb| !verb.is_empty()) {
            self.apply(verb);
        }
    }

    /// One verb. A verb that finds nothing to act on does nothing, so that random scripts are scripts too.
    pub fn apply(&mut self, verb: &str) {
        let words: Vec<&str> = verb.split_whitespace().collect();
        let (first, rest) = words.split_first().expect("a verb");
        match *first {
            "created" => self.end(&Step::Create, Outcome::Done(self.opened(rest))),
            "hinted" => self.see(Trust::Hint, Source::Webhook, &rest.join(" ")),
            "hint" => self.see(
                Trust::Hint,
                if rest == ["return"] { Source::Redirect } else { Source::Webhook },
                "paid",
            ),
            "told" => self.see(Trust::Verified, Source::Webhook, &rest.join(" ")),
            "answer" => self.answer(&rest.join(" ")),
            "late" => self.order.settings.late_payment = late_payment(rest[0]),
            "about" => {
                let facts = self.facts(&rest[1..].join(" "));
                self.end(&Step::SyncAttempt(rest[0].to_owned()), Outcome::Done(facts));
            }
            "refundsync" => self.end(&Step::SyncRefund(rest[0].to_owned()), Outcome::Done(self.facts(verb))),
            "extended" => self.end(&Step::Extend, Outcome::Done(Facts::default())),
            "acked" => self.end(&Step::Ack, Outcome::Done(Facts::default())),
            "done" | "pending" | "refused" | "unknown" | "notsent" => {
                self.end_operation(first, rest.first().copied())
            }
            "park" | "retry" | "skip" => self.bring_news(first, rest),
            "wait" => self.wait(rest[0].parse().expect("seconds")),
            _ => self.ask(first, rest),
        }
        self.examine(verb);
    }

    fn ask(&mut self, verb: &str, rest: &[&str]) {
        let lines =
            rest.iter().filter_map(|word| word.split_once(':')).map(|(line, quantity)| LineQuantity {
                line_id: line.to_owned(),
                quantity: Quantity::whole(quantity.parse().expect("pieces")),
            });
        let amount = rest.iter().find_map(|word| word.strip_prefix("amount="));
        let amount = amount.map(|text| Money::of(self.order.currency, text.parse().expect("minor units")));
        let attempt = rest.iter().find_map(|word| word.strip_prefix("attempt=")).map(str::to_owned);
        let reason = "because".to_owned();
        let command = match verb {
            "fulfil" => {
                let number = rest.iter().find_map(|word| word.strip_prefix("number="));
                let carrier = number.map(|_| "DPD".to_owned()).unwrap_or_default();
                let number = number.unwrap_or_default().to_owned();
                Command::Fulfil { lines: lines.collect(), tracking: Some(Tracking { carrier, number }) }
            }
            "reverse" => Command::ReverseFulfilment { id: rest[0].to_owned() },
            "refund" => Command::Refund { lines: lines.collect(), amount, reason, attempt },
            "cancel" => Command::Cancel { lines: lines.collect(), reason, attempt },
            "accept" => Command::AcceptPayment,
            "extend" => {
                let later = SignedDuration::from_secs(rest[0].parse().expect("seconds"));
                Command::Extend { expires_at: self.now + later }
            }
            "expire" => Command::Expire { reason },
            "sync" => Command::Sync,
            "pull" => Command::Pull,
            other => panic!("no such verb: {other}"),
        };
        let before = self.order.clone();
        let id = format!("op{}", self.named + 1);
        let ids = CommandId { operation: &id, request: &id };
        match self.order.command(ids, &command, self.now, self.spec) {
            Ok(accepted) => {
                self.refusal = None;
                self.named += u32::from(accepted.operation.is_some());
                self.take(accepted.effects);
            }
            Err(refusal) => {
                let unchanged = Order { pulls_refused: before.pulls_refused, ..self.order.clone() };
                assert_eq!(unchanged, before, "a refusal changes nothing: {refusal}");
                self.refusal = Some(refusal);
            }
        }
    }

    fn see(&mut self, trust: Trust, source: Source, says: &str) {
        let seen = Observation {
            source,
            trust,
            facts: self.facts(says),
            label: format!("webhook {says}"),
            received_at: self.now,
            asked_at: None,
            then_sync: false,
        };
        let effects = self.order.observe(&seen, self.now, self.spec);
        self.take(effects);
    }

    fn answer(&mut self, says: &str) {
        let outcome = match says {
            "silence" => Outcome::Unknown { why: "timeout".to_owned() },
            "never" => self.refusal_of("NOT_FOUND"),
            says => Outcome::Done(self.facts(says)),
        };
        self.end(&Step::Sync, outcome);
    }

    fn refusal_of(&self, code: &str) -> Outcome {
        let (code, message) = (code.to_owned(), "no".to_owned());
        Outcome::Refused { facts: Facts::default(), code, message, retry: Retry::Never }
    }

    fn end(&mut self, step: &Step, outcome: Outcome) {
        let Some(place) = self.calls.iter().position(|(out, _, _)| out == step) else { return };
        let (step, _, asked_at) = self.calls.remove(place);
        self.give(&step, outcome, asked_at);
    }

    fn give(&mut self, step: &Step, outcome: Outcome, asked_at: Timestamp) {
        self.forget_failed(&outcome);
        let answer = Answer { outcome, asked_at, next_action: None };
        let effects = self.order.outcome(step, &answer, self.now, self.spec);
        self.take(effects);
    }

    /// Ends the named operation, or the one that is out.
    fn end_operation(&mut self, how: &str, id: Option<&str>) {
        let out = self.calls.iter().find_map(|(step, _, _)| match step {
            Step::Operation(id) => Some(id.clone()),
            _ => None,
        });
        let Some(id) = id.map(str::to_owned).or(out) else { return };
        let outcome = match how {
            "done" => Outcome::Done(Facts::default()),
            "pending" => Outcome::Pending(Facts::default()),
            "refused" => self.refusal_of("REFUSED"),
            "unknown" => Outcome::Unknown { why: "cut off".to_owned() },
            _ => Outcome::NotSent { why: "no connection".to_owned() },
        };
        if matches!(how, "refused" | "notsent") {
            self.sent_back.remove(&id);
        }
        let step = Step::Operation(id);
        self.calls.retain(|(out, _, _)| *out != step);
        self.give(&step, outcome, self.now);
    }

    /// `park unknown`, `park known` act on what is out; `retry`, `skip` on what is parked.
    fn bring_news(&mut self, verb: &str, rest: &[&str]) {
        let out = |operation: &&Operation| {
            self.calls.iter().any(|(step, _, _)| *step == Step::Operation(operation.id.clone()))
        };
        let parked = |operation: &&Operation| operation.parked.is_some();
        let found = match verb {
            "park" => self.order.operations.iter().find(out),
            _ => self.order.operations.iter().find(parked),
        };
        let Some(operation) = found.cloned() else { return };
        let step = Step::Operation(operation.id.clone());
        let news = match verb {
            "park" => News::Parked { why: "attempts used up".to_owned(), unknown: rest == ["unknown"] },
            "retry" => News::Retried,
            _ => News::Skipped { reason: "the back office says no".to_owned() },
        };
        self.calls.retain(|(out, _, _)| *out != step);
        match news {
            News::Retried => self.calls.push((step.clone(), Op::Ack, self.now)),
            News::Skipped { .. } => drop(self.sent_back.remove(&operation.id)),
            News::Parked { .. } => {}
        }
        let effects = self.order.news(&step, &news, self.now, self.spec);
        self.take(effects);
    }

    /// Lets time pass, deadline by deadline.
    fn wait(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        let mut fired = 0;
        while let Some((time, deadline)) =
            self.order.next_deadline(self.spec).filter(|(time, _)| *time <= end)
        {
            self.now = self.now.max(time);
            let before = self.order.clone();
            let effects = self.order.due(deadline, self.now, self.spec);
            assert_ne!(self.order, before, "{deadline:?} was due and nothing came of it");
            self.take(effects);
            fired += 1;
            assert!(fired < 100, "deadlines never end: {deadline:?}");
        }
        self.now = end;
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call { step, op, .. } => {
                    assert!(!self.calls.iter().any(|(out, _, _)| *out == step), "{step:?} is out already");
                    if let Op::Refund(request) = &op {
                        let attempt = self.order.attempt_of(&step).unwrap_or_default().to_owned();
                        self.sent_back.insert(request.id.clone(), (attempt, request.clone()));
                    }
                    self.calls.push((step, op, self.now));
                }
                Effect::Event { event, .. } => self.events.push(event),
            }
        }
    }

    /// What must hold after every verb.
    fn examine(&mut self, verb: &str) {
        assert_eq!(self.order.check(), [], "after {verb:?}");
        for event in self.events.iter().filter(|event| event.data.get("from").is_some()) {
            let state = |end: &str| -> OrderState {
                serde_json::from_value(event.data[end].clone()).expect("a state")
            };
            let causes = [Cause::Verified, Cause::Authoritative, Cause::Command, Cause::Timer];
            let legal = causes.into_iter().any(|by| state("from").may_become(state("to"), by));
            assert!(legal, "after {verb:?}: {event:?}");
        }
        if !self.thorough {
            return self.events.clear();
        }
        let order = Box::new(self.order.clone());
        let steps = self.calls.iter().enumerate().map(|(n, (step, _, _))| (StepId(n as u64), step.clone()));
        let continued = OrderInput::Continued { order, steps: steps.collect() };
        let json = serde_json::to_vec(&continued).expect("an order is JSON");
        assert_eq!(serde_json::from_slice::<OrderInput>(&json).expect("an order again"), continued);
    }

    /// How things stand: state, sums that are not zero, conditions, what is out, the last refusal.
    pub fn summary(&self) -> String {
        let amounts = self.order.amounts();
        let mut text = self.order.state.to_string();
        let sums = [
            ("captured", amounts.captured),
            ("cancelled", amounts.cancelled),
            ("refunded", amounts.refunded),
            ("reserved", amounts.reserved),
        ];
        for (name, sum) in sums.into_iter().filter(|(_, sum)| sum.minor != 0) {
            write!(text, " {name} {}", sum.minor).expect("a string");
        }
        for condition in &self.order.conditions {
            write!(text, " [{}]", condition.kind.as_str()).expect("a string");
        }
        for (step, _, _) in &self.calls {
            let name = match step {
                Step::Create => "create",
                Step::Sync => "sync",
                Step::Ack => "ack",
                Step::Extend => "extend",
                Step::Operation(id) => id,
                Step::SyncRefund(id) => &format!("?{id}"),
                Step::SyncAttempt(attempt) => &format!("?{attempt}"),
            };
            write!(text, " >{name}").expect("a string");
        }
        if let Some(refusal) = &self.refusal {
            let reason = serde_json::to_value(refusal.reason).expect("a word");
            write!(text, " !{} {}", reason.as_str().expect("a word"), refusal.field).expect("a string");
        }
        text
    }
}

/// Plays `script` on a new order and compares where it ends.
#[track_caller]
pub fn check(spec: &'static ProviderSpec, script: &str, expected: &str) -> Stage {
    let mut stage = Stage::new(spec);
    stage.play(script);
    assert_eq!(stage.summary(), expected, "{script}");
    stage
}
