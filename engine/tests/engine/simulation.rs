//! A world of one thread, in which time passes only when nothing else can happen: engines on a store in memory, an
//! outside that knows every effect by its key, and a person who looks before deciding.

use ordain_engine::clock::{Clock, ManualClock, Micros};
use ordain_engine::store::memory::{MemoryDisk, MemoryStore};
use ordain_engine::store::{Attributes, RunStatus};
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const MS: Micros = 1_000;
const BEGIN: Micros = 1_800_000_000_000_000;
/// After so many turns of everything else without anybody waking, nothing is left to do at this time. More than any
/// chain of wake-ups in the engine is long; fewer would only let time pass earlier, which a world may do.
const QUIET: u32 = 48;
/// No world lives longer: then it is wedged.
const LIFE: Micros = 300_000 * MS;

/// Lets `body` run to its end in a world of its own.
pub fn simulate<T>(clock: &ManualClock, body: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            ended = body => ended,
            () = pass_time(clock) => panic!("five minutes have passed and nothing came of it"),
        }
    })
}

async fn pass_time(clock: &ManualClock) {
    while clock.now() < BEGIN + LIFE {
        for _ in 0..QUIET {
            tokio::task::yield_now().await;
        }
        clock.advance_to_next_sleeper();
    }
}

/// Dice that fall the same for the same seed.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.throw() % end
    }
}

/// What lives on when a process dies.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub disk: MemoryDisk,
    pub outside: Arc<Outside>,
}

impl World {
    /// `unreliable` seeds the outside's moods; without it every attempt succeeds.
    pub fn new(unreliable: Option<u64>) -> Self {
        let clock = Arc::new(ManualClock::new(BEGIN));
        let outside = Outside { clock: clock.clone(), unreliable, ..Outside::quiet(clock.clone()) };
        Self { clock, disk: MemoryDisk::default(), outside: Arc::new(outside) }
    }

    /// The same, for several processes at a time.
    pub fn shared(unreliable: Option<u64>) -> Self {
        Self { disk: MemoryDisk::shared(), ..Self::new(unreliable) }
    }

    pub async fn sleep(&self, span: Micros) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }

    /// A connection whose commits take a millisecond.
    pub fn connect(&self) -> Arc<MemoryStore> {
        Arc::new(self.disk.connect().slow(self.clock.clone(), MS))
    }

    pub fn open(&self, store: &Arc<MemoryStore>, registry: Registry) -> Engine {
        let (outside, seen) = (Arc::clone(&self.outside), Arc::clone(&self.outside));
        let registry = registry
            .activity(move |cx, post: Post| {
                let outside = Arc::clone(&outside);
                async move { outside.attempt((cx.run, cx.step), post).await }
            })
            .look_up(move |cx, post: Post| {
                let posted = seen.posted.lock().unwrap().contains_key(&(cx.run, cx.step));
                let found = if posted { LookUp::Found(post.output()) } else { LookUp::Absent };
                async move { found }
            });
        let (store, vault) = (Arc::clone(store), Arc::new(Vault::new(&[7; 32])));
        let (clock, settings) = (self.clock.clone(), Settings::default());
        Engine::open_on_this_thread(EngineParts { store, vault, registry, clock, settings })
    }
}

/// A step: posts something outside, known there by (run, step).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Post {
    pub what: String,
    pub way: Way,
}

/// What is done when nobody knows whether a post had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Reads,
    Again,
    LooksUp,
    Parks,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Reads, Self::Again, Self::LooksUp, Self::Parks];
    /// A request is never longer on its way than this.
    const ABSENT_PROVES: Duration = Duration::from_millis(200);

    const fn on_unknown(self) -> OnUnknown {
        match self {
            Self::Reads => OnUnknown::Reads,
            Self::Again => OnUnknown::Again,
            Self::LooksUp => OnUnknown::LookUp { absent_proves_after: Some(Self::ABSENT_PROVES) },
            Self::Parks => OnUnknown::Park,
        }
    }
}

