//! A run that begins again with a new input loses nothing, and is read from there.

use crate::shop::*;
use ordain_engine::clock::ManualClock;
use ordain_engine::store::{Attributes, RunStatus};
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Does as it is told, and continues when told so.
struct Clerk;

/// What a clerk continues with.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Desk {
    item: String,
    pay_within_us: i64,
    /// How often it began again.
    #[serde(default)]
    again: u32,
    #[serde(default)]
    alarm: Option<TimerId>,
    #[serde(default)]
    deadline: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// Begin this effect on the side.
    Begin(String),
    /// Wait for the end of what is under way in line, whatever else comes.
    Await,
    Continue,
    Count,
    Stop,
}

impl Workflow for Clerk {
    const NAME: &'static str = "clerk";
    const VERSION: u32 = 1;
    type Input = Desk;
    type Message = Order;
    type Answer = u32;

    async fn run(ctx: Ctx<Self>, mut desk: Desk) -> String {
        let deadline = *desk.deadline.get_or_insert(ctx.now() + desk.pay_within_us);
        let alarm = match desk.alarm.and_then(|id| ctx.timer(id)) {
            Some(alarm) => alarm,
            None => ctx.sleep_until(deadline + 1),
        };
        desk.alarm = Some(alarm.id());
        loop {
            let told = match ctx.next(Some(deadline)).await {
                Next::Message(told) => told,
                Next::Step(step, news) => {
                    let StepNews::Ended(end) = news else { continue };
                    ctx.event("Heard", &(step.0, end.of::<Effect>().ok()));
                    continue;
                }
                Next::Deadline => {
                    alarm.await;
                    return format!("expired after {} beginnings", desk.again);
                }
            };
            match &told.message {
                Order::Begin(what) => drop(ctx.start(Effect { what: what.clone(), item: desk.item.clone() })),
                Order::Await => {
                    let Some(found) = ctx.outstanding().pop() else { continue };
                    let end = ctx.step::<Effect>(found.step).expect("it is outstanding").await;
                    ctx.event("Awaited", &(found.key, end.ok()));
                }
                Order::Count => {}
                Order::Stop => return "stopped".into(),
                Order::Continue => {
                    let again = desk.again + 1;
                    ctx.answer(&told, &again);
                    ctx.show(&again, Attributes { state: format!("{again}"), ..Attributes::default() });
                    match ctx.continue_with(&Desk { again, ..desk }).await {}
                }
            }
            ctx.answer(&told, &desk.again);
        }
    }
}

async fn open(house: &House) -> Engine {
    house.open_with(Registry::new().workflow::<Clerk>()).await
}

async fn say(engine: &Engine, run: RunId, key: &str, order: &Order) -> MessageReply {
    engine.call(said(run, key, order)).await.unwrap()
}

