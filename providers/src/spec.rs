//! What a provider must declare: one table of Rust data beside its codec.
//!
//! The compiler is the table's checker. Every operation has a line, and an operation that changes something at the
//! provider cannot be written down without saying what to do when nobody knows whether it happened
//! ([`Effect::Mutates`]). That line is the most valuable one in the table.

mod course;
mod operation;

pub use course::{CheckoutEnd, TrackingRule};
pub use operation::{Effect, LookUpBy, OnUnknown, Operation, Operations, Support};

use crate::Currency;
use crate::call::{Op, Standing};
use crate::content::LineKind;
use crate::option::OrderOption;
use crate::rules::{ContentRules, LineRule};
use crate::wire::Wire;
use std::collections::BTreeMap;
use std::time::Duration;

/// When to ask how an order stands, where a provider's documents have no wish of their own: soon, then seldom.
pub const POLL_AFTER: &[Duration] = &[
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(3_600),
    Duration::from_secs(4 * 3_600),
];
/// How long after its last operation a captured order counts as completed: as long as goods are usually sent back.
pub const COMPLETE_AFTER: Duration = Duration::from_secs(14 * 24 * 3_600);
/// How long a provider may decide: no documents name an end, and an order must have one.
pub const DECIDE_WITHIN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Everything the rest of Ordain knows of a provider without calling its codec.
#[derive(Debug)]
pub struct ProviderSpec {
    /// Lower case, stable, as in `ordain provider show <id>`.
    pub id: &'static str,
    /// As the provider writes itself.
    pub name: &'static str,
    /// Currencies it settles in.
    pub currencies: &'static [Currency],
    /// One line per operation.
    pub operations: Operations,
    /// What a refund may draw on (invariant I3).
    pub refund_basis: RefundBasis,
    /// How finely a shipment can be reported.
    pub fulfil_by: By,
    /// What a report of a shipment must say of the parcel.
    pub tracking: TrackingRule,
    /// How finely money can be given back.
    pub refund_by: By,
    /// How finely an order can be given up.
    pub cancel_by: By,
    /// How an order must stand at the provider to be given up there.
    pub cancellable_in: &'static [Standing],
    /// What the provider waits to have acknowledged ([`Op::Ack`]).
    pub ack_when: AckWhen,
    /// When the shop's money becomes the shop's.
    pub capture: CaptureMode,
    /// What the provider's own total includes.
    pub total_rule: TotalRule,
    /// Every status word of its documents, and what it means.
    pub statuses: &'static [(&'static str, Standing)],
    /// Status words of its documents that alone say nothing of how an order stands: the amounts beside them do.
    pub silent_statuses: &'static [&'static str],
    /// By which of its references ([`Facts::refs`](crate::Facts)) the provider tells one attempt at paying from another of
    /// the same order; none where our number is always the same attempt. A refund, a cancellation and a question about
    /// another attempt than the order's come with this one reference alone.
    pub attempt_ref: Option<&'static str>,
    /// What a sync must say before an unpaid order may expire.
    pub unpaid_when: UnpaidWhen,
    /// When to ask how an order stands, counted from the customer's arrival or the last news; the last one repeats.
    pub poll_after: &'static [Duration],
    /// How long after the customer was there an answer may still say what was so before; zero, if it never does.
    pub status_settles_within: Duration,
    /// How long a checkout lives when the merchant does not say.
    pub expires_after: Duration,
    /// What ends at the time that the provider tells with an open checkout
    /// ([`Facts::checkout_ends_at`](crate::Facts::checkout_ends_at)).
    pub checkout_end: CheckoutEnd,
    /// How long after the last operation a captured order counts as completed, unless the account says otherwise.
    pub complete_after: Duration,
    /// How long the provider may decide before it is asked, given up there and counted as expired here.
    pub decide_within: Duration,
    /// What is still asked after the end.
    pub afterlife: Afterlife,
    /// Captured money stands on one of its statements within this, or is missed there; none where there are none.
    pub settles_within: Option<Duration>,
    /// What can be asked besides orders.
    pub questions: &'static [QuestionKind],
    /// How its messages are made and proven.
    pub wire: Wire,
    /// What an order must be like to be said on its wire.
    pub content: ContentRules,
    /// What only this provider understands of an order.
    pub options: &'static [OrderOption],
    /// What an account of this provider consists of.
    pub account: AccountSpec,
    /// Sizes.
    pub limits: Limits,
}

/// How finely an operation can be told to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// All that is left, or nothing.
    Whole,
    /// Any amount.
    Amount,
    /// Any part of any line.
    Line,
}

/// For how long, and how often, an order that has ended is still asked about: money can come late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Afterlife {
    /// Between questions.
    pub every: Duration,
    /// Counted from the end.
    pub span: Duration,
}

impl Afterlife {
    /// Once a day for thirty days.
    pub const A_MONTH: Self =
        Self { every: Duration::from_secs(24 * 3_600), span: Duration::from_secs(30 * 24 * 3_600) };
}

