//! The business: what an order is, what may happen to it, and why.
//!
//! Everything here is replayed, so nothing here does I/O, reads a clock, rolls dice or depends on the order of a
//! hash map; this crate's `clippy.toml` bans them. Providers are known by their tables
//! ([`ordain_providers::ProviderSpec`]), never by name.

pub mod order;

pub mod order_workflow;

pub mod account_workflow;

pub mod clock_workflow;

pub mod reconciliation;

pub mod reconciliation_workflow;

pub mod provider_call;
pub mod time;

pub use account_workflow::AccountWorkflow;
pub use clock_workflow::ClockWorkflow;
pub use order_workflow::OrderWorkflow;
pub use provider_call::ProviderCall;
pub use reconciliation_workflow::ReconciliationWorkflow;
