//! Two engines on one store, and an outside of bells that notes who rang and answers when it is let.

use crate::simulation::{MS, simulate, start_of, told};
use ordain_engine::clock::{Clock, ManualClock, Micros};
use ordain_engine::store::Attributes;
use ordain_engine::store::memory::{MemoryDisk, MemoryStore};
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub const SECOND: Micros = 1_000 * MS;

/// What lives on when a process dies.
pub struct Hall {
    pub clock: Arc<ManualClock>,
    pub disk: MemoryDisk,
    pub bells: Arc<Bells>,
    pub run: RunId,
}

/// The outside.
#[derive(Default)]
pub struct Bells {
    /// Who rang, in order.
    rung: Mutex<Vec<String>>,
    mood: watch::Sender<Mood>,
}

/// How a bell answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Not yet.
    #[default]
    Silent,
    /// Come again.
    Busy,
    /// It is done.
    Rings,
}

impl Bells {
    pub fn rung(&self) -> Vec<String> {
        self.rung.lock().unwrap().clone()
    }

    pub fn are(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    async fn ring(&self, who: &str) -> Attempt<String> {
        self.rung.lock().unwrap().push(who.to_owned());
        let mut mood = self.mood.subscribe();
        let mood = *mood.wait_for(|mood| *mood != Mood::Silent).await.unwrap();
        match mood {
            Mood::Busy => Attempt::Retry { why: "busy".into(), after: None },
            _ => Attempt::Done(format!("rung by {who}")),
        }
    }
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ring {
    /// An unknown outcome parks it; else it may be rung again.
    pub parks: bool,
}

impl Activity for Ring {
    const NAME: &'static str = "ring";
    type Output = String;

    fn key(&self) -> String {
        "the bell".into()
    }

    fn policy(&self) -> Policy {
        let on_unknown = if self.parks { OnUnknown::Park } else { OnUnknown::Again };
        Policy::new(1000, Duration::from_secs(3600), on_unknown)
    }
}

/// What a porter is told. Each word is answered with how many there were, those of [`Word::Hold`] with the word after.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Word {
    Count,
    Hold,
    Ring { parks: bool },
    Nap(Micros),
}

/// A run that does as it is told; of the `V`-th release.
pub struct Porter<const V: u32>;

impl<const V: u32> Workflow for Porter<V> {
    const NAME: &'static str = "porter";
    const VERSION: u32 = V;
    type Input = ();
    type Message = Word;
    type Answer = usize;

    async fn run(ctx: Ctx<Self>, (): ()) -> String {
        let (mut words, mut held, mut naps_until) = (0, None, None);
        loop {
            match ctx.next(naps_until).await {
                Next::Message(told) => {
                    words += 1;
                    if let Some(held) = held.take() {
                        ctx.answer(&held, &words);
                    }
                    match &told.message {
                        Word::Hold => {
                            held = Some(told);
                            continue;
                        }
                        Word::Ring { parks } => drop(ctx.start(Ring { parks: *parks })),
                        Word::Nap(span) => naps_until = Some(ctx.now() + span),
                        Word::Count => {}
                    }
                    ctx.answer(&told, &words);
                }
                Next::Step(_, StepNews::Ended(end)) => ctx.event("Rung", &end.of::<Ring>().unwrap()),
                Next::Step(..) => {}
                Next::Deadline => {
                    naps_until = None;
                    ctx.event("Woke", &());
                }
            }
            ctx.show(&words, Attributes::default());
        }
    }
}

/// One process.
pub struct Node {
    pub store: Arc<MemoryStore>,
    pub engine: Engine,
    run: RunId,
}

impl Hall {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
        let run = RunId::new(clock.now(), [9; 10]);
        Self { clock, disk: MemoryDisk::shared(), bells: Arc::default(), run }
    }

    /// Opens a process of this name.
    pub fn open(&self, name: &str) -> Node {
        self.open_release::<1>(name, self.clock.clone())
    }

    /// Opens a process of this name, of the `V`-th release, on a machine with this clock.
    pub fn open_release<const V: u32>(&self, name: &str, clock: Arc<dyn Clock>) -> Node {
        let store = Arc::new(self.disk.connect().slow(self.clock.clone(), MS));
        let (bells, name) = (Arc::clone(&self.bells), name.to_owned());
        let registry = Registry::new().workflow::<Porter<V>>().activity(move |_, _: Ring| {
            let (bells, name) = (Arc::clone(&bells), name.clone());
            async move { bells.ring(&name).await }
        });
        let parts = EngineParts {
            store: Arc::clone(&store) as _,
            vault: Arc::new(Vault::new(&[7; 32])),
            registry,
            clock,
            settings: Settings::default(),
        };
        Node { store, engine: Engine::open_on_this_thread(parts), run: self.run }
    }

    pub async fn sleep(&self, span: Micros) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }

    /// Waits until `holds`, and tells how long that took.
    pub async fn until(&self, mut holds: impl AsyncFnMut() -> bool) -> Micros {
        let begin = self.clock.now();
        while !holds().await {
            self.sleep(20 * MS).await;
        }
        self.clock.now() - begin
    }

    /// Waits until the history of the run says `text`, and tells how long that took.
    pub async fn until_told(&self, node: &Node, text: &str) -> Micros {
        self.until(async || node.says(text).await > 0).await
    }

    /// Runs `body` with the processes `a` and `b`, of which `a` has started the run.
    pub fn play(body: impl AsyncFnOnce(&Self, Node, Node)) {
        let hall = Self::new();
        simulate(&hall.clock, async {
            let (a, b) = (hall.open("a"), hall.open("b"));
            a.start(1).await;
            // From now on both may judge who is gone.
            hall.sleep(8 * SECOND).await;
            body(&hall, a, b).await;
        });
    }
}

impl Node {
    pub async fn start(&self, version: u32) {
        let request = start_of(&self.engine, self.run, "porter", &());
        self.engine.start(StartRequest { workflow_version: version, ..request }).await.unwrap();
    }

    /// Says something under a key and waits for the answer.
    pub async fn ask(&self, key: &str, word: Word) -> Result<usize, CallError> {
        let reply = self.engine.call(told(self.run, key, &word)).await?;
        Ok(serde_json::from_slice(&reply.answer.unwrap()).unwrap())
    }

    /// Says something and waits until it is durable.
    pub async fn say(&self, key: &str, word: Word) -> Result<(), CallError> {
        self.engine.send(told(self.run, key, &word)).await.map(drop)
    }

    /// How many lines of the history say `text`.
    pub async fn says(&self, text: &str) -> usize {
        let Ok(records) = self.engine.history(self.run, 0).await else { return 0 };
        records.iter().flat_map(|record| &record.lines).filter(|line| line.text.contains(text)).count()
    }

    /// Dies.
    pub fn crash(self) {
        self.store.crash();
        tokio::task::spawn_local(async move { self.engine.stop().await });
    }
}

/// A machine whose clock is wrong.
pub struct Skewed {
    pub right: Arc<ManualClock>,
    pub by: Micros,
}

impl Clock for Skewed {
    fn now(&self) -> Micros {
        self.right.now() + self.by
    }

    fn sleep_until(&self, at: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.right.sleep_until(at - self.by)
    }

    fn monotonic(&self) -> Micros {
        self.right.monotonic()
    }

    fn pause(&self, span: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.right.pause(span)
    }
}
