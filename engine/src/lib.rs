//! Durable execution: a run is its history.
#![allow(dead_code)]
pub mod sealed;
pub use sealed::Sealed;