impl Post {
    fn output(&self) -> String {
        format!("{} done", self.what)
    }
}

impl Activity for Post {
    const NAME: &'static str = "post";
    type Output = String;

    fn key(&self) -> String {
        self.what.clone()
    }

    fn policy(&self) -> Policy {
        Policy::new(20, Duration::from_secs(3600), self.way.on_unknown())
    }
}

/// The outside: it does a thing once per key, whatever it answers.
pub struct Outside {
    clock: Arc<ManualClock>,
    unreliable: Option<u64>,
    attempts: AtomicU64,
    pub posted: Mutex<BTreeMap<(RunId, u64), String>>,
    /// Things that must not be repeated blindly, and were.
    pub blind: Mutex<BTreeSet<String>>,
}

impl Outside {
    fn quiet(clock: Arc<ManualClock>) -> Self {
        Self {
            clock,
            unreliable: None,
            attempts: AtomicU64::new(0),
            posted: Mutex::default(),
            blind: Mutex::default(),
        }
    }

    async fn attempt(&self, key: (RunId, u64), post: Post) -> Attempt<String> {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        let mut dice = Dice(self.unreliable.unwrap_or_default().wrapping_add(number));
        let unreliable = self.unreliable.is_some();
        let mut pause = async || self.clock.sleep_until(self.clock.now() + 2 * MS + span(&mut dice)).await;
        pause().await;
        let mood = if unreliable { Dice(number ^ self.unreliable.unwrap_or_default()).below(8) } else { 7 };
        if mood == 0 {
            return Attempt::Retry { why: "busy".into(), after: None };
        }
        if mood == 1 {
            return Attempt::Unknown { why: "never arrived".into() };
        }
        let again = self.posted.lock().unwrap().insert(key, post.what.clone()).is_some();
        if again && matches!(post.way, Way::LooksUp | Way::Parks) {
            self.blind.lock().unwrap().insert(post.what.clone());
        }
        pause().await;
        match mood {
            2 => Attempt::Unknown { why: "the answer was lost".into() },
            _ => Attempt::Done(post.output()),
        }
    }

    /// What was done, each as often as it was done.
    pub fn done(&self) -> Vec<String> {
        let mut done: Vec<String> = self.posted.lock().unwrap().values().cloned().collect();
        done.sort();
        done
    }

    /// Looks every parked step of a run up outside, and completes or retries it. What a dying engine answers is
    /// nothing: the next look finds the step again, and decides under the same key, so that a decision which arrives
    /// late is not taken for one about the step's next parking.
    pub async fn decide_parked(&self, engine: &Engine, run: RunId) {
        let (Ok(info), Ok(records)) = (engine.inspect(run).await, engine.history(run, 0).await) else {
            return;
        };
        let lines = || records.iter().flat_map(|record| &record.lines);
        for step in info.steps.iter().filter(|step| step.parked.is_some()) {
            let parked = format!("step #{} parked", step.step);
            let times = lines().filter(|line| line.text.starts_with(&parked)).count();
            let key = format!("{} of step {}", times, step.step);
            let person = Person { actor: "ada".into(), reason: "looked it up".into(), key };
            let posted = self.posted.lock().unwrap().get(&(run, step.step)).cloned();
            let _ = match posted {
                Some(what) => {
                    let output = serde_json::to_vec(&format!("{what} done")).unwrap();
                    engine.complete_step(run, step.step, person, output).await
                }
                None => engine.retry_step(run, step.step, person).await,
            };
        }
    }
}

fn span(dice: &mut Dice) -> Micros {
    i64::try_from(dice.below(8)).unwrap() * MS
}

/// A run that takes notes of what it is told and posts each, until it is told to close.
pub struct Ledger;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LedgerInput {
    /// Microseconds between looks of its own.
    pub period: Micros,
    /// How its posts are posted, in turn.
    pub ways: Vec<Way>,
    /// Records after which it continues; 0 for never.
    pub every: u64,
    /// What it continues with.
    pub so_far: Book,
    pub closing: bool,
    pub tick: Option<Micros>,
}

