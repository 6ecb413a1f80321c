//! Everything the simulated PayBy knows beside what every host knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::account::{Account, Merchant};
use super::event::{Event, RepeatedKind};
use super::order::{CURRENCY, Order, Placed, Refund, RefundAsked, RefundStatus, Status};
use crate::checkout::Decision;
use crate::ledger::{Entry, Ledger};
use crate::seal::Unopened;
use crate::simulator::{Moment, OrderKey};

/// PayBy's word for a payment that the payer's bank or PayBy's own rules refuse.
const REJECTED: (&str, &str) = ("92004", "Channel rejection");

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Expiry(OrderKey),
    Settlement(OrderKey),
    RefundDone { account: String, number: String },
}

impl Timer {
    /// At which account.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Expiry(key) | Self::Settlement(key) => &key.account,
            Self::RefundDone { account, .. } => account,
        }
    }
}

/// The simulated PayBy.
#[derive(Default)]
pub(crate) struct PayBy {
    pub(crate) merchants: BTreeMap<String, Merchant>,
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    /// By merchant and the merchant's number.
    pub(crate) refunds: BTreeMap<(String, String), Refund>,
    pub(crate) timers: BTreeSet<(Timestamp, Timer)>,
    by_token: HashMap<String, OrderKey>,
    by_order_no: HashMap<String, OrderKey>,
    /// Outlives a reset: PayBy does not give the same number twice.
    pub(crate) count: u64,
}

impl PayBy {
    pub(crate) fn put(&mut self, account: Account) {
        self.merchants.insert(account.partner_id.clone(), account.into());
    }

    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.refunds.clear();
        self.timers.clear();
        self.by_token.clear();
        self.by_order_no.clear();
    }

    pub(crate) fn key_of_token(&self, token: &str) -> Option<&OrderKey> {
        self.by_token.get(token)
    }

    /// The order that has this number of PayBy's, if it is this merchant's.
    pub(crate) fn key_of_number(&self, account: &str, order_no: &str) -> Option<&OrderKey> {
        self.by_order_no.get(order_no).filter(|key| key.account == account)
    }

    /// The number that the next order or refund gets.
    pub(crate) fn next_number(&self, prefix: &str) -> String {
        format!("{prefix}{:015}", self.count + 1)
    }

    /// Applies one event.
    pub(crate) fn applied(
        &mut self,
        event: Event,
        moment: &Moment<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), Unopened> {
        match event {
            Event::Placed { key, placed, sealed, digest } => {
                let content = moment.seal.open(&key.place(), &sealed)?;
                let content = serde_json::from_slice(&content).map_err(|_| Unopened)?;
                let entry = Entry::about(moment.at, &key, "placed", &digest).of(placed.total, CURRENCY);
                ledger.list(entry);
                self.placed(key, placed, content, moment.at);
            }
            Event::RefundAsked { key, asked, digest } => {
                let entry = Entry::about(moment.at, &key, "refund", &digest).of(asked.amount, CURRENCY);
                ledger.list(Entry { number: Some(asked.number.clone()), ..entry });
                self.refund_asked(key, asked);
            }
            Event::RefundDone { account, number } => {
                self.refund_moved(account, number, RefundStatus::Success)
            }
            Event::RefundMoved { key, number, status } => {
                let kind = if status == RefundStatus::Failure { "refund_failed" } else { "refund_moved" };
                let entry = Entry::about(moment.at, &key, kind, &None);
                ledger.list(Entry { number: Some(number.clone()), ..entry });
                self.refund_moved(key.account, number, status);
            }
            Event::Repeated { key, kind, number, digest } => {
                let kind = if kind == RepeatedKind::Placed { "placed" } else { "refund" };
                let entry = Entry::about(moment.at, &key, kind, &digest);
                ledger.list(Entry { number, repeat: true, ..entry });
            }
            about_order => self.applied_to_order(about_order, moment.at, ledger),
        }
        Ok(())
    }

    fn placed(&mut self, key: OrderKey, placed: Placed, content: Value, at: Timestamp) {
        self.count += 1;
        self.by_token.insert(placed.token.clone(), key.clone());
        self.by_order_no.insert(placed.order_no.clone(), key.clone());
        let order = Order::new(key.clone(), placed, content, at);
        self.timers.insert((order.due, Timer::Expiry(key.clone())));
        self.orders.insert(key, order);
    }

    fn refund_asked(&mut self, key: OrderKey, asked: RefundAsked) {
        self.count += 1;
        if let Some(order) = self.orders.get_mut(&key) {
            order.refunded += asked.amount;
        }
        let (account, number) = (key.account.clone(), asked.number.clone());
        let timer = Timer::RefundDone { account: account.clone(), number: number.clone() };
        self.timers.insert((asked.done_at, timer));
        self.refunds.insert((account, number), Refund { key, asked, status: RefundStatus::Created });
    }

    /// A refund goes on; one that failed gives the order back what it had taken.
    fn refund_moved(&mut self, account: String, number: String, status: RefundStatus) {
        let timer = Timer::RefundDone { account: account.clone(), number: number.clone() };
        let Some(refund) = self.refunds.get_mut(&(account, number)) else { return };
        refund.status = status;
        if status.is_end() {
            self.timers.remove(&(refund.asked.done_at, timer));
        }
        if let (RefundStatus::Failure, Some(order)) = (status, self.orders.get_mut(&refund.key)) {
            order.refunded -= refund.asked.amount;
        }
    }

    fn applied_to_order(&mut self, event: Event, at: Timestamp, ledger: &mut Ledger) {
        let (key, digest) = match &event {
            Event::Decided { key, digest, .. }
            | Event::Cancelled { key, digest }
            | Event::Revoked { key, digest } => (key.clone(), digest.clone()),
            Event::Extended { key, .. }
            | Event::ChargedBack { key, .. }
            | Event::Expired { key }
            | Event::Settled { key } => (key.clone(), None),
            _ => return,
        };
        let settle_ms = self.merchants.get(&key.account).map_or(0, |merchant| merchant.settle_ms);
        let Some(order) = self.orders.get_mut(&key) else { return };
        // Whatever happens to an order ends its waiting; what goes on waiting is put back below.
        self.timers.remove(&(order.due, Timer::Expiry(key.clone())));
        self.timers.remove(&(order.due, Timer::Settlement(key.clone())));
        let (was_revoked, was_refunded) = (order.revoked, order.refunded);
        let entries = order.take(&event, at, settle_ms);
        let given_back = (order.revoked && !was_revoked).then(|| order.refunded - was_refunded);
        for (kind, amount) in entries {
            let number = (kind == "refund").then(|| "revoked".to_owned());
            let currency = if amount.is_some() { CURRENCY } else { "" };
            let entry = Entry::about(at, &key, kind, &digest);
            ledger.list(Entry { number, amount_minor: amount, currency, ..entry });
        }
        let waits_for = match order.status {
            Status::Created => Some(Timer::Expiry(key.clone())),
            Status::PaidSuccess if settle_ms > 0 => Some(Timer::Settlement(key.clone())),
            _ => None,
        };
        self.timers.extend(waits_for.map(|timer| (order.due, timer)));
        if let Some(amount) = given_back.filter(|amount| *amount > 0) {
            self.revoked(&key, amount, at);
        }
    }

    /// "A separate refund order shows it": under PayBy's own number, since the merchant gave it none.
    fn revoked(&mut self, key: &OrderKey, amount: i64, at: Timestamp) {
        let order_no = self.next_number("191");
        self.count += 1;
        let (number, fingerprint) = (order_no.clone(), String::new());
        let asked = RefundAsked { number, order_no, fingerprint, amount, notify_url: None, done_at: at };
        let refund = Refund { key: key.clone(), asked, status: RefundStatus::Success };
        self.refunds.insert((key.account.clone(), refund.asked.number.clone()), refund);
    }
}

