//! Every bound of the engine, by name. What exceeds one is refused where it comes in, with a word that says so; nothing
//! is wedged by it.
//!
//! | what | bound | beyond it |
//! |---|---|---|
//! | a message or start, all its texts | [`PAYLOAD_MAX`] | [`CallError::TooLarge`] |
//! | what a person writes down as a reason | [`REASON_MAX`] | [`CallError::TooLarge`] |
//! | calls that wait for their record | [`CALLS_MAX`] | [`CallError::Overloaded`] |
//! | what a stopped run received and was not shown | [`UNSHOWN_MAX`], [`UNSHOWN_BYTES_MAX`] | [`CallError::Full`] |
//! | a run's records since it last continued | `RECORDS_MAX`, 50,000 | [`CallError::TooLong`]; its steps may still end |
//! | inputs and bytes of them in one record | `INPUTS_MAX`, 256; [`RECORD_BYTES_MAX`] | the next record |
//! | deliveries and bytes decided in one record | `DELIVERIES_MAX`, 1,000; [`RECORD_BYTES_MAX`] | the next record |
//! | what a workflow decides on one delivery | [`DECISIONS_MAX`], [`DECIDED_BYTES_MAX`] | the run is quarantined, with the line |
//! | keys of what a run never answered, when it continues | `KEYS_MAX`, 2,048 | the oldest are forgotten |
//! | what a workflow shows of itself | [`VIEW_MAX`] | the run is quarantined, with the line |
//! | steps, and timers, of one run that have not ended | [`OPEN_MAX`] | the run is quarantined |
//! | what a step brings | [`OUTPUT_MAX`] | the step is parked |
//! | why an attempt failed | [`REASON_MAX`] | cut |
//! | attempts of a step, and its patience | [`Policy`](crate::Policy) | the step is parked |
//! | attempts under way at a time | `UNDER_WAY_MAX`, 1,024; [`Limits`](crate::Limits) for each downstream | they wait, unsent |
//! | downstreams remembered | `KNOWN_MAX`, 10,000 | those that nobody uses are forgotten |
//! | one poll of a workflow's code | [`Settings::poll_max`](crate::Settings::poll_max) | the run is quarantined, its thread left behind |
//! | processes that end while they poll a run | `UNCLEAN_STOPS_MAX`, 3 | the run is quarantined |
//! | threads left behind | `LEFT_BEHIND_MAX`, 8 | told as an error, again and again |
//! | replays for whoever looks | 4 at a time, each within `poll_max` | [`GaveUp`](crate::GaveUp) |
//! | runs in memory | `Settings::live_max`, 40,000 | idle ones are forgotten, and replayed when needed |
//! | due runs on their way to be looked at | `LOOKS_MAX`, 128 a lane | they wait in the store |
//! | one transaction | `GROUP_MAX`, 256 records; `GROUP_BYTES_MAX`, 8 MiB | the next transaction |
//!
//! The queues between the lanes, the performer and the committer have no length of their own: whoever puts something in
//! is one of the above, with one thing in the queue at a time (a call, a record in flight, a step's news, a read).

#[cfg(doc)]
use crate::call::CallError;
pub use crate::call::PAYLOAD_MAX;

/// Calls that may wait for their record at a time; more are told to come back, before anything is stored.
pub const CALLS_MAX: usize = 16_384;
/// Bytes of a reason, a name or a key: a page of text.
pub const REASON_MAX: usize = 16 * 1024;
/// Bytes of what a step brings. As much as a message: both are inputs of the run.
pub const OUTPUT_MAX: usize = PAYLOAD_MAX;
/// Bytes of what a workflow shows of itself, which is written whenever it changes.
pub const VIEW_MAX: usize = 1024 * 1024;
/// Things that a workflow may decide on one delivery: steps, timers, events, answers.
pub const DECISIONS_MAX: usize = 1_000;
/// Bytes of all of them, and of what it continues with.
pub const DECIDED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one kind of content in a record, from which on the rest waits for the next.
pub const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Steps of a run that have not ended, and likewise timers.
pub const OPEN_MAX: usize = 10_000;
/// Inputs that a run received and was not shown. A run that is stopped for long is somebody's business by then.
pub const UNSHOWN_MAX: usize = 10_000;
/// Bytes of them: when the workflow continues, they are written into one record.
pub const UNSHOWN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A text for a record, cut to [`REASON_MAX`].
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > REASON_MAX {
        text.truncate(text.floor_char_boundary(REASON_MAX - '…'.len_utf8()));
        text.push('…');
    }
    text
}
