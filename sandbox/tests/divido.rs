//! The simulated Divido over real sockets, with a small shop on the other side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

#[path = "divido/backoffice.rs"]
mod backoffice;
#[path = "divido/documented.rs"]
mod documented;
#[path = "divido/life.rs"]
mod life;
#[path = "../../providers/tests/divido/printed.rs"]
mod printed;
#[path = "divido/refusals.rs"]
mod refusals;
#[path = "divido/world.rs"]
mod world;
