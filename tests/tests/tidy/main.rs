//! The rules of the house that neither the compiler nor clippy checks.
//!
//! Every rule is one test that lists all offenders, each with the place to go to and what to do about it. What is
//! looked at is the tree as it lies on the disk, so that a file is held to the rules before it is added.

mod codecs;
mod folders;
mod imports;
mod migrations;
mod names;
mod readme;
mod rules;
mod sources;

/// Fails with every offence on a line of its own.
#[track_caller]
fn none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}
