//! A running host: its state, its journal, and the one way to change either.

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::{self, Clocks};
use crate::faults::{Fault, Faults, Kind, Occasion, Operation};
use crate::journal::{Broken, Journal};
use crate::seal::Seal;
use crate::simulator::{Moment, OrderKey, Simulator};
use crate::start::Config;
use crate::state::{Event, JournalLine, State};
use crate::webhook::{Plan, Then};

/// One running host of the simulated provider `S`.
pub(crate) struct Host<S: Simulator> {
    /// Written only while what was decided is applied. A reader that panics leaves it as it was and harms nobody.
    state: RwLock<State<S>>,
    /// Held from looking to applying, so that nothing changes in between.
    deciding: Mutex<()>,
    pub(crate) journal: Journal,
    pub(crate) seal: Seal,
    pub(crate) faults: Faults,
    /// The client for calls to the shops.
    pub(crate) shops: reqwest::Client,
    pub(crate) config: Config,
    /// Rung when there may be a webhook to send.
    pub(crate) outbox: Notify,
    /// Rung when a webhook was tried.
    tried: Notify,
    /// Rung when something may have to happen by itself sooner than was known.
    pub(crate) timers: Notify,
    pub(crate) stop: watch::Receiver<bool>,
}

impl<S: Simulator> Host<S> {
    pub(crate) fn new(
        (state, journal): (State<S>, Journal),
        seal: Seal,
        shops: reqwest::Client,
        config: Config,
        stop: watch::Receiver<bool>,
    ) -> Host<S> {
        let (faults, state) = (Faults::new(S::OPERATIONS), RwLock::new(state));
        let (outbox, tried, timers) = (Notify::new(), Notify::new(), Notify::new());
        let deciding = Mutex::default();
        Host { state, deciding, journal, seal, faults, shops, config, outbox, tried, timers, stop }
    }

