//! The engine on a real store and on one that fails on demand: what survives what.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod durability;
mod parking;
mod racing;
mod reset;
mod shop;
mod stopping;
mod stores;
