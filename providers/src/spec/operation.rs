//! A table's lines about operations: which there are, and what to do when nobody knows whether one happened.

use std::time::Duration;

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
    /// Ask how a refund stands.
    pub sync_refund: Operation,
    /// Give an order up before capture.
    pub cancel: Operation,
    /// Undo a whole order, paid or not.
    pub revoke: Operation,
    /// Let a checkout live longer.
    pub extend_expiry: Operation,
    /// Check the account's credentials.
    pub verify_account: Operation,
    /// Switch the account on or off.
    pub activate_account: Operation,
    /// Ask what belongs to the account: plans, statements.
    pub ask: Operation,
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

impl Operation {
    /// A line of the table; the timeout in seconds.
    #[must_use]
    pub const fn new(support: Support, effect: Effect, timeout_s: u64, attempts_max: u32) -> Self {
        Self { support, effect, timeout: Duration::from_secs(timeout_s), attempts_max }
    }

    /// An operation that this provider does not have.
    pub const ABSENT: Self = Self {
        support: Support::Unsupported,
        effect: Effect::Reads,
        timeout: Duration::ZERO,
        attempts_max: 0,
    };
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

impl Effect {
    /// A change that may be asked for again, because the provider knows our key or repeating it is harmless.
    pub const REPEATABLE: Self = Self::Mutates(OnUnknown::SameAgain);
}

/// What to do when nobody knows whether an operation happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// The same again: the provider knows our key, or repeating it is declared harmless.
    SameAgain,
    /// Ask whether it happened. "Found" settles it; "absent" proves something only after the time, if ever.
    LookUp {
        /// Which question asks.
        by: LookUpBy,
        /// How long after the attempt absence counts as proof; never, if none.
        absent_proves_after: Option<Duration>,
    },
    /// Stop and let a person decide. Guessing could move money twice.
    Park,
}

/// Which question finds out whether an operation happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUpBy {
    /// How the order stands ([`Op::Sync`](crate::Op::Sync)).
    Sync,
    /// The same, where no refund has a name and only counters tell: they are read before one is sent, too.
    Counters,
    /// How the refund stands ([`Op::SyncRefund`](crate::Op::SyncRefund)).
    SyncRefund,
}
