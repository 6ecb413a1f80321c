//! Everything the host knows, as the sum of its journal.
//!
//! [`State::apply`] is the only thing that changes it, live and at a restart
//! alike, so both end in the same state. Whether an effect is a repeat is
//! decided here, from what happened before, and lands in the ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::account::{Credentials, Retailer};
use super::event::{Event, Then};
use super::ledger::{Entry, SkuQty};
use super::order::{Decided, Order, OrderKey, Parcel};
use super::webhook::{Delivery, Webhook};
use crate::seal::{Seal, Unopened};

/// The state of one host.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) retailers: BTreeMap<u64, Retailer>,
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    pub(crate) ledger: Vec<Entry>,
    pub(crate) webhooks: BTreeMap<u64, Webhook>,
    /// The pending webhooks by the time they are due.
    pub(crate) due: BTreeSet<(Timestamp, u64)>,
    by_credentials: HashMap<Credentials, u64>,
    by_token: HashMap<String, OrderKey>,
    // The two counters outlive a reset: a delivery under way then must not be taken for a new one, and
    // DivideBuy does not give the same number twice.
    webhook_count: u64,
    decided_count: u64,
}

impl State {
    /// Whose credentials these are.
    pub(crate) fn retailer(&self, credentials: &Credentials) -> Option<&Retailer> {
        self.retailers.get(self.by_credentials.get(credentials)?)
    }

    /// The order whose checkout has this address.
    pub(crate) fn order_by_token(&self, token: &str) -> Option<&Order> {
        self.orders.get(self.by_token.get(token)?)
    }

    /// Applies one event of the line written at `at`.
    ///
    /// # Errors
    /// When a sealed value does not open, which means that the key is not the one the file was written with.
    pub(crate) fn apply(&mut self, event: Event, at: Timestamp, seal: &Seal) -> Result<(), Unopened> {
        match event {
            Event::AccountPut { .. } => return self.account_put(event, seal),
            Event::Opened { .. } => return self.opened(event, seal),
            Event::StoreCodeConfirmed { retailer_id, store_code } => {
                if let Some(retailer) = self.retailers.get_mut(&retailer_id) {
                    retailer.store_code = store_code;
                }
            }
            Event::StatusSet { retailer_id, enabled, allowed_ips, digest } => {
                let kind = if enabled { "retailer_enabled" } else { "retailer_disabled" };
                let mut entry = Entry::new(at, retailer_id, kind, &digest);
                if let Some(retailer) = self.retailers.get_mut(&retailer_id) {
                    entry.repeat = retailer.status == Some(enabled);
                    retailer.status = Some(enabled);
                    if let Some(ips) = allowed_ips {
                        retailer.allowed_ips = ips;
                    }
                }
                self.list(entry);
            }
            Event::WebhookQueued { .. } => self.webhook_queued(event),
            Event::WebhookTried { id, status, then } => self.webhook_tried(id, status, then),
            Event::Reset => self.reset(),
            about_order => self.apply_to_order(about_order, at),
        }
        Ok(())
    }

    fn apply_to_order(&mut self, event: Event, at: Timestamp) {
        let (key, digest) = match &event {
            Event::Decided { key, digest, .. }
            | Event::Synced { key, digest }
            | Event::Tracked { key, digest, .. }
            | Event::TrackingDeleted { key, digest, .. }
            | Event::Refunded { key, digest, .. } => (key.clone(), digest.clone()),
            Event::MagicDone { key, .. } => (key.clone(), None),
            _ => return,
        };
        let Some(order) = self.orders.get_mut(&key) else { return };
        let entry = |kind| Entry::new(at, key.retailer_id, kind, &digest).about(&key.order_id);
        match event {
            Event::Decided { decision, .. } => {
                self.decided_count += 1;
                order.decided = Some(Decided { decision, at, count: self.decided_count });
                let amount_minor = Some(order.basket.financed());
                self.list(Entry { amount_minor, ..entry(decision.past()) });
            }
            Event::Synced { .. } => {
                let repeat = std::mem::replace(&mut order.synced, true);
                self.list(Entry { repeat, ..entry("syncretorder") });
            }
            Event::Tracked { parcel, .. } => {
                let repeat = order.is_tracked(&parcel);
                if !repeat {
                    order.parcels.push(parcel.clone());
                }
                self.list_parcel(&Entry { repeat, ..entry("tracking") }, &parcel);
            }
            Event::TrackingDeleted { parcel, .. } => {
                let tracked = order.parcels.iter().position(|known| known == &parcel);
                let repeat = tracked.is_none();
                if let Some(at) = tracked {
                    order.deleted.push(order.parcels.remove(at));
                }
                self.list_parcel(&Entry { repeat, ..entry("tracking_deleted") }, &parcel);
            }
            Event::Refunded { amount, refund_type, skus, .. } => {
                order.refunded += amount;
                let refund_type = Some(refund_type);
                self.list(Entry { amount_minor: Some(amount), refund_type, skus, ..entry("refund") });
            }
            Event::MagicDone { operation, .. } => {
                order.magic_done.insert(operation);
            }
            _ => {}
        }
    }

