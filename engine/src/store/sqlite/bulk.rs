//! Multi-row statements of a few fixed sizes.
//!
//! A statement costs about twenty microseconds however many rows it carries, so rows travel together; and a
//! prepared statement is worth keeping, so there are few different ones.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// How many rows one statement carries, largest first. Anything is a sum of these.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// A statement `head VALUES (?, …), … tail` for any number of rows.
pub(super) struct Bulk {
    head: &'static str,
    columns: usize,
    tail: &'static str,
    texts: Mutex<BTreeMap<usize, &'static str>>,
}

impl Bulk {
    pub(super) const fn new(head: &'static str, columns: usize, tail: &'static str) -> Self {
        Self { head, columns, tail, texts: Mutex::new(BTreeMap::new()) }
    }

    /// Cuts `rows` into pieces that there is a statement for.
    pub(super) fn pieces<'a, T>(&self, mut rows: &'a [T]) -> Vec<(&'static str, &'a [T])> {
        let mut pieces = Vec::new();
        while !rows.is_empty() {
            let size = SIZES.into_iter().find(|size| *size <= rows.len()).expect("1 is always small enough");
            let (piece, rest) = rows.split_at(size);
            pieces.push((self.text(size), piece));
            rows = rest;
        }
        pieces
    }

    /// The statement for so many rows. Leaked on purpose: at most four texts a statement, for the process's life.
    fn text(&self, rows: usize) -> &'static str {
        let mut texts = self.texts.lock().expect("no holder panics");
        texts.entry(rows).or_insert_with(|| {
            let row = format!("({})", vec!["?"; self.columns].join(", "));
            let text = format!("{} VALUES {} {}", self.head, vec![row; rows].join(", "), self.tail);
            Box::leak(text.into_boxed_str())
        })
    }
}
