//! One append-only file of JSON lines, synced before anybody is told.
//!
//! A line is one decision, whole: a crash leaves it or leaves it out. Lines
//! that arrive while a sync runs share the next one, so many callers cost few
//! syncs. A failed sync is final: what the disk holds is then unknown, and
//! nothing more is acknowledged. Start at [`Locked::open`].

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use tokio::sync::{Notify, watch};

use crate::start::StartError;

/// Bytes that may wait for the disk before new callers wait too. Thousands of lines: enough for one sync to be
/// worth its while, little enough to write in well under a second.
const PENDING_MAX: usize = 4 << 20;

/// Where lines are handed over.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Shared>);

struct Shared {
    pending: Mutex<Pending>,
    wake: Notify,
    synced: watch::Sender<Synced>,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    last: u64,
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Synced {
    UpTo(u64),
    Broken,
}

/// The disk failed. Nothing more can be acknowledged; restart on a disk that works.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the journal cannot be written")]
pub(crate) struct Broken;

/// The side that writes. Runs until the journal is closed and everything handed over is on disk.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    file: Arc<File>,
}

/// A journal that is this process's alone, before anything is added to it.
pub(crate) struct Locked {
    path: PathBuf,
    file: File,
}

impl Locked {
    /// Opens the journal at `path`, or makes one.
    ///
    /// # Errors
    /// `InUse` while another process has it open.
    pub(crate) fn open(path: &Path) -> Result<Locked, StartError> {
        let failed = |source| StartError::file(path, source);
        let file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        lock(path, &file)?;
        Ok(Locked { path: path.to_owned(), file })
    }

    /// Gives every line to `replay`, and cuts off a torn last one.
    ///
    /// # Errors
    /// `Corrupt` where a line before the last does not replay.
    pub(crate) fn replay(
        &mut self,
        replay: impl FnMut(&[u8]) -> Result<(), Unreadable>,
    ) -> Result<(), StartError> {
        let failed = |source| StartError::file(&self.path, source);
        let kept = replayed(&self.path, &self.file, replay)?;
        if kept < self.file.metadata().map_err(failed)?.len() {
            tracing::warn!(path = ?self.path, kept, "the journal's last line was torn and is cut off");
            self.file.set_len(kept).map_err(failed)?;
        }
        self.file.sync_all().map_err(failed)?;
        sync_folder(&self.path).map_err(failed)
    }

    /// Puts one line in the place of the first `bytes` bytes. The new file is whole and this process's before it takes
    /// the old one's name, so that a crash, or a second process, finds one of the two.
    pub(crate) fn shorten(&mut self, line: &impl Serialize, bytes: u64) -> Result<(), StartError> {
        let beside = self.path.with_extension("journal.new");
        let failed = |source| StartError::file(&beside, source);
        let mut new = OpenOptions::new();
        let new = new.read(true).append(true).create(true).mode(0o600).open(&beside).map_err(failed)?;
        lock(&beside, &new)?;
        self.copy_rest(line, bytes, &new).map_err(failed)?;
        std::fs::rename(&beside, &self.path).map_err(failed)?;
        self.file = new;
        sync_folder(&self.path).map_err(failed)
    }

    fn copy_rest(&self, line: &impl Serialize, bytes: u64, mut new: &File) -> std::io::Result<()> {
        // What a crash left half written is begun again.
        new.set_len(0)?;
        new.write_all(&line_of(line))?;
        let mut rest = &self.file;
        rest.seek(SeekFrom::Start(bytes))?;
        std::io::copy(&mut rest, &mut new)?;
        new.sync_all()
    }

    /// Ready to be added to.
    pub(crate) fn into_parts(self) -> (Journal, Writer) {
        let shared = Arc::new(Shared {
            pending: Mutex::default(),
            wake: Notify::new(),
            synced: watch::Sender::new(Synced::UpTo(0)),
        });
        (Journal(shared.clone()), Writer { shared, file: Arc::new(self.file) })
    }
}

