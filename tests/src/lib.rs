//! What every test of the whole product stands on: the real program as a process, and a shop and a shopper that talk
//! to it from outside.
//!
//! Nothing here looks inside: orders are asked for over gRPC, a browser is plain HTTP, and the truth is what the
//! simulated provider's ledger says. Start at [`world::World`]; the tests themselves are in `tests/tests/`.

pub mod account;
pub mod basket;
pub mod checkout;
pub mod nodes;
pub mod pooler;
pub mod program;
pub mod scale;
pub mod wait;
pub mod world;
