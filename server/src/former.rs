//! Starting where a process has just been killed: until the system is done with that one, its files and ports are its own.
//!
//! A start that finds something held tries again for a moment and tells so once. What is held for longer belongs to
//! somebody who lives, and the start fails with what it found. Start at [`Former::let_go`].

use crate::node::NodeError;
use ordain_engine::store::StoreError;
use ordain_sandbox::StartError;
use std::fmt::Display;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A killed process is gone in milliseconds, or when a slow disk has ended its last sync; who waits at a terminal for a
/// mistake to be told should not wait longer than this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// The process that may have been here before, as one start sees it.
pub struct Former {
    /// Whoever holds something then lives.
    dead_until: Instant,
    told: AtomicBool,
}

/// What a start may find held.
pub trait Held {
    /// Whether that is why it failed, so that it may do better in a moment.
    fn is_held(&self) -> bool;
}

impl Former {
    /// For a start that begins now.
    pub fn new() -> Self {
        Self { dead_until: Instant::now() + PATIENCE, told: AtomicBool::new(false) }
    }

    /// Tries until nothing is held any more, or it is held by somebody who lives.
    ///
    /// # Errors
    /// What the last try said.
    pub async fn let_go<T, E: Held + Display>(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            match attempt().await {
                Err(held) if held.is_held() && Instant::now() < self.dead_until => self.tell(&held),
                ended => return ended,
            }
            sleep(TRY_EVERY).await;
        }
    }

    /// Once, whatever is held besides.
    #[expect(clippy::print_stderr, reason = "this is what a person who starts it reads")]
    fn tell(&self, held: &impl Display) {
        if !self.told.swap(true, Ordering::Relaxed) {
            eprintln!(
                "ordain: {held}; waiting {PATIENCE:?} at most, in case that process was killed just now"
            );
        }
    }
}

impl Held for StartError {
    fn is_held(&self) -> bool {
        match self {
            Self::InUse { .. } => true,
            Self::Listen { source, .. } => is_taken(source),
            _ => false,
        }
    }
}

/// Another process keeps the notes of whose code is being polled.
#[derive(Debug, thiserror::Error)]
#[error("another process has the folder of the notes")]
pub struct NotesHeld;

impl Held for NotesHeld {
    fn is_held(&self) -> bool {
        true
    }
}

impl Held for StoreError {
    fn is_held(&self) -> bool {
        matches!(self, Self::InUse(_))
    }
}

impl Held for NodeError {
    fn is_held(&self) -> bool {
        match self {
            Self::Listen { source, .. } => is_taken(source),
            Self::Store(error) => error.is_held(),
            Self::Key(_) => false,
        }
    }
}

/// Whether somebody listens there.
fn is_taken(error: &Error) -> bool {
    error.kind() == ErrorKind::AddrInUse
}
