//! One order, for every provider: a pure state machine.
//!
//! An [`Order`] changes only through the methods below. Each takes what happened and the time, changes the order
//! and returns [`Effect`]s: calls to make and events to publish. None of them does anything itself, so folding
//! the same inputs again always ends in the same order.
//!
//! ```text
//! CREATING ─▶ AWAITING_CUSTOMER ─▶ PENDING_DECISION ─▶ AUTHORIZED ─▶ CAPTURED ─▶ COMPLETED
//!    └─────────────┴──────────────────────┴─▶ DECLINED · CANCELLED · EXPIRED · FAILED
//!                                  (which only later evidence of a payment leaves again)
//! ```
//!
//! | what happened | method |
//! |---|---|
//! | the order was accepted | [`Order::open`] |
//! | someone asks for something | [`Order::command`] |
//! | evidence came in | [`Order::observe`] |
//! | a step ended | [`Order::outcome`] |
//! | a step was parked, retried or skipped | [`Order::news`] |
//! | the order is to be put away for good | [`Order::retire`] |
//! | a time came | [`Order::due`], for what [`Order::next_deadline`] named |
//!
//! Start at [`state`] (what may follow what), then [`model`] (what an order is made of).

mod afterlife;
pub mod amounts;
mod asking;
mod attempt;
mod booking;
mod cancel;
pub mod check;
pub mod command;
pub mod condition;
pub mod counting;
pub mod deadlines;
pub mod effect;
mod extend;
mod foreign;
mod giveback;
pub mod hinted;
pub mod late;
pub mod model;
pub mod new_order;
pub mod observe;
pub mod operation;
pub mod outcome;
mod parcel;
mod plan;
mod reported;
mod retire;
pub mod state;
mod sums;

pub use amounts::{Amounts, CaptureStatus, LineRemaining, RefundStatus, Tally};
pub use check::Violation;
pub use command::{Accepted, Command, CommandId, LineQuantity, Refusal, RefusalReason};
pub use condition::{Condition, ConditionKind};
pub use deadlines::Deadline;
pub use effect::{Effect, Event, EventKind, Step};
pub use late::LatePayment;
pub use model::{LineState, Order, People, Settings};
pub use new_order::NewOrder;
pub use observe::{Observation, ObservationEffect, Source};
pub use operation::{
    Booked, Booking, Confirmation, Failure, Operation, OperationKind, OperationState, Origin,
};
pub use outcome::{Answer, News};
pub use state::{Cause, OrderState};
