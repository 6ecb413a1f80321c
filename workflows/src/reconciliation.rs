//! Statements against orders: what a line says, what we believe, and how the two differ. Pure.
//!
//! | a line | with us | comes to |
//! |---|---|---|
//! | payment | no such order | `MISSING_HERE` |
//! | payment | an order that is not paid | `UNPAID_HERE`, and the order learns of it |
//! | payment | of another amount, or currency | `AMOUNT_DIFFERS`, `CURRENCY_DIFFERS` |
//! | refund | none such, or one that failed | `REFUND_UNKNOWN_HERE`, and the order adopts it |
//! | none | money that should have been settled by then | `MISSING_THERE` |
//!
//! Amounts on statements are exact decimals; they are compared after rounding, with a tolerance of one minor unit.
//! A line about an order of ours is evidence for that order, whatever else it comes to: [`Judged::evidence`].

use crate::order::{Operation, OperationKind, OperationState, Order};
use jiff::Timestamp;
use ordain_providers::call::{AmountFact, AmountKind, OperationFact, OperationKind as FactKind, Standing};
use ordain_providers::question::{StatementLine, StatementLineKind};
use ordain_providers::spec::CaptureMode;
use ordain_providers::{Currency, Facts, Money, OperationStanding, ProviderSpec};
use serde::{Deserialize, Serialize};

/// Under this name an order remembers which statement it stood on last.
pub const STATEMENT_REF: &str = "statement";
/// Of an order with many shipments, so many amounts are named.
const OURS_SHOWN_MAX: usize = 5;
/// No two roundings of the same amount are further apart.
const TOLERANCE_MINOR: i64 = 1;

/// A difference between a statement and an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discrepancy {
    /// Unique within its reconciliation.
    pub id: String,
    /// What kind of difference.
    pub kind: DiscrepancyKind,
    /// Which statement; empty where it is about none.
    pub statement: String,
    /// The order, as the statement names it or as we do.
    pub order: String,
    /// What the statement says, with its currency where it has one.
    pub theirs: String,
    /// What we believe.
    pub ours: String,
    /// For a person.
    pub message: String,
    /// How a person settled it.
    pub resolution: Option<Resolution>,
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiscrepancyKind {
    /// The statement has an order that this account has not.
    MissingHere,
    /// Money that we believe to be ours stands on no statement.
    MissingThere,
    /// The statement pays for an order that is not paid here.
    UnpaidHere,
    /// Not the same amount.
    AmountDiffers,
    /// Not the same currency.
    CurrencyDiffers,
    /// A refund that we do not know, or believe to have failed.
    RefundUnknownHere,
    /// A line whose kind or amount cannot be read.
    UnreadableLine,
    /// A statement that could not be had, or not be read.
    StatementUnavailable,
}

/// How a person settled a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Who.
    pub actor: String,
    /// Why it is none any more.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The statement's id.
    pub statement: &'a str,
    /// The line's number, from 1.
    pub line: usize,
}

/// What a line came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// How it differs from what we believe, if it does.
    pub discrepancy: Option<Discrepancy>,
    /// What the order learns from it, if it is about one of ours.
    pub evidence: Option<Facts>,
}

