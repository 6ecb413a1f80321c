//! The providers simulated, each as a host on a port of its own.
//!
//! Every simulator is written from its provider's document and shares no code
//! with our own clients: a misreading made twice would pass every test. What
//! a simulator did is in its ledger, which is on disk before it answers, so
//! that it can be asked afterwards what happened "over there".
//!
//! ## How a simulator is written
//!
//! One folder, one type: its value is the provider's own state. It is made of
//!
//! 1. an **account**, `account::Account`: what the provider's onboarding sets up, secrets included;
//! 2. **events** and how they change the state, `Simulator::apply`: the only place where state changes and where
//!    the ledger is written. Personal fields are sealed (`host.seal`) before they become part of an event;
//! 3. its **API**: `Simulator::routes`, each call through `call::answered`, which acts out the faults and waits
//!    for the disk; the provider's part is a pure function from state and call to events and answer;
//! 4. its **messages**: an event `Event::webhook(Notice)` queues one, `Simulator::letter` writes and signs it when
//!    it goes out, `Simulator::BACKOFF` says how often it is tried;
//! 5. its **checkout**, `checkout::Checkout`: the page, what a press changes, where the browser goes then;
//! 6. what happens **by itself**, `Simulator::timers` and `Simulator::elapsed`: expiry, settlement.
//!
//! `pub async fn start` hands the type to `running::start`, and that is all: journal, restart, admin calls,
//! faults and delivery are the host's. [`dividebuy`] is the example to read.

mod account;
mod admin;
mod call;
mod checkout;
mod clock;
mod compaction;
mod exact;
mod faults;
mod host;
mod journal;
mod ledger;
mod mac;
mod outbox;
mod page;
mod running;
mod seal;
mod server;
mod simulator;
mod start;
mod state;
mod webhook;

pub mod dividebuy;
pub mod divido;
pub mod divit;
pub mod kredivo;
pub mod payby;

pub use account::AccountError;
pub use faults::{fault_kinds, is_fault_kind};
pub use running::{Accounts, Running};
pub use start::{Config, StartError};
