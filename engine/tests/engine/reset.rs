//! Decisions can be taken back; what was received, answered and done stays.

use crate::shop::*;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn person(key: &str) -> Person {
    Person { actor: "ada".into(), reason: "decided wrongly".into(), key: key.into() }
}

/// The shop a release later: whoever asks is told more politely, and the same steps follow.
struct PoliteShop;

impl Workflow for PoliteShop {
    const NAME: &'static str = "shop";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        ctx.event("Welcomed", &());
        let _ = ctx.run(Effect { what: "reserve".into(), item: order.item.clone() }).await;
        loop {
            let Next::Message(told) = ctx.next(None).await else { continue };
            ctx.answer(&told, &Standing { state: "politely".into() });
            ctx.event("Thanked", &());
        }
    }
}

#[tokio::test]
async fn what_came_after_the_point_is_delivered_again_and_results_are_reused() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    let told = tell(&engine, run, "k", &Told::Ask).await.unwrap();
    engine.reset(run, 1, person("r")).await.unwrap();
    engine.reset(run, 1, person("r")).await.expect("the same act is not done twice");
    let again = tell(&engine, run, "k", &Told::Ask).await.unwrap();
    assert_eq!((again.answer, again.replayed), (told.answer, true), "an answer once given stays");
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, run, "shipped").await;
    assert_eq!(house.outside.count("reserve lamp"), 1, "its result was reused");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
    let engine = house.open().await;
    assert_eq!(engine.replay(run).await.unwrap().difference, None, "and so it is after a restart");
    engine.stop().await;
}

#[tokio::test]
async fn a_point_that_this_build_would_not_have_reached_refuses_the_reset() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    tell(&engine, run, "k", &Told::Ask).await.unwrap();
    engine.stop().await;
    let engine = house.open_with(Registry::new().workflow::<PoliteShop>()).await;
    let refused = engine.reset(run, 1, person("early")).await;
    assert!(
        matches!(refused, Err(CallError::ResetRefused(_))),
        "this build differs in record 1: {refused:?}"
    );
    engine.stop().await;
}

#[tokio::test]
async fn a_step_that_would_be_lost_or_is_in_doubt_refuses_the_reset() {
    let house = House::new();
    house
        .outside
        .script
        .lock()
        .unwrap()
        .insert("ship".into(), vec![Attempt::Unknown { why: "cut off".into() }]);
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until(&engine, run, |row| row.status == RunStatus::Parked).await;
    let refused = engine.reset(run, 2, person("1")).await;
    assert!(
        matches!(&refused, Err(CallError::ResetRefused(why)) if why.contains("ship lamp")),
        "{refused:?}"
    );
    assert_eq!(engine.inspect(run).await.unwrap().status, RunStatus::Parked, "the run stays as it was");
    assert!(matches!(engine.reset(run, 99, person("2")).await, Err(CallError::ResetRefused(_))));
    engine.stop().await;
}
