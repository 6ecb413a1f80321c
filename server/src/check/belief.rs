//! What we believe happened to an order, reduced to what a ledger could confirm.

use crate::cli::{money, names};
use ordain_proto::orders::v1::{
    Condition, Line, LineKind, Money, OperationInfo, OperationState, Order, Portion,
};
use std::collections::BTreeSet;

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It happened.
    Happened,
    /// It is on its way, or nobody knows.
    Maybe,
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The operation's id.
    pub id: String,
    /// How much, in minor units.
    pub minor: i64,
    /// How sure.
    pub certainty: Certainty,
    /// Whether it was another attempt's money, which is in none of the order's sums.
    pub besides: bool,
}

/// Some of one article under one parcel number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The fulfilment's id.
    pub id: String,
    /// At the carrier.
    pub number: String,
    /// The article.
    pub sku: String,
    /// How many, in millionths.
    pub micros: i64,
    /// How sure.
    pub certainty: Certainty,
}

/// One order, as we believe it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belief {
    /// Its full name.
    pub name: String,
    /// Its id: what providers call it.
    pub order_id: String,
    /// What all of it costs.
    pub total_minor: i64,
    /// Of everything.
    pub currency: String,
    /// Whether the customer was approved.
    pub approved: bool,
    /// Other attempts that were approved too.
    pub approved_besides: BTreeSet<String>,
    /// Why we might not have heard of an approval.
    pub deaf: Option<String>,
    /// By operation.
    pub refunds: Vec<Refund>,
    /// By operation and article.
    pub parcels: Vec<Parcel>,
    /// What the order's own sums say went back after the approval.
    pub returned_minor: i64,
    /// Whether our sums hold what our own operations did not do at the provider: the provider moved money, or a
    /// cancellation was only written down.
    pub sums_differ: bool,
    /// What waits for a person: which operation, and why.
    pub parked: Vec<String>,
}

impl Belief {
    /// Reads an order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let amounts = order.amounts.clone().unwrap_or_default();
        let approved = minor(amounts.authorized.as_ref()) > 0;
        let mut belief = Self {
            name: order.name.clone(),
            order_id: names::last(&order.name).to_owned(),
            total_minor: minor(order.total.as_ref()),
            currency: order.total.as_ref().map(|total| total.currency_code.clone()).unwrap_or_default(),
            approved,
            approved_besides: approved_besides(order),
            deaf: deaf(order),
            refunds: Vec::new(),
            parcels: Vec::new(),
            returned_minor: minor(amounts.refunded.as_ref()) + minor(amounts.cancelled.as_ref()),
            sums_differ: false,
            parked: parked(order),
        };
        belief.add_refunds(order);
        belief.add_parcels(order);
        belief
    }

    /// Before an approval there is no money to give back: what is cancelled then is only written down. Where the
    /// approval came after all, nobody can tell from the order which of the two a cancellation was.
    fn add_refunds(&mut self, order: &Order) {
        let late = order.conditions.iter().any(|condition| condition.r#type == "LATE_PAYMENT");
        let refunds = order.refunds.iter();
        let refunds =
            refunds.map(|it| (&it.name, it.amount.as_ref(), it.operation.as_ref(), &it.attempt, false));
        let given_up = order.cancellations.iter();
        let given_up =
            given_up.map(|it| (&it.name, it.amount.as_ref(), it.operation.as_ref(), &it.attempt, late));
        for (name, amount, info, attempt, late) in refunds.chain(given_up).filter(|_| self.approved) {
            let besides = !attempt.is_empty();
            let doubtful = late && !besides;
            if info.is_some_and(|info| info.origin == "PROVIDER") {
                self.sums_differ = true;
                continue;
            }
            let Some(certainty) = certainty(info) else { continue };
            let certainty = if doubtful { Certainty::Maybe } else { certainty };
            self.sums_differ |= doubtful;
            let id = names::last(name).to_owned();
            self.refunds.push(Refund { id, minor: minor(amount), certainty, besides });
        }
    }

    fn add_parcels(&mut self, order: &Order) {
        for fulfilment in &order.fulfilments {
            let Some(certainty) = certainty(fulfilment.operation.as_ref()) else { continue };
            let (id, number) = (names::last(&fulfilment.name), fulfilment.tracking.as_ref());
            let number = number.map(|parcel| parcel.number.clone()).unwrap_or_default();
            for (sku, micros) in fulfilment.lines.iter().filter_map(|part| article(order, part)) {
                let (id, number, sku) = (id.to_owned(), number.clone(), sku.to_owned());
                self.parcels.push(Parcel { id, number, sku, micros, certainty });
            }
        }
    }
}

