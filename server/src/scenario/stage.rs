//! The stage: one order, its clock, its calls, and what each verb does to them.
//!
//! After every verb the order's invariants hold, or the story ends there.

use super::message::Said;
use super::partner::Partner;
use super::people::people;
use super::script::Script;
use super::step::Out;
use super::told::{Told, Voice, cut};
use super::verb::{Answering, Verb};
use super::{Fault, Seen, expected, words};
use jiff::{SignedDuration, Timestamp};
use ordain_engine::Sealed;
use ordain_providers::spec::refunds_amounts;
use ordain_providers::{Cx, Inbound, Op, OrderContent, Provider};
use ordain_workflows::order::{
    Amounts, Command, CommandId, Effect, NewOrder, Order, OrderState, People, RefusalReason, Settings,
};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Our number of the order in every story: it says when the order was made, which some providers are told.
const ORDER: &str = "01M7YNAYM0SCENAR10ABCDEFGH";
/// When every story begins.
const BEGINS: &str = "2026-11-21T09:00:00Z";
/// Deadlines of one `wait`: a month of polls is a hundred.
const DEADLINES_MAX: u32 = 10_000;

/// A story under way.
pub(super) struct Stage {
    pub(super) provider: &'static Provider,
    pub(super) partner: Partner,
    pub(super) order: Order,
    people: People,
    pub(super) now: Timestamp,
    /// Steps that have not ended, oldest first.
    pub(super) out: Vec<Out>,
    pub(super) begun: u8,
    /// Keys of the messages that came.
    pub(super) heard: BTreeSet<String>,
    pub(super) last: Option<Inbound>,
    pub(super) messages: u32,
    pub(super) always: Option<Answering>,
    /// Why the last wish was not granted, or the last message not taken.
    pub(super) refused: Option<String>,
    sums: Option<Amounts>,
    /// What left last, without what is private.
    pub(super) sent: String,
    pub(super) told: Told,
    pub(super) path: Vec<(OrderState, OrderState)>,
    pub(super) seen: Vec<Seen>,
}

/// What a codec may know, with what it borrows.
pub(super) struct Known {
    content: OrderContent,
    refs: BTreeMap<String, String>,
    expires_at: Timestamp,
    asked_at: Timestamp,
    entropy: [u8; 32],
}

impl Stage {
    /// Opens the order that a story is about.
    pub(super) fn set(script: &Script) -> Result<Self, Fault> {
        let now: Timestamp = BEGINS.parse().expect("a time");
        let spec = script.provider.spec();
        let partner = Partner::of(script.provider, &script.config).map_err(|why| Fault::new(0, why))?;
        let new = new_order(script, &partner, now);
        let people = people(script.currency);
        let faults = new.validate(now, spec);
        let (order, effects) = Order::open(new, now, spec);
        let faults: Vec<_> =
            faults.into_iter().chain(script.provider.check(&order.content(&people))).collect();
        if let Some(fault) = faults.first() {
            return Err(Fault::new(
                0,
                format!("no such order is accepted: {}: {}", fault.field, fault.description),
            ));
        }
        let mut stage = Self {
            provider: script.provider,
            partner,
            order,
            people,
            now,
            out: Vec::new(),
            begun: 0,
            heard: BTreeSet::new(),
            last: None,
            messages: 0,
            always: None,
            refused: None,
            sums: None,
            sent: String::new(),
            told: Told::default(),
            path: Vec::new(),
            seen: Vec::new(),
        };
        let bought = words::lines(&stage.order);
        stage.told.say(now, Voice::Verb, format!("the shop sells {} for {}", bought, stage.order.total));
        stage.take(effects);
        Ok(stage)
    }

    /// One verb. What differs from the story is the error.
    pub(super) fn play(&mut self, verb: &Verb) -> Result<(), String> {
        if let Some(text) = words::verb(verb) {
            self.told.say(self.now, Voice::Verb, text);
        }
        if !matches!(verb, Verb::Note(_) | Verb::Sent(_) | Verb::Expect(_)) {
            self.refused = None;
        }
        match verb {
            Verb::Note(text) => self.told.say(self.now, Voice::Note, text.as_str()),
            Verb::Reply { to, said } => self.reply(to.as_deref(), said)?,
            Verb::Silence { to } => self.silence(to.as_deref())?,
            Verb::Unreachable { to } => self.unreachable(to.as_deref())?,
            Verb::Always(answering) => self.always.clone_from(answering),
            Verb::Inbound { said, forged } => self.inbound(said, *forged)?,
            Verb::Again => self.again()?,
            Verb::Shop(command) => self.wish(command),
            Verb::Extend(span) => self.wish(&Command::Extend { expires_at: self.order.expires_at + *span }),
            Verb::Person { act, step } => self.person(*act, step)?,
            Verb::Wait(span) => self.wait(*span)?,
            Verb::Sent(text) if self.sent.contains(text.as_str()) => {}
            Verb::Sent(text) => {
                return Err(format!("expected `{text}` to leave; what left last is {}", self.sent));
            }
            Verb::Expect(items) => expected::compare(self, items)?,
        }
        self.tell_sums();
        self.examine()
    }

    fn wish(&mut self, command: &Command) {
        let operation = (self.order.operations.len() + 1).to_string();
        let id = CommandId { operation: &operation, request: &operation };
        match self.order.command(id, command, self.now, self.provider.spec()) {
            Ok(accepted) => self.take(accepted.effects),
            Err(refusal) => {
                self.told.say(self.now, Voice::Changes, format!("refused: {}", refusal.message));
                self.refused = Some(reason(refusal.reason));
            }
        }
    }

