//! Everything the simulated DOKU knows beside what every host knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::CURRENCY;
use super::account::Account;
use super::event::Event as Own;
use super::order::Order;
use crate::checkout::Decision;
use crate::ledger::{Entry, Ledger};
use crate::simulator::{Moment, OrderKey};

/// Minor units of a rupiah in ISO 4217, which the ledger counts in and DOKU's messages cannot say.
const MINOR: i64 = 100;

/// The simulated DOKU.
#[derive(Default)]
pub(crate) struct Kredivo {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    pub(crate) by_token: HashMap<String, OrderKey>,
    /// The order a request made, by client and Request-Id.
    by_request: HashMap<(String, String), OrderKey>,
    expiries: BTreeSet<(Timestamp, OrderKey)>,
}

impl Kredivo {
    /// The order that a request made.
    pub(crate) fn of_request(&self, client_id: &str, request_id: &str) -> Option<&Order> {
        let key = self.by_request.get(&(client_id.to_owned(), request_id.to_owned()))?;
        self.orders.get(key)
    }

    /// Forgets the orders.
    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.by_token.clear();
        self.by_request.clear();
        self.expiries.clear();
    }

    /// When an order expires, and at which account.
    pub(crate) fn all_due(&self) -> impl Iterator<Item = (Timestamp, &str)> {
        self.expiries.iter().map(|(at, key)| (*at, key.account.as_str()))
    }

    /// The orders of an account that have expired by `now`.
    pub(crate) fn expired_by(&self, account: &str, now: Timestamp) -> Vec<crate::state::Event<Own>> {
        let due = self.expiries.iter().take_while(|(at, _)| *at <= now);
        let due = due.filter(|(_, key)| key.account == account);
        due.map(|(_, key)| Own::Expired { key: key.clone() }.into()).collect()
    }

    /// Applies one event.
    pub(crate) fn applied(&mut self, event: Own, moment: &Moment<'_>, ledger: &mut Ledger) {
        let at = moment.at;
        match event {
            Own::Generated { .. } => self.generated(event, at, ledger),
            Own::Decided { key, decision, digest } => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                order.decided = Some(decision);
                let paid = matches!(decision, Decision::Approve | Decision::PayLate);
                // Paid late is paid: the money is there all the same.
                let kind = if paid { Decision::Approve.past() } else { decision.past() };
                let entry = Entry::about(at, &key, kind, &digest);
                ledger.list(entry.of(order.placed.amount * MINOR, CURRENCY));
                if decision == Decision::Decline {
                    order.failed_at.push(at);
                }
                if paid {
                    order.paid_at = Some(at);
                    self.expiries.remove(&(order.placed.expires_at, key));
                }
            }
            Own::Expired { key } => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                order.expired = true;
                ledger.list(Entry::about(at, &key, "expired", &None));
                self.expiries.remove(&(order.placed.expires_at, key));
            }
            Own::RefundedByHand { key } => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                order.refunded_at = Some(at);
                let entry = Entry::about(at, &key, "refund", &None);
                ledger.list(entry.of(order.placed.amount * MINOR, CURRENCY));
            }
        }
    }

    fn generated(&mut self, event: Own, at: Timestamp, ledger: &mut Ledger) {
        let Own::Generated { key, token, placed, digest, answer } = event else { return };
        let entry = Entry::about(at, &key, "created", &Some(digest.clone()));
        ledger.list(entry.of(placed.amount * MINOR, CURRENCY));
        self.expiries.insert((placed.expires_at, key.clone()));
        self.by_token.insert(token.clone(), key.clone());
        self.by_request.insert((key.account.clone(), placed.request_id.clone()), key.clone());
        let order = Order {
            key: key.clone(),
            token,
            placed: *placed,
            decided: None,
            failed_at: Vec::new(),
            paid_at: None,
            expired: false,
            refunded_at: None,
            digest,
            answer,
        };
        self.orders.insert(key, order);
    }
}
