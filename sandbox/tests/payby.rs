//! The simulated PayBy over real sockets, with a small shop on the other side.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

#[path = "payby/documented.rs"]
mod documented;
#[path = "payby/faults.rs"]
mod faults;
#[path = "payby/life.rs"]
mod life;
#[path = "payby/nonsense.rs"]
mod nonsense;
#[path = "payby/refusals.rs"]
mod refusals;
#[path = "payby/shop.rs"]
mod shop;
#[path = "payby/world.rs"]
mod world;
