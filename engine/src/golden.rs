//! Golden histories: what a build recorded, kept in a file, so that every later build can be asked whether its code
//! would still decide the same.
//!
//! The file is text, a line a record, with what was sealed still sealed: replaying needs no data key, only the key that the
//! records are chained under.
//!
//! ```text
//! run 01KAJ4XW8Q2M6V3N5R7T9Y1B3D
//! view eyJzdGF0ZSI6InBhaWQifQ==
//! record <its keyed hash> <its bytes>
//! record …
//! ```

use crate::history::{self, Corrupt};
use crate::inspect::{InspectError, compare};
use crate::registry::Registry;
use crate::run_id::RunId;
use crate::store::{Store, StoredRecord};
use crate::vault::Vault;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::str::FromStr;

/// A run's whole history and what the run showed at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Golden {
    run: RunId,
    view: Vec<u8>,
    records: Vec<StoredRecord>,
}

/// Why a text is no golden history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct NotGolden {
    line: usize,
    why: &'static str,
}

impl Golden {
    /// Takes down the history of a run that is at rest.
    ///
    /// # Errors
    /// The run does not exist or cannot be read.
    pub async fn of(store: &dyn Store, run: RunId) -> Result<Self, InspectError> {
        let row = store.run(run).await?.ok_or(InspectError::NotFound)?;
        let records = history::read(store, run, 0).await?;
        Ok(Self { run, view: row.view, records })
    }

    /// What differs between the history and this build's code, or between what it showed and what that shows now; none
    /// if nothing does.
    ///
    /// # Errors
    /// The records are not what was recorded under this key.
    pub fn replay(&self, registry: &Registry, vault: &Vault) -> Result<Option<String>, Corrupt> {
        let records = history::decode(vault, self.run, 0, &self.records)?;
        Ok(compare(registry, self.run, &records, &self.view)?.difference)
    }
}

impl std::fmt::Display for Golden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
        writeln!(f, "run {}\nview {}", self.run, text(&self.view))?;
        self.records.iter().try_for_each(|it| writeln!(f, "record {} {}", text(&it.mac), text(&it.record)))
    }
}

impl FromStr for Golden {
    type Err = NotGolden;

    fn from_str(text: &str) -> Result<Self, NotGolden> {
        let (mut run, mut view, mut records) = (None, None, Vec::new());
        for (line, text) in (1..).zip(text.lines()) {
            let bad = |why| NotGolden { line, why };
            let bytes = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| bad("expected base64"));
            match text.split(' ').collect::<Vec<_>>()[..] {
                ["run", id] => run = Some(id.parse().map_err(|_| bad("expected a run's id"))?),
                ["view", text] => view = Some(bytes(text)?),
                ["record", mac, record] => {
                    let (seq, mac, record) = (records.len() as u64 + 1, bytes(mac)?, bytes(record)?);
                    records.push(StoredRecord { seq, mac, record });
                }
                _ => return Err(bad("expected `run ID`, `view VIEW` or `record HASH RECORD`")),
            }
        }
        let missing = |why| NotGolden { line: text.lines().count(), why };
        Ok(Self {
            run: run.ok_or_else(|| missing("no run"))?,
            view: view.ok_or_else(|| missing("no view"))?,
            records,
        })
    }
}
