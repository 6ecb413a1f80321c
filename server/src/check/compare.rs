//! The comparison itself: beliefs and entries in, differences out. Pure.
//!
//! A provider without keys for its refunds leaves nothing to match by but the order and the amount, so amounts are
//! matched as multisets: first what certainly happened, then what may have. What is left on either side is a
//! violation. Parcels are matched by number, article and quantity.

use super::belief::{Belief, Certainty, Parcel, Refund};
use super::ledger::Entry;
use crate::cli::money;
use std::collections::{BTreeMap, BTreeSet};

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Orders that were compared: full names by id.
    pub orders: BTreeMap<String, String>,
    /// Orders of accounts at real providers.
    pub left_out: usize,
    /// What must not be.
    pub violations: Vec<Difference>,
    /// Differences that an unfinished operation explains.
    pub explained: Vec<Difference>,
    /// Requests that the provider recognised as repeats.
    pub repeats: Vec<Difference>,
    /// What waits for a person.
    pub parked: Vec<Difference>,
    /// Effects that are in both books, by order, so that looking at one again replaces what was said of it.
    per_order: BTreeMap<String, Agreed>,
}

/// Effects that are in both books.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Approvals.
    pub approvals: usize,
    /// Some of one article under one number.
    pub parcels: usize,
    /// Refunds.
    pub refunds: usize,
    /// What was refunded, in minor units, by currency.
    pub refunded_minor: BTreeMap<String, i64>,
}

/// One line about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The order's id.
    pub order: String,
    /// What it is about: `refund`, `parcel`, `approval`, `sums`.
    pub about: &'static str,
    /// For a person.
    pub text: String,
}

impl Comparison {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.orders.extend(other.orders);
        self.left_out += other.left_out;
        self.per_order.extend(other.per_order);
        self.violations.extend(other.violations);
        self.explained.extend(other.explained);
        self.repeats.extend(other.repeats);
        self.parked.extend(other.parked);
    }

    /// Effects that are in both books, of all orders.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        let mut sum = Agreed::default();
        for one in self.per_order.values() {
            sum.add(one);
        }
        sum
    }

    /// Forgets what was said of the orders with violations, and names them, so that they can be looked at again.
    pub fn take_suspects(&mut self) -> BTreeSet<String> {
        let suspects: BTreeSet<String> =
            self.violations.drain(..).map(|difference| difference.order).collect();
        let innocent = |difference: &Difference| !suspects.contains(&difference.order);
        self.explained.retain(innocent);
        self.repeats.retain(innocent);
        self.parked.retain(innocent);
        suspects
    }
}

impl Agreed {
    fn add(&mut self, other: &Self) {
        self.approvals += other.approvals;
        self.parcels += other.parcels;
        self.refunds += other.refunds;
        for (currency, minor) in &other.refunded_minor {
            *self.refunded_minor.entry(currency.clone()).or_default() += minor;
        }
    }
}

/// Lays every belief beside its entries. With `strangers`, entries of orders that nobody believes in are
/// violations too; without, they are somebody else's.
#[must_use]
pub fn compare(beliefs: &[Belief], entries: &[Entry], strangers: bool) -> Comparison {
    let mut by_order: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.order_id().is_empty()) {
        by_order.entry(entry.order_id()).or_default().push(entry);
    }
    let mut comparison = Comparison::default();
    for belief in beliefs {
        let entries = by_order.remove(belief.order_id.as_str()).unwrap_or_default();
        comparison.add(Desk { belief, entries }.compare());
    }
    for (order, entries) in by_order.into_iter().filter(|_| strangers) {
        let effects: Vec<&str> =
            entries.iter().filter(|entry| is_effect(entry)).map(|entry| entry.kind.as_str()).collect();
        if !effects.is_empty() {
            let text = format!("the ledger has {}, and we have no such order", effects.join(", "));
            comparison.violations.push(Difference { order: order.to_owned(), about: "order", text });
        }
    }
    comparison
}

