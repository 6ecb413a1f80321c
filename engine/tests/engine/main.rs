//! The engine on a real store: what survives what.

mod durability;
mod parking;
mod shop;
mod stopping;
