//! An application as Divido keeps it, from the credit request to the lender's last word.
//!
//! How it stands is never stored: it follows from how far the customer got and from what was activated, cancelled and
//! refunded since ([`Application::status`]). The documents give no table of it; this is the shortest one that fits
//! every sentence of theirs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::product::Product;
use crate::checkout::Decision;
use crate::ledger::SkuQty;
use crate::simulator::OrderKey;

/// The impersonal part of a credit request, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) reference: String,
    pub(crate) amount: i64,
    pub(crate) deposit: i64,
    pub(crate) plan: Plan,
    pub(crate) direct_sign: bool,
    pub(crate) country: String,
    pub(crate) currency: Currency,
    pub(crate) products: Vec<Product>,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) response_url: String,
    pub(crate) checkout_url: String,
    pub(crate) redirect_url: String,
    /// The texts in which a fault may be asked for.
    pub(crate) marks: String,
}

/// The currencies of this host's plans; both have two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Currency {
    Gbp,
    Eur,
}

impl Currency {
    pub(crate) fn named(code: &str) -> Option<Currency> {
        [Currency::Gbp, Currency::Eur].into_iter().find(|currency| currency.code() == code)
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Currency::Gbp => "GBP",
            Currency::Eur => "EUR",
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Currency::Gbp => "£",
            Currency::Eur => "€",
        }
    }
}

/// Who the customer is. Sealed on disk, and without `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    /// Every field about the customer as it was sent, by its name without `customer`: the form shows them filled in.
    #[serde(default)]
    pub(crate) told: BTreeMap<String, String>,
}

/// What a merchant does to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Activation,
    Cancellation,
    Refund,
}

/// One activation, cancellation or refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) amount: i64,
    pub(crate) comment: String,
    pub(crate) reference: String,
    pub(crate) delivery_method: String,
    pub(crate) tracking_number: String,
    pub(crate) skus: Vec<SkuQty>,
}

/// One of them with its times.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) act: Act,
    pub(crate) at: Timestamp,
    /// When the lender confirmed it.
    pub(crate) settled_at: Option<Timestamp>,
    /// Whether the lender said no to it instead.
    pub(crate) refused: bool,
}

/// One line of an application's history.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    pub(crate) at: Timestamp,
    pub(crate) status: String,
    pub(crate) text: String,
}

/// A proposal, and the application that it became.
#[derive(Clone)]
pub(crate) struct Application {
    /// The account and the proposal's id.
    pub(crate) key: OrderKey,
    /// `C…`.
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) asked: Asked,
    pub(crate) person: Person,
    /// Whether the customer opened the form: before that there is only a proposal.
    pub(crate) entered: bool,
    pub(crate) finalized: bool,
    /// How far the customer got: `DRAFT` … `READY`, `DECLINED`.
    pub(crate) reached: String,
    pub(crate) decided: Option<Decision>,
    pub(crate) approved: bool,
    /// The time in which the customer may withdraw is over.
    pub(crate) completed: bool,
    pub(crate) activations: Vec<Done>,
    pub(crate) cancellations: Vec<Done>,
    pub(crate) refunds: Vec<Done>,
    pub(crate) history: Vec<Past>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
}

fn sum(list: &[Done]) -> i64 {
    list.iter().filter(|done| !done.refused).map(|done| done.act.amount).sum()
}

fn is_open(list: &[Done]) -> bool {
    list.iter().any(Done::is_open)
}

impl Done {
    /// Whether the lender has still to say yes or no.
    pub(crate) fn is_open(&self) -> bool {
        self.settled_at.is_none() && !self.refused
    }
}

/// What an application waits in for somebody, before it is approved. DEFERRED stands in no list of the documents, only
/// in their clients.
pub(crate) const WAITING: [&str; 6] =
    ["REFERRED", "INFO-NEEDED", "ACTION-CUSTOMER", "ACTION-RETAILER", "ACTION-LENDER", "DEFERRED"];
/// What becomes of an activated one when its customer does not pay; again from older clients.
pub(crate) const TROUBLES: [&str; 2] = ["DISPUTED", "LOAN-REVERSAL"];

impl Application {
    pub(crate) fn list(&self, kind: Kind) -> &[Done] {
        match kind {
            Kind::Activation => &self.activations,
            Kind::Cancellation => &self.cancellations,
            Kind::Refund => &self.refunds,
        }
    }

    fn list_mut(&mut self, kind: Kind) -> &mut Vec<Done> {
        match kind {
            Kind::Activation => &mut self.activations,
            Kind::Cancellation => &mut self.cancellations,
            Kind::Refund => &mut self.refunds,
        }
    }

    pub(crate) fn activated(&self) -> i64 {
        sum(&self.activations)
    }

    pub(crate) fn cancelled(&self) -> i64 {
        sum(&self.cancellations)
    }

    pub(crate) fn refunded(&self) -> i64 {
        sum(&self.refunds)
    }

