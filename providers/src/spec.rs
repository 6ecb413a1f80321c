//! What a provider must declare: one table of Rust data beside its codec.
//!
//! The compiler is the table's checker. Every operation has a line, and an operation that changes something at the
//! provider cannot be written down without saying what to do when nobody knows whether it happened
//! ([`Effect::Mutates`]). That line is the most valuable one in the table.

use crate::Currency;
use crate::call::{Op, Standing};
use std::time::Duration;

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
    /// When the shop's money becomes the shop's.
    pub capture: CaptureMode,
    /// What the provider's own total includes.
    pub total_rule: TotalRule,
    /// Every status word of its documents, and what it means.
    pub statuses: &'static [(&'static str, Standing)],
    /// What a sync must say before an unpaid order may expire.
    pub unpaid_when: UnpaidWhen,
    /// When to ask how an order stands, counted from the customer's arrival or the last news; the last one repeats.
    pub poll_after: &'static [Duration],
    /// How long a checkout lives when the merchant does not say.
    pub expires_after: Duration,
    /// How long after the last operation a captured order counts as completed, unless the account says otherwise.
    pub complete_after: Duration,
    /// What an account of this provider consists of.
    pub account: AccountSpec,
    /// Sizes.
    pub limits: Limits,
}

/// One line per operation. A provider that lacks one says so; it cannot forget one.
#[derive(Debug)]
pub struct Operations {
    /// Open a checkout.
    pub create: Operation,
    /// Ask how the order stands.
    pub sync: Operation,
    /// Tell the provider that its result was taken note of.
    pub ack: Operation,
    /// Report a shipment.
    pub fulfil: Operation,
    /// Take a report of a shipment back.
    pub unfulfil: Operation,
    /// Give money back.
    pub refund: Operation,
    /// Give an order up before capture.
    pub cancel: Operation,
    /// Check the account's credentials.
    pub verify_account: Operation,
    /// Switch the account on or off.
    pub activate_account: Operation,
}

/// How one operation behaves.
#[derive(Debug)]
pub struct Operation {
    /// Whether and how it exists.
    pub support: Support,
    /// What it does to the provider's books.
    pub effect: Effect,
    /// How long one attempt may take, connection included.
    pub timeout: Duration,
    /// Attempts before it is parked or failed. Finite, always.
    pub attempts_max: u32,
}

/// Whether and how an operation exists at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// The provider has it.
    Native,
    /// We do it by another of the provider's operations.
    Emulated,
    /// We only write it down; the provider has nothing to be told.
    Local,
    /// A person does it in the provider's back office.
    Manual,
    /// It does not exist.
    Unsupported,
}

impl Support {
    /// Whether the API offers it.
    #[must_use]
    pub const fn is_offered(self) -> bool {
        matches!(self, Self::Native | Self::Emulated | Self::Local)
    }
}

/// What an operation does to the provider's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads only: ask as often as you like.
    Reads,
    /// Changes something. When its outcome is unknown, this is the one way on.
    Mutates(OnUnknown),
}

/// What to do when nobody knows whether an operation happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// The same again: the provider knows our key, or repeating it is declared harmless.
    SameAgain,
    /// Ask whether it happened. "Found" settles it; "absent" proves something only after the time, if ever.
    LookUp {
        /// Which operation asks.
        by: &'static str,
        /// How long after the attempt absence counts as proof; never, if none.
        absent_proves_after: Option<Duration>,
    },
    /// Stop and let a person decide. Guessing could move money twice.
    Park,
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

/// What a provider's own total includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalRule {
    /// All lines.
    AllLines,
    /// All lines but shipping (DivideBuy: S1 L241-248).
    WithoutShipping,
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
}

/// Sizes that the provider's wire, or we, put on an order.
#[derive(Debug)]
pub struct Limits {
    /// Lines of one order.
    pub lines_max: usize,
    /// Bytes of a reply that are read; a longer one is garbage.
    pub reply_bytes_max: usize,
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
            Op::VerifyAccount => &self.operations.verify_account,
            Op::ActivateAccount { .. } => &self.operations.activate_account,
        }
    }

    /// What a status word means here, if the provider's documents have it.
    #[must_use]
    pub fn standing(&self, wire_status: &str) -> Option<Standing> {
        self.statuses.iter().find(|(word, _)| *word == wire_status).map(|(_, standing)| *standing)
    }
}
