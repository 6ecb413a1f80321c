//! The providers simulated, each as a host on a port of its own.
//!
//! Every simulator is written from its provider's document and shares no code
//! with our own clients: a misreading made twice would pass every test. What
//! a simulator did is in its ledger, which is on disk before it answers, so
//! that it can be asked afterwards what happened "over there".
//!
//! Start at [`dividebuy::start`]. What all simulators share lies beside it:
//! the exact reading of JSON, the journal, the sealing of personal fields, the
//! faults, the listener that can hang up, and the look of the pages.

mod exact;
mod faults;
mod journal;
mod page;
mod seal;
mod server;
mod start;

pub mod dividebuy;

pub use start::{Config, StartError};