/// Lays a line beside the order that it names, if this account has it.
#[must_use]
pub fn judge(place: Place<'_>, line: &StatementLine, order: Option<&Order>, spec: &ProviderSpec) -> Judged {
    let desk = Desk { place, line, spec };
    let Some(order) = order else {
        return desk.differs(DiscrepancyKind::MissingHere, "", "this account has no such order", None);
    };
    let code = line.currency.as_deref().unwrap_or(order.currency.code());
    if code != order.currency.code() {
        let foreign = Currency::from_code(code).and_then(|currency| desk.amount(currency));
        let amounts = foreign.map(|amount| AmountFact { kind: AmountKind::Captured, amount });
        let facts = Facts { amounts: amounts.into_iter().collect(), ..desk.paid() };
        let message = format!("the order is in {}", order.currency);
        return desk.differs(
            DiscrepancyKind::CurrencyDiffers,
            &order.total.to_string(),
            &message,
            Some(facts),
        );
    }
    let Some(theirs) = desk.amount(order.currency) else {
        return desk.differs(DiscrepancyKind::UnreadableLine, "", "the amount is no decimal number", None);
    };
    match &line.kind {
        StatementLineKind::Payment => desk.payment(order, theirs),
        StatementLineKind::Refund => desk.refund(order, Money::of(theirs.currency, theirs.minor.abs())),
        StatementLineKind::Other(word) => {
            let message = format!("neither a payment nor a refund: {word:?}");
            desk.differs(DiscrepancyKind::UnreadableLine, "", &message, None)
        }
    }
}

/// Money of this order that should stand on a statement by now, and does not. `captured` is the span in which it must
/// have become ours to be looked for now.
#[must_use]
pub fn missing_there(
    order: &Order,
    captured: (Timestamp, Timestamp),
    spec: &ProviderSpec,
) -> Option<Discrepancy> {
    let became_ours = match spec.capture {
        CaptureMode::Automatic => order.authorized_at,
        CaptureMode::OnFulfilment => shipments(order).map(|shipment| shipment.updated_at).min(),
    }?;
    let ours = order.amounts().captured;
    let within = captured.0 <= became_ours && became_ours < captured.1;
    if !within || ours.minor <= TOLERANCE_MINOR || order.provider_refs.contains_key(STATEMENT_REF) {
        return None;
    }
    Some(Discrepancy {
        id: format!("order {}", order.id),
        kind: DiscrepancyKind::MissingThere,
        statement: String::new(),
        order: order.id.clone(),
        theirs: String::new(),
        ours: ours.to_string(),
        message: format!("it became ours at {became_ours} and stands on no statement"),
        resolution: None,
    })
}

struct Desk<'a> {
    place: Place<'a>,
    line: &'a StatementLine,
    spec: &'a ProviderSpec,
}