    /// The state as it is now, which may be ahead of the disk. Only for what is not told to anybody.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State<S>> {
        self.state.read().expect("no thread panics while it changes the state")
    }

    /// Reads, and waits until all that was read is on disk.
    pub(crate) async fn read<T>(&self, look: impl FnOnce(&State<S>) -> T) -> Result<T, Broken> {
        let (seen, last) = {
            let state = self.state();
            (look(&state), self.journal.last())
        };
        self.journal.durable(last).await?;
        Ok(seen)
    }

    /// Decides on the provider's own state, applies what was decided, and waits until it is on disk.
    ///
    /// `decide` runs alone and must only look. `asked` is the fault the causing request asked for; it
    /// concerns the webhooks that were decided on.
    pub(crate) async fn commit<T>(
        &self,
        asked: Option<Fault>,
        decide: impl FnOnce(&S) -> (Vec<Event<S::Event>>, T),
    ) -> Result<T, Broken> {
        self.write(|state| {
            let (events, decided) = decide(&state.own);
            (self.planned(state, events, asked), decided)
        })
        .await
    }

    /// Takes the fault for `operation`, with its happening written down where it may happen only once.
    pub(crate) async fn take_fault(
        &self,
        operation: Operation,
        asked: Option<Fault>,
        key: Option<OrderKey>,
    ) -> Result<Option<Fault>, Broken> {
        self.write(|state| {
            let (fault, magic) = self.fault(state, operation, asked, key.as_ref());
            (magic.into_iter().collect(), fault)
        })
        .await
    }

    /// What time it is for the account that `find` finds; real time, if it finds none.
    pub(crate) fn now(&self, find: impl FnOnce(&S) -> Option<String>) -> Timestamp {
        let state = self.state();
        find(&state.own).map_or_else(Timestamp::now, |account| state.clocks.now(&account))
    }

    /// Lets happen what has happened by itself at some account, and says how much that was.
    pub(crate) async fn elapse(&self) -> Result<usize, Broken> {
        self.write(|state| {
            let elapsing = state.elapsing();
            let events = elapsing.map(|(account, now)| state.own.elapsed(&account, now)).unwrap_or_default();
            let count = events.len();
            (self.planned(state, events, None), count)
        })
        .await
    }

    /// Sets an account's clock, and waits until that is on disk.
    pub(crate) async fn set_clock(&self, account: String, at: Option<Timestamp>) -> Result<(), Broken> {
        self.write(|_| (vec![Event::ClockSet { account, at }], ())).await
    }

    /// Takes note of a try of a webhook.
    pub(crate) async fn tried(&self, id: u64, status: Option<u16>, then: Then) -> Result<(), Broken> {
        let noted = self.commit(None, |_| (vec![Event::WebhookTried { id, status, then }], ())).await;
        self.tried.notify_waiters();
        noted
    }

    /// Waits until every message about an order has been sent once, or it takes too long.
    pub(crate) async fn told(&self, key: &OrderKey, at_most: Duration) {
        let all_sent = async {
            loop {
                let tried = self.tried.notified();
                if self.state().unsent(key).next().is_none() {
                    return;
                }
                tried.await;
            }
        };
        // Too late is as good: what was asked for is only the order of two things.
        let _ = tokio::time::timeout(at_most, all_sent).await;
    }

    /// Decides on all that the host knows, applies what was decided, and waits until it is on disk.
    pub(crate) async fn write<T>(
        &self,
        decide: impl FnOnce(&State<S>) -> (Vec<Event<S::Event>>, T),
    ) -> Result<T, Broken> {
        self.journal.room().await?;
        let (decided, last) = {
            // It guards no data, so whoever panicked while holding it has broken nothing.
            let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
            let (events, decided) = decide(&self.state());
            (decided, self.append(events))
        };
        self.journal.durable(last).await?;
        self.outbox.notify_one();
        self.timers.notify_one();
        Ok(decided)
    }

    fn append(&self, events: Vec<Event<S::Event>>) -> u64 {
        if events.is_empty() {
            return self.journal.last();
        }
        let mut state = self.state.write().expect("no thread panics while it changes the state");
        let at = state.time_of(&events);
        for event in events.iter().cloned() {
            let moment = Moment { at, seal: &self.seal };
            state.apply(event, &moment).expect("what was sealed a moment ago opens");
        }
        self.journal.append(&JournalLine { at, events })
    }

    /// Gives each webhook among `events` its time, and the fault that was asked for it.
    fn planned(
        &self,
        state: &State<S>,
        mut events: Vec<Event<S::Event>>,
        asked: Option<Fault>,
    ) -> Vec<Event<S::Event>> {
        let (mut magic_done, mut held) = (Vec::new(), Vec::new());
        // A plain delay was the request's own; it is not passed on to what the request caused.
        let asked = asked.filter(|fault| fault.kind != Kind::Delay);
        for event in &mut events {
            let Event::WebhookQueued { notice, plan } = event else { continue };
            let key = notice.key();
            let (fault, magic) = self.fault(state, S::WEBHOOK, asked, key.as_ref());
            // Only every second message is held back: the one after it is to pass it.
            let waits = |key: &OrderKey| held.contains(key) || state.holds_back(key);
            let fault =
                fault.filter(|one| one.kind != Kind::ReorderWebhooks || !key.as_ref().is_some_and(waits));
            if fault.is_some_and(|one| one.kind == Kind::ReorderWebhooks) {
                held.extend(key);
            }
            *plan = self.plan(fault, &state.clocks, &notice.account);
            magic_done.extend(magic);
        }
        events.extend(magic_done);
        events
    }

    /// In real time a message takes a moment; on a clock that stands still it is there at once.
    fn plan(&self, fault: Option<Fault>, clocks: &Clocks, account: &str) -> Plan {
        let (copies, later) = match fault {
            Some(Fault { kind: Kind::DropWebhook, .. }) => (0, Duration::ZERO),
            Some(Fault { kind: Kind::DuplicateWebhook, .. }) => (2, Duration::ZERO),
            Some(fault @ Fault { kind: Kind::Delay | Kind::DelayWebhook | Kind::ReorderWebhooks, .. }) => {
                (1, fault.delay())
            }
            Some(_) | None => (1, Duration::ZERO),
        };
        let delay = if clocks.has(account) { Duration::ZERO } else { self.config.webhook_delay };
        Plan { due: clock::later(clocks.now(account), delay + later), copies, fault }
    }

    /// The fault for `operation` on an order: the one its request asked for, else that of the order's magic
    /// reference (with the event that it has now happened), else that of a rule.
    fn fault(
        &self,
        state: &State<S>,
        operation: Operation,
        asked: Option<Fault>,
        key: Option<&OrderKey>,
    ) -> (Option<Fault>, Option<Event<S::Event>>) {
        if let Some(fault) = asked.filter(|fault| fault.fits(operation)) {
            return (Some(fault), None);
        }
        let magic = key.and_then(|key| {
            let done = (key.clone(), operation.name.to_owned());
            let fault = Fault::in_reference(state.own.reference(key)?, operation)?;
            (!state.magic_done.contains(&done)).then_some((fault, done))
        });
        if let Some((fault, (key, operation))) = magic {
            return (Some(fault), Some(Event::MagicDone { key, operation }));
        }
        let order = key.map(|key| state.own.shop_order(key));
        let has_moved = key.is_some_and(|key| state.own.has_moved(key));
        (self.faults.take(Occasion { operation, order, has_moved }), None)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;
    use tokio::sync::watch;

    use super::Host;
    use crate::journal::{Journal, Locked, Writer};
    use crate::payby::PayBy;
    use crate::seal::Seal;
    use crate::simulator::OrderKey;
    use crate::start::Config;
    use crate::state::{Event, State};
    use crate::webhook::Notice;

    fn host(folder: &std::path::Path) -> (Arc<Host<PayBy>>, Writer) {
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            folder: folder.to_owned(),
            webhook_delay: Duration::ZERO,
            settle_after: Duration::ZERO,
            webhook_speed: 1,
        };
        let locked = Locked::open(&folder.join("journal")).expect("the folder is new");
        let (journal, writer): (Journal, Writer) = locked.into_parts();
        let seal = Seal::open_or_create(&folder.join("key")).expect("the folder is new");
        let (_, stop) = watch::channel(false);
        let state = (State::default(), journal);
        (Arc::new(Host::new(state, seal, reqwest::Client::new(), config, stop)), writer)
    }

    #[tokio::test]
    async fn panic_over_one_request_is_that_requests_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (host, writer) = host(folder.path());
        let writing = tokio::spawn(writer.run());
        for _ in 0..2 {
            let (deciding, reading) = (host.clone(), host.clone());
            let decided = tokio::spawn(async move {
                deciding.commit(None, |_| -> (Vec<_>, ()) { panic!("a fault of a simulator's") }).await
            });
            assert!(decided.await.is_err());
            let read =
                tokio::spawn(
                    async move { reading.read(|_| -> () { panic!("a fault of a simulator's") }).await },
                );
            assert!(read.await.is_err());
        }
        let at = Some(Timestamp::UNIX_EPOCH);
        host.set_clock("A1".to_owned(), at).await.expect("the host goes on");
        assert_eq!(host.read(|state| state.clocks.of("A1")).await.expect("it is on disk"), at);
        host.journal.close();
        writing.await.expect("the writer ends");
    }

    #[tokio::test]
    async fn message_that_has_nowhere_to_go_is_given_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let (host, writer) = host(folder.path());
        let writing = tokio::spawn(writer.run());
        let key = OrderKey { account: "A1".to_owned(), order: "no such order".to_owned() };
        let event = Event::webhook(Notice::about(&key, "acquireOrder", serde_json::Value::Null));
        host.commit(None, |_| (vec![event], ())).await.expect("it is on disk");
        let (stop, stopped) = watch::channel(false);
        let sending = tokio::spawn(crate::outbox::run(host.clone(), stopped));
        host.told(&key, Duration::from_secs(30)).await;
        assert!(host.state().due.is_empty() && host.state().unsent(&key).next().is_none());
        stop.send_replace(true);
        sending.await.expect("the outbox ends");
        host.journal.close();
        writing.await.expect("the writer ends");
    }
}
