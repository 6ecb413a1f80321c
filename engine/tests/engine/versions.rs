//! A guarded change: runs that were there before go on as they began, others take the new way.

use crate::shop::*;
use ordain_engine::store::RunStatus;
use ordain_engine::*;

/// Reserves, waits to be told, ships. Releases differ in `RELEASE`: from 2 on it wraps before it waits, and 3 does not
/// know any more how to go on without.
struct Packer<const RELEASE: u32>;

impl<const RELEASE: u32> Workflow for Packer<RELEASE> {
    const NAME: &'static str = "packer";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        let effect = |what: &str| Effect { what: what.into(), item: order.item.clone() };
        let _ = ctx.run(effect("reserve")).await;
        let way = match RELEASE {
            1 => 1,
            2 => ctx.version("wrap", 1..=2),
            _ => ctx.version("wrap", 3..=3),
        };
        if way > 1 {
            let _ = ctx.run(effect("wrap")).await;
        }
        ctx.event("Waits", &());
        let _ = ctx.next(None).await;
        // Here once more: a run keeps to its way.
        let again = if RELEASE == 2 { ctx.version("wrap", 1..=2) } else { way };
        let _ = ctx.run(effect("ship")).await;
        format!("went way {way}, then {again}")
    }
}

/// Lets a waiting run end and compares which way it went, then replays it.
async fn check(engine: &Engine, run: RunId, way: &str) {
    until_told(engine, run, "event Waits").await;
    engine.send(message(run, "go", &Told::Paid)).await.unwrap();
    let row = until(engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.reason, way);
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
}

#[tokio::test]
async fn old_runs_go_on_as_they_began_and_new_ones_take_the_new_way() {
    let house = House::new();
    let engine = house.open_with(Registry::new().workflow::<Packer<1>>()).await;
    let (past, _) = start_item(&engine, "packer", "past the change").await;
    until_told(&engine, past, "event Waits").await;
    house.outside.hangs.lock().unwrap().push("reserve".into());
    let (before, _) = start_item(&engine, "packer", "before the change").await;
    while house.outside.count("reserve before the change") == 0 {
        tokio::task::yield_now().await;
    }
    engine.stop().await;

    house.outside.hangs.lock().unwrap().clear();
    let engine = house.open_with(Registry::new().workflow::<Packer<2>>()).await;
    let (new, _) = start_item(&engine, "packer", "new").await;
    check(&engine, past, "went way 1, then 1").await;
    check(&engine, before, "went way 2, then 2").await;
    check(&engine, new, "went way 2, then 2").await;
    assert_eq!(house.outside.count("wrap past the change"), 0);
    engine.stop().await;

    // The way that these runs went is gone: both sides are shown.
    let engine = house.open_with(Registry::new().workflow::<Packer<3>>()).await;
    let difference = engine.replay(new).await.unwrap().difference.unwrap();
    assert!(
        difference.contains("version 2 of wrap") && difference.contains("version 3 of wrap"),
        "{difference}"
    );
    assert!(engine.replay(past).await.unwrap().difference.is_some());
    engine.stop().await;
}