fn lock(path: &Path, file: &File) -> Result<(), StartError> {
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => StartError::InUse { path: path.to_owned() },
        std::fs::TryLockError::Error(source) => StartError::file(path, source),
    })
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn line_of(line: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("a journal line is plain data");
    bytes.push(b'\n');
    bytes
}

/// Why a line does not replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not a line of this journal. As the last one it was torn.
    Torn,
    /// It is whole, and cannot be opened: the key is another. Never cut off.
    Sealed,
}

/// Replays the file and returns how many of its bytes to keep.
fn replayed(
    path: &Path,
    file: &File,
    mut replay: impl FnMut(&[u8]) -> Result<(), Unreadable>,
) -> Result<u64, StartError> {
    let mut reader = BufReader::new(file);
    let (mut kept, mut number, mut line) = (0_u64, 0_u64, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(|source| StartError::file(path, source))?;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            // The end, or a line that was never finished and so never acknowledged.
            return Ok(kept);
        }
        number += 1;
        if let Err(unreadable) = replay(&line) {
            let last = reader.fill_buf().map_err(|source| StartError::file(path, source))?.is_empty();
            let torn = last && unreadable == Unreadable::Torn;
            return if torn {
                Ok(kept)
            } else {
                Err(StartError::Corrupt { path: path.to_owned(), line: number })
            };
        }
        kept += read as u64;
    }
}

impl Journal {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().expect("no thread panics while it appends")
    }

    /// Hands one line over and returns its number, for [`Journal::durable`]. Call it under the lock of the
    /// state the line changes, so that the file has the lines in the order of the changes.
    pub(crate) fn append(&self, line: &impl Serialize) -> u64 {
        let mut bytes = line_of(line);
        let mut pending = self.pending();
        pending.bytes.append(&mut bytes);
        pending.last += 1;
        self.0.wake.notify_one();
        pending.last
    }

    /// The number of the last line handed over; what a reader saw may rest on it.
    pub(crate) fn last(&self) -> u64 {
        self.pending().last
    }

    /// Waits until line `number` and all before it are on disk.
    pub(crate) async fn durable(&self, number: u64) -> Result<(), Broken> {
        let mut synced = self.0.synced.subscribe();
        let reached = synced
            .wait_for(|synced| match synced {
                Synced::UpTo(last) => *last >= number,
                Synced::Broken => true,
            })
            .await;
        match reached.as_deref() {
            Ok(Synced::UpTo(_)) => Ok(()),
            _ => Err(Broken),
        }
    }

    /// Waits while more is pending than one sync should carry.
    pub(crate) async fn room(&self) -> Result<(), Broken> {
        let last = {
            let pending = self.pending();
            if pending.bytes.len() < PENDING_MAX { 0 } else { pending.last }
        };
        self.durable(last).await
    }

    /// Lets the writer end once everything is written.
    pub(crate) fn close(&self) {
        self.pending().closed = true;
        self.0.wake.notify_one();
    }
}

impl Writer {
    /// Writes and syncs until closed.
    pub(crate) async fn run(self) {
        loop {
            let (bytes, last, closed) = self.taken();
            if !bytes.is_empty() {
                let file = self.file.clone();
                let written = tokio::task::spawn_blocking(move || {
                    (&*file).write_all(&bytes)?;
                    file.sync_data()
                });
                if let Err(error) = written.await.unwrap_or_else(|lost| Err(std::io::Error::other(lost))) {
                    tracing::error!(%error, "the journal cannot be written; nothing more is acknowledged");
                    self.shared.synced.send_replace(Synced::Broken);
                    return;
                }
                self.shared.synced.send_replace(Synced::UpTo(last));
            } else if closed {
                return;
            } else {
                self.shared.wake.notified().await;
            }
        }
    }

    fn taken(&self) -> (Vec<u8>, u64, bool) {
        let mut pending = self.shared.pending.lock().expect("no thread panics while it appends");
        (std::mem::take(&mut pending.bytes), pending.last, pending.closed)
    }
}
