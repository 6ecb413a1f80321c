//! The simulated divit over real sockets, with a small shop on the other side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

#[path = "divit/captured.rs"]
mod captured;
#[path = "divit/clock.rs"]
mod clock;
#[path = "divit/faults.rs"]
mod faults;
#[path = "divit/life.rs"]
mod life;
#[path = "divit/link.rs"]
mod link;
#[path = "divit/world.rs"]
mod world;
