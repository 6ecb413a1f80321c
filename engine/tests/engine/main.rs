//! The engine on a real store and on one that fails on demand: what survives what.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod cancelling;
mod clocks;
mod continuing;
mod crashes;
mod durability;
mod golden;
mod hall;
mod held;
mod interleavings;
mod limits;
mod looking_up;
mod parking;
mod poison;
mod races;
mod racing;
mod recording;
mod reset;
mod shop;
mod simulation;
mod stopping;
mod stores;
mod versions;
