//! The order's rules, told as short scripts: what happens to an order, and how it stands afterwards.
//!
//! Start at [`stage`]: the invented tables, the order that all scripts are about, and the verbs.

mod attempts;
mod campaign;
mod cancelling;
mod counting;
mod evidence;
mod expiry;
mod facts;
mod hinted;
mod life;
mod money;
mod new_order;
mod operations;
mod parcels;
mod properties;
mod reported;
mod stage;
mod statements;
mod states;
mod tables;
mod unasked;
