//! Everything the simulated divit knows beside what every host knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::CURRENCY;
use super::account::Account;
use super::event::Event as Own;
use super::message::{self, EXPIRED, REFUND_CANCELLED, REFUND_COMPLETED};
use super::order::{Order, Placed};
use crate::checkout::Decision;
use crate::ledger::{Entry, Ledger};
use crate::simulator::{Moment, OrderKey};

type Event = crate::state::Event<Own>;

/// The simulated divit.
#[derive(Default)]
pub(crate) struct Divit {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    pub(crate) by_token: HashMap<String, OrderKey>,
    /// What happens by itself, and when.
    due: BTreeSet<(Timestamp, Due)>,
}

/// What happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An order expires.
    Expiry(OrderKey),
    /// Staff settles a refund: the order's, by its number from 0.
    Settlement(OrderKey, usize),
}

impl Due {
    fn account(&self) -> &str {
        match self {
            Self::Expiry(key) | Self::Settlement(key, _) => &key.account,
        }
    }
}

impl Divit {
    /// Whose key this is.
    pub(crate) fn account(&self, api_key: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.api_key == api_key)
    }

    /// Forgets the orders.
    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.by_token.clear();
        self.due.clear();
    }

    /// When something happens by itself, and at which account.
    pub(crate) fn all_due(&self) -> impl Iterator<Item = (Timestamp, &str)> {
        self.due.iter().map(|(at, due)| (*at, due.account()))
    }

    /// What has happened by itself at an account up to `now`.
    pub(crate) fn happened_by(&self, account: &str, now: Timestamp) -> Vec<Event> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        let due = due.filter(|(_, due)| due.account() == account);
        due.flat_map(|(_, due)| match due {
            Due::Expiry(key) => self.expiry(key),
            Due::Settlement(key, number) => self.settlement(key, *number, true),
        })
        .collect()
    }

    /// The expiry of an order, and who hears of it.
    pub(crate) fn expiry(&self, key: &OrderKey) -> Vec<Event> {
        let (Some(order), Some(account)) = (self.orders.get(key), self.accounts.get(&key.account)) else {
            return Vec::new();
        };
        let told = message::told(account, order, EXPIRED, None);
        std::iter::once(Own::Expired { key: key.clone() }.into()).chain(told).collect()
    }

    /// The end of a refund that staff has not looked at yet.
    pub(crate) fn settlement(&self, key: &OrderKey, number: usize, completed: bool) -> Vec<Event> {
        let (Some(order), Some(account)) = (self.orders.get(key), self.accounts.get(&key.account)) else {
            return Vec::new();
        };
        let event = if completed { REFUND_COMPLETED } else { REFUND_CANCELLED };
        let told = message::told(account, order, event, Some(number));
        let ended = Own::RefundEnded { key: key.clone(), number, completed };
        std::iter::once(ended.into()).chain(told).collect()
    }

    /// Applies one event.
    pub(crate) fn applied(&mut self, event: Own, moment: &Moment<'_>, ledger: &mut Ledger) {
        match event {
            Own::Created { key, token, placed, digest } => {
                let entry = entry(moment.at, &key, &placed, "created", &digest);
                ledger.list(entry.of(placed.amount, CURRENCY));
                self.created(key, token, placed);
            }
            Own::Decided { key, decision, digest } => {
                self.decided(&key, decision, &digest, (moment.at, ledger))
            }
            Own::Expired { key } => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                order.expired = true;
                self.due.remove(&(order.placed.expires_at, Due::Expiry(key.clone())));
                ledger.list(entry(moment.at, &key, &order.placed, "expired", &None));
            }
            Own::RefundRequested { key, refund, due, digest } => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                self.due.insert((due, Due::Settlement(key.clone(), order.refunds.len())));
                let refund_type = Some(refund.kind());
                let number = refund.reference.clone();
                let listed = entry(moment.at, &key, &order.placed, "refund_requested", &digest);
                ledger.list(Entry { refund_type, number, ..listed }.of(refund.amount, CURRENCY));
                order.refunds.push(refund);
            }
            Own::RefundEnded { key, number, completed } => {
                self.refund_ended(&key, number, completed, (moment.at, ledger));
            }
        }
    }

    fn created(&mut self, key: OrderKey, token: String, placed: Placed) {
        self.due.insert((placed.expires_at, Due::Expiry(key.clone())));
        self.by_token.insert(token.clone(), key.clone());
        let account = self.accounts.get(&key.account);
        let alerts = account.map_or_else(Vec::new, |it| placed.miles.alerts(it, placed.amount));
        let order = Order {
            key: key.clone(),
            token,
            placed,
            decided: None,
            paid_at: None,
            cancelled: false,
            expired: false,
            refunds: Vec::new(),
            alerts,
        };
        self.orders.insert(key, order);
    }

    fn decided(
        &mut self,
        key: &OrderKey,
        decision: Decision,
        digest: &Option<String>,
        (at, ledger): (Timestamp, &mut Ledger),
    ) {
        let Some(order) = self.orders.get_mut(key) else { return };
        order.decided = Some(decision);
        let paid = matches!(decision, Decision::Approve | Decision::PayLate);
        if paid || decision == Decision::Leave {
            self.due.remove(&(order.placed.expires_at, Due::Expiry(key.clone())));
        }
        order.cancelled |= decision == Decision::Leave;
        // Paid late is paid: the money is there all the same.
        let kind = if paid { Decision::Approve.past() } else { decision.past() };
        ledger.list(entry(at, key, &order.placed, kind, digest).of(order.placed.amount, CURRENCY));
        if paid {
            order.paid_at = Some(at);
            let miles = order.placed.miles.supplied;
            if miles > 0 {
                let number = Some(miles.to_string());
                ledger.list(Entry { number, ..entry(at, key, &order.placed, "miles", &None) });
            }
        }
    }

    fn refund_ended(
        &mut self,
        key: &OrderKey,
        number: usize,
        completed: bool,
        (at, ledger): (Timestamp, &mut Ledger),
    ) {
        let settlement = Due::Settlement(key.clone(), number);
        self.due.retain(|(_, due)| *due != settlement);
        let Some(order) = self.orders.get_mut(key) else { return };
        let placed = &order.placed;
        let Some(refund) = order.refunds.get_mut(number) else { return };
        refund.completed = Some(completed);
        let kind = if completed { "refund" } else { "refund_cancelled" };
        let refund_type = Some(refund.kind());
        let listed = entry(at, key, placed, kind, &None).of(refund.amount, CURRENCY);
        ledger.list(Entry { refund_type, number: refund.reference.clone(), ..listed });
    }
}

/// The ledger calls an order what the shop calls it; an order made twice shows as two of one name.
fn entry(
    at: Timestamp,
    key: &OrderKey,
    placed: &Placed,
    kind: &'static str,
    digest: &Option<String>,
) -> Entry {
    Entry { order: Some(placed.merchant_ref.clone()), ..Entry::about(at, key, kind, digest) }
}
