//! Bad runs beside healthy ones: one panics in every turn, one never comes back, one takes the process down. They are
//! quarantined and say why; the healthy ones all finish.
//!
//! The process that is taken down is this test again, in a process of its own.

use crate::shop::*;
use futures::future::join_all;
use ordain_engine::clock::SystemClock;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Code that has not come back by then never will: long beside a turn on a busy machine, and beside the printing of a
/// panic; short beside a test.
const POLL_MAX: Duration = Duration::from_secs(5);
/// Healthy runs beside the three bad ones.
const HEALTHY: usize = 1_000;
/// Tells the process that this test starts where its store is.
const FOLDER: &str = "ORDAIN_TEST_POISONED";

/// Workflow code that loops is let go here, so that what it left behind comes back and shows that it does nothing more.
static LET_GO: AtomicBool = AtomicBool::new(false);

/// Holds something up until it is let go; must not be repeated.
#[derive(Serialize, Deserialize)]
struct Hold;

impl Activity for Hold {
    const NAME: &'static str = "hold";
    type Output = ();

    fn key(&self) -> String {
        "hold".into()
    }

    fn policy(&self) -> Policy {
        Policy::new(1, Duration::from_secs(60), OnUnknown::Park)
    }
}

/// Waits to be told, and then does what its item says.
struct Bad;

impl Workflow for Bad {
    const NAME: &'static str = "bad";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        loop {
            let Next::Message(told) = ctx.next(None).await else { unreachable!("nothing else comes") };
            match order.item.as_str() {
                "panics" => panic!("a poison payload"),
                "loops" => {
                    while !LET_GO.load(Ordering::SeqCst) {
                        std::thread::yield_now();
                    }
                }
                "aborts" => std::process::abort(),
                "floods" => loop {
                    ctx.event("Again", &());
                },
                _ => drop(ctx.run(Hold).await),
            }
            ctx.answer(&told, &Standing { state: "did it".into() });
        }
    }
}

fn person(key: &str) -> Person {
    Person { actor: "ada".into(), reason: "try once more".into(), key: key.into() }
}

fn settings() -> Settings {
    Settings { shadow: Shadow::Off, poll_max: POLL_MAX, ..Settings::default() }
}

