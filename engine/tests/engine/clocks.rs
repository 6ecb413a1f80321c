//! Runs that live by a clock which somebody moves: alone, with two processes at work, and across a crash.

use crate::hall::SECOND;
use crate::simulation::{MS, simulate, start_of, told};
use ordain_engine::clock::{Clock, ManualClock, Micros};
use ordain_engine::clocks::ClockFace;
use ordain_engine::store::Attributes;
use ordain_engine::store::memory::{MemoryDisk, MemoryStore};
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where the moved clock begins: long before the store's.
const MORNING: Micros = 1_600_000_000_000_000;
const HOUR: Micros = 3_600 * SECOND;

/// A clock that stands where it was told to.
struct Dial;

impl Workflow for Dial {
    const NAME: &'static str = "dial";
    const VERSION: u32 = 1;
    type Input = Micros;
    type Message = Micros;
    type Answer = ();

    async fn run(ctx: Ctx<Self>, stands_at: Micros) -> String {
        ctx.show(&ClockFace { stands_at }, Attributes::default());
        loop {
            let Next::Message(told) = ctx.next(None).await else { continue };
            ctx.show(&ClockFace { stands_at: told.message }, Attributes::default());
            ctx.answer(&told, &());
        }
    }
}

/// Wakes every hour, rings each time, and says when, by its clock; asked, it says what time it is.
struct Alarm;

impl Workflow for Alarm {
    const NAME: &'static str = "alarm";
    const VERSION: u32 = 1;
    type Input = ();
    type Message = ();
    type Answer = Micros;

