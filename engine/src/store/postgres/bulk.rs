//! Many rows as one statement's arguments: an array for each column, spread again by `unnest`.
//!
//! So one text serves groups of every size, and a statement carries any number of rows.

use sqlx::postgres::{PgArguments, PgHasArrayType};
use sqlx::{Arguments as _, Encode, Postgres, Type};
use std::borrow::Cow;

/// The arguments of a statement, column by column.
#[derive(Default)]
pub(super) struct Arrays(PgArguments);

impl Arrays {
    /// What `put` puts.
    pub(super) fn of(put: impl FnOnce(&mut Self)) -> Self {
        let mut arrays = Self::default();
        put(&mut arrays);
        arrays
    }

    /// The next argument: this of every row.
    pub(super) fn column<'r, R, V>(&mut self, rows: &'r [R], value: impl Fn(&'r R) -> V) -> &mut Self
    where
        V: for<'v> Encode<'v, Postgres> + Type<Postgres> + PgHasArrayType,
    {
        let values: Vec<V> = rows.iter().map(value).collect();
        self.0.add(values).expect("numbers, text and bytes always encode");
        self
    }

    pub(super) fn into_arguments(self) -> PgArguments {
        self.0
    }
}

/// PostgreSQL keeps no NUL in a text, and one of them would fail the whole group.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}
