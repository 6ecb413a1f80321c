//! What every provider must do, asked of every folder by itself.
//!
//! A provider that is registered in [`ordain_providers::ALL`] is found here without another line. Its folder
//! `providers/<id>/` holds `vectors.json` (worked signatures), `replies.json` (the documents' answers to each operation),
//! `messages.json` (what the provider says unasked, and how it proves what it says) and `sample.json` (a test account, and
//! the status words of its documents); a folder without them fails.

mod described;
mod garbage;
mod genuine;
mod messages;
mod operations;
mod pennypay;
mod replies;
mod sample;
mod secrecy;
mod table;
mod vectors;
mod wire;

use ordain_providers::Provider;

/// Every provider of the build, and the sixth one, which only these tests know.
pub(crate) fn all() -> impl Iterator<Item = &'static Provider> {
    ordain_providers::ALL.iter().copied().chain(SIXTH.iter().copied())
}

/// The one line that registers a provider.
const SIXTH: &[&Provider] = &[&pennypay::PENNYPAY];
