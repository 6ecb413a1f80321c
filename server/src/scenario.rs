//! Scenarios: stories of one order, told in lines and played against the real rules, tables and codecs.
//!
//! Nothing is sent and nothing is stored. The order is the one of `workflows/`, its provider's table and codec are
//! those of `providers/`, and what the provider says stands in the story in its wire form: it is signed as the provider
//! would sign it, then verified and read as it would be on its way in. Time is the story's own.
//!
//! ```text
//! script (a file, read) ─▶ stage (order, clock, calls) ─▶ told (the transcript) and what was seen on the way
//!    └ verb, message           ├ step: attempts and look-ups     └ words
//!                              ├ inbound: webhooks, browsers, pulls
//!                              └ partner: the provider's side of the wire
//! ```
//!
//! The language is in `docs/scenarios.md`. Start at [`play`]; [`stories`] has the stories of this build.

mod expected;
mod inbound;
mod message;
mod partner;
mod people;
mod script;
mod stage;
mod step;
pub mod stories;
pub mod told;
mod verb;
mod words;

#[cfg(test)]
mod tests;

use ordain_providers::ProviderSpec;
use ordain_workflows::order::OrderState;
use script::Script;
use stage::Stage;
use std::fmt;
use told::Told;

/// What is wrong at one line of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its number, from 1; 0 for the story as a whole.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Fault {
    fn new(line: usize, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Fault {}

/// Something that the provider or a browser said, and how the order stood once it had been taken in.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Seen {
    /// `webhook event 2001 paid`, `sync completed`, `refund done`.
    pub what: String,
    /// As `expect` would say it.
    pub standing: String,
}

/// A story that was played, to its end or to the first difference.
#[derive(Debug)]
pub struct Played {
    /// Its first line.
    pub title: String,
    /// The provider's table.
    pub provider: &'static ProviderSpec,
    /// What happened, in words.
    pub told: Told,
    /// The changes of state, in order.
    pub path: Vec<(OrderState, OrderState)>,
    /// What was heard.
    pub seen: Vec<Seen>,
    /// What differs from the story, if anything.
    pub difference: Option<Fault>,
}

/// A story's first line and its provider's id, without playing it.
///
/// # Errors
/// The first line that cannot be read.
pub fn heading(text: &str) -> Result<(String, &'static str), Fault> {
    let script = Script::read(text)?;
    Ok((script.title, script.provider.spec().id))
}

/// Plays a story.
///
/// # Errors
/// The first line that cannot be read; then nothing is played.
pub fn play(text: &str) -> Result<Played, Fault> {
    let script = Script::read(text)?;
    let mut stage = Stage::set(&script)?;
    let mut difference = None;
    for (line, verb) in &script.verbs {
        if let Err(why) = stage.play(verb) {
            difference = Some(Fault::new(*line, why));
            break;
        }
    }
    let Stage { told, path, seen, .. } = stage;
    Ok(Played { title: script.title, provider: script.provider.spec(), told, path, seen, difference })
}
