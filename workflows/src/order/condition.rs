//! Conditions: what is wrong or waited for, beside the state.

use crate::order::Order;
use crate::order::effect::{EventKind, Moment};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Something about an order that a person, or a later answer, must settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What.
    pub kind: ConditionKind,
    /// About which part: an operation's id, `total`, `standing`, a step's name.
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
    /// For a person.
    pub message: String,
}

/// What a condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConditionKind {
    /// A step waits for a person.
    Parked,
    /// Nobody knows whether an operation happened.
    OutcomeUnknown,
    /// The provider used a status word that its table lacks.
    UnknownStatus,
    /// Two pieces of evidence cannot both be true.
    Conflict,
    /// The provider's amounts are not ours. Blocks every money operation.
    AmountMismatch,
    /// Paid after the order had ended.
    LatePayment,
    /// The provider keeps a checkout that we gave up.
    OrphanAtProvider,
    /// The customer must do something.
    CustomerActionRequired,
    /// The shop must do something.
    MerchantActionRequired,
    /// A deadline waits for an answer that does not come.
    SyncOverdue,
    /// A chargeback or dispute is open.
    Disputed,
}

impl ConditionKind {
    /// As in the API: `OUTCOME_UNKNOWN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "PARKED",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::UnknownStatus => "UNKNOWN_STATUS",
            Self::Conflict => "CONFLICT",
            Self::AmountMismatch => "AMOUNT_MISMATCH",
            Self::LatePayment => "LATE_PAYMENT",
            Self::OrphanAtProvider => "ORPHAN_AT_PROVIDER",
            Self::CustomerActionRequired => "CUSTOMER_ACTION_REQUIRED",
            Self::MerchantActionRequired => "MERCHANT_ACTION_REQUIRED",
            Self::SyncOverdue => "SYNC_OVERDUE",
            Self::Disputed => "DISPUTED",
        }
    }
}

/// The subject of what is said about the order's standing at the provider.
pub(super) const STANDING: &str = "standing";
/// The subject of a provider total that is not ours.
pub(super) const TOTAL: &str = "total";
/// The subject of captured or refunded sums that are not ours.
pub(super) const SUMS: &str = "sums";

impl Order {
    /// Whether a condition of this kind is on the order.
    #[must_use]
    pub fn has(&self, kind: ConditionKind) -> bool {
        self.conditions.iter().any(|condition| condition.kind == kind)
    }

    /// Puts a condition on the order; one that is there already keeps its time.
    #[track_caller]
    pub(super) fn raise(&mut self, kind: ConditionKind, subject: &str, message: &str, at: &mut Moment<'_>) {
        let same = |condition: &&mut Condition| condition.kind == kind && condition.subject == subject;
        if let Some(there) = self.conditions.iter_mut().find(same) {
            message.clone_into(&mut there.message);
            return;
        }
        let (subject, message) = (subject.to_owned(), message.to_owned());
        let data = json!({ "condition": kind, "subject": subject, "message": message });
        at.event(EventKind::ConditionRaised, data);
        self.conditions.push(Condition { kind, subject, since: at.now, message });
    }

    /// Takes a condition off the order, if it is there.
    #[track_caller]
    pub(super) fn clear(&mut self, kind: ConditionKind, subject: &str, at: &mut Moment<'_>) {
        let before = self.conditions.len();
        self.conditions.retain(|condition| condition.kind != kind || condition.subject != subject);
        if self.conditions.len() != before {
            at.event(EventKind::ConditionCleared, json!({ "condition": kind, "subject": subject }));
        }
    }
}