    /// Lets time pass, deadline by deadline: the order's own, and those of look-ups.
    fn wait(&mut self, span: SignedDuration) -> Result<(), String> {
        let end = self.now + span;
        for _ in 0..DEADLINES_MAX {
            let spec = self.provider.spec();
            let order = self.order.next_deadline(spec).filter(|(time, _)| *time <= end);
            let look = self.out.iter().filter_map(Out::looks_again_at).min().filter(|time| *time <= end);
            match (order, look) {
                (Some((time, _)), Some(look)) if look < time => self.look_again(look),
                (None, Some(look)) => self.look_again(look),
                (Some((time, deadline)), _) => {
                    self.now = self.now.max(time);
                    self.told.say(self.now, Voice::Changes, words::deadline(deadline));
                    let effects = self.order.due(deadline, self.now, spec);
                    self.take(effects);
                }
                (None, None) => {
                    self.now = end;
                    return Ok(());
                }
            }
        }
        Err("its deadlines never end".to_owned())
    }

    /// Takes in what the rules want: events are told, calls leave.
    pub(super) fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event { event, rule } => {
                    if let Some(pair) = words::change(&event) {
                        self.path.push(pair);
                    }
                    let place = rule.file().rsplit('/').next().unwrap_or_default();
                    let rule = format!("{place}:{}", rule.line());
                    self.told.by_rule(self.now, (Voice::Changes, words::event(&event)), rule);
                }
                Effect::Call { step, op, .. } => self.begin(step, op),
            }
        }
        self.settle();
    }

    /// What a codec may know now, of the order or of another attempt.
    pub(super) fn known(&self, attempt: Option<&str>, entropy: [u8; 32], asked_at: Timestamp) -> Known {
        Known {
            content: self.order.content(&self.people),
            refs: self.order.refs_of(attempt, self.provider.spec()),
            expires_at: self.order.expires_at,
            asked_at,
            entropy,
        }
    }

    /// Fills in what a message says of this order.
    pub(super) fn filled(&self, said: &Said, text: &str) -> Result<String, String> {
        said.fill(text, &|name| self.place(name))
    }

    fn place(&self, name: &str) -> Option<String> {
        let order = &self.order;
        Some(match name {
            "order" => order.id.clone(),
            "total" => order.total.minor.to_string(),
            "total_major" => order.total.to_major(),
            "total_whole" => order.total.to_major().split('.').next().unwrap_or_default().to_owned(),
            "currency" => order.currency.code().to_owned(),
            "ends_ms" => order.expires_at.as_millisecond().to_string(),
            "ends_compact" => order.expires_at.strftime("%Y%m%d%H%M%S").to_string(),
            "now" => self.now.as_second().to_string(),
            "now_ms" => self.now.as_millisecond().to_string(),
            "n" => self.messages.to_string(),
            "splash_success" => self.partner.splash_key(&order.id, "success")?,
            "splash_cancel" => self.partner.splash_key(&order.id, "cancel")?,
            _ => return self.partner.word(name),
        })
    }

    /// Notes what was heard, and how the order stands with it.
    pub(super) fn note(&mut self, what: String) {
        let standing = expected::standing(self).join(", ");
        self.seen.push(Seen { what, standing });
    }

    fn tell_sums(&mut self) {
        let sums = self.order.amounts();
        if self.sums.replace(sums).is_none_or(|before| before != sums) {
            self.told.say(self.now, Voice::Sums, words::sums(&sums));
        }
    }

    fn examine(&self) -> Result<(), String> {
        match self.order.check().first() {
            None => Ok(()),
            Some(violation) => Err(format!("an invariant does not hold: {violation}")),
        }
    }

    pub(super) fn heard_from_there(&mut self, what: &str, body: &str) {
        self.told.say(self.now, Voice::Comes, cut(&format!("{what} {body}")));
    }
}

impl Known {
    /// As the codec takes it.
    pub(super) fn cx<'a>(&'a self, partner: &'a Partner) -> Cx<'a> {
        Cx {
            now: self.asked_at,
            account: &partner.account,
            order: Some(&self.content),
            refs: &self.refs,
            expires_at: Some(self.expires_at),
            entropy: self.entropy,
        }
    }
}

/// A seal around nothing: a story has no vault, and its rules never open one.
pub(super) fn sealed<T>() -> Sealed<T>
where
    Sealed<T>: DeserializeOwned,
{
    serde_json::from_str("\"AAAA\"").expect("any bytes are a seal")
}

pub(super) fn reason(reason: RefusalReason) -> String {
    let word = serde_json::to_value(reason).expect("a word");
    word.as_str().unwrap_or_default().to_owned()
}

/// How a step is called in a story: by its name, or by its operation's id.
pub(super) fn is_reading(provider: &Provider, op: &Op) -> bool {
    provider.spec().operation(op).effect == ordain_providers::spec::Effect::Reads
}

fn new_order(script: &Script, partner: &Partner, now: Timestamp) -> NewOrder {
    let total = script.lines.iter().map(|line| line.total.minor).sum();
    NewOrder {
        id: ORDER.to_owned(),
        merchant: "demo".to_owned(),
        account: partner.account.id.clone(),
        provider: script.provider.spec().id.to_owned(),
        client_reference: "A-1".to_owned(),
        currency: script.currency,
        total: ordain_providers::Money::of(script.currency, total),
        lines: script.lines.clone(),
        people: sealed(),
        provider_options: script.options.clone(),
        return_url: Some("https://shop.example/thanks".to_owned()),
        metadata: BTreeMap::new(),
        expires_at: script.expires_in.and_then(|span| now.checked_add(span).ok()),
        settings: Settings {
            complete_after_s: None,
            late_payment: script.late,
            poll_scale: 1,
            amount_refunds: refunds_amounts(&partner.account.config),
        },
    }
}