    /// The application as its customer entered it, whatever happened to it since.
    pub(crate) fn at_first(&self) -> Application {
        let (reached, none) = ("DRAFT".to_owned(), Vec::new);
        let (activations, cancellations, refunds) = (none(), none(), none());
        Application { reached, activations, cancellations, refunds, completed: false, ..self.clone() }
    }

    /// What is neither activated nor cancelled.
    fn left(&self) -> i64 {
        self.asked.amount - self.activated() - self.cancelled()
    }

    /// How it stands.
    pub(crate) fn status(&self) -> &str {
        let whole = self.left() == 0;
        match (self.activated(), self.cancelled()) {
            _ if TROUBLES.contains(&self.reached.as_str()) => &self.reached,
            _ if is_open(&self.cancellations) => "AWAITING-CANCELLATION",
            (0, cancelled) if cancelled == self.asked.amount => "CANCELLED",
            (0, _) => &self.reached,
            _ if is_open(&self.activations) => "AWAITING-ACTIVATION",
            (activated, _) if whole && self.refunded() == activated && !is_open(&self.refunds) => "REFUNDED",
            _ if whole && self.completed => "COMPLETED",
            _ if whole => "ACTIVATED",
            _ => "PARTIALLY-ACTIVATED",
        }
    }

    /// How much of it this may still be done to; nothing where the status forbids it (S3 L823, L926).
    pub(crate) fn room(&self, kind: Kind) -> i64 {
        let legal: &[&str] = match kind {
            // The documents do not say where an activation is legal: from the signature on, as long as something is left.
            Kind::Activation => &["SIGNED", "READY", "AWAITING-ACTIVATION", "PARTIALLY-ACTIVATED"],
            Kind::Cancellation => &[
                "DRAFT",
                "REFERRED",
                "INFO-NEEDED",
                "ACTION-CUSTOMER",
                "ACTION-RETAILER",
                "ACTION-LENDER",
                "ACCEPTED",
                "DEPOSIT-PAID",
                "PARTIALLY-ACTIVATED",
                "SIGNED",
                "READY",
            ],
            Kind::Refund => &["AWAITING-ACTIVATION", "PARTIALLY-ACTIVATED", "ACTIVATED", "COMPLETED"],
        };
        match (legal.contains(&self.status()), kind) {
            (false, _) => 0,
            (true, Kind::Refund) => self.activated() - self.refunded(),
            (true, _) => self.left(),
        }
    }

    /// Goes on to another status of the customer's way.
    pub(crate) fn moved(&mut self, status: &str, decision: Option<Decision>, at: Timestamp) {
        status.clone_into(&mut self.reached);
        self.decided = decision.or(self.decided);
        self.note(at);
    }

    /// Takes an act on.
    pub(crate) fn acted(&mut self, kind: Kind, act: Act, at: Timestamp) {
        self.list_mut(kind).push(Done { act, at, settled_at: None, refused: false });
        self.note(at);
    }

    /// The lender confirms an act.
    pub(crate) fn settled(&mut self, kind: Kind, number: usize, at: Timestamp) {
        if let Some(done) = self.list_mut(kind).get_mut(number) {
            done.settled_at.get_or_insert(at);
        }
        self.note(at);
    }

    /// The lender says no to an act.
    pub(crate) fn refused(&mut self, kind: Kind, number: usize, at: Timestamp) {
        if let Some(done) = self.list_mut(kind).get_mut(number).filter(|done| done.is_open()) {
            done.refused = true;
        }
        self.note(at);
    }

    /// Whether somebody may put it into this status by hand.
    pub(crate) fn may_become(&self, status: &str) -> bool {
        let (is_now, known) = (self.status(), |list: &[&str], word| list.contains(&word));
        known(&WAITING, status) && (known(&WAITING, is_now) || known(&["DRAFT", "PROPOSAL"], is_now))
            || known(&TROUBLES, status) && known(&["PARTIALLY-ACTIVATED", "ACTIVATED", "COMPLETED"], is_now)
    }

    /// Writes the status down, where it is another than before.
    pub(crate) fn note(&mut self, at: Timestamp) {
        self.modified_at = at;
        let status = self.status().to_owned();
        if self
            .history
            .iter()
            .rev()
            .find(|past| !past.status.is_empty())
            .is_none_or(|past| past.status != status)
        {
            self.history.push(Past { at, status, text: String::new() });
        }
    }

    /// Where the customer goes back to.
    pub(crate) fn way_back(&self, decision: Decision) -> &str {
        match decision {
            Decision::Approve | Decision::Refer | Decision::PayLate => &self.asked.redirect_url,
            Decision::Decline | Decision::Leave => &self.asked.checkout_url,
        }
    }

    /// What the shop calls it; Divido's own id where it gave no reference.
    pub(crate) fn shop_order(&self) -> &str {
        if self.asked.reference.is_empty() { &self.key.order } else { &self.asked.reference }
    }
}
