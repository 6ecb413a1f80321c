//! What is ready together is taken in the order of the history; what lost is cancelled, and no message is lost.

use crate::shop::*;
use ordain_engine::clock::ManualClock;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::sync::Arc;
use std::time::Duration;

const SECOND: i64 = 1_000_000;

/// One race after another, by the item of the order; what came of it is why the run closes.
struct Racer;

impl Workflow for Racer {
    const NAME: &'static str = "racer";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        match order.item.as_str() {
            "late first" => late_first(&ctx).await,
            "step" => step_or_timer(&ctx).await,
            "message" => message_or_timer(&ctx).await,
            "blocks" => blocks(&ctx).await,
            "all" => all(&ctx).await,
            "stale" => deadline_replaced(&ctx).await,
            "within" => within(&ctx).await,
            "foreign" => {
                let foreign = std::future::pending::<()>();
                format!("{:?}", ctx.select(ctx.next(None), foreign).await)
            }
            other => panic!("no race is called {other}"),
        }
    }
}

fn effect(what: &str) -> Effect {
    Effect { what: what.into(), item: "lamp".into() }
}

async fn late_first(ctx: &Ctx<Racer>) -> String {
    let late = ctx.sleep_until(ctx.now() + 20 * SECOND);
    let early = ctx.sleep_until(ctx.now() + 10 * SECOND);
    ctx.sleep_until(ctx.now() + 30 * SECOND).await;
    format!("{:?}", ctx.select(late, early).await)
}

async fn deadline_replaced(ctx: &Ctx<Racer>) -> String {
    let begin = ctx.now();
    let first = ctx.select(ctx.sleep_until(begin + 5 * SECOND), ctx.next(Some(begin + 10 * SECOND))).await;
    // The deadline of the branch that lost passes while nobody waits for it.
    ctx.sleep_until(begin + 20 * SECOND).await;
    let next = ctx.next(Some(begin + 30 * SECOND)).await;
    format!("{first:?}, then {next:?} at {}", (ctx.now() - begin) / SECOND)
}

async fn step_or_timer(ctx: &Ctx<Racer>) -> String {
    let step = ctx.run(effect("hang"));
    let timer = ctx.sleep_until(ctx.now() + 10 * SECOND);
    match ctx.select(step, timer).await {
        Either::Left(_) => "the step".into(),
        Either::Right(()) => {
            // The step is cancelled; nothing of it is heard again.
            let next = ctx.next(Some(ctx.now() + 10 * SECOND)).await;
            format!("the timer, then {next:?}")
        }
    }
}

async fn message_or_timer(ctx: &Ctx<Racer>) -> String {
    let first = ctx.sleep_until(ctx.now() + 10 * SECOND);
    let second = ctx.sleep_until(ctx.now() + 20 * SECOND);
    ctx.sleep_until(ctx.now() + 30 * SECOND).await;
    let mut order = Vec::new();
    let mut timers = vec![second, first];
    for _ in 0..3 {
        let raced = match timers.pop() {
            Some(timer) => ctx.select(ctx.next(None), timer).await,
            None => Either::Left(ctx.next(None).await),
        };
        order.push(match raced {
            Either::Left(Next::Message(told)) => told.key,
            Either::Left(other) => format!("{other:?}"),
            Either::Right(()) => "timer".into(),
        });
    }
    order.join(", ")
}

async fn blocks(ctx: &Ctx<Racer>) -> String {
    let nap = async |n: i64| {
        ctx.sleep_until(ctx.now() + n * SECOND).await;
        ctx.event("woke", &n);
        n
    };
    let both = ctx.join(nap(20), nap(10));
    let held = async {
        ctx.sleep_until(ctx.now() + 5 * SECOND).await;
        both.await
    };
    format!("{:?}", ctx.join(held, nap(30)).await)
}

async fn all(ctx: &Ctx<Racer>) -> String {
    let steps = ["reserve", "wrap", "weigh"].map(|what| ctx.run(effect(what)));
    let ends = ctx.all(Vec::from(steps)).await;
    ends.into_iter().map(|end| end.unwrap()).collect::<Vec<_>>().join(", ")
}

