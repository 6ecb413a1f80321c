//! The order's states and the ways between them, as a table or as a picture.

use crate::cli::output::Output;
use ordain_workflows::order::state;

/// In which form.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order states --format mermaid")]
pub struct Args {
    /// Lines to read, or a diagram for a page
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line per legal pair, with the words it may happen on
    Table,
    /// A state diagram
    Mermaid,
}

pub(super) fn print(output: &Output, args: Args) {
    let text = match args.format {
        Format::Table => state::table(),
        Format::Mermaid => state::mermaid(),
    };
    output.line(text.trim_end());
}
