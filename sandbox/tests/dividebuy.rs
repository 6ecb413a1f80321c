//! The simulated DivideBuy over real sockets, with a small shop on the other side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

#[path = "dividebuy/documented.rs"]
mod documented;
#[path = "dividebuy/faults.rs"]
mod faults;
#[path = "dividebuy/life.rs"]
mod life;
#[path = "dividebuy/refusals.rs"]
mod refusals;
#[path = "dividebuy/restart.rs"]
mod restart;
#[path = "dividebuy/shop.rs"]
mod shop;
#[path = "dividebuy/world.rs"]
mod world;
