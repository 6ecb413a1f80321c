//! Multi-row statements of a few fixed sizes.
//!
//! A statement costs about twenty microseconds however many rows it carries, so rows travel together; and a
//! prepared statement is worth keeping, so there are few different ones.

use super::unavailable;
use crate::store::StoreError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Encode, Sqlite, SqliteConnection, Type};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How many rows one statement carries, largest first. Anything is a sum of these.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

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

    /// Carries the rows to the database, each written into [`Values`] by `put`.
    pub(super) async fn execute<T>(
        &self,
        db: &mut SqliteConnection,
        rows: &[T],
        put: impl Fn(&mut Values, &T),
    ) -> Result<(), StoreError> {
        for (text, piece) in self.pieces(rows) {
            self.execute_piece(db, text, piece, &put).await?;
        }
        Ok(())
    }

    /// Carries one of the [`pieces`](Self::pieces), and returns how many rows were changed.
    pub(super) async fn execute_piece<T>(
        &self,
        db: &mut SqliteConnection,
        text: &'static str,
        piece: &[T],
        put: impl Fn(&mut Values, &T),
    ) -> Result<usize, StoreError> {
        let mut values = Values(SqliteArguments::default());
        values.0.reserve(piece.len() * self.columns, 0);
        for row in piece {
            put(&mut values, row);
        }
        let done = sqlx::query_with(text, values.0).execute(db).await.map_err(unavailable)?;
        Ok(usize::try_from(done.rows_affected()).expect("a piece has few rows"))
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

    /// The statement for so many rows. Leaked on purpose: at most five texts a statement, for the process's life.
    fn text(&self, rows: usize) -> &'static str {
        let mut texts = self.texts.lock().expect("no holder panics");
        texts.entry(rows).or_insert_with(|| {
            let row = format!("({})", vec!["?"; self.columns].join(", "));
            let text = format!("{} VALUES {} {}", self.head, vec![row; rows].join(", "), self.tail);
            Box::leak(text.into_boxed_str())
        })
    }
}

/// The values of a statement's rows, one after the other. Reserved in one go: there are thousands of them.
pub(super) struct Values(SqliteArguments);

impl Values {
    pub(super) fn put<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        self.0.add(value).expect("numbers, text and bytes always encode");
        self
    }
}
