//! The transcript: what happened, line by line, with the time and the line of the rules that wanted it.

use crate::cli::output::{Output, Paint};
use jiff::Timestamp;
use serde::Serialize;

/// Characters of a message that are shown.
const SHOWN_MAX: usize = 140;

/// Everything that was told, in order.
#[derive(Debug, Default)]
pub struct Told(pub Vec<Line>);

/// One line of it.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// When, by the story's clock.
    pub time: String,
    /// What kind of line.
    pub voice: Voice,
    /// In words.
    pub text: String,
    /// The line of the rules that wanted it: `observe.rs:301`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rule: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The story's own words.
    Note,
    /// The story's next verb.
    Verb,
    /// A call leaves.
    Leaves,
    /// Something comes in.
    Comes,
    /// What changed, and why.
    Changes,
    /// How the sums stand.
    Sums,
}

impl Told {
    pub(super) fn say(&mut self, now: Timestamp, voice: Voice, text: impl Into<String>) {
        self.by_rule(now, (voice, text.into()), String::new());
    }

    pub(super) fn by_rule(&mut self, now: Timestamp, (voice, text): (Voice, String), rule: String) {
        let time = now.strftime("%m-%d %H:%M:%S").to_string();
        self.0.push(Line { time, voice, text, rule });
    }

    /// Prints it; a time is told when it is another one.
    pub fn print(&self, output: &Output) {
        let mut time = "";
        for line in &self.0 {
            let told = if line.time == time { "" } else { line.time.as_str() };
            time = &line.time;
            let (mark, paint) = match line.voice {
                Voice::Note => ("   ", Paint::Dim),
                Voice::Verb => (" ● ", Paint::Bold),
                Voice::Leaves => ("   → ", Paint::Plain),
                Voice::Comes => ("   ← ", Paint::Plain),
                Voice::Changes => ("   ∙ ", Paint::Plain),
                Voice::Sums => ("   = ", Paint::Good),
            };
            let rule = if line.rule.is_empty() { String::new() } else { format!("  {}", line.rule) };
            let text = output.paint(paint, &line.text);
            output.line(format!("  {told:<14}{mark}{text}{}", output.paint(Paint::Dim, &rule)));
        }
    }
}

/// As much of a message as a line takes.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
