//! Everything the simulated DivideBuy knows beside what every host knows.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::account::{Account, Credentials, Retailer};
use super::event::Event;
use super::order::{Decided, Order, Parcel};
use crate::ledger::{Entry, Ledger, SkuQty};
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey};

/// The one currency of DivideBuy.
pub(crate) const CURRENCY: &str = "GBP";

/// The simulated DivideBuy.
#[derive(Default)]
pub(crate) struct DivideBuy {
    pub(crate) retailers: BTreeMap<String, Retailer>,
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    by_credentials: HashMap<Credentials, String>,
    by_token: HashMap<String, OrderKey>,
    /// Outlives a reset: DivideBuy does not give the same number twice.
    pub(crate) decided_count: u64,
}

impl DivideBuy {
    /// Whose credentials these are.
    pub(crate) fn retailer(&self, credentials: &Credentials) -> Option<&Retailer> {
        self.retailers.get(self.by_credentials.get(credentials)?)
    }

    /// Whose store token this is.
    pub(crate) fn retailer_with(&self, token: &str) -> Option<&Retailer> {
        self.retailers.values().find(|retailer| retailer.credentials.token == token)
    }

    /// The order whose checkout has this address.
    pub(crate) fn key_of_token(&self, token: &str) -> Option<&OrderKey> {
        self.by_token.get(token)
    }

    /// Adds an account or replaces it; what `updateretailerstatus` said stays.
    pub(crate) fn put(&mut self, account: Account) {
        let key = account.retailer_id.to_string();
        let credentials = account.credentials();
        let before = self.retailers.remove(&key);
        if let Some(before) = &before {
            self.by_credentials.remove(&before.credentials);
        }
        self.by_credentials.insert(credentials.clone(), key.clone());
        let (status, allowed_ips) = before.map_or((None, String::new()), |it| (it.status, it.allowed_ips));
        let retailer = Retailer {
            id: account.retailer_id,
            credentials,
            store_code: account.retailer_store_code,
            store_url: account.store_url,
            brand: account.brand,
            active_at_first: account.active,
            status,
            allowed_ips,
        };
        self.retailers.insert(key, retailer);
    }

    /// Forgets the orders. What a retailer said of itself is its account's, and stays.
    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.by_token.clear();
    }

    /// Applies one event.
    pub(crate) fn applied(
        &mut self,
        event: Event,
        moment: &Moment<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), Unopened> {
        match event {
            Event::Opened { .. } => return self.opened(event, moment),
            Event::StoreCodeConfirmed { account, store_code } => {
                if let Some(retailer) = self.retailers.get_mut(&account) {
                    retailer.store_code = store_code;
                }
            }
            Event::StatusSet { account, enabled, allowed_ips, digest } => {
                let kind = if enabled { "retailer_enabled" } else { "retailer_disabled" };
                let mut entry = Entry::new(moment.at, &account, kind, &digest);
                if let Some(retailer) = self.retailers.get_mut(&account) {
                    entry.repeat = retailer.status == Some(enabled);
                    retailer.status = Some(enabled);
                    if let Some(ips) = allowed_ips {
                        retailer.allowed_ips = ips;
                    }
                }
                ledger.list(entry);
            }
            about_order => self.applied_to_order(about_order, moment.at, ledger),
        }
        Ok(())
    }

    fn applied_to_order(&mut self, event: Event, at: Timestamp, ledger: &mut Ledger) {
        let (key, digest) = match &event {
            Event::Decided { key, digest, .. }
            | Event::Synced { key, digest }
            | Event::Tracked { key, digest, .. }
            | Event::TrackingDeleted { key, digest, .. }
            | Event::Refunded { key, digest, .. } => (key.clone(), digest.clone()),
            _ => return,
        };
        let Some(order) = self.orders.get_mut(&key) else { return };
        let entry = |kind| Entry::about(at, &key, kind, &digest);
        match event {
            Event::Decided { decision, .. } => {
                self.decided_count += 1;
                order.decided = Some(Decided { decision, at, count: self.decided_count });
                ledger.list(entry(decision.past()).of(order.basket.financed(), CURRENCY));
            }
            Event::Synced { .. } => {
                let repeat = std::mem::replace(&mut order.synced, true);
                ledger.list(Entry { repeat, ..entry("syncretorder") });
            }
            Event::Tracked { parcel, .. } => {
                let repeat = order.is_tracked(&parcel);
                if !repeat {
                    order.parcels.push(parcel.clone());
                }
                list_parcel(ledger, &Entry { repeat, ..entry("tracking") }, &parcel);
            }
            Event::TrackingDeleted { parcel, .. } => {
                let tracked = order.parcels.iter().position(|known| known == &parcel);
                let repeat = tracked.is_none();
                if let Some(at) = tracked {
                    order.deleted.push(order.parcels.remove(at));
                }
                list_parcel(ledger, &Entry { repeat, ..entry("tracking_deleted") }, &parcel);
            }
            Event::Refunded { amount, refund_type, skus, .. } => {
                order.refunded += amount;
                for SkuQty { sku, qty } in &skus {
                    *order.returned.entry(sku.clone()).or_default() += qty;
                }
                let refund_type = Some(refund_type.word());
                ledger.list(Entry { refund_type, skus, ..entry("refund").of(amount, CURRENCY) });
            }
            _ => {}
        }
    }

    fn opened(&mut self, event: Event, moment: &Moment<'_>) -> Result<(), Unopened> {
        let Event::Opened { key, token, basket, sealed_person } = event else { return Ok(()) };
        let person = moment.seal.open(&key.place(), &sealed_person)?;
        let person = serde_json::from_slice(&person).map_err(|_| Unopened)?;
        self.by_token.insert(token.clone(), key.clone());
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
            returned: BTreeMap::new(),
        };
        self.orders.insert(key, order);
        Ok(())
    }
}

/// One entry for each number: a parcel is what a number names.
fn list_parcel(ledger: &mut Ledger, entry: &Entry, parcel: &Parcel) {
    for number in &parcel.numbers {
        let skus = vec![SkuQty { sku: parcel.sku.clone(), qty: parcel.qty }];
        ledger.list(Entry { number: Some(number.clone()), skus, ..entry.clone() });
    }
}
