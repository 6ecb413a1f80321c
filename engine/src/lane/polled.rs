//! Whose code is being polled: kept in a small file, so that the next process knows a run that took this one down.
//!
//! A lane notes what it is about to poll and clears the note when it rests. A note that is found at the start is one
//! unclean stop of that run; after [`UNCLEAN_STOPS_MAX`] of them it is quarantined before it is polled again. A process
//! that is killed in healthy work leaves a note now and then, so turns that go well take the count back. Nothing is
//! synced: the file outlives the process, which is all that is asked of it.

use crate::run_id::RunId;
use crate::store::StartKey;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Processes that may end while they poll the same run, before it is quarantined.
pub(crate) const UNCLEAN_STOPS_MAX: u8 = 3;
/// Turns of a run on record since the last unclean stop that take its count back. More than one: a run may well take a
/// harmless turn before the deadly one comes round again.
const CLEARED_AFTER: u8 = 3;
/// Runs whose unclean stops are remembered.
const SUSPECTS_MAX: usize = 64;
/// A note: what it is of, and 16 bytes that name it.
const NOTE_BYTES: usize = 17;
/// A note and a count.
const SUSPECT_BYTES: usize = NOTE_BYTES + 1;

/// Whose code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Polled {
    /// A run's.
    Run(RunId),
    /// That of a run which is not durable yet, by the request to start it: asked again, it has another id.
    Start([u8; 16]),
}

impl Polled {
    /// A start, by its request.
    pub(crate) fn start(key: &StartKey) -> Self {
        let digest = Sha256::new().chain_update(&key.tenant).chain_update([0]).chain_update(&key.request_id);
        let mut name = [0; 16];
        name.copy_from_slice(&digest.finalize()[..16]);
        Self::Start(name)
    }

    fn note(self) -> [u8; NOTE_BYTES] {
        let mut note = [0; NOTE_BYTES];
        let (kind, name) = match self {
            Self::Run(run) => (1, run.to_bytes()),
            Self::Start(name) => (2, name),
        };
        note[0] = kind;
        note[1..].copy_from_slice(&name);
        note
    }

    fn read(note: &[u8]) -> Option<Self> {
        let (kind, name) = note.get(..NOTE_BYTES)?.split_first()?;
        match kind {
            1 => RunId::from_bytes(name).map(Self::Run),
            2 => name.try_into().ok().map(Self::Start),
            _ => None,
        }
    }
}

/// Code that is not polled any more, and why not: runs to be quarantined, starts that are refused.
#[derive(Debug, Default)]
pub(crate) struct Poisons(Mutex<BTreeMap<Polled, String>>);

impl Poisons {
    pub(crate) fn add(&self, polled: Polled, why: String) {
        self.poisons().insert(polled, why);
    }

    pub(crate) fn why(&self, polled: Polled) -> Option<String> {
        self.poisons().get(&polled).cloned()
    }

    /// It is on record, or there is no such run. True if it was one.
    pub(crate) fn remove(&self, polled: Polled) -> bool {
        self.poisons().remove(&polled).is_some()
    }

    pub(crate) fn runs(&self) -> Vec<RunId> {
        let poisons = self.poisons();
        let runs = poisons.keys().filter_map(|polled| match polled {
            Polled::Run(run) => Some(*run),
            Polled::Start(_) => None,
        });
        runs.collect()
    }

    fn poisons(&self) -> MutexGuard<'_, BTreeMap<Polled, String>> {
        self.0.lock().expect("no holder panics")
    }
}

/// The file: a note for each lane, then the suspects.
pub(crate) struct PollFile {
    file: File,
    lanes: usize,
    suspects: Mutex<BTreeMap<Polled, Suspect>>,
    /// Whether there are suspects; asked after every turn, so it costs nothing.
    any: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    unclean_stops: u8,
    turns_since: u8,
}