    fn list(&mut self, entry: Entry) {
        let n = self.ledger.len() as u64 + 1;
        self.ledger.push(Entry { n, ..entry });
    }

    /// One entry for each number: a parcel is what a number names.
    fn list_parcel(&mut self, entry: &Entry, parcel: &Parcel) {
        for number in &parcel.numbers {
            let skus = vec![SkuQty { sku: parcel.sku.clone(), qty: parcel.qty }];
            self.list(Entry { number: Some(number.clone()), skus, ..entry.clone() });
        }
    }

    fn account_put(&mut self, event: Event, seal: &Seal) -> Result<(), Unopened> {
        let Event::AccountPut { retailer_id: id, store_code, store_url, brand, active, sealed_credentials } =
            event
        else {
            return Ok(());
        };
        let plain = seal.open(&account_place(id), &sealed_credentials)?;
        let credentials: Credentials = serde_json::from_slice(&plain).map_err(|_| Unopened)?;
        let before = self.retailers.remove(&id);
        if let Some(before) = &before {
            self.by_credentials.remove(&before.credentials);
        }
        self.by_credentials.insert(credentials.clone(), id);
        let (status, allowed_ips) = before.map_or((None, String::new()), |it| (it.status, it.allowed_ips));
        let active_at_first = active;
        let retailer =
            Retailer { id, credentials, store_code, store_url, brand, active_at_first, status, allowed_ips };
        self.retailers.insert(id, retailer);
        Ok(())
    }

    fn opened(&mut self, event: Event, seal: &Seal) -> Result<(), Unopened> {
        let Event::Opened { key, token, basket, sealed_person } = event else { return Ok(()) };
        let person = seal.open(&key.place(), &sealed_person)?;
        let person = serde_json::from_slice(&person).map_err(|_| Unopened)?;
        self.by_token.insert(token.clone(), key.clone());
        if let Some(order) = self.orders.get_mut(&key) {
            (order.token, order.basket, order.person) = (token, basket, person);
            return Ok(());
        }
        let order = Order {
            key: key.clone(),
            token,
            basket,
            person,
            decided: None,
            synced: false,
            parcels: Vec::new(),
            deleted: Vec::new(),
            refunded: 0,
            magic_done: BTreeSet::new(),
        };
        self.orders.insert(key, order);
        Ok(())
    }

    fn webhook_queued(&mut self, event: Event) {
        let Event::WebhookQueued { retailer_id, order_id, method, plan } = event else { return };
        self.webhook_count += 1;
        let id = self.webhook_count;
        let state = if plan.copies == 0 { Delivery::Dropped } else { Delivery::Pending };
        if state == Delivery::Pending {
            self.due.insert((plan.due, id));
        }
        let (copies, due, last_status) = (plan.copies, plan.due, None);
        let webhook =
            Webhook { id, retailer_id, order_id, method, state, tries: 0, copies, due, last_status };
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

    /// Forgets orders, ledger and webhooks; keeps the accounts as they were put, without their status calls.
    fn reset(&mut self) {
        self.orders.clear();
        self.by_token.clear();
        self.ledger.clear();
        self.webhooks.clear();
        self.due.clear();
        for retailer in self.retailers.values_mut() {
            retailer.status = None;
        }
    }
}

/// The place an account's sealed credentials are bound to.
pub(crate) fn account_place(retailer_id: u64) -> String {
    format!("account:{retailer_id}")
}
