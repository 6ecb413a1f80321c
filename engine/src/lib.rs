//! Durable execution: a run is its history.
#![allow(dead_code)]
pub mod clock;
pub mod run_id;
pub mod sealed;
pub mod store;
pub mod vault;
pub use sealed::Sealed;