impl LedgerInput {
    pub fn new(period: Micros, ways: Vec<Way>, every: u64) -> Self {
        Self { period, ways, every, so_far: Book::default(), closing: false, tick: None }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum LedgerTold {
    Add,
    Close,
}

/// What a ledger shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Keys of the messages, in order.
    pub seen: Vec<String>,
    /// Those whose post is done.
    pub done: BTreeSet<String>,
    pub ticks: u32,
}

impl Workflow for Ledger {
    const NAME: &'static str = "ledger";
    const VERSION: u32 = 1;
    type Input = LedgerInput;
    type Message = LedgerTold;
    type Answer = usize;

    async fn run(ctx: Ctx<Self>, input: LedgerInput) -> String {
        let (mut book, mut closing) = (input.so_far, input.closing);
        let outstanding = ctx.outstanding().into_iter().map(|step| (step.step, step.key));
        let mut open: BTreeMap<StepId, String> = outstanding.collect();
        let mut tick = input.tick.unwrap_or(ctx.now() + input.period);
        while !closing || !open.is_empty() {
            if input.every > 0 && ctx.records_since_beginning() > input.every {
                let tick = Some(tick);
                let new = LedgerInput {
                    so_far: book,
                    closing,
                    tick,
                    ..LedgerInput::new(input.period, input.ways, input.every)
                };
                match ctx.continue_with(&new).await {}
            }
            match ctx.next(Some(tick)).await {
                Next::Message(told) => {
                    match told.message {
                        LedgerTold::Close => closing = true,
                        LedgerTold::Add => {
                            let way = input.ways[book.seen.len() % input.ways.len()];
                            let post = Post { what: told.key.clone(), way };
                            open.insert(ctx.start(post), told.key.clone());
                            book.seen.push(told.key.clone());
                        }
                    }
                    ctx.answer(&told, &book.seen.len());
                }
                Next::Step(step, StepNews::Ended(_)) => book.done.extend(open.remove(&step)),
                Next::Step(..) => {}
                Next::Deadline => {
                    book.ticks += 1;
                    tick = ctx.now() + input.period;
                    if book.ticks.is_multiple_of(3) {
                        let what = format!("look {} {}", ctx.now(), book.ticks);
                        let look = Post { what, way: Way::Again };
                        drop(ctx.run(look).await);
                    }
                }
            }
            let state = if closing { "closing" } else { "open" };
            ctx.show(&book, Attributes { state: state.into(), ..Attributes::default() });
        }
        "closed".into()
    }
}

/// The request that starts `run`.
pub fn start_of<I: Serialize>(engine: &Engine, run: RunId, workflow: &str, input: &I) -> StartRequest {
    StartRequest {
        run,
        workflow: workflow.into(),
        workflow_version: 1,
        input: serde_json::to_vec(input).unwrap(),
        data_key: engine.new_data_key(run),
        tenant: "test".into(),
        request_id: run.to_string(),
        label: run.to_string(),
        fingerprint: vec![1],
        actor: "tester".into(),
        clock: None,
    }
}

pub fn told<M: Serialize>(run: RunId, key: &str, message: &M) -> MessageRequest {
    let payload = serde_json::to_vec(message).unwrap();
    let (key, fingerprint, actor) = (key.to_owned(), payload.clone(), "customer".to_owned());
    MessageRequest { run, key, fingerprint, payload, actor, only_at: None }
}

/// Waits until the run is over, and decides what is parked meanwhile.
pub async fn until_closed(world: &World, engine: &Engine, run: RunId) {
    loop {
        match engine.store().run(run).await {
            Ok(Some(row)) if row.status == RunStatus::Closed => return,
            Ok(Some(row)) if row.status == RunStatus::Parked => {
                world.outside.decide_parked(engine, run).await;
            }
            Ok(Some(row)) if !row.status.takes_turns() => panic!("{run} is stopped: {}", row.reason),
            _ => {}
        }
        world.sleep(20 * MS).await;
    }
}
