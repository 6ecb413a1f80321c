//! Everything a host knows, as the sum of its journal.
//!
//! [`State::apply`] is the only thing that changes it, live and at a restart
//! alike, so both end in the same state. Whether an effect is a repeat is
//! decided there, from what happened before, and lands in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account;
use crate::clock::Clocks;
use crate::ledger::Ledger;
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey, Simulator};
use crate::webhook::{Delivery, Notice, Plan, Then, Webhook};

/// One line of the journal: what one decision changed, whole or not at all.
#[derive(Serialize, Deserialize)]
pub(crate) struct JournalLine<E> {
    pub(crate) at: Timestamp,
    pub(crate) events: Vec<Event<E>>,
}

/// One change. The names below are the file's format: renaming one breaks old files.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event<E> {
    /// What only this provider knows.
    Own(E),
    AccountPut {
        account: String,
        sealed: String,
    },
    MagicDone {
        key: OrderKey,
        operation: String,
    },
    WebhookQueued {
        notice: Notice,
        plan: Plan,
    },
    WebhookTried {
        id: u64,
        status: Option<u16>,
        then: Then,
    },
    /// An account's clock stands here from now on; without a time, it lives in real time.
    ClockSet {
        account: String,
        at: Option<Timestamp>,
    },
    /// The numbers given so far: those of messages, and the provider's own. Only in what stands for a longer journal.
    Numbers {
        webhooks: u64,
        own: u64,
    },
    Reset,
}

impl<E> From<E> for Event<E> {
    fn from(own: E) -> Event<E> {
        Event::Own(own)
    }
}

impl<E> Event<E> {
    /// The sending of a message. When and how is planned where it is written down.
    pub(crate) fn webhook(notice: Notice) -> Event<E> {
        Event::WebhookQueued { notice, plan: Plan { due: Timestamp::UNIX_EPOCH, copies: 1, fault: None } }
    }
}

/// The state of one host.
pub(crate) struct State<S> {
    pub(crate) own: S,
    pub(crate) ledger: Ledger,
    /// Each account by its id, in the words in which it was put last.
    pub(crate) accounts: BTreeMap<String, Vec<u8>>,
    pub(crate) webhooks: BTreeMap<u64, Webhook>,
    /// The pending webhooks by the time they are due.
    pub(crate) due: BTreeSet<(Timestamp, u64)>,
    /// Magic references whose fault has happened, by order and operation.
    pub(crate) magic_done: BTreeSet<(OrderKey, String)>,
    /// Outlive a reset.
    pub(crate) clocks: Clocks,
    /// Outlives a reset: a delivery under way then must not be taken for a new one.
    webhook_count: u64,
}

impl<S: Default> Default for State<S> {
    fn default() -> State<S> {
        State {
            own: S::default(),
            ledger: Ledger::default(),
            accounts: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            due: BTreeSet::new(),
            magic_done: BTreeSet::new(),
            clocks: Clocks::default(),
            webhook_count: 0,
        }
    }
}

impl<S: Simulator> State<S> {
    /// Applies one event of the line written at the moment.
    ///
    /// # Errors
    /// When a sealed value does not open, which means that the key is not the one the file was written with.
    pub(crate) fn apply(&mut self, event: Event<S::Event>, moment: &Moment<'_>) -> Result<(), Unopened> {
        match event {
            Event::Own(event) => return self.own.apply(event, moment, &mut self.ledger),
            Event::AccountPut { account, sealed } => {
                let plain = moment.seal.open(&account::place(&account), &sealed)?;
                self.own.put_account(serde_json::from_slice(&plain).map_err(|_| Unopened)?);
                self.accounts.insert(account, plain);
            }
            Event::MagicDone { key, operation } => {
                self.magic_done.insert((key, operation));
            }
            Event::WebhookQueued { notice, plan } => self.webhook_queued(notice, plan),
            Event::WebhookTried { id, status, then } => {
                self.webhook_tried(id, status, then);
                self.let_pass(id, moment.at);
            }
            Event::ClockSet { account, at } => self.clocks.set(account, at),
            Event::Numbers { webhooks, own } => {
                self.webhook_count = webhooks;
                self.own.go_on_from(own);
            }
            Event::Reset => self.reset(),
        }
        Ok(())
    }

