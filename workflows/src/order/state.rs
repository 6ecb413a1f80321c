//! The states of an order, and which may follow which, on whose word.
//!
//! How much was captured, what comes next and whether something is wrong are not states: they are amounts,
//! operations and conditions. Refunds never change the state.
//!
//! Start at [`OrderState::may_become`]. Guards over amounts stand with the transitions themselves.

use ordain_providers::inbound::Trust;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Accepted by us; the checkout is being opened.
    Creating,
    /// The checkout is open and unpaid.
    AwaitingCustomer,
    /// The customer is done; the provider decides.
    PendingDecision,
    /// Approved: the shop may ship.
    Authorized,
    /// All that was not cancelled is the shop's money.
    Captured,
    /// Captured, and nothing more is expected.
    Completed,
    /// The provider said no to the customer.
    Declined,
    /// Given up before any capture.
    Cancelled,
    /// Nobody paid in time.
    Expired,
    /// The checkout could not be opened.
    Failed,
}

/// On whose word an order changes its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Evidence that anyone could have made.
    Hint,
    /// Evidence authenticated by its sender's key.
    Verified,
    /// The provider's own answer, to a question or to an operation.
    Authoritative,
    /// The shop's or an operator's wish.
    Command,
    /// A deadline, after what it must ask first.
    Timer,
}

impl Cause {
    const ALL: [Self; 5] = [Self::Hint, Self::Verified, Self::Authoritative, Self::Command, Self::Timer];
}

impl From<Trust> for Cause {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Hint => Self::Hint,
            Trust::Verified => Self::Verified,
            Trust::Authoritative => Self::Authoritative,
        }
    }
}

impl OrderState {
    /// Every state, in the order of an order's life.
    pub const ALL: [Self; 10] = [
        Self::Creating,
        Self::AwaitingCustomer,
        Self::PendingDecision,
        Self::Authorized,
        Self::Captured,
        Self::Completed,
        Self::Declined,
        Self::Cancelled,
        Self::Expired,
        Self::Failed,
    ];

    /// Whether an order may go from here to `to` on this word. One line per row; no line, not legal.
    #[must_use]
    pub const fn may_become(self, to: Self, by: Cause) -> bool {
        use OrderState as S;

        let told = matches!(by, Cause::Verified | Cause::Authoritative);
        let answered = matches!(by, Cause::Authoritative);
        let wished = matches!(by, Cause::Command);
        let timed = matches!(by, Cause::Timer);

        match (self, to) {
            // A notification may beat the reply to our own create.
            (S::Creating, S::AwaitingCustomer | S::PendingDecision | S::Authorized | S::Captured) => told,
            (S::Creating, S::Declined | S::Failed) => answered || wished,
            (S::Creating, S::Cancelled) => wished,
            (S::Creating, S::Expired) => timed,
            (S::AwaitingCustomer, S::PendingDecision | S::Authorized | S::Captured | S::Declined) => told,
            (S::AwaitingCustomer, S::Cancelled) => told || wished,
            (S::AwaitingCustomer, S::Expired) => told || timed,
            (S::PendingDecision, S::Authorized | S::Captured | S::Declined | S::AwaitingCustomer) => told,
            (S::PendingDecision, S::Cancelled) => told || wished,
            (S::PendingDecision, S::Expired) => told || timed,
            (S::Authorized, S::Captured) => told,
            // Once there is an approval to lose, only the provider's own answer takes it away. That it lapsed no provider
            // of this build ever says; the rules know what it would mean.
            (S::Authorized, S::Cancelled | S::Expired) => answered,
            // A fulfilment was taken back.
            (S::Captured | S::Completed, S::Authorized) => answered,
            (S::Captured, S::Completed) => told || timed,
            (S::Declined, S::PendingDecision) => told,
            // The money came late. It came.
            (S::Declined | S::Cancelled | S::Expired | S::Failed, S::Authorized | S::Captured) => told,
            _ => false,
        }
    }

    /// Approved or more: there is money, or a promise of it.
    #[must_use]
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured | Self::Completed)
    }

    /// The checkout is open, and nothing is approved yet.
    #[must_use]
    pub const fn is_open_unpaid(self) -> bool {
        matches!(self, Self::AwaitingCustomer | Self::PendingDecision)
    }

    /// Over without money; only late evidence of a payment leaves it.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Declined | Self::Cancelled | Self::Expired | Self::Failed)
    }

    /// As in the API and in histories: `AWAITING_CUSTOMER`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::AwaitingCustomer => "AWAITING_CUSTOMER",
            Self::PendingDecision => "PENDING_DECISION",
            Self::Authorized => "AUTHORIZED",
            Self::Captured => "CAPTURED",
            Self::Completed => "COMPLETED",
            Self::Declined => "DECLINED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::Failed => "FAILED",
        }
    }

    /// How far along a state is, for messages that carry no order of their own: a lower rank is old news.
    pub(super) const fn rank(self) -> u8 {
        match self {
            Self::Creating => 0,
            Self::AwaitingCustomer => 1,
            Self::PendingDecision | Self::Declined | Self::Cancelled | Self::Expired | Self::Failed => 2,
            Self::Authorized => 3,
            Self::Captured => 4,
            Self::Completed => 5,
        }
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The transition table as a Mermaid state diagram; the words on an arrow are those it may happen on.
#[must_use]
pub fn mermaid() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> CREATING\n");
    for (from, to, causes) in pairs() {
        writeln!(text, "    {from} --> {to}: {}", causes.join(", "))
            .expect("writing to a string does not fail");
    }
    text
}

/// The whole transition table as text: one line per legal pair with the words it may happen on.
#[must_use]
pub fn table() -> String {
    let mut text = String::new();
    for (from, to, causes) in pairs() {
        writeln!(text, "{from:<17} -> {to:<17} on {}", causes.join(", "))
            .expect("writing to a string does not fail");
    }
    text
}

/// Every legal pair, with the words it may happen on.
pub fn pairs() -> impl Iterator<Item = (OrderState, OrderState, Vec<String>)> {
    let all = OrderState::ALL.into_iter().flat_map(|from| OrderState::ALL.map(|to| (from, to)));
    all.filter_map(|(from, to)| {
        let causes = Cause::ALL.into_iter().filter(|by| from.may_become(to, *by));
        let words: Vec<String> = causes.map(|by| format!("{by:?}").to_lowercase()).collect();
        (!words.is_empty()).then_some((from, to, words))
    })
}
