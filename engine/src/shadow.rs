//! Shadow replay: a run whose record was accepted is now and then replayed from the store and compared.
//!
//! Workflow code that looks at a clock, throws dice or keeps something between turns decides differently when it is
//! run again. Here that is found while the run is young, and not when the next process brings it back. A run that
//! differs is paused with what was found; nothing it has done is undone.

use crate::bounded::{GaveUp, Replays};
use crate::execution::Execution;
use crate::fold::Fold;
use crate::history::{self, History};
use crate::lane::{Arrival, LaneMessage, Lanes};
use crate::registry::Registry;
use crate::replay::{self, Replayed};
use crate::run_id::RunId;
use crate::settings::Shadow;
use crate::stage::Shown;
use crate::store::{RunStatus, Store};
use crate::vault::{RecordMac, Vault};
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::received::Input;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How a live run stands right after a record, as far as a replay must come to the same.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) seq: u64,
    since: u64,
    mac: RecordMac,
    status: RunStatus,
    shown: Arc<Shown>,
    steps: Vec<u64>,
    timers: Vec<u64>,
}

impl Standing {
    /// How a run with this fold and this workflow stands.
    pub(crate) fn of(fold: &Fold, execution: &Execution) -> Self {
        Self {
            seq: fold.head,
            since: fold.since,
            mac: fold.mac,
            status: fold.status,
            shown: execution.shown(),
            steps: fold.steps.keys().copied().collect(),
            timers: fold.timers.keys().copied().collect(),
        }
    }
}

/// Picks records, replays their runs and pauses those that differ. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shadows(Arc<Inner>);

struct Inner {
    parts: ShadowParts,
    records: AtomicU64,
    runtime: tokio::runtime::Handle,
}

/// What shadow replay works with.
pub(crate) struct ShadowParts {
    pub(crate) how: Shadow,
    pub(crate) replays: Replays,
    pub(crate) registry: Arc<Registry>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Lanes,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Shadows {
    pub(crate) fn new(parts: ShadowParts) -> Self {
        Self(Arc::new(Inner {
            parts,
            records: AtomicU64::new(0),
            runtime: tokio::runtime::Handle::current(),
        }))
    }

    /// Whether the record that was just accepted is one to look at.
    pub(crate) fn picks(&self) -> bool {
        match self.0.parts.how {
            Shadow::Off => false,
            Shadow::Always => true,
            Shadow::Sampled(every) => {
                self.0.records.fetch_add(1, Ordering::Relaxed).is_multiple_of(u64::from(every.get()))
                    && self.0.parts.replays.have_room()
            }
        }
    }

    /// Replays the run up to where it stood, and pauses it if that comes to something else.
    pub(crate) fn look(&self, run: RunId, stood: Standing) {
        let shadows = self.clone();
        let stop = self.0.parts.stop.clone();
        let looking = async move {
            tokio::select! {
                () = stop.cancelled() => {}
                difference = shadows.difference(run, stood) => if let Some(difference) = difference {
                    shadows.pause(run, difference);
                }
            }
        };
        self.0.parts.tasks.spawn_on(looking, &self.0.runtime);
    }

    async fn difference(&self, run: RunId, stood: Standing) -> Option<String> {
        let ShadowParts { registry, vault, store, replays, .. } = &self.0.parts;
        // A store that does not answer, and a damaged history, are told by whoever needs the run.
        // Of a record that continued the workflow, the end of the code before it is the interesting part.
        let since = if stood.since == stood.seq { 0 } else { stood.since };
        let mut stored = history::read(store.as_ref(), run, since).await.ok()?;
        stored.retain(|record| record.seq <= stood.seq);
        let records = history::decode(vault, run, since, &stored).ok()?;
        let registry = Arc::clone(registry);
        let looked = replays
            .make(move || difference(&registry, run, History { since, records: &records }, &stood))
            .await;
        match looked {
            Ok(difference) => difference,
            Err(stuck @ GaveUp::Stuck { .. }) => Some(stuck.to_string()),
            Err(GaveUp::Busy | GaveUp::Panicked) => None,
        }
    }

    fn pause(&self, run: RunId, difference: String) {
        let reason = format!("a replay came to something else: {difference}");
        tracing::error!(%run, reason, "a run is not deterministic and is paused");
        let control =
            wire::Control { kind: Kind::Pause.into(), actor: "engine".into(), reason, key: String::new() };
        let (reply, _) = oneshot::channel();
        let arrival = Arrival::OfPerson { input: Input::Control(control), reply, sure: false };
        self.0.parts.lanes.send(run, LaneMessage::Arrived { run, arrival });
    }
}

fn difference(registry: &Registry, run: RunId, history: History<'_>, stood: &Standing) -> Option<String> {
    let Replayed { fold, execution } = replay::replay(registry, run, history).ok()?;
    match execution {
        Err(stop) => Some(stop.to_string()),
        Ok(execution) => {
            let difference = compare(stood, &Standing::of(&fold, &execution));
            difference.map(|difference| format!("{difference}{}", execution.after()))
        }
    }
}

fn compare(live: &Standing, replayed: &Standing) -> Option<String> {
    if live == replayed {
        return None;
    }
    let seq = live.seq;
    Some(if live.shown == replayed.shown {
        format!(
            "record {seq}: live it had steps {:?} and timers {:?}, replayed {:?} and {:?}",
            live.steps, live.timers, replayed.steps, replayed.timers
        )
    } else {
        let text = |shown: &Shown| String::from_utf8_lossy(&shown.view).into_owned();
        format!("record {seq}: live it showed {}, replayed {}", text(&live.shown), text(&replayed.shown))
    })
}
