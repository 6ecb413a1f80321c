//! The whole product from outside: one file for each story, every story on a running Ordain of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

mod account;
mod cancelling;
mod checking;
mod clocks;
mod command_line;
mod crash;
mod erasure;
mod evidence;
mod expiry;
mod faults;
mod golden;
mod ingress;
mod life;
mod moving;
mod nodes;
mod operating;
mod paid_twice;
mod parking;
mod provider_command;
mod providers;
mod reconciling;
mod refusals;
mod repeats;
mod restarting;
mod restoring;
mod sandbox_command;
mod schedules;
mod secrecy;
mod services;
mod watching;
