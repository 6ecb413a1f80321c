//! `ordain scenario`: stories of orders, played against the real rules, tables and codecs.
//!
//! Everything here is done by this process; no Ordain needs to run.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::Session;
use crate::scenario::{self, Fault, Played, stories};
use serde_json::json;
use std::process::ExitCode;

/// Play stories of orders, and see why an order goes which way.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Which stories this build knows
    List,
    /// Play a story, by its name or from a file of your own
    #[command(after_help = "Example: ordain scenario run divit-paid\n         \
        ordain scenario run ./my.scenario\n\n\
        Exit code 1 means that a story went another way than it says. docs/scenarios.md has the language.")]
    Run(Args),
}

/// Which stories.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Names of stories, or files
    #[arg(value_name = "NAME|FILE", required_unless_present = "all")]
    stories: Vec<String>,
    /// Every story of this build
    #[arg(long, conflicts_with = "stories")]
    all: bool,
    /// Only how each went
    #[arg(long)]
    quiet: bool,
}

/// Lists or plays.
///
/// # Errors
/// A story that is not there, or cannot be read.
pub fn run(session: &Session, command: Command) -> Result<ExitCode, Failure> {
    let output = session.output();
    match command {
        Command::List => list(output),
        Command::Run(args) => play_all(output, &args),
    }
}

fn list(output: &Output) -> Result<ExitCode, Failure> {
    let mut table = Table::new(&["story", "provider", "what happens"]);
    for (name, text) in stories::ALL {
        let (title, provider) = scenario::heading(text).map_err(|fault| unreadable(name, &fault))?;
        if output.json {
            output.line(json!({ "name": name, "provider": provider, "title": title }));
        }
        table.row(vec![Cell::new(*name), Cell::new(provider), Cell::new(title)]);
    }
    if !output.json {
        output.table(&table);
    }
    Ok(ExitCode::SUCCESS)
}

fn play_all(output: &Output, args: &Args) -> Result<ExitCode, Failure> {
    let named = if args.all {
        stories::ALL.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    } else {
        args.stories.iter().map(|name| read(name)).collect::<Result<Vec<_>, _>>()?
    };
    let mut differing = 0;
    for (name, text) in &named {
        let played = scenario::play(text).map_err(|fault| unreadable(name, &fault))?;
        differing += u32::from(played.difference.is_some());
        if output.json {
            output.line(as_json(name, &played));
        } else {
            print(output, name, &played, args.quiet);
        }
    }
    if named.len() > 1 && !output.json {
        output.line(format!("{} stories, {differing} of them went another way", named.len()));
    }
    Ok(if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A story of this build, or a file.
fn read(name: &str) -> Result<(String, String), Failure> {
    if let Some(text) = stories::find(name) {
        return Ok((name.to_owned(), text.to_owned()));
    }
    let text = std::fs::read_to_string(name);
    let why =
        |error| format!("`{name}` is no story of this build (`ordain scenario list`), and no file: {error}");
    text.map(|text| (name.to_owned(), text)).map_err(|error| Failure::Usage(why(error)))
}

fn unreadable(name: &str, fault: &Fault) -> Failure {
    Failure::Usage(format!("{name}, {fault}"))
}

fn print(output: &Output, name: &str, played: &Played, quiet: bool) {
    if !quiet {
        let heading = output.paint(Paint::Bold, &format!("{name}: {}", played.title));
        output.line(format!("{heading}  ({})", played.provider.name));
        played.told.print(output);
    }
    match &played.difference {
        None => output.line(format!("{}  {name}", output.paint(Paint::Good, "ok"))),
        Some(fault) => {
            let verdict = output.paint(Paint::Bad, "ANOTHER WAY");
            output.line(format!("{verdict}  {name}, {fault}"));
        }
    }
    if !quiet {
        output.line("");
    }
}

fn as_json(name: &str, played: &Played) -> serde_json::Value {
    let difference = played.difference.as_ref();
    let difference = difference.map(|fault| json!({ "line": fault.line, "why": fault.why }));
    let path: Vec<String> = played.path.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    json!({
        "name": name, "title": played.title, "provider": played.provider.id, "ok": difference.is_none(),
        "difference": difference, "path": path, "heard": played.seen, "transcript": played.told.0,
    })
}
