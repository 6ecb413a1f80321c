//! Everything the simulated Divido knows beside what every host knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::account::Account;
use super::application::{Application, Asked, Kind, Person};
use super::event::Event as Own;
use super::message;
use crate::ledger::{Entry, Ledger};
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey};

type Event = crate::state::Event<Own>;

/// How many settlements long the time is in which a customer may withdraw.
const COOLING_OFF: u32 = 20;

/// The simulated Divido.
#[derive(Default)]
pub(crate) struct Divido {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) applications: BTreeMap<OrderKey, Application>,
    by_token: HashMap<String, OrderKey>,
    /// What happens by itself, and when.
    due: BTreeSet<(Timestamp, Due)>,
}

/// What happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The lender confirms: an application's act, by its number from 0; the wait that it had.
    Settlement(OrderKey, Kind, usize, Duration),
    /// Nobody may withdraw any more.
    Completion(OrderKey),
}

impl Due {
    /// Whether it is the lender's word on this act.
    fn settles(&self, key: &OrderKey, act: (Kind, usize)) -> bool {
        matches!(self, Self::Settlement(of, kind, number, _) if of == key && (*kind, *number) == act)
    }

    fn account(&self) -> &str {
        match self {
            Self::Settlement(key, ..) | Self::Completion(key) => &key.account,
        }
    }
}

impl Divido {
    /// Whose key this is.
    pub(crate) fn account(&self, api_key: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.api_key == api_key)
    }

    /// An account's application, by its own id or its proposal's.
    pub(crate) fn application(&self, account: &Account, id: &str) -> Option<&Application> {
        let mine = self.applications.values().filter(|it| it.key.account == account.merchant_id);
        mine.into_iter().find(|it| it.id == id || it.key.order == id)
    }

    pub(crate) fn by_token(&self, token: &str) -> Option<&Application> {
        self.applications.get(self.by_token.get(token)?)
    }

    /// Forgets the applications.
    pub(crate) fn forget(&mut self) {
        self.applications.clear();
        self.by_token.clear();
        self.due.clear();
    }

    /// When something happens by itself, and at which account.
    pub(crate) fn all_due(&self) -> impl Iterator<Item = (Timestamp, &str)> {
        self.due.iter().map(|(at, due)| (*at, due.account()))
    }

    /// What has happened by itself at an account up to `now`: the first of it, since the next may depend on it.
    pub(crate) fn happened_by(&self, account: &str, now: Timestamp) -> Vec<Event> {
        let mut due = self.due.iter().take_while(|(at, _)| *at <= now);
        let Some((at, due)) = due.find(|(_, due)| due.account() == account) else { return Vec::new() };
        let (key, event, after) = match due {
            Due::Settlement(key, kind, number, wait) => {
                let completes = at.checked_add(*wait * COOLING_OFF).unwrap_or(*at);
                let (key, kind, number) = (key.clone(), *kind, *number);
                let settled = Own::Settled { key: key.clone(), kind, number, completes };
                let after = self.applications.get(&key).cloned().map(|mut application| {
                    application.settled(kind, number, now);
                    application
                });
                (key, settled, after)
            }
            Due::Completion(key) => {
                let after = self.applications.get(key).cloned().map(|mut application| {
                    application.completed = true;
                    application
                });
                (key.clone(), Own::Completed { key: key.clone() }, after)
            }
        };
        let before = self.applications.get(&key);
        let told = before.zip(after).and_then(|(before, after)| self.told(before, &after));
        std::iter::once(event.into()).chain(told).collect()
    }

    /// The message about a change, where the status changed and somebody listens.
    pub(crate) fn told(&self, before: &Application, after: &Application) -> Option<Event> {
        let changed = before.status() != after.status();
        changed.then(|| message::status(self.accounts.get(&before.key.account)?, after, after.status()))?
    }

    /// Applies one event.
    ///
    /// # Errors
    /// When the person's seal does not open.
    pub(crate) fn applied(
        &mut self,
        event: Own,
        moment: &Moment<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), Unopened> {
        let at = moment.at;
        match event {
            Own::Requested { key, application, token, asked, sealed_person, digest } => {
                let plain = moment.seal.open(&key.place(), &sealed_person)?;
                let person = serde_json::from_slice(&plain).map_err(|_| Unopened)?;
                ledger.list(
                    entry(at, (&key, &asked), "created", &digest).of(asked.amount, asked.currency.code()),
                );
                self.requested((key, application), token, *asked, (person, at));
            }
            Own::Entered { key } => self.change(&key, |application| application.enter(at)),
            Own::Moved { key, status, decision, digest } => {
                let Some(application) = self.applications.get_mut(&key) else { return Ok(()) };
                application.moved(&status, decision, at);
                list_move(application, &status, &digest, (at, ledger));
            }
            Own::Finalized { key, asked, .. } => self.change(&key, |application| {
                application.asked = *asked;
                application.finalized = true;
            }),
            Own::Acted { key, kind, act, due, digest } => {
                let Some(application) = self.applications.get_mut(&key) else { return Ok(()) };
                list_act(application, kind, &act, (at, &digest), ledger);
                let number = application.list(kind).len();
                application.acted(kind, act, at);
                let wait = Duration::try_from(due.duration_since(at)).unwrap_or_default();
                self.due.insert((due, Due::Settlement(key, kind, number, wait)));
            }
            Own::Settled { key, kind, number, completes } => {
                self.settled(&key, (kind, number), at, completes)
            }
            Own::Refused { key, kind, number } => self.refused(&key, (kind, number), (at, ledger)),
            Own::Completed { key } => {
                self.due.retain(|(_, due)| *due != Due::Completion(key.clone()));
                self.change(&key, |application| {
                    application.completed = true;
                    application.note(at);
                });
            }
        }
        Ok(())
    }

    fn change(&mut self, key: &OrderKey, change: impl FnOnce(&mut Application)) {
        if let Some(application) = self.applications.get_mut(key) {
            change(application);
        }
    }

    fn requested(
        &mut self,
        (key, id): (OrderKey, String),
        token: String,
        asked: Asked,
        (person, at): (Person, Timestamp),
    ) {
        self.by_token.insert(token.clone(), key.clone());
        let mut application = Application {
            key: key.clone(),
            id,
            token,
            asked,
            person,
            entered: false,
            finalized: false,
            reached: "DRAFT".to_owned(),
            decided: None,
            approved: false,
            completed: false,
            activations: Vec::new(),
            cancellations: Vec::new(),
            refunds: Vec::new(),
            history: Vec::new(),
            created_at: at,
            modified_at: at,
        };
        application.note(at);
        self.applications.insert(key, application);
    }

    /// Nothing is due any more, and the ledger takes back what it had listed.
    fn refused(
        &mut self,
        key: &OrderKey,
        (kind, number): (Kind, usize),
        (at, ledger): (Timestamp, &mut Ledger),
    ) {
        self.due.retain(|(_, due)| !due.settles(key, (kind, number)));
        let Some(application) = self.applications.get_mut(key) else { return };
        application.refused(kind, number, at);
        let Some(done) = application.list(kind).get(number) else { return };
        let (word, number) = match kind {
            Kind::Activation => ("tracking_deleted", &done.act.tracking_number),
            Kind::Cancellation | Kind::Refund => ("refund_refused", &done.act.reference),
        };
        let listed = entry(at, (key, &application.asked), word, &None);
        let listed = listed.of(done.act.amount, application.asked.currency.code());
        ledger.list(Entry { number: Some(number.clone()), skus: done.act.skus.clone(), ..listed });
    }

    fn settled(
        &mut self,
        key: &OrderKey,
        (kind, number): (Kind, usize),
        at: Timestamp,
        completes: Timestamp,
    ) {
        self.due.retain(|(_, due)| !due.settles(key, (kind, number)));
        let Some(application) = self.applications.get_mut(key) else { return };
        application.settled(kind, number, at);
        if application.status() == "ACTIVATED" {
            self.due.insert((completes, Due::Completion(key.clone())));
        }
    }
}