/// How sure an operation is to have happened; none where it certainly did not, or was taken back.
fn certainty(info: Option<&OperationInfo>) -> Option<Certainty> {
    use OperationState as S;
    match info.map_or(S::Unspecified, OperationInfo::state) {
        S::Succeeded => Some(Certainty::Happened),
        S::Requested | S::Submitting | S::Pending | S::Unknown => Some(Certainty::Maybe),
        S::Unspecified | S::Failed | S::NotSent | S::Reversed => None,
    }
}

/// Providers know as articles only what a customer could hold against them: shipping and discounts go along.
fn article<'a>(order: &'a Order, part: &Portion) -> Option<(&'a str, i64)> {
    let line = order.lines.iter().find(|line| line.line_id == part.line_id)?;
    let ships =
        matches!(line.kind(), LineKind::Unspecified | LineKind::Product | LineKind::Service | LineKind::Fee);
    ships.then_some((line.sku.as_str(), quantity(line, part)))
}

fn quantity(line: &Line, part: &Portion) -> i64 {
    let text = if part.quantity.is_empty() { &line.quantity } else { &part.quantity };
    money::quantity_micros(text).unwrap_or(0)
}

fn minor(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| money.minor_units)
}

/// Those whose money goes back or went, and those that wait for a person to give it back.
fn approved_besides(order: &Order) -> BTreeSet<String> {
    let refunds = order.refunds.iter().map(|it| &it.attempt);
    let attempts = refunds.chain(order.cancellations.iter().map(|it| &it.attempt));
    let of = |kind| order.conditions.iter().filter(move |condition| condition.r#type == kind);
    let in_conflict = |it: &&Condition| of("CONFLICT").any(|conflict| conflict.reason == it.reason);
    let waiting = of("MERCHANT_ACTION_REQUIRED").filter(in_conflict).map(|condition| &condition.reason);
    attempts.chain(waiting).filter(|attempt| !attempt.is_empty()).cloned().collect()
}

fn deaf(order: &Order) -> Option<String> {
    let reasons =
        ["PARKED", "SYNC_OVERDUE", "OUTCOME_UNKNOWN", "AMOUNT_MISMATCH", "UNKNOWN_STATUS", "CONFLICT"];
    let condition = order.conditions.iter().find(|condition| reasons.contains(&condition.r#type.as_str()));
    condition.map(|condition| format!("{} {}", condition.r#type, condition.reason))
}

/// What of an order waits for a person: which operation, and why. A step whose end is unknown is parked too, and
/// told once.
#[must_use]
pub fn parked(order: &Order) -> Vec<String> {
    let of = |kind| order.conditions.iter().filter(move |condition| condition.r#type == kind);
    let is_unknown = |reason: &str| of("OUTCOME_UNKNOWN").any(|condition| condition.reason == reason);
    let is_parked = |reason: &str| of("PARKED").any(|condition| condition.reason == reason);
    let parked =
        of("PARKED").map(|it| (it, if is_unknown(&it.reason) { "outcome unknown" } else { "parked" }));
    let only_unknown =
        of("OUTCOME_UNKNOWN").filter(|it| !is_parked(&it.reason)).map(|it| (it, "outcome unknown"));
    let told =
        |(it, word): (&Condition, _)| format!("{} ({word}): {}", operation(order, &it.reason), it.message);
    parked.chain(only_unknown).map(told).collect()
}

/// `refund 2`, where a condition is about an operation; its subject as it is, where it is not.
fn operation(order: &Order, subject: &str) -> String {
    let refunds = order.refunds.iter().map(|it| ("refund", &it.name));
    let fulfilments = order.fulfilments.iter().map(|it| ("shipment", &it.name));
    let cancellations = order.cancellations.iter().map(|it| ("cancellation", &it.name));
    let found =
        refunds.chain(fulfilments).chain(cancellations).find(|(_, name)| names::last(name) == subject);
    found.map_or_else(|| subject.to_owned(), |(kind, _)| format!("{kind} {subject}"))
}

#[cfg(test)]
mod tests {
    use super::{Belief, Certainty};
    use crate::cli::{money, order::sample};
    use crate::demo::manners::Manners;
    use ordain_proto::orders::v1::{
        Amounts, Cancellation, Condition, Fulfilment, OperationInfo, OperationState, Order, Portion, Refund,
        Tracking,
    };

    fn order(authorized: i64) -> Order {
        let mut order = sample::order("A-1".to_owned(), String::new(), &Manners::of("dividebuy").unwrap());
        order.name = "merchants/demo/orders/01J".to_owned();
        for (index, line) in order.lines.iter_mut().enumerate() {
            line.line_id = (index + 1).to_string();
        }
        order.amounts =
            Some(Amounts { authorized: Some(money::minor("GBP", authorized)), ..Amounts::default() });
        order
    }

    fn info(state: OperationState) -> Option<OperationInfo> {
        Some(OperationInfo { state: state.into(), origin: "OURS".to_owned(), ..OperationInfo::default() })
    }

    fn cancellation(state: OperationState) -> Cancellation {
        let amount = Some(money::minor("GBP", 6_695));
        Cancellation { name: "c-1".to_owned(), amount, operation: info(state), ..Cancellation::default() }
    }

    #[test]
    fn cancelling_before_an_approval_moves_no_money() {
        let unpaid = Order { cancellations: vec![cancellation(OperationState::Succeeded)], ..order(0) };
        assert!(Belief::of(&unpaid).refunds.is_empty());
        let paid = Order { cancellations: vec![cancellation(OperationState::Unknown)], ..order(6_695) };
        assert_eq!(Belief::of(&paid).refunds[0].certainty, Certainty::Maybe);
    }

    #[test]
    fn shipping_is_no_article() {
        let portion =
            |line: &str| Portion { line_id: line.to_owned(), quantity: "1".to_owned(), amount: None };
        let fulfilment = Fulfilment {
            lines: vec![portion("1"), portion("3")],
            tracking: Some(Tracking { carrier: "DPD".to_owned(), number: "P-1".to_owned() }),
            operation: info(OperationState::Succeeded),
            ..Fulfilment::default()
        };
        let parcels = Belief::of(&Order { fulfilments: vec![fulfilment], ..order(6_695) }).parcels;
        assert_eq!(parcels.len(), 1);
        assert_eq!((parcels[0].sku.as_str(), parcels[0].micros), ("LAMP-01", 1_000_000));
    }

    #[test]
    fn operation_in_doubt_is_told_once() {
        let condition = |kind: &str| Condition {
            r#type: kind.to_owned(),
            reason: "r-1".to_owned(),
            message: "no answer".to_owned(),
            since: None,
        };
        let conditions = vec![condition("OUTCOME_UNKNOWN"), condition("PARKED")];
        let refund = Refund { name: "merchants/demo/orders/01J/refunds/r-1".to_owned(), ..Refund::default() };
        let order = Order { conditions, refunds: vec![refund], ..order(6_695) };
        assert_eq!(super::parked(&order), ["refund r-1 (outcome unknown): no answer"]);
    }
}
