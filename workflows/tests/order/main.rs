//! The order's rules, told as short scripts: what happens to an order, and how it stands afterwards.
//!
//! Start at [`stage`]: the two tables, the order that all scripts are about, and the verbs.

mod evidence;
mod expiry;
mod life;
mod money;
mod new_order;
mod operations;
mod properties;
mod stage;
mod states;
mod tables;