/// Whether an entry moves money or goods.
fn is_effect(entry: &Entry) -> bool {
    matches!(entry.kind.as_str(), "approved" | "tracking" | "tracking_deleted" | "refund" | "cancellation")
}

/// One order's papers, both sides.
struct Desk<'a> {
    belief: &'a Belief,
    entries: Vec<&'a Entry>,
}

impl Desk<'_> {
    fn compare(&self) -> Comparison {
        let mut out = Comparison::default();
        let mut agreed = Agreed::default();
        self.approvals(&mut out, &mut agreed);
        self.refunds(&mut out, &mut agreed);
        self.parcels(&mut out, &mut agreed);
        self.sums(&mut out);
        for entry in self.entries.iter().filter(|entry| entry.repeat) {
            let text = format!("{} {}", entry.kind, entry.number.as_deref().unwrap_or_default());
            out.repeats.push(self.difference("repeat", text.trim_end().to_owned()));
        }
        out.parked.extend(self.belief.parked.iter().map(|why| self.difference("parked", why.clone())));
        out.orders.insert(self.belief.order_id.clone(), self.belief.name.clone());
        out.per_order.insert(self.belief.order_id.clone(), agreed);
        out
    }

    fn approvals(&self, out: &mut Comparison, agreed: &mut Agreed) {
        let approvals: Vec<&&Entry> = self.effects("approved").collect();
        let expected = usize::from(self.belief.approved) + self.belief.approved_besides.len();
        let other_amount = |one: &Entry| one.amount_minor.is_some_and(|it| it != self.belief.total_minor);
        match (expected, approvals.as_slice()) {
            (0, []) => {}
            (_, []) => out
                .violations
                .push(self.difference("approval", "we believe in one; the ledger has none".into())),
            (0, [_]) if self.belief.deaf.is_some() => {
                let why = self.belief.deaf.clone().unwrap_or_default();
                out.explained
                    .push(self.difference("approval", format!("in the ledger, not heard of here: {why}")));
            }
            (0, [_]) => {
                out.violations
                    .push(self.difference("approval", "the ledger has one; we never heard of it".into()));
            }
            (_, all) if all.len() == expected => match all.iter().find(|one| other_amount(one)) {
                Some(one) => {
                    let (there, here) =
                        (self.amount(one.amount_minor.unwrap_or(0)), self.amount(self.belief.total_minor));
                    let text = format!("{there} in the ledger, {here} here");
                    out.violations.push(self.difference("approval", text));
                }
                None => agreed.approvals += expected,
            },
            (_, few) if few.len() < expected => {
                let text = format!("we believe in {expected}; the ledger has {}", few.len());
                out.violations.push(self.difference("approval", text));
            }
            (_, many) => {
                out.violations
                    .push(self.difference("approval", format!("{} times in the ledger", many.len())));
            }
        }
    }

    fn refunds(&self, out: &mut Comparison, agreed: &mut Agreed) {
        // What is cancelled after an approval is, to us, money that goes back, whatever the provider calls it.
        let given_back = self.effects("refund").chain(self.effects("cancellation"));
        let mut there: Vec<i64> = given_back.map(|entry| entry.amount_minor.unwrap_or(0)).collect();
        for refused in self.effects("refund_refused") {
            take(&mut there, &refused.amount_minor.unwrap_or(0));
        }
        let mut matched = BTreeSet::new();
        for refund in self.believed(Certainty::Happened) {
            if take(&mut there, &refund.minor) {
                agreed.refunds += 1;
                *agreed.refunded_minor.entry(self.belief.currency.clone()).or_default() += refund.minor;
                matched.insert(refund.minor);
            } else {
                let text = format!(
                    "{} {} happened here; the ledger has none such",
                    refund.id,
                    self.amount(refund.minor)
                );
                out.violations.push(self.difference("refund", text));
            }
        }
        for refund in self.believed(Certainty::Maybe) {
            let (id, amount) = (&refund.id, self.amount(refund.minor));
            if take(&mut there, &refund.minor) {
                out.explained.push(
                    self.difference("refund", format!("{id} {amount} is unfinished here, and in the ledger")),
                );
            }
        }
        for minor in there {
            let amount = self.amount(minor);
            let text = if matched.contains(&minor) {
                format!("{amount} happened more often in the ledger than here")
            } else {
                format!("{amount} is in the ledger; we know of none such")
            };
            out.violations.push(self.difference("refund", text));
        }
    }

    fn parcels(&self, out: &mut Comparison, agreed: &mut Agreed) {
        let mut there = self.tracked();
        for certainty in [Certainty::Happened, Certainty::Maybe] {
            for parcel in self.belief.parcels.iter().filter(|parcel| parcel.certainty == certainty) {
                let found = take(&mut there, &key_of(parcel));
                let text = format!("{} {} × {}", parcel.number, pieces(parcel.micros), parcel.sku);
                match (certainty, found) {
                    (Certainty::Happened, true) => agreed.parcels += 1,
                    (Certainty::Happened, false) => {
                        out.violations.push(
                            self.difference("parcel", format!("{text} left here; the ledger has none such")),
                        );
                    }
                    (Certainty::Maybe, true) => {
                        out.explained.push(
                            self.difference(
                                "parcel",
                                format!("{text} is unfinished here, and in the ledger"),
                            ),
                        );
                    }
                    (Certainty::Maybe, false) => {}
                }
            }
        }
        for (number, sku, micros) in there {
            let text = format!("{number} {} × {sku} is in the ledger; we know of none such", pieces(micros));
            out.violations.push(self.difference("parcel", text));
        }
    }

    /// Our own sums against our own operations: the penny must not get lost between them either.
    fn sums(&self, out: &mut Comparison) {
        let own = self.believed(Certainty::Happened).filter(|refund| !refund.besides);
        let operations: i64 = own.map(|refund| refund.minor).sum();
        let returned = self.belief.returned_minor;
        if self.belief.approved && !self.belief.sums_differ && operations != returned {
            let (of, sum) = (self.amount(operations), self.amount(returned));
            out.violations
                .push(self.difference("sums", format!("refunds come to {of}, the order says {sum}")));
        }
    }

    /// What is tracked now: reported, and not taken back.
    fn tracked(&self) -> Vec<(String, String, i64)> {
        let keys = |kind| self.effects(kind).flat_map(|entry| keys_of(entry)).collect::<Vec<_>>();
        let mut tracked = keys("tracking");
        for deleted in keys("tracking_deleted") {
            take(&mut tracked, &deleted);
        }
        tracked
    }

    fn believed(&self, certainty: Certainty) -> impl Iterator<Item = &Refund> {
        self.belief.refunds.iter().filter(move |refund| refund.certainty == certainty)
    }

    fn effects(&self, kind: &'static str) -> impl Iterator<Item = &&Entry> {
        self.entries.iter().filter(move |entry| entry.kind == kind && !entry.repeat)
    }

    fn difference(&self, about: &'static str, text: String) -> Difference {
        Difference { order: self.belief.order_id.clone(), about, text }
    }

    fn amount(&self, minor: i64) -> String {
        money::show(Some(&money::minor(&self.belief.currency, minor)))
    }
}

fn key_of(parcel: &Parcel) -> (String, String, i64) {
    (parcel.number.clone(), parcel.sku.clone(), parcel.micros)
}

fn keys_of(entry: &Entry) -> Vec<(String, String, i64)> {
    let number = entry.number.clone().unwrap_or_default();
    // A ledger is another program's output: a count beyond all sense must not stop us.
    entry.skus.iter().map(|it| (number.clone(), it.sku.clone(), it.qty.saturating_mul(1_000_000))).collect()
}

fn pieces(micros: i64) -> String {
    ordain_providers::Quantity::from_micros(micros).to_string()
}

/// Takes one of them out, if it is there.
fn take<T: PartialEq>(from: &mut Vec<T>, wanted: &T) -> bool {
    let found = from.iter().position(|it| it == wanted);
    found.map(|at| from.swap_remove(at)).is_some()
}

#[cfg(test)]
mod tests;
