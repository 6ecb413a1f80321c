//! Putting an engine together and setting it going.

use super::stopping::Stops;
use super::{Engine, EngineParts, Inner};
use crate::bounded::Replays;
use crate::bounds::CALLS_MAX;
use crate::committer::{Committer, Handed};
use crate::downstream::Downstreams;
use crate::follower::Follower;
use crate::lane::{LaneTools, Lanes, Poisons, PollFile};
use crate::notifier::Notifier;
use crate::peers::{Peers, StoreClock};
use crate::performer::{Performer, PerformerParts};
use crate::registry::Registry;
use crate::run_id::RunId;
use crate::scanner::Scanner;
use crate::settings::Settings;
use crate::shadow::{ShadowParts, Shadows};
use crate::store::Store;
use crate::vault::{Vault, dice};
use crate::whereabouts;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

/// Lanes, each a thread. Turns are short; two keep two cores busy.
const LANES: usize = 2;

/// What every part of an engine works with.
struct Frame {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    registry: Arc<Registry>,
    clock: Arc<StoreClock>,
    peers: Peers,
    lanes: Lanes,
    notifier: Arc<Notifier>,
    tasks: TaskTracker,
    stops: Stops,
}

/// Puts an engine together; from here on every open run is driven on.
///
/// `watched` says how long code may be polled; `take_seats` sets whoever takes turns on the lanes' seats.
pub(super) fn open(
    parts: EngineParts,
    watched: Option<Duration>,
    take_seats: impl FnOnce(LaneTools),
) -> Engine {
    let EngineParts { store, vault, registry, clock, settings } = parts;
    whereabouts::see_panics();
    let poisons = Arc::new(Poisons::default());
    let poll_file = settings.notes_in.as_deref().and_then(|folder| open_poll_file(folder, &poisons));
    let clock = Arc::new(StoreClock::new(clock));
    let frame = Frame {
        store,
        vault,
        registry: Arc::new(registry),
        peers: Peers::new(own_name(), Arc::clone(&clock)),
        clock,
        lanes: Lanes::new(LANES),
        notifier: Arc::default(),
        tasks: TaskTracker::new(),
        stops: Stops::default(),
    };
    let live_max = settings.live_max.div_ceil(LANES);
    let (shadows, performer) = (frame.shadows(&settings, watched), frame.performer(settings));
    let commits = frame.spawn_committer();
    let tools = frame.lane_tools(&performer, shadows, &commits);
    take_seats(LaneTools { poisons, poll_file: poll_file.clone(), live_max, ..tools });
    let moved = frame.spawn_watchers();
    let Frame { store, vault, registry, clock, peers, lanes, notifier, tasks, stops } = frame;
    let calls = Semaphore::new(CALLS_MAX);
    Engine(Arc::new(Inner {
        store,
        vault,
        registry,
        clock,
        peers,
        lanes,
        commits,
        notifier,
        performer,
        poll_file,
        replays: Replays::new(watched),
        calls,
        moved,
        tasks,
        stops,
    }))
}

impl Frame {
    fn performer(&self, settings: Settings) -> Performer {
        Performer::new(PerformerParts {
            registry: Arc::clone(&self.registry),
            lanes: self.lanes.clone(),
            clock: Arc::clone(&self.clock) as _,
            downstreams: Arc::new(Downstreams::new(settings.limits)),
            tasks: self.tasks.clone(),
            stop: self.stops.work.clone(),
            peers: self.peers.clone(),
            store: Arc::clone(&self.store),
            vault: Arc::clone(&self.vault),
            held: settings.held,
        })
    }

    fn shadows(&self, settings: &Settings, watched: Option<Duration>) -> Shadows {
        Shadows::new(ShadowParts {
            how: settings.shadow,
            replays: Replays::new(watched),
            registry: Arc::clone(&self.registry),
            vault: Arc::clone(&self.vault),
            store: Arc::clone(&self.store),
            lanes: self.lanes.clone(),
            tasks: self.tasks.clone(),
            stop: self.stops.all.clone(),
        })
    }

    fn spawn_committer(&self) -> mpsc::UnboundedSender<Handed> {
        let (commits, requests) = mpsc::unbounded_channel();
        let committer = Committer {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock) as _,
            lanes: self.lanes.clone(),
            cut: self.stops.waiting.clone(),
        };
        self.tasks.spawn(committer.run(requests, self.stops.all.clone()));
        commits
    }

    fn lane_tools(
        &self,
        performer: &Performer,
        shadows: Shadows,
        commits: &mpsc::UnboundedSender<Handed>,
    ) -> LaneTools {
        LaneTools {
            registry: Arc::clone(&self.registry),
            vault: Arc::clone(&self.vault),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock) as _,
            peers: self.peers.clone(),
            commits: commits.clone(),
            performer: performer.clone(),
            notifier: Arc::clone(&self.notifier),
            shadows,
            lanes: self.lanes.clone(),
            poisons: Arc::default(),
            poll_file: None,
            tasks: self.tasks.clone(),
            stop: self.stops.all.clone(),
            cut: self.stops.waiting.clone(),
            live_max: usize::MAX,
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Whoever looks at the store: for due runs, for other processes and for what those wrote.
    fn spawn_watchers(&self) -> mpsc::UnboundedSender<Vec<RunId>> {
        self.tasks.spawn(self.peers.clone().run(Arc::clone(&self.store), self.stops.all.clone()));
        let scanner = Scanner {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            lanes: self.lanes.clone(),
            peers: self.peers.clone(),
            knows: self.registry.workflows(),
        };
        self.tasks.spawn(scanner.run(self.stops.work.clone()));
        let (moved, moved_runs) = mpsc::unbounded_channel();
        let follower = Follower {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            lanes: self.lanes.clone(),
            notifier: Arc::clone(&self.notifier),
            peers: self.peers.clone(),
        };
        self.tasks.spawn(follower.run(moved_runs, self.stops.all.clone()));
        moved
    }
}

/// A name for this process that no other one has had: whoever restarts is somebody else.
fn own_name() -> u64 {
    // Nought stands for nobody.
    u64::from_be_bytes(dice()).max(1)
}

/// Without the file a run that takes the process down is polled again and again; that is no reason not to start.
fn open_poll_file(folder: &Path, poisons: &Poisons) -> Option<Arc<PollFile>> {
    match PollFile::open(folder, LANES, poisons) {
        Ok(file) => Some(Arc::new(file)),
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "cannot keep a file of what is being polled");
            None
        }
    }
}