impl PollFile {
    /// Opens the file in a folder and counts what the last process was polling when it ended. Tells what must not be
    /// polled again.
    ///
    /// # Errors
    /// The file cannot be opened, or another process has it.
    pub(crate) fn open(folder: &Path, lanes: usize, poisons: &Poisons) -> std::io::Result<Self> {
        let file = Self::file_in(folder)?;
        file.try_lock()?;
        let mut bytes = vec![0; lanes * NOTE_BYTES + SUSPECTS_MAX * SUSPECT_BYTES];
        let read = file.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        let (notes, rest) = bytes.split_at(read.min(lanes * NOTE_BYTES));
        let mut suspects: BTreeMap<Polled, Suspect> = BTreeMap::new();
        for entry in rest.chunks_exact(SUSPECT_BYTES) {
            let unclean_stops = entry[NOTE_BYTES];
            suspects.extend(Polled::read(entry).map(|it| (it, Suspect { unclean_stops, turns_since: 0 })));
        }
        for polled in notes.chunks_exact(NOTE_BYTES).filter_map(Polled::read) {
            let suspect = suspects.entry(polled).or_insert(Suspect { unclean_stops: 0, turns_since: 0 });
            suspect.unclean_stops = suspect.unclean_stops.saturating_add(1);
        }
        for (polled, suspect) in &suspects {
            if suspect.unclean_stops >= UNCLEAN_STOPS_MAX {
                let stops = suspect.unclean_stops;
                poisons.add(*polled, format!("{stops} processes ended while they polled its code"));
            }
        }
        let (any, suspects) = (AtomicBool::new(!suspects.is_empty()), Mutex::new(suspects));
        let opened = Self { file, lanes, suspects, any };
        for lane in 0..lanes {
            opened.write(&[0; NOTE_BYTES], lane * NOTE_BYTES);
        }
        opened.keep(&opened.suspects());
        Ok(opened)
    }

    /// Whether another process has the file of a folder.
    pub(crate) fn is_held(folder: &Path) -> bool {
        let tried = Self::file_in(folder).map(|file| file.try_lock());
        matches!(tried, Ok(Err(TryLockError::WouldBlock)))
    }

    fn file_in(folder: &Path) -> std::io::Result<File> {
        std::fs::create_dir_all(folder)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).open(folder.join("polling"))
    }

    /// A lane is about to poll this.
    pub(crate) fn polls(&self, lane: usize, polled: Polled) {
        self.write(&polled.note(), lane * NOTE_BYTES);
    }

    /// A lane polls nothing.
    pub(crate) fn rests(&self, lane: usize) {
        self.write(&[0; NOTE_BYTES], lane * NOTE_BYTES);
    }

    /// A turn of it is on record.
    pub(crate) fn went_well(&self, polled: Polled) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let mut suspects = self.suspects();
        let Some(suspect) = suspects.get_mut(&polled) else { return };
        suspect.turns_since += 1;
        if suspect.turns_since >= CLEARED_AFTER || matches!(polled, Polled::Start(_)) {
            suspects.remove(&polled);
            self.keep(&suspects);
        }
    }

    /// It is quarantined, or there is no such run.
    pub(crate) fn forget(&self, polled: Polled) {
        let mut suspects = self.suspects();
        if suspects.remove(&polled).is_some() {
            self.keep(&suspects);
        }
    }

    /// A clean stop: nobody is suspected.
    pub(crate) fn empty(&self) {
        let emptied = self.file.set_len(0);
        if let Err(error) = emptied {
            tracing::warn!(%error, "cannot empty the file of what is being polled");
        }
    }

    fn keep(&self, suspects: &BTreeMap<Polled, Suspect>) {
        self.any.store(!suspects.is_empty(), Ordering::Relaxed);
        // If there are too many, those that ended more processes stay.
        let mut worst: Vec<_> = suspects.iter().collect();
        worst.sort_by_key(|(_, suspect)| std::cmp::Reverse(suspect.unclean_stops));
        let mut bytes = vec![0; SUSPECTS_MAX * SUSPECT_BYTES];
        for (entry, (polled, suspect)) in bytes.chunks_exact_mut(SUSPECT_BYTES).zip(worst) {
            entry[..NOTE_BYTES].copy_from_slice(&polled.note());
            entry[NOTE_BYTES] = suspect.unclean_stops;
        }
        self.write(&bytes, self.lanes * NOTE_BYTES);
    }

    /// A file that cannot be written costs the protection that it gives, and nothing else.
    fn write(&self, bytes: &[u8], at: usize) {
        if let Err(error) = self.file.write_all_at(bytes, at as u64) {
            tracing::warn!(%error, "cannot note what is being polled");
        }
    }

    fn suspects(&self) -> MutexGuard<'_, BTreeMap<Polled, Suspect>> {
        self.suspects.lock().expect("no holder panics")
    }
}