impl Order {
    /// Lets an event happen to the order. Returns what goes into the ledger: kind and amount.
    pub(crate) fn take(
        &mut self,
        event: &Event,
        at: Timestamp,
        settle_ms: u64,
    ) -> Vec<(&'static str, Option<i64>)> {
        let total = self.placed.total;
        match event {
            Event::Decided { decision, .. } => {
                self.decided = Some(*decision);
                match decision {
                    Decision::Approve | Decision::PayLate => {
                        (self.status, self.paid_ms) = (Status::PaidSuccess, Some(at.as_millisecond()));
                        self.failure = None;
                        self.due = at.checked_add(Duration::from_millis(settle_ms)).unwrap_or(at);
                        vec![("approved", Some(total))]
                    }
                    Decision::Decline if self.placed.one_time => {
                        (self.status, self.failure) = (Status::Failure, Some(REJECTED));
                        vec![("declined", None)]
                    }
                    other => vec![(other.past(), None)],
                }
            }
            Event::Cancelled { .. } => {
                self.status = Status::Failure;
                vec![("cancelled", None)]
            }
            Event::Revoked { .. } => {
                self.revoked = true;
                // "Settled orders will not change status after revocation."
                if self.status != Status::Settled {
                    self.status = Status::Failure;
                }
                let back = self.paid_ms.map(|_| ("refund", Some(total)));
                self.refunded = if back.is_some() { total } else { 0 };
                back.into_iter().chain([("revoked", None)]).collect()
            }
            Event::Extended { expires_ms, .. } => {
                self.placed.expires_ms = *expires_ms;
                self.due = millis(*expires_ms, at);
                vec![("extended", None)]
            }
            Event::ChargedBack { amount, .. } => vec![("chargeback", Some(*amount))],
            Event::Expired { .. } => {
                self.status = Status::Failure;
                vec![("expired", None)]
            }
            Event::Settled { .. } => {
                self.status = Status::Settled;
                vec![("settled", None)]
            }
            _ => Vec::new(),
        }
    }
}

/// A time in milliseconds; one beyond all calendars is now.
fn millis(ms: i64, otherwise: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(otherwise)
}
