//! The running host: its state, its journal, and the one way to change either.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::event::{Event, JournalLine, Plan};
use super::order::OrderKey;
use super::state::State;
use crate::faults::{Channel, Fault, Faults, Kind, Operation};
use crate::journal::{Broken, Journal};
use crate::seal::Seal;
use crate::start::Config;

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api }
}

pub(crate) const CONFIRM_RETAILER: Operation = api("confirmretailer");
pub(crate) const UPDATE_RETAILER_STATUS: Operation = api("updateretailerstatus");
pub(crate) const GET_USER_ORDER: Operation = api("getuserorder");
pub(crate) const SYNC_RET_ORDER: Operation = api("syncretorder");
pub(crate) const TRACKING: Operation = api("tracking");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

/// All that can go wrong on demand.
pub(crate) const OPERATIONS: [Operation; 8] = [
    CONFIRM_RETAILER,
    UPDATE_RETAILER_STATUS,
    GET_USER_ORDER,
    SYNC_RET_ORDER,
    TRACKING,
    REFUND,
    WEBHOOK,
    RETURN,
];

/// One running host.
pub(crate) struct Host {
    state: Mutex<State>,
    pub(crate) journal: Journal,
    pub(crate) seal: Seal,
    pub(crate) faults: Faults,
    /// The client for calls to the shops.
    pub(crate) shops: reqwest::Client,
    pub(crate) config: Config,
    /// Rung when there may be a webhook to send.
    pub(crate) outbox: Notify,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Host {
    pub(crate) fn new(
        (state, journal): (State, Journal),
        seal: Seal,
        shops: reqwest::Client,
        config: Config,
        stop: watch::Receiver<bool>,
    ) -> Host {
        let faults = Faults::new(&OPERATIONS);
        Host { state: Mutex::new(state), journal, seal, faults, shops, config, outbox: Notify::new(), stop }
    }

    /// The state as it is now, which may be ahead of the disk. Only for what is not told to anybody.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it changes the state")
    }

    /// Reads, and waits until all that was read is on disk.
    pub(crate) async fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, Broken> {
        let (seen, last) = {
            let state = self.state();
            (look(&state), self.journal.last())
        };
        self.journal.durable(last).await?;
        Ok(seen)
    }

    /// Decides on the state, applies what was decided, and waits until it is on disk.
    ///
    /// `decide` runs alone and must only look. `asked` is the fault the causing request asked for; it
    /// concerns the webhooks that were decided on.
    pub(crate) async fn commit<T>(
        &self,
        asked: Option<Fault>,
        decide: impl FnOnce(&State) -> (Vec<Event>, T),
    ) -> Result<T, Broken> {
        self.journal.room().await?;
        let (decided, last) = {
            let mut state = self.state();
            let (events, decided) = decide(&state);
            let events = self.planned(&state, events, asked);
            let last = if events.is_empty() { self.journal.last() } else { self.write(&mut state, events) };
            (decided, last)
        };
        self.journal.durable(last).await?;
        self.outbox.notify_one();
        Ok(decided)
    }

    fn write(&self, state: &mut State, events: Vec<Event>) -> u64 {
        let at = Timestamp::now();
        for event in events.iter().cloned() {
            state.apply(event, at, &self.seal).expect("what was sealed a moment ago opens");
        }
        self.journal.append(&JournalLine { at, events })
    }

    /// Gives each webhook among `events` its time, and the fault that was asked for it.
    fn planned(&self, state: &State, mut events: Vec<Event>, asked: Option<Fault>) -> Vec<Event> {
        let mut magic_done = Vec::new();
        // A plain delay was the request's own; it is not passed on to what the request caused.
        let asked = asked.filter(|fault| fault.kind != Kind::Delay);
        for event in &mut events {
            let Event::WebhookQueued { retailer_id, order_id, plan, .. } = event else { continue };
            let key = order_id.clone().map(|order_id| OrderKey { retailer_id: *retailer_id, order_id });
            let (fault, magic) = self.fault(state, WEBHOOK, asked, key.as_ref());
            *plan = self.plan(fault);
            magic_done.extend(magic);
        }
        events.extend(magic_done);
        events
    }

    fn plan(&self, fault: Option<Fault>) -> Plan {
        let (copies, later) = match fault {
            Some(Fault { kind: Kind::DropWebhook, .. }) => (0, Duration::ZERO),
            Some(Fault { kind: Kind::DuplicateWebhook, .. }) => (2, Duration::ZERO),
            Some(fault) => (1, fault.delay()),
            None => (1, Duration::ZERO),
        };
        Plan { due: later_than_now(self.config.webhook_delay + later), copies }
    }

    /// The fault for `operation` on an order: the one its request asked for, else that of the order's magic
    /// reference (with the event that it has now happened), else that of a rule.
    fn fault(
        &self,
        state: &State,
        operation: Operation,
        asked: Option<Fault>,
        key: Option<&OrderKey>,
    ) -> (Option<Fault>, Option<Event>) {
        if let Some(fault) = asked.filter(|fault| fault.fits(operation)) {
            return (Some(fault), None);
        }
        let order = key.and_then(|key| state.orders.get(key));
        let fresh = order.filter(|order| !order.magic_done.contains(operation.name));
        if let Some((order, fault)) =
            fresh.and_then(|order| Some((order, Fault::in_reference(&order.basket.reference, operation)?)))
        {
            let done = Event::MagicDone { key: order.key.clone(), operation: operation.name.to_owned() };
            return (Some(fault), Some(done));
        }
        (self.faults.take(operation, key.map(|key| key.order_id.as_str())), None)
    }

    /// Takes the fault for `operation`, with its happening written down where it may happen only once.
    pub(crate) async fn take_fault(
        &self,
        operation: Operation,
        asked: Option<Fault>,
        key: Option<OrderKey>,
    ) -> Result<Option<Fault>, Broken> {
        self.commit(None, |state| {
            let (fault, magic) = self.fault(state, operation, asked, key.as_ref());
            (magic.into_iter().collect(), fault)
        })
        .await
    }
}

/// The time `later` from now, or now where that is beyond all calendars.
pub(crate) fn later_than_now(later: Duration) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(later).unwrap_or(now)
}
