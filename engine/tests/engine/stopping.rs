//! A run whose code cannot go on is stopped, says why, keeps receiving, and harms no other.

use crate::shop::*;
use crate::simulation::{self, World, simulate};
use ordain_engine::store::memory::Fault;
use ordain_engine::store::{Attributes, RunStatus};
use ordain_engine::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// The same workflow a release later: it reserves under another name.
struct ChangedShop;

impl Workflow for ChangedShop {
    const NAME: &'static str = "shop";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        let _ = ctx.run(Effect { what: "book".into(), item: order.item }).await;
        "done".into()
    }
}

/// A workflow with a fault of its own for each item.
struct Faulty;

impl Workflow for Faulty {
    const NAME: &'static str = "faulty";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        let _ = ctx.next(None).await;
        match order.pay_within_us {
            0 => panic!("a poison payload"),
            _ => tokio::time::sleep(Duration::from_millis(1)).await,
        }
        "done".into()
    }
}

#[tokio::test]
async fn changed_code_pauses_the_run_and_shows_both_sides() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.stop().await;

    let engine = house.open_with(Registry::new().workflow::<ChangedShop>()).await;
    let difference = engine.replay(run).await.unwrap().difference.unwrap();
    assert!(
        difference.contains("record 1")
            && difference.contains("reserve lamp")
            && difference.contains("book lamp"),
        "{difference}"
    );
    assert!(difference.contains("shop.rs") && difference.contains("stopping.rs"), "both lines: {difference}");
    let asked = tell(&engine, run, "k", &Told::Ask).await;
    assert!(matches!(asked, Err(CallError::Stopped(_)) | Err(CallError::Unavailable)), "{asked:?}");
    let row = until(&engine, run, |row| row.status == RunStatus::Paused).await;
    assert_eq!(row.reason, difference);
    engine.send(message(run, "pay", &Told::Paid)).await.unwrap();
    engine.stop().await;

    // The old code is back: a person lets the run go on, and what it received meanwhile is not lost.
    let engine = house.open().await;
    let person = Person { actor: "ada".into(), reason: "rolled back".into(), key: "r".into() };
    engine.resume(run, person).await.unwrap();
    until_state(&engine, run, "shipped").await;
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_panic_or_a_foreign_future_quarantines_one_run() {
    let house = House::new();
    let registry = || Registry::new().workflow::<Shop>().workflow::<Faulty>();
    let engine = house.open_with(registry()).await;
    for (request, pay_within, expected) in
        [("panics", Duration::ZERO, ": a poison payload"), ("sleeps", HOUR, "not the engine's after")]
    {
        let (run, _) = start_workflow(&engine, "faulty", request, pay_within).await;
        engine.send(message(run, "k", &Told::Ask)).await.unwrap();
        let row = until(&engine, run, |row| row.status == RunStatus::Quarantined).await;
        assert!(row.reason.contains(expected) && row.reason.contains("stopping.rs:"), "{}", row.reason);
        engine.send(message(run, "later", &Told::Ask)).await.expect("it still receives");
    }
    let (healthy, _) = start(&engine, "healthy", HOUR).await;
    until_state(&engine, healthy, "reserved").await;
    engine.stop().await;
}

/// A workflow that shows how often its code was begun in this process: something that no history says.
struct Forgetful;

static BEGUN: AtomicU32 = AtomicU32::new(0);

impl Workflow for Forgetful {
    const NAME: &'static str = "forgetful";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, _: Order) -> String {
        let begun = BEGUN.fetch_add(1, Ordering::SeqCst);
        ctx.show(&Standing { state: begun.to_string() }, Attributes::default());
        let _ = ctx.next(None).await;
        "done".into()
    }
}

#[tokio::test]
async fn a_run_that_replays_to_something_else_is_paused_and_shows_both_sides() {
    let house = House::new();
    let engine = house.open_with(Registry::new().workflow::<Shop>().workflow::<Forgetful>()).await;
    let (run, _) = start_workflow(&engine, "forgetful", "a", HOUR).await;
    let row = until(&engine, run, |row| row.status == RunStatus::Paused).await;
    assert!(row.reason.contains("record 1: live it showed"), "{}", row.reason);
    assert!(row.reason.contains(r#"{"state":"0"}"#), "{}", row.reason);
    let (healthy, _) = start(&engine, "healthy", HOUR).await;
    until_state(&engine, healthy, "reserved").await;
    engine.stop().await;
}

/// A workflow that looks at the machine's clock: to show it, or to decide by it.
struct Clockwatcher;

impl Workflow for Clockwatcher {
    const NAME: &'static str = "clockwatcher";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        let now = std::time::SystemTime::now();
        match order.item.as_str() {
            "shows" => ctx.show(&now, Attributes::default()),
            _ => ctx.event(&format!("{now:?}"), &()),
        }
        let _ = ctx.next(None).await;
        "done".into()
    }
}

#[tokio::test]
async fn a_run_that_reads_a_forbidden_clock_is_paused_and_says_where() {
    let house = House::new();
    let engine = house.open_with(Registry::new().workflow::<Clockwatcher>()).await;
    for (item, told) in
        [("shows", "record 1: live it showed"), ("decides", "record 1: the history says event")]
    {
        let (run, _) = start_item(&engine, "clockwatcher", item).await;
        let row = until(&engine, run, |row| row.status == RunStatus::Paused).await;
        assert!(row.reason.contains(told) && row.reason.contains("stopping.rs:"), "{}", row.reason);
    }
    engine.stop().await;
}

#[test]
fn a_run_that_was_let_go_on_is_not_stranded_by_a_crash() {
    let world = World::new(None);
    let clock = std::sync::Arc::clone(&world.clock);
    let person = |key: &str| Person { actor: "ada".into(), reason: "why not".into(), key: key.into() };
    simulate(&clock, async {
        let store = world.connect();
        let engine = world.open(&store, Registry::new().workflow::<simulation::Ledger>());
        let run = engine.new_run_id();
        let ways = vec![simulation::Way::Again];
        let input = simulation::LedgerInput::new(i64::from(u32::MAX) * 1_000_000, ways, 0);
        engine.start(simulation::start_of(&engine, run, "ledger", &input)).await.unwrap();
        engine.pause(run, person("p")).await.unwrap();
        engine.send(simulation::told(run, "end", &simulation::LedgerTold::Close)).await.unwrap();
        store.script(store.commits() + 1, Fault::CrashAfter);
        tokio::select! { _ = engine.resume(run, person("r")) => {}, () = store.crashed() => {} }
        engine.stop().await;
        let store = world.connect();
        let engine = world.open(&store, Registry::new().workflow::<simulation::Ledger>());
        simulation::until_closed(&world, &engine, run).await;
        engine.stop().await;
    });
}