/// Asks until there is an answer: a lane that is given up takes its callers' answers with it.
async fn insist<T, F: Future<Output = Result<T, CallError>>>(ask: impl Fn() -> F) -> T {
    loop {
        match ask().await {
            Ok(told) => return told,
            Err(CallError::Unavailable) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Starts a run, or finds the one that a process before this one started.
async fn begin(engine: &Engine, workflow: &str, item: &str) -> RunId {
    let order = Order { item: item.into(), pay_within_us: 3_600_000_000 };
    loop {
        match start_order(engine, workflow, item, &order).await {
            (run, Ok(StartOutcome::Began)) => return run,
            (_, Ok(StartOutcome::Exists(started))) => return started.run,
            (_, Err(error)) => assert_eq!(error, CallError::Unavailable),
        }
    }
}

/// Lives one healthy order's life to its end.
async fn live(engine: &Engine, item: &str) {
    let run = begin(engine, "shop", item).await;
    until(engine, run, |row| row.attributes.state != "reserving").await;
    loop {
        match engine.send(message(run, "pay", &Told::Paid)).await {
            Ok(_) | Err(CallError::Closed) => break,
            Err(error) => assert_eq!(error, CallError::Unavailable),
        }
    }
    let row = until(engine, run, |row| !matches!(row.status, RunStatus::Open)).await;
    if row.status == RunStatus::Parked {
        // Its shipment was under way when a process was taken down: somebody looked, and it never left. The next process
        // may be taken down in the middle of it again, and then it is looked at again, which is another word than the first.
        let step = engine.inspect(run).await.unwrap().steps[0].step;
        let word = format!("ship, as it stands at {}", row.seq);
        insist(|| engine.retry_step(run, step, person(&word))).await;
        until(engine, run, |row| row.status == RunStatus::Closed).await;
        return;
    }
    assert_eq!(row.status, RunStatus::Closed, "{}", row.reason);
}

/// Tells a bad run something until it is quarantined, and tells why.
async fn until_quarantined(engine: &Engine, run: RunId, key: &str) -> String {
    insist(|| engine.send(message(run, key, &Told::Ask))).await;
    until(engine, run, |row| row.status == RunStatus::Quarantined).await.reason
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_never_comes_back_is_left_behind_and_harms_no_other() {
    let (house, (gate, held)) = (House::new(), watch::channel(false));
    let registry = Registry::new().workflow::<Shop>().workflow::<Bad>().activity(move |_, Hold| {
        let mut held = held.clone();
        async move {
            held.wait_for(|go| *go).await.map_or(Attempt::Park { why: "?".into() }, |_| Attempt::Done(()))
        }
    });
    let engine = house.open_as(registry, settings()).await;
    let mut held = Vec::new();
    for n in 0..8 {
        let run = begin(&engine, "bad", &format!("holds {n}")).await;
        engine.send(message(run, "k", &Told::Ask)).await.unwrap();
        held.push(run);
    }
    let loops = begin(&engine, "bad", "loops").await;
    let reason = until_quarantined(&engine, loops, "k").await;
    assert!(reason.contains(&format!("did not come back within {POLL_MAX:?} after")), "{reason}");
    assert!(reason.contains("poison.rs:"), "{reason}");
    // Steps that were under way on its lane were neither begun again nor lost.
    gate.send(true).unwrap();
    for run in held {
        let answered = insist(|| engine.call(message(run, "k", &Told::Ask))).await;
        assert_eq!(answered.answer.unwrap(), br#"{"state":"did it"}"#);
        let told = engine.history(run, 0).await.unwrap();
        assert!(!told.iter().flat_map(|record| &record.lines).any(|line| line.text.contains("taken over")));
    }
    // It is looked at without its code, and keeps receiving; let go on, it is polled again.
    assert_eq!(engine.inspect(loops).await.unwrap().status, RunStatus::Quarantined);
    engine.send(message(loops, "kept", &Told::Ask)).await.unwrap();
    engine.resume(loops, person("1")).await.unwrap();
    until(&engine, loops, |row| row.status == RunStatus::Open).await;
    let again = until_quarantined(&engine, loops, "kept").await;
    assert!(again.contains("did not come back"), "{again}");
    LET_GO.store(true, Ordering::SeqCst);
    insist(|| engine.resume(loops, person("2"))).await;
    let answered = insist(|| engine.call(message(loops, "kept", &Told::Ask))).await;
    assert_eq!(answered.answer.unwrap(), br#"{"state":"did it"}"#);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_decides_without_end_is_stopped_before_it_fills_the_memory() {
    let house = House::new();
    let engine = house.open_as(Registry::new().workflow::<Bad>(), settings()).await;
    let run = begin(&engine, "bad", "floods").await;
    let reason = until_quarantined(&engine, run, "k").await;
    assert!(reason.contains("more than 1000 things") && reason.contains("poison.rs:"), "{reason}");
    engine.stop().await;
}

/// Runs this binary's test of that name in a process of its own.
fn in_a_process(test: &str, folder: &Path) -> std::process::Child {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    // What panics does so on purpose; to look its frames up takes longer than all the rest.
    process.env("RUST_BACKTRACE", "0");
    process.stdout(Stdio::piped()).spawn().unwrap()
}

/// Opens the engine in the process of its own.
async fn open_there(folder: &Path) -> Engine {
    let registry = Registry::new()
        .workflow::<Shop>()
        .workflow::<Bad>()
        .activity(|_, _: Effect| async { Attempt::Done("done".into()) });
    let settings = Settings { notes_in: Some(folder.to_owned()), ..settings() };
    open_in(folder, registry, Arc::new(SystemClock), settings).await
}

/// One process's life among a thousand healthy runs and three bad ones. Ends only if the bad ones let it.
async fn among_bad_ones(folder: &Path) {
    let engine = open_there(folder).await;
    let healthy = async {
        let names: Vec<String> = (0..HEALTHY).map(|n| format!("healthy {n}")).collect();
        join_all(names.iter().map(|name| live(&engine, name))).await;
    };
    let bad = async {
        let runs = [begin(&engine, "bad", "panics").await, begin(&engine, "bad", "loops").await];
        let aborts = begin(&engine, "bad", "aborts").await;
        let [panics, loops] =
            [until_quarantined(&engine, runs[0], "k"), until_quarantined(&engine, runs[1], "k")];
        let (panics, loops) = tokio::join!(panics, loops);
        assert!(panics.contains("panicked at") && panics.contains("poison.rs:"), "{panics}");
        assert!(panics.contains("a poison payload"), "{panics}");
        assert!(loops.contains("did not come back"), "{loops}");
        let aborts = until_quarantined(&engine, aborts, "k").await;
        assert_eq!(aborts, "3 processes ended while they polled its code");
    };
    tokio::join!(healthy, bad);
    LET_GO.store(true, Ordering::SeqCst);
    engine.stop().await;
}

fn block_on(body: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(body);
}

#[test]
fn three_bad_runs_are_quarantined_and_a_thousand_healthy_ones_finish() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return block_on(among_bad_ones(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "poison::three_bad_runs_are_quarantined_and_a_thousand_healthy_ones_finish";
    let live = || in_a_process(name, folder.path()).wait_with_output().unwrap();
    for _ in 1..=3 {
        let ended = live();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert_eq!(ended.status.code(), None, "it is taken down, and does not fail: {said}");
    }
    let ended = live();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

/// A healthy process's life; says so whenever a run has ended.
#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
async fn among_healthy_ones(folder: &Path) {
    let engine = open_there(folder).await;
    for n in 0..200 {
        live(&engine, &format!("healthy {n}")).await;
        println!("ended");
    }
    engine.stop().await;
}

#[test]
fn runs_of_processes_that_are_killed_in_healthy_work_are_not_suspected() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return block_on(among_healthy_ones(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "poison::runs_of_processes_that_are_killed_in_healthy_work_are_not_suspected";
    for kill in 1..=8 {
        let mut process = in_a_process(name, folder.path());
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let ended = said.map_while(Result::ok).filter(|line| line.contains("ended")).take(20 * kill).count();
        assert_eq!(ended, 20 * kill, "it ends sooner only if a run was quarantined");
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let last = in_a_process(name, folder.path()).wait_with_output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stdout));
}

/// Never comes back from its very first turn, until it is let go.
struct Stillborn;

static BORN: AtomicBool = AtomicBool::new(false);

impl Workflow for Stillborn {
    const NAME: &'static str = "stillborn";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(_: Ctx<Self>, _: Order) -> String {
        while !BORN.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        "born".into()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn start_that_never_comes_back_is_refused_when_it_is_asked_for_again() {
    let house = House::new();
    let engine = house.open_as(Registry::new().workflow::<Stillborn>(), settings()).await;
    let order = Order { item: "lamp".into(), pay_within_us: 0 };
    let (_, first) = start_order(&engine, "stillborn", "a", &order).await;
    assert_eq!(first, Err(CallError::Unavailable));
    let (run, again) = start_order(&engine, "stillborn", "a", &order).await;
    let Err(CallError::Faulted(why)) = again else { panic!("{again:?}") };
    assert!(why.contains("did not come back"), "{why}");
    BORN.store(true, Ordering::SeqCst);
    assert!(matches!(engine.inspect(run).await, Err(InspectError::NotFound)), "nothing was stored");
    engine.stop().await;
}