impl Application {
    fn enter(&mut self, at: Timestamp) {
        self.entered = true;
        let text = "Customer entered gateway from 127.0.0.1".to_owned();
        self.history.insert(0, super::application::Past { at, status: String::new(), text });
    }
}

/// Approvals and ends of the customer's way.
fn list_move(
    application: &mut Application,
    status: &str,
    digest: &Option<String>,
    (at, ledger): (Timestamp, &mut Ledger),
) {
    let kind = match status {
        "READY" if !application.approved => "approved",
        "DECLINED" => "declined",
        "REFERRED" => "referred",
        "CANCELLED" => "left",
        _ => return,
    };
    application.approved |= kind == "approved";
    let asked = &application.asked;
    ledger.list(entry(at, (&application.key, asked), kind, digest).of(asked.amount, asked.currency.code()));
}

/// Activations are the parcels of this provider. What is cancelled before an approval moves nobody's money.
fn list_act(
    application: &Application,
    kind: Kind,
    act: &super::application::Act,
    (at, digest): (Timestamp, &Option<String>),
    ledger: &mut Ledger,
) {
    let (kind, number) = match kind {
        Kind::Activation => ("tracking", &act.tracking_number),
        Kind::Cancellation if application.approved => ("cancellation", &act.reference),
        Kind::Cancellation => ("cancelled", &act.reference),
        Kind::Refund => ("refund", &act.reference),
    };
    let listed = entry(at, (&application.key, &application.asked), kind, digest);
    let listed = listed.of(act.amount, application.asked.currency.code());
    ledger.list(Entry { number: Some(number.clone()), skus: act.skus.clone(), ..listed });
}

/// The ledger calls an order what the shop calls it.
fn entry(
    at: Timestamp,
    (key, asked): (&OrderKey, &Asked),
    kind: &'static str,
    digest: &Option<String>,
) -> Entry {
    let order = if asked.reference.is_empty() { key.order.clone() } else { asked.reference.clone() };
    Entry { order: Some(order), ..Entry::about(at, key, kind, digest) }
}