    /// The time for what these events are about: that of the account that the first of them names.
    pub(crate) fn time_of(&self, events: &[Event<S::Event>]) -> Timestamp {
        let account = events.iter().find_map(|event| match event {
            Event::Own(own) => Some(S::account_of(own)),
            Event::WebhookQueued { notice, .. } => Some(notice.account.as_str()),
            Event::WebhookTried { id, .. } => Some(self.webhooks.get(id)?.notice.account.as_str()),
            Event::MagicDone { key, .. } => Some(key.account.as_str()),
            Event::AccountPut { .. } | Event::ClockSet { .. } | Event::Numbers { .. } | Event::Reset => None,
        });
        account.map_or_else(Timestamp::now, |account| self.clocks.now(account))
    }

    /// Whether a message is to be sent now.
    pub(crate) fn is_due(&self, id: u64, due: Timestamp) -> bool {
        self.webhooks.get(&id).is_some_and(|webhook| due <= self.clocks.now(&webhook.notice.account))
    }

    /// The account for which something has happened by itself, and its time.
    pub(crate) fn elapsing(&self) -> Option<(String, Timestamp)> {
        let mut timers = self.own.timers();
        let due = |(at, account): &(Timestamp, &str)| *at <= self.clocks.now(account);
        // They come in order, so that in real time the first one tells it all.
        let found = if self.clocks.is_empty() { timers.next().filter(due) } else { timers.find(due) };
        found.map(|(_, account)| (account.to_owned(), self.clocks.now(account)))
    }

    /// When something happens by itself next in real time.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.own.timers().find(|(_, account)| !self.clocks.has(account)).map(|(at, _)| at)
    }

    fn webhook_queued(&mut self, notice: Notice, plan: Plan) {
        self.webhook_count += 1;
        let id = self.webhook_count;
        let state = if plan.copies == 0 { Delivery::Dropped } else { Delivery::Pending };
        if state == Delivery::Pending {
            self.due.insert((plan.due, id));
        }
        let Plan { due, copies, fault } = plan;
        let webhook = Webhook { id, notice, state, tries: 0, copies, due, last_status: None, fault };
        self.webhooks.insert(id, webhook);
    }

    fn webhook_tried(&mut self, id: u64, status: Option<u16>, then: Then) {
        let Some(webhook) = self.webhooks.get_mut(&id) else { return };
        self.due.remove(&(webhook.due, id));
        webhook.tries += 1;
        webhook.last_status = status;
        match then {
            Then::Delivered => webhook.state = Delivery::Delivered,
            Then::GiveUp => webhook.state = Delivery::GivenUp,
            Then::TryAgain { due } => {
                webhook.due = due;
                self.due.insert((due, id));
            }
        }
    }

    /// A message that was held back until the order's next one goes out now that this one went.
    fn let_pass(&mut self, id: u64, at: Timestamp) {
        let Some(order) = self.webhooks.get(&id).and_then(|one| one.notice.key()) else { return };
        let waits =
            |one: &&mut Webhook| one.id < id && one.is_held() && one.notice.key().as_ref() == Some(&order);
        for held in self.webhooks.values_mut().filter(waits) {
            self.due.remove(&(held.due, held.id));
            held.due = at;
            self.due.insert((at, held.id));
        }
    }

    /// Whether one of an order's messages waits for the next.
    pub(crate) fn holds_back(&self, key: &OrderKey) -> bool {
        self.webhooks.values().any(|one| one.is_held() && one.notice.key().as_ref() == Some(key))
    }

    /// The order's messages that no try has sent yet, but for those that are held back.
    pub(crate) fn unsent<'a>(&'a self, key: &'a OrderKey) -> impl Iterator<Item = &'a Webhook> {
        let unsent = |one: &&Webhook| one.state == Delivery::Pending && one.tries == 0 && !one.is_held();
        self.webhooks.values().filter(unsent).filter(move |one| one.notice.key().as_ref() == Some(key))
    }

    /// The numbers given so far.
    pub(crate) fn numbers(&self) -> Event<S::Event> {
        Event::Numbers { webhooks: self.webhook_count, own: self.own.numbers_given() }
    }

    /// Forgets orders, ledger and webhooks; keeps the accounts.
    fn reset(&mut self) {
        self.own.reset();
        self.ledger = Ledger::default();
        self.webhooks.clear();
        self.due.clear();
        self.magic_done.clear();
    }
}
