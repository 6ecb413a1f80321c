//! The simulated DOKU over real sockets, with a small shop on the other side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

#[path = "kredivo/faults.rs"]
mod faults;
#[path = "kredivo/life.rs"]
mod life;
#[path = "kredivo/refusals.rs"]
mod refusals;
#[path = "kredivo/world.rs"]
mod world;