impl Desk<'_> {
    fn payment(&self, order: &Order, theirs: Money) -> Judged {
        if !order.state.is_paid() && order.amounts().captured.minor == 0 {
            let ours = format!("{} of {}", order.state, order.total);
            let message = "the statement pays for an order that is not paid here";
            return self.differs(DiscrepancyKind::UnpaidHere, &ours, message, Some(self.paid()));
        }
        let expected = expected(order, self.spec);
        if expected.iter().any(|ours| is_same(*ours, theirs)) {
            return Judged { discrepancy: None, evidence: Some(self.paid()) };
        }
        let mut facts = self.paid();
        // Where the whole order is one payment, the line says what was captured of it.
        if self.spec.capture == CaptureMode::Automatic {
            facts.amounts.push(AmountFact { kind: AmountKind::Captured, amount: theirs });
        }
        let ours: Vec<String> = expected.iter().take(OURS_SHOWN_MAX).map(Money::to_string).collect();
        let message = "the statement pays another amount";
        self.differs(DiscrepancyKind::AmountDiffers, &ours.join(" or "), message, Some(facts))
    }

    fn refund(&self, order: &Order, theirs: Money) -> Judged {
        let Some(ours) = self.known_refund(order, theirs) else {
            let facts = Facts { operations: vec![self.refunded(theirs)], ..self.paid() };
            let message = "no refund of ours is this one";
            return self.differs(DiscrepancyKind::RefundUnknownHere, "", message, Some(facts));
        };
        let said = format!("{:?} of {}", ours.state, ours.amount);
        if matches!(ours.state, OperationState::Failed | OperationState::NotSent) {
            let facts = Facts { operations: vec![self.refunded(theirs)], ..self.paid() };
            let message = "we believe that this refund did not happen";
            return self.differs(DiscrepancyKind::RefundUnknownHere, &said, message, Some(facts));
        }
        if !is_same(ours.amount, theirs) {
            let message = "the statement gives back another amount";
            return self.differs(DiscrepancyKind::AmountDiffers, &said, message, Some(self.paid()));
        }
        let named = self.line.operation_id.as_deref() == Some(ours.id.as_str());
        let operations = named.then(|| self.refunded(theirs)).into_iter().collect();
        Judged { discrepancy: None, evidence: Some(Facts { operations, ..self.paid() }) }
    }

    /// By our id, by the provider's, or, where the line names neither, by what it is worth.
    fn known_refund<'o>(&self, order: &'o Order, theirs: Money) -> Option<&'o Operation> {
        let refunds = || order.operations.iter().filter(|operation| operation.kind == OperationKind::Refund);
        if let Some(id) = &self.line.operation_id {
            return refunds().find(|refund| refund.id == *id);
        }
        let theirs_id = self.line.provider_order_id.as_ref();
        let by_their_id =
            refunds().find(|refund| theirs_id.is_some() && refund.provider_id.as_ref() == theirs_id);
        by_their_id.or_else(|| {
            refunds().find(|refund| refund.provider_id.is_none() && is_same(refund.amount, theirs))
        })
    }

    fn refunded(&self, amount: Money) -> OperationFact {
        OperationFact {
            kind: FactKind::Refund,
            id: self.line.operation_id.clone(),
            provider_id: self.line.provider_order_id.clone(),
            amount: Some(amount),
            standing: OperationStanding::Succeeded,
            failure: None,
        }
    }

    /// Whatever else a line says: the order was paid, and this is where it stands.
    fn paid(&self) -> Facts {
        let standing = match self.spec.capture {
            CaptureMode::Automatic => Standing::Captured,
            CaptureMode::OnFulfilment => Standing::Authorized,
        };
        let refs = [(STATEMENT_REF.to_owned(), self.place.statement.to_owned())].into();
        Facts { standing: Some(standing), refs, ..Facts::default() }
    }

    fn amount(&self, currency: Currency) -> Option<Money> {
        Money::from_major_rounded(currency, &self.line.gross).ok()
    }

    fn differs(&self, kind: DiscrepancyKind, ours: &str, message: &str, evidence: Option<Facts>) -> Judged {
        let Place { statement, line } = self.place;
        let currency = self.line.currency.as_deref().unwrap_or_default();
        let discrepancy = Discrepancy {
            id: format!("{statement}:{line}"),
            kind,
            statement: statement.to_owned(),
            order: self.line.order_id.clone().or(self.line.provider_order_id.clone()).unwrap_or_default(),
            theirs: format!("{currency} {}", self.line.gross).trim().to_owned(),
            ours: ours.to_owned(),
            message: message.to_owned(),
            resolution: None,
        };
        Judged { discrepancy: Some(discrepancy), evidence }
    }
}

/// What a payment of this order may be worth: all of it at once, or a shipment's part.
fn expected(order: &Order, spec: &ProviderSpec) -> Vec<Money> {
    let mut amounts = match spec.capture {
        CaptureMode::Automatic => vec![order.total],
        CaptureMode::OnFulfilment => {
            let parts = shipments(order).map(|shipment| shipment.amount);
            parts.chain([order.amounts().captured]).filter(|amount| amount.minor > 0).collect()
        }
    };
    amounts.dedup();
    amounts
}

/// Shipments that were captured, also those that were taken back since.
fn shipments(order: &Order) -> impl Iterator<Item = &Operation> {
    let happened = |operation: &&Operation| {
        matches!(operation.state, OperationState::Succeeded | OperationState::Reversed)
    };
    order.operations.iter().filter(|operation| operation.kind == OperationKind::Fulfilment).filter(happened)
}

const fn is_same(ours: Money, theirs: Money) -> bool {
    ours.minor.abs_diff(theirs.minor) <= TOLERANCE_MINOR.unsigned_abs()
}
