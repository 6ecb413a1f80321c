//! What every simulator is started with, and why a start may fail.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How one simulator runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of its own files: a journal and a key. Created if it is not there.
    pub folder: PathBuf,
    /// How long after the shopper's decision the first delivery of its webhook is made.
    pub webhook_delay: Duration,
    /// How long what a provider's staff works through overnight takes here: refunds at divit, activations.
    pub settle_after: Duration,
    /// Divides the waits between the tries of a webhook, each provider's own (`Simulator::BACKOFF`): 1 is the real
    /// pace, at which some try for days. Zero counts as 1.
    pub webhook_speed: u32,
}

/// Why a simulator did not start. Nothing of it is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be bound. Choose another.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be created, read or written.
    #[error("cannot use {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another simulator runs on the same folder. Stop it first.
    #[error("{path} is in use by another simulator")]
    InUse {
        /// The journal that is locked.
        path: PathBuf,
    },
    /// A line before the last one cannot be read back. Repair the file or remove it.
    #[error("{path} is corrupt at line {line}")]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// The key file does not have the length of a key.
    #[error("{path} is not a key")]
    Key {
        /// The key file.
        path: PathBuf,
    },
    /// The HTTP client for calls to the shops could not be built.
    #[error("cannot build the HTTP client")]
    Client(#[source] reqwest::Error),
}

impl StartError {
    /// Names the file an input or output error happened on.
    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> StartError {
        StartError::File { path: path.to_owned(), source }
    }
}
