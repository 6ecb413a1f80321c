//! A person may ask a run to end, and may hold it still.

use crate::shop::*;
use ordain_engine::clock::ManualClock;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::sync::Arc;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(10);

/// Reserves, then ticks for ever, until somebody asks it to end: then it releases what it reserved.
struct Ticker;

impl Workflow for Ticker {
    const NAME: &'static str = "ticker";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        let effect = |what: &str| Effect { what: what.into(), item: order.item.clone() };
        let ticks = async {
            let _ = ctx.run(effect("reserve")).await;
            loop {
                ctx.sleep_until(ctx.now() + 10_000_000).await;
                ctx.event("Ticked", &());
            }
        };
        match ctx.select(ctx.cancelled(), ticks).await {
            Either::Left(Cancellation { actor, reason }) => {
                assert!(ctx.cancellation().is_some());
                let _ = ctx.run(effect("release")).await;
                format!("ended by {actor}: {reason}")
            }
            Either::Right(never) => never,
        }
    }
}

fn person(key: &str) -> Person {
    Person { actor: "ada".into(), reason: "sold out".into(), key: key.into() }
}

struct Desk {
    house: House,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
        Self { house: House::with_clock(clock.clone()), clock }
    }

    async fn open(&self) -> Engine {
        self.house.open_with(Registry::new().workflow::<Ticker>().workflow::<Shop>()).await
    }
}

/// Compares how often the run ticked, and replays it.
async fn check_ticks(engine: &Engine, run: RunId, expected: usize) {
    let (events, _) = engine.events(run, 0).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "Ticked").count(), expected);
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
}

#[tokio::test]
async fn a_cancelled_run_drops_its_work_and_cleans_up() {
    let desk = Desk::new();
    let engine = desk.open().await;
    let (run, _) = start_item(&engine, "ticker", "lamp").await;
    until_told(&engine, run, "timer #2 until").await;
    engine.cancel(run, person("c")).await.unwrap();
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "ended by ada: sold out");
    until_told(&engine, run, "cancel of #2").await;
    assert_eq!((desk.house.outside.count("reserve lamp"), desk.house.outside.count("release lamp")), (1, 1));
    check_ticks(&engine, run, 0).await;
    engine.cancel(run, person("c")).await.expect("the same act is not done twice");
    for late in [engine.cancel(run, person("d")).await, engine.pause(run, person("e")).await] {
        assert_eq!(late, Err(CallError::Closed));
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_does_not_look_goes_on() {
    let desk = Desk::new();
    let engine = desk.open().await;
    let (run, _) = start(&engine, "a", TICK).await;
    until_state(&engine, run, "reserved").await;
    engine.cancel(run, person("c")).await.unwrap();
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, run, "shipped").await;
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_paused_run_is_cancelled_when_it_goes_on() {
    let desk = Desk::new();
    let engine = desk.open().await;
    let (run, _) = start_item(&engine, "ticker", "lamp").await;
    until_told(&engine, run, "timer #2 until").await;
    engine.pause(run, person("p")).await.unwrap();
    engine.cancel(run, person("c")).await.unwrap();
    assert_eq!(engine.inspect(run).await.unwrap().status, RunStatus::Paused);
    engine.stop().await;
    let engine = desk.open().await;
    engine.resume(run, person("r")).await.unwrap();
    until(&engine, run, |row| row.status == RunStatus::Closed).await;
    check_ticks(&engine, run, 0).await;
    engine.stop().await;
}

#[tokio::test]
async fn the_timers_of_a_paused_run_stand_still_and_the_overdue_one_fires_once() {
    let desk = Desk::new();
    let engine = desk.open().await;
    let (run, _) = start_item(&engine, "ticker", "lamp").await;
    until_told(&engine, run, "timer #2 until").await;
    engine.pause(run, person("p")).await.unwrap();
    desk.clock.advance(TICK * 5);
    // A lane looks at its timers before it lets anything turn, so the timer has had its chance when this is durable.
    engine.send(message(run, "k", &Told::Ask)).await.unwrap();
    check_ticks(&engine, run, 0).await;
    engine.stop().await;
    let engine = desk.open().await;
    engine.send(message(run, "l", &Told::Ask)).await.unwrap();
    check_ticks(&engine, run, 0).await;
    engine.resume(run, person("r")).await.unwrap();
    until_told(&engine, run, "timer #3 until").await;
    check_ticks(&engine, run, 1).await;
    desk.clock.advance(TICK);
    until_told(&engine, run, "timer #4 until").await;
    check_ticks(&engine, run, 2).await;
    engine.stop().await;
}