    async fn run(ctx: Ctx<Self>, (): ()) -> String {
        let mut next = ctx.now() + HOUR;
        loop {
            match ctx.next(Some(next)).await {
                Next::Message(told) => ctx.answer(&told, &ctx.now()),
                Next::Step(..) => {}
                Next::Deadline => {
                    ctx.start(Ring { at: ctx.now() });
                    next += HOUR;
                }
            }
            ctx.show(&(ctx.now() - MORNING), Attributes::default());
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Ring {
    at: Micros,
}

impl Activity for Ring {
    const NAME: &'static str = "ring";
    type Output = ();

    fn key(&self) -> String {
        "ring".into()
    }

    fn policy(&self) -> Policy {
        Policy::new(3, Duration::from_secs(10), OnUnknown::Again)
    }
}

/// What outlives a process, and which hours were rung.
struct Tower {
    clock: Arc<ManualClock>,
    disk: MemoryDisk,
    rung: Arc<Mutex<Vec<Micros>>>,
    dial: RunId,
    alarm: RunId,
}

struct Node {
    store: Arc<MemoryStore>,
    engine: Engine,
}

impl Tower {
    fn new(disk: MemoryDisk) -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
        let run = |n| RunId::new(clock.now(), [n; 10]);
        Self { dial: run(1), alarm: run(2), clock, disk, rung: Arc::default() }
    }

    fn open(&self) -> Node {
        let store = Arc::new(self.disk.connect().slow(self.clock.clone(), MS));
        let rung = Arc::clone(&self.rung);
        let registry =
            Registry::new().workflow::<Dial>().workflow::<Alarm>().activity(move |_, ring: Ring| {
                rung.lock().unwrap().push((ring.at - MORNING) / HOUR);
                std::future::ready(Attempt::Done(()))
            });
        let parts = EngineParts {
            store: Arc::clone(&store) as _,
            vault: Arc::new(Vault::new(&[7; 32])),
            registry,
            clock: self.clock.clone(),
            settings: Settings { shadow: Shadow::Always, ..Settings::default() },
        };
        Node { store, engine: Engine::open_on_this_thread(parts) }
    }

    /// A clock that stands at `MORNING`, and an alarm on it.
    async fn wind(&self, node: &Node) {
        let dial = start_of(&node.engine, self.dial, "dial", &MORNING);
        node.engine.start(dial).await.unwrap();
        let alarm = start_of(&node.engine, self.alarm, "alarm", &());
        node.engine.start(StartRequest { clock: Some(self.dial), ..alarm }).await.unwrap();
    }

    async fn set(&self, node: &Node, hours: Micros) {
        let at = MORNING + hours * HOUR;
        node.engine.call(told(self.dial, &format!("set {hours}"), &at)).await.unwrap();
        node.engine.wake_due_on(self.dial).await.unwrap();
    }

    /// Waits until nothing is due on the clock, or under way.
    async fn settle(&self, node: &Node) {
        loop {
            let waits = node.engine.waits_on(self.dial).await.unwrap();
            let stands_at = node.engine.time_on(self.dial).await.unwrap().unwrap();
            if waits.under_way.is_empty() && waits.next_timer.is_none_or(|timer| timer > stands_at) {
                return;
            }
            self.clock.sleep_until(self.clock.now() + 20 * MS).await;
        }
    }

    async fn asked(&self, node: &Node, key: &str) -> Micros {
        let reply = node.engine.call(told(self.alarm, key, &())).await.unwrap();
        serde_json::from_slice::<Micros>(&reply.answer.unwrap()).unwrap() - MORNING
    }

    fn rung(&self) -> Vec<Micros> {
        self.rung.lock().unwrap().clone()
    }
}

#[test]
fn a_clock_that_stands_still_wakes_nobody() {
    let tower = Tower::new(MemoryDisk::default());
    simulate(&tower.clock, async {
        let node = tower.open();
        tower.wind(&node).await;
        tower.clock.sleep_until(tower.clock.now() + 100 * SECOND).await;
        assert!(tower.rung().is_empty());
        assert_eq!(tower.asked(&node, "time").await, 0);
        let waits = node.engine.waits_on(tower.dial).await.unwrap();
        assert_eq!((waits.next_timer, waits.under_way), (Some(MORNING + HOUR), vec![]));
    });
}

#[test]
fn a_clock_that_moves_wakes_whoever_is_due_and_tells_them_its_time() {
    let tower = Tower::new(MemoryDisk::default());
    simulate(&tower.clock, async {
        let node = tower.open();
        tower.wind(&node).await;
        for hour in 1..=3 {
            tower.set(&node, hour).await;
            tower.settle(&node).await;
        }
        assert_eq!(tower.rung(), [1, 2, 3]);
        // Moved past two timers at once, each is told where the clock stands.
        tower.set(&node, 5).await;
        tower.settle(&node).await;
        assert_eq!(tower.rung(), [1, 2, 3, 5, 5]);
        assert_eq!(tower.asked(&node, "time").await, 5 * HOUR);
        let replayed = node.engine.replay(tower.alarm).await.unwrap();
        assert_eq!(replayed.difference, None);
    });
}

#[test]
fn whichever_process_moves_a_clock_every_other_one_goes_by_it() {
    let tower = Tower::new(MemoryDisk::shared());
    simulate(&tower.clock, async {
        let (a, b) = (tower.open(), tower.open());
        tower.wind(&a).await;
        // a has it in memory, b moves the clock.
        assert_eq!(tower.asked(&a, "first").await, 0);
        tower.set(&b, 1).await;
        tower.settle(&b).await;
        assert_eq!(tower.rung(), [1]);
        assert_eq!(tower.asked(&a, "second").await, HOUR);
        tower.set(&a, 2).await;
        tower.settle(&b).await;
        assert_eq!((tower.rung(), tower.asked(&b, "third").await), (vec![1, 2], 2 * HOUR));
    });
}

#[test]
fn what_was_due_when_a_process_died_is_made_up_for() {
    let tower = Tower::new(MemoryDisk::default());
    simulate(&tower.clock, async {
        let node = tower.open();
        tower.wind(&node).await;
        let set = told(tower.dial, "set", &(MORNING + HOUR));
        node.engine.call(set).await.unwrap();
        // It dies before it has woken anybody.
        node.store.crash();
        tokio::task::spawn_local(async move { node.engine.stop().await });
        let node = tower.open();
        assert_eq!(node.engine.time_on(tower.dial).await.unwrap(), Some(MORNING + HOUR));
        assert!(tower.rung().is_empty());
        node.engine.wake_due_on(tower.dial).await.unwrap();
        tower.settle(&node).await;
        assert_eq!(tower.rung(), [1]);
    });
}

#[test]
fn nobody_starts_on_something_that_is_no_clock() {
    let tower = Tower::new(MemoryDisk::default());
    simulate(&tower.clock, async {
        let node = tower.open();
        tower.wind(&node).await;
        let run = node.engine.new_run_id();
        let alarm = start_of(&node.engine, run, "alarm", &());
        for clock in [tower.alarm, run] {
            let refused = node.engine.start(StartRequest { clock: Some(clock), ..alarm.clone() }).await;
            assert_eq!(refused, Err(CallError::Faulted(format!("{clock} is no clock"))));
        }
    });
}