/// What a refund may draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundBasis {
    /// What was captured.
    Captured,
    /// What was activated, pending activations included.
    Activated,
    /// All that was authorised: refunding what is not captured yet cancels it.
    Authorized,
}

/// When authorised money becomes captured money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    /// With the approval.
    Automatic,
    /// With each fulfilment.
    OnFulfilment,
}

/// What a provider waits to have acknowledged, where it has [`Op::Ack`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckWhen {
    /// Its approval, every time.
    Approved,
    /// Whatever it says itself ([`Flag::AcknowledgementDue`](crate::call::Flag)).
    Flagged,
}

/// What a provider's own total includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalRule {
    /// All lines.
    AllLines,
    /// All lines but shipping (DivideBuy: S1 L241-248).
    WithoutShipping,
}

impl TotalRule {
    /// Whether lines of this kind are in the provider's total.
    #[must_use]
    pub const fn includes(self, kind: LineKind) -> bool {
        match self {
            Self::AllLines => true,
            Self::WithoutShipping => !matches!(kind, LineKind::Shipping),
        }
    }
}

/// When a provider's answer to a sync means "certainly not paid".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpaidWhen {
    /// Only a status that the table maps to an unpaid standing.
    StatusSaysSo,
    /// Any well-formed answer that is not a paid order; from then on we refuse the order to the provider.
    AnyAnswerButPaid,
}

/// What an account of a provider consists of.
#[derive(Debug)]
pub struct AccountSpec {
    /// Plain values.
    pub config: &'static [AccountField],
    /// Values that are sealed at rest and never shown.
    pub secrets: &'static [AccountField],
}

/// One value of an account.
#[derive(Debug)]
pub struct AccountField {
    /// As in the API and in the codec.
    pub name: &'static str,
    /// What it is and where to get it.
    pub about: &'static str,
    /// Taken when the merchant gives none; without a default the field is required.
    pub default: Option<&'static str>,
    /// Taken in its place by an account that moves real money.
    pub live_default: Option<&'static str>,
}

impl AccountField {
    /// A value; required, unless there is a default.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, default: Option<&'static str>) -> Self {
        Self { name, about, default, live_default: default }
    }

    /// Where a host of the provider is: its test host by default, and its real one for accounts that move real money.
    #[must_use]
    pub const fn host(
        name: &'static str,
        about: &'static str,
        test: &'static str,
        live: &'static str,
    ) -> Self {
        Self { name, about, default: Some(test), live_default: Some(live) }
    }
}

/// Kinds of [`Question`](crate::question::Question).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    /// Which finance plans there are.
    FinancePlans,
    /// What a plan would cost.
    Quote,
    /// The provider's own list of orders.
    Orders,
    /// Which statements there are.
    Statements,
    /// One statement.
    Statement,
}

/// Sizes that the provider's wire, or we, put on an order.
#[derive(Debug)]
pub struct Limits {
    /// Lines of one order.
    pub lines_max: usize,
    /// Bytes of a reply that are read; a longer one is garbage.
    pub reply_bytes_max: usize,
}

/// The account's setting of [`refunds_amounts`], in the tables of those that can be told so.
pub(crate) const AMOUNT_REFUNDS: &str = "adjustment_refunds";

/// Whether an account that is configured so lets a refund of an amount, for no lines, go out where refunds are by line.
#[must_use]
pub fn refunds_amounts(config: &BTreeMap<String, String>) -> bool {
    config.get(AMOUNT_REFUNDS).is_some_and(|allowed| allowed == "true")
}

impl ProviderSpec {
    /// The table's line for an operation.
    #[must_use]
    pub const fn operation(&self, op: &Op) -> &Operation {
        match op {
            Op::Create => &self.operations.create,
            Op::Sync => &self.operations.sync,
            Op::Ack => &self.operations.ack,
            Op::Fulfil(_) => &self.operations.fulfil,
            Op::Unfulfil(_) => &self.operations.unfulfil,
            Op::Refund(_) => &self.operations.refund,
            Op::SyncRefund(_) => &self.operations.sync_refund,
            Op::Cancel(_) => &self.operations.cancel,
            Op::Revoke => &self.operations.revoke,
            Op::ExtendExpiry { .. } => &self.operations.extend_expiry,
            Op::VerifyAccount => &self.operations.verify_account,
            Op::ActivateAccount { .. } => &self.operations.activate_account,
            Op::Ask(_) => &self.operations.ask,
        }
    }

    /// Whether the provider's documents have this status word.
    #[must_use]
    pub fn has_status(&self, wire_status: &str) -> bool {
        self.standing(wire_status).is_some() || self.silent_statuses.contains(&wire_status)
    }

    /// What a status word means here, if the provider's documents say so.
    #[must_use]
    pub fn standing(&self, wire_status: &str) -> Option<Standing> {
        self.statuses.iter().find(|(word, _)| *word == wire_status).map(|(_, standing)| *standing)
    }

    /// Whether quantity and price of such a line are told to the provider.
    pub(crate) fn counts(&self, kind: LineKind) -> bool {
        matches!((self.content.line)(kind), LineRule::Taken { counted: true, .. })
    }
}
