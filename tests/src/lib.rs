//! Nothing to import: the tests that need more than one crate are in `tests/tests/`, one folder for each binary.
//!
//! `integration` drives the real program from outside, `browser` looks at it as a shopper does, and `tidy` holds the
//! rules of the house that no compiler checks.