fn said(run: RunId, key: &str, order: &Order) -> MessageRequest {
    let payload = serde_json::to_vec(order).unwrap();
    let (key, fingerprint, actor) = (key.to_owned(), payload.clone(), "customer".to_owned());
    MessageRequest { run, key, fingerprint, payload, actor, only_at: None }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn keys_answers_steps_and_the_view_outlive_two_new_beginnings_and_a_restart() {
    let house = House::new();
    house.outside.hangs.lock().unwrap().push("refund".into());
    let engine = open(&house).await;
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    say(&engine, run, "begin", &Order::Begin("refund".into())).await;
    for (key, again) in [("c1", b"1"), ("c2", b"2")] {
        assert_eq!(say(&engine, run, key, &Order::Continue).await.answer.unwrap(), again);
    }
    let repeated = say(&engine, run, "c1", &Order::Continue).await;
    assert_eq!((repeated.answer.unwrap(), repeated.replayed), (b"1".to_vec(), true));
    let other = engine.call(said(run, "c1", &Order::Count)).await;
    assert_eq!(other, Err(CallError::KeyReused));
    let row = until_state(&engine, run, "2").await;
    assert_eq!((row.since, row.view), (4, b"2".to_vec()), "what was shown stays");
    engine.stop().await;

    // A new process reads from the newest beginning and takes the refund over.
    house.outside.hangs.lock().unwrap().clear();
    let engine = open(&house).await;
    until_told(&engine, run, "event Heard [3,\"refund done\"]").await;
    assert_eq!(say(&engine, run, "c2", &Order::Continue).await.answer.unwrap(), b"2");
    assert_eq!(engine.replay(run).await.unwrap().difference, None, "and the whole history still holds");
    engine.stop().await;
}

#[tokio::test]
async fn a_step_is_found_again_and_awaited() {
    let house = House::new();
    let hold = house.outside.hold("refund");
    let engine = open(&house).await;
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    say(&engine, run, "begin", &Order::Begin("refund".into())).await;
    say(&engine, run, "c1", &Order::Continue).await;
    engine.send(said(run, "await", &Order::Await)).await.unwrap();
    drop(hold);
    until_told(&engine, run, "event Awaited [\"refund lamp\",\"refund done\"]").await;
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn what_came_together_with_the_wish_to_continue_is_shown_to_the_new_beginning() {
    let house = House::new();
    let hold = house.outside.hold("refund");
    let engine = open(&house).await;
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    say(&engine, run, "begin", &Order::Begin("refund".into())).await;
    // While it waits in line for the refund these wait for it, and are delivered when it comes.
    for (key, order) in
        [("await", Order::Await), ("c1", Order::Continue), ("late", Order::Begin("gift".into()))]
    {
        engine.send(said(run, key, &order)).await.unwrap();
    }
    let count = tokio::spawn({
        let engine = engine.clone();
        async move { engine.call(said(run, "count", &Order::Count)).await }
    });
    until_told(&engine, run, "message count").await;
    drop(hold);
    assert_eq!(count.await.unwrap().unwrap().answer.unwrap(), b"1", "the new beginning answers");
    until_told(&engine, run, "gift done").await;
    let told = engine.history(run, 0).await.unwrap();
    let continued =
        told.iter().flat_map(|record| &record.lines).find(|line| line.text.starts_with("continue with"));
    assert!(continued.unwrap().text.contains("2 inputs waiting"), "{continued:?}");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn timers_keep_their_time_and_their_identity() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
    let house = House::with_clock(clock.clone());
    let engine = open(&house).await;
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    for key in ["c1", "c2"] {
        say(&engine, run, key, &Order::Continue).await;
    }
    // Each record is later than the one before it, so the run's own time is a little ahead of the clock's.
    clock.advance(HOUR + Duration::from_secs(1));
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, "expired after 2 beginnings");
    let told = engine.history(run, 0).await.unwrap();
    let timers = told.iter().flat_map(|record| &record.lines).filter(|line| line.text.starts_with("timer #"));
    let begun = timers.filter(|line| line.kind == "decided").count();
    assert_eq!(begun, 2, "neither was set anew");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn decisions_are_taken_back_to_before_and_after_a_new_beginning() {
    let house = House::new();
    let engine = open(&house).await;
    let person = |key: &str| Person { actor: "ada".into(), reason: "tries".into(), key: key.into() };
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    say(&engine, run, "begin", &Order::Begin("refund".into())).await;
    until_told(&engine, run, "event Heard").await;
    for key in ["c1", "count", "c2", "count again"] {
        let order = if key.starts_with('c') && key.len() == 2 { Order::Continue } else { Order::Count };
        say(&engine, run, key, &order).await;
    }
    let since = until_state(&engine, run, "2").await.since;
    assert_eq!(since, 6);
    // After the newest, before it, and before all of them.
    for (n, to) in [(1, 6), (2, 5), (3, 1)] {
        engine.reset(run, to, person(&format!("r{n}"))).await.unwrap();
        let count = say(&engine, run, &format!("count {n}"), &Order::Count).await;
        assert_eq!(count.answer.unwrap(), b"2", "all was decided again");
        let again = say(&engine, run, "c2", &Order::Continue).await;
        assert_eq!((again.answer.unwrap(), again.replayed), (b"2".to_vec(), true));
        assert_eq!(engine.replay(run).await.unwrap().difference, None);
        engine.evict_idle();
    }
    assert_eq!(house.outside.count("refund lamp"), 1, "its result was reused");
    engine.stop().await;
    let engine = open(&house).await;
    assert_eq!(say(&engine, run, "last", &Order::Count).await.answer.unwrap(), b"2");
    assert_eq!(engine.inspect(run).await.unwrap().status, RunStatus::Open);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_is_brought_back_without_what_came_before_its_newest_beginning() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start_workflow(&engine, "clerk", "a", HOUR).await;
    say(&engine, run, "begin", &Order::Begin("refund".into())).await;
    until_told(&engine, run, "event Heard").await;
    say(&engine, run, "c1", &Order::Continue).await;
    let since = until_state(&engine, run, "1").await.since;
    engine.stop().await;
    house.forget(run, since).await;

    let engine = open(&house).await;
    assert_eq!(say(&engine, run, "count", &Order::Count).await.answer.unwrap(), b"1");
    assert!(say(&engine, run, "c1", &Order::Continue).await.replayed);
    assert_eq!(engine.inspect(run).await.unwrap().sequence, since + 1);
    assert_eq!(engine.history(run, since).await.unwrap().len(), 1);
    assert_eq!(engine.events(run, since).await.unwrap().1, since + 1);
    let whole = engine.replay(run).await;
    assert!(matches!(whole, Err(InspectError::Corrupt(_))), "the whole history is asked for: {whole:?}");
    engine.stop().await;
}

/// Continues as soon as it begins.
struct Spin;

impl Workflow for Spin {
    const NAME: &'static str = "spin";
    const VERSION: u32 = 1;
    type Input = Desk;
    type Message = ();
    type Answer = ();

    async fn run(ctx: Ctx<Self>, desk: Desk) -> String {
        match ctx.continue_with(&desk).await {}
    }
}

#[tokio::test]
async fn one_that_continues_without_waiting_for_anything_does_not_even_start() {
    let house = House::new();
    let engine = house.open_with(Registry::new().workflow::<Spin>()).await;
    let order = crate::shop::Order { item: "lamp".into(), pay_within_us: 0 };
    let (_, started) = start_order(&engine, "spin", "a", &order).await;
    assert!(
        matches!(&started, Err(CallError::Faulted(why)) if why.contains("does not come to rest")),
        "{started:?}"
    );
    engine.stop().await;
}
