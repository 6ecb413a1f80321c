//! How things look: aligned, quiet, coloured only where a person looks at a terminal.

use std::fmt::{Display, Write as _};
use std::io::{IsTerminal, Write};

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// For programs.
    pub json: bool,
    colour: bool,
}

/// What a piece of text should look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// What a reader looks for first.
    Bold,
    /// What a reader may skip.
    Dim,
    /// Well.
    Good,
    /// Waits for something.
    Warn,
    /// Wrong.
    Bad,
}

impl Output {
    /// As this process's standard output allows.
    #[must_use]
    pub fn of_process(json: bool) -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, colour: colour && !json }
    }

    /// Without colours, for tests and files.
    #[must_use]
    pub const fn plain() -> Self {
        Self { json: false, colour: false }
    }

    /// Prints one line of result.
    pub fn line(&self, text: impl Display) {
        if writeln!(std::io::stdout().lock(), "{text}").is_err() {
            // Whoever read this has seen enough (`… | head`). Rust ignores SIGPIPE, so we end by ourselves.
            std::process::exit(0);
        }
    }

    /// Prints one line beside the result, for the person who waits for it.
    pub fn note(&self, text: impl Display) {
        // There is nobody left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// The text with its look.
    #[must_use]
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            _ if !self.colour || text.is_empty() => return text.to_owned(),
            Paint::Plain => return text.to_owned(),
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Good => 32,
            Paint::Warn => 33,
            Paint::Bad => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Prints a table, if it has rows.
    pub fn table(&self, table: &Table) {
        for line in table.lines(self) {
            self.line(line);
        }
    }

    /// Prints names and values under each other; empty values are left out.
    pub fn pairs(&self, pairs: &[(&str, String)]) {
        let shown = || pairs.iter().filter(|(_, value)| !value.is_empty());
        let width = shown().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in shown() {
            self.line(format!("  {}  {value}", self.paint(Paint::Dim, &format!("{name:<width$}"))));
        }
    }
}

/// Rows under a heading, columns aligned.
#[derive(Debug)]
pub struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// One cell: its text, its look, and the side it keeps to.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    paint: Paint,
    right: bool,
}

impl Cell {
    /// Plain text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: Paint::Plain, right: false }
    }

    /// An amount or a number: keeps right.
    #[must_use]
    pub fn number(text: impl Into<String>) -> Self {
        Self { right: true, ..Self::new(text) }
    }

    /// With a look.
    #[must_use]
    pub fn painted(self, paint: Paint) -> Self {
        Self { paint, ..self }
    }
}

impl Table {
    /// No rows yet.
    #[must_use]
    pub fn new(heading: &[&'static str]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as the heading.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines to print, indented by two; none where there are no rows.
    #[must_use]
    pub fn lines(&self, output: &Output) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let heading = self.heading.iter().enumerate().map(|(column, name)| {
            let right = self.rows[0].get(column).is_some_and(|cell| cell.right);
            Cell { right, ..Cell::new(*name).painted(Paint::Dim) }
        });
        let heading: Vec<Cell> = heading.collect();
        let widths: Vec<usize> = (0..heading.len()).map(|column| self.width(&heading, column)).collect();
        std::iter::once(&heading).chain(&self.rows).map(|row| aligned(row, &widths, output)).collect()
    }

    fn width(&self, heading: &[Cell], column: usize) -> usize {
        let cells = std::iter::once(heading).chain(self.rows.iter().map(Vec::as_slice));
        cells.filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max().unwrap_or(0)
    }
}

fn aligned(row: &[Cell], widths: &[usize], output: &Output) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        let gap = " ".repeat(width.saturating_sub(cell.text.chars().count()));
        let text = output.paint(cell.paint, &cell.text);
        let last = index + 1 == row.len();
        let (before, after) = if cell.right { (gap.as_str(), "") } else { ("", gap.as_str()) };
        let after = if last { "" } else { after };
        write!(line, "  {before}{text}{after}").expect("writing to a string does not fail");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Cell, Output, Table};

    #[test]
    fn columns_are_aligned_and_numbers_keep_right() {
        let mut table = Table::new(&["order", "amount", "state"]);
        table.row(vec![Cell::new("a"), Cell::number("12.50"), Cell::new("PAID")]);
        table.row(vec![Cell::new("order-2"), Cell::number("1.00"), Cell::new("OPEN")]);
        let lines = table.lines(&Output::plain());
        assert_eq!(lines, ["  order    amount  state", "  a         12.50  PAID", "  order-2    1.00  OPEN"]);
    }

    #[test]
    fn table_without_rows_prints_nothing() {
        assert!(Table::new(&["order"]).lines(&Output::plain()).is_empty());
    }
}
