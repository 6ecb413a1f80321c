//! What a run decides once and finds in its history ever after: ids, recorded values, and which way changed code
//! goes.

use super::{Ctx, to_json};
use crate::stage::Stage;
use crate::workflow::Workflow;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::command::Command;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::panic::Location;
use uuid::Uuid;

impl<W: Workflow> Ctx<W> {
    /// An id of version 7, ordered by the time of the turn and the same on every replay.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now() / 1000).unwrap_or(0);
        let dice = self.entropy();
        let random = dice.first_chunk::<10>().expect("a draw has 32 bytes");
        uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
    }

    /// Makes a value once and keeps it: a replay finds it in the history and never calls `make`. For what is decided
    /// in this process and would not come out the same again; what talks to the outside is a step. A turn whose
    /// record was not accepted is taken again, and then `make` is called again.
    ///
    /// # Panics
    /// When the history holds a value of another type: the run is quarantined, since its code is wrong.
    #[track_caller]
    pub fn record<T: Serialize + DeserializeOwned>(&self, make: impl FnOnce() -> T) -> T {
        let site = Location::caller();
        let (replays, found) = {
            let stage = self.stage.borrow();
            let found = match stage.mark_here() {
                Some(Command::Recorded(recorded)) => Some(recorded.value_json.clone()),
                _ => None,
            };
            (stage.marks.is_some(), found)
        };
        let value_json = match found {
            Some(found) => found,
            None if replays => {
                depart(&self.stage, Command::Recorded(wire::Recorded { value_json: Vec::new() }), site)
            }
            None => to_json(&make()),
        };
        // Also a fresh value is read back, so that nothing is lost on replay that the first time had.
        let value = serde_json::from_slice(&value_json)
            .unwrap_or_else(|error| panic!("the value recorded at {site} does not read: {error}"));
        self.stage.borrow_mut().command(Command::Recorded(wire::Recorded { value_json }), site);
        value
    }

    /// Which way this run goes where the code was changed: `supported` are the ways that this code still knows. A run
    /// that comes here for the first time records the highest and keeps to it; a run that was here before the change
    /// gets the lowest, and goes on as it began.
    ///
    /// # Panics
    /// When the run goes a way that is not among the `supported`: it is stopped.
    #[track_caller]
    pub fn version(&self, name: &str, supported: RangeInclusive<u32>) -> u32 {
        let site = Location::caller();
        let (lowest, highest) = (*supported.start(), *supported.end());
        let mark = |version| Command::Version(wire::Version { name: name.to_owned(), version });
        let mut stage = self.stage.borrow_mut();
        let known = stage.versions.get(name).copied();
        let version = match (known, stage.mark_here()) {
            (Some(known), _) => known,
            (None, Some(Command::Version(found))) if found.name == name => {
                let version = found.version;
                if !supported.contains(&version) {
                    drop(stage);
                    depart(&self.stage, mark(highest), site);
                }
                stage.command(mark(version), site);
                version
            }
            (None, _) if stage.marks.is_some() => lowest,
            (None, _) => {
                stage.command(mark(highest), site);
                highest
            }
        };
        stage.versions.insert(name.to_owned(), version);
        drop(stage);
        assert!(
            supported.contains(&version),
            "this run goes way {version} of {name}, which is not known here"
        );
        version
    }
}

/// Ends a replay that cannot go on, showing what this build would do. Unwinds past the workflow's code, since there
/// is nothing that could be returned to it.
fn depart(stage: &RefCell<Stage>, instead: Command, site: &'static Location<'static>) -> ! {
    {
        let mut stage = stage.borrow_mut();
        stage.command(instead, site);
        stage.departed = true;
        // What is dropped on the way out means nothing.
        stage.closing = true;
    }
    std::panic::resume_unwind(Box::new("the replay cannot go on"))
}