async fn within(ctx: &Ctx<Racer>) -> String {
    let quick = ctx.within(Duration::from_secs(60), ctx.run(effect("reserve"))).await;
    let slow = ctx.within(ctx.now() + 10 * SECOND, async {
        ctx.run(effect("wrap")).await.unwrap();
        ctx.run(effect("hang")).await.unwrap()
    });
    format!("{:?}, {:?}", quick.map(|end| end.is_ok()), slow.await)
}

struct Track {
    house: House,
    clock: Arc<ManualClock>,
}

impl Track {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
        let house = House::with_clock(clock.clone());
        house.outside.hangs.lock().unwrap().push("hang".into());
        Self { house, clock }
    }

    async fn open(&self) -> Engine {
        self.house.open_with(Registry::new().workflow::<Racer>()).await
    }
}

/// Runs a race, moving the clock by `spans` seconds, and compares why it closed; across a restart in its middle.
async fn check(race: &str, spans: &[u64], expected: &str) {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", race).await;
    let (before, after) = spans.split_at(spans.len() / 2);
    for span in before {
        track.clock.advance(Duration::from_secs(*span));
    }
    engine.stop().await;
    let engine = track.open().await;
    for span in after {
        until_told(&engine, run, "timer #").await;
        track.clock.advance(Duration::from_secs(*span));
    }
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, expected, "{race}");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn what_the_history_delivered_first_wins() {
    check("late first", &[30], "Right(())").await;
}

#[tokio::test]
async fn the_branches_of_a_join_go_on_in_the_order_of_the_history() {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", "blocks").await;
    track.clock.advance(Duration::from_secs(60));
    until_told(&engine, run, "timer #4").await;
    track.clock.advance(Duration::from_secs(60));
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "((20, 10), 30)");
    let (events, _) = engine.events(run, 0).await.unwrap();
    let woke: Vec<_> = events.iter().map(|event| String::from_utf8_lossy(&event.data).into_owned()).collect();
    assert_eq!(woke, ["30", "10", "20"]);
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_deadline_that_nobody_waits_for_any_more_is_not_told() {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", "stale").await;
    for (timer, span) in [("timer #2", 5), ("timer #3", 5), ("timer #3", 10), ("timer #4", 10)] {
        until_told(&engine, run, timer).await;
        track.clock.advance(Duration::from_secs(span));
    }
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "Left(()), then Deadline at 30");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn all_of_many_come_in_the_order_of_their_arguments() {
    check("all", &[], "reserve done, wrap done, weigh done").await;
}

#[tokio::test]
async fn a_step_that_loses_is_cancelled_and_never_heard_of_again() {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", "step").await;
    track.clock.advance(Duration::from_secs(10));
    until_told(&engine, run, "cancel of #1").await;
    assert_eq!(engine.inspect(run).await.unwrap().steps, []);
    track.clock.advance(Duration::from_secs(10));
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "the timer, then Deadline");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_race_that_a_timer_wins_loses_no_message() {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", "message").await;
    track.clock.advance(Duration::from_secs(10));
    until_told(&engine, run, "timer #1").await;
    engine.send(message(run, "a", &Told::Ask)).await.unwrap();
    engine.send(message(run, "b", &Told::Ask)).await.unwrap();
    track.clock.advance(Duration::from_secs(20));
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "timer, a, b");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_deadline_cancels_what_it_is_put_around() {
    let track = Track::new();
    let engine = track.open().await;
    let (run, _) = start_item(&engine, "racer", "within").await;
    until_told(&engine, run, "hang lamp").await;
    track.clock.advance(Duration::from_secs(10));
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "Ok(true), Err(Elapsed)");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_foreign_future_is_caught_beside_one_of_the_engine() {
    let track = Track::new();
    let engine = track.open().await;
    let order = Order { item: "foreign".into(), pay_within_us: 0 };
    let (_, refused) = start_order(&engine, "racer", "foreign", &order).await;
    assert!(
        matches!(&refused, Err(CallError::Faulted(why)) if why.contains("not the engine's")),
        "{refused:?}"
    );
    engine.stop().await;
}
