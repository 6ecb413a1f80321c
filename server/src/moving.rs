//! `ordain export` and `ordain import`: a shop that outgrows one machine takes every order and history along.
//!
//! The stream goes through a pipe or lies in a file meanwhile; how far it is, and how it went, is said on standard error.

mod export;
mod import;

pub use export::Args as ExportArgs;
pub use import::Args as ImportArgs;

use crate::cli::failure::with_causes;
use crate::cli::output::Output;
use crate::place::KeyError;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use ordain_engine::store::StoreError;
use ordain_engine::store::moving::{MoveError, Moved};
use std::process::ExitCode;

/// Writes a store out.
pub async fn export(output: &Output, args: ExportArgs) -> ExitCode {
    said(output, "export", export::run(output, args).await)
}

/// Takes one up.
pub async fn import(output: &Output, args: ImportArgs) -> ExitCode {
    said(output, "import", import::run(output, args).await)
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream, or one of its ends.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// A file.
    #[error("{file}")]
    File {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It makes no sense to try.
    #[error("{0}")]
    Refused(&'static str),
}

/// Says why not, with every cause.
pub fn said(output: &Output, command: &str, done: Result<(), Failed>) -> ExitCode {
    let Err(failed) = done else { return ExitCode::SUCCESS };
    output.note(format!("ordain {command}: {}", with_causes(&failed)));
    ExitCode::FAILURE
}

/// A bar on standard error, where somebody looks at it.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("[{bar:32}] {human_pos}/{human_len} rows  {elapsed}");
    bar.set_style(style.expect("the template is well-formed").progress_chars("━╸─"));
    bar
}

fn tell(bar: &ProgressBar, done: u64, all: u64) {
    bar.set_length(all);
    bar.set_position(done);
}

fn rows(moved: &Moved) -> String {
    format!("{} rows, export {}", HumanCount(moved.frames), moved.export)
}
