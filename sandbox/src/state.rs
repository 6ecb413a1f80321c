//! Everything a host knows, as the sum of its journal.
//!
//! [`State::apply`] is the only thing that changes it, live and at a restart
//! alike, so both end in the same state. Whether an effect is a repeat is
//! decided there, from what happened before, and lands in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account;
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
        Event::WebhookQueued { notice, plan: Plan { due: Timestamp::UNIX_EPOCH, copies: 1 } }
    }
}

/// The state of one host.
pub(crate) struct State<S> {
    pub(crate) own: S,
    pub(crate) ledger: Ledger,
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) webhooks: BTreeMap<u64, Webhook>,
    /// The pending webhooks by the time they are due.
    pub(crate) due: BTreeSet<(Timestamp, u64)>,
    /// Magic references whose fault has happened, by order and operation.
    pub(crate) magic_done: BTreeSet<(OrderKey, String)>,
    /// Outlives a reset: a delivery under way then must not be taken for a new one.
    webhook_count: u64,
}

impl<S: Default> Default for State<S> {
    fn default() -> State<S> {
        State {
            own: S::default(),
            ledger: Ledger::default(),
            accounts: BTreeSet::new(),
            webhooks: BTreeMap::new(),
            due: BTreeSet::new(),
            magic_done: BTreeSet::new(),
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
                self.accounts.insert(account);
            }
            Event::MagicDone { key, operation } => {
                self.magic_done.insert((key, operation));
            }
            Event::WebhookQueued { notice, plan } => self.webhook_queued(notice, plan),
            Event::WebhookTried { id, status, then } => self.webhook_tried(id, status, then),
            Event::Reset => self.reset(),
        }
        Ok(())
    }

    fn webhook_queued(&mut self, notice: Notice, plan: Plan) {
        self.webhook_count += 1;
        let id = self.webhook_count;
        let state = if plan.copies == 0 { Delivery::Dropped } else { Delivery::Pending };
        if state == Delivery::Pending {
            self.due.insert((plan.due, id));
        }
        let Plan { due, copies } = plan;
        let webhook = Webhook { id, notice, state, tries: 0, copies, due, last_status: None };
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

    /// Forgets orders, ledger and webhooks; keeps the accounts.
    fn reset(&mut self) {
        self.own.reset();
        self.ledger = Ledger::default();
        self.webhooks.clear();
        self.due.clear();
        self.magic_done.clear();
    }
}
