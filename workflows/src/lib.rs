//! The business: what an order is, what may happen to it, and why.
//!
//! Everything here is replayed, so nothing here does I/O, reads a clock, rolls dice or depends on the order of a
//! hash map; this crate's `clippy.toml` bans them. Providers are known by their tables
//! ([`ordain_providers::ProviderSpec`]), never by name.

pub mod order;
