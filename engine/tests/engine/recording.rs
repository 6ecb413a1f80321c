//! What was made once is found in the history ever after.

use crate::shop::*;
use ordain_engine::store::{Attributes, RunStatus};
use ordain_engine::*;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

static MADE: AtomicU32 = AtomicU32::new(0);

/// Throws its own dice, and shows them.
struct Dicer;

impl Workflow for Dicer {
    const NAME: &'static str = "dicer";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, _: Order) -> String {
        let mut shown = (Vec::new(), Vec::new());
        loop {
            shown.0.push(ctx.record(|| MADE.fetch_add(1, Ordering::SeqCst)));
            shown.1.push(ctx.uuid());
            let attributes =
                Attributes { state: format!("{} thrown", shown.0.len()), ..Attributes::default() };
            ctx.show(&shown, attributes);
            let _ = ctx.next(None).await;
        }
    }
}

/// The same a release later: it records twice.
struct GreedyDicer;

impl Workflow for GreedyDicer {
    const NAME: &'static str = "dicer";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, _: Order) -> String {
        let first: u32 = ctx.record(|| 0);
        let second: u32 = ctx.record(|| panic!("a replay makes nothing"));
        format!("{first} {second}")
    }
}

#[tokio::test]
async fn a_recorded_value_is_made_once_and_an_id_stays_the_same() {
    let house = House::new();
    let registry = || Registry::new().workflow::<Dicer>();
    let engine = house.open_with(registry()).await;
    let (run, _) = start_item(&engine, "dicer", "a").await;
    until_state(&engine, run, "1 thrown").await;
    engine.stop().await;

    let engine = house.open_with(registry()).await;
    engine.send(message(run, "more", &Told::Ask)).await.unwrap();
    let row = until_state(&engine, run, "2 thrown").await;
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    let (made, ids): (Vec<u32>, Vec<Uuid>) = serde_json::from_slice(&row.view).unwrap();
    assert_eq!((made, MADE.load(Ordering::SeqCst)), (vec![0, 1], 2));
    assert!(ids[0] < ids[1] && ids.iter().all(|id| id.get_version_num() == 7), "{ids:?}");
    engine.stop().await;

    // Code that would record something new where the history has nothing is found, and makes nothing.
    let engine = house.open_with(Registry::new().workflow::<GreedyDicer>()).await;
    let difference = engine.replay(run).await.unwrap().difference.unwrap();
    assert!(difference.contains("nothing") && difference.contains("recorded value"), "{difference}");
    engine.send(message(run, "again", &Told::Ask)).await.unwrap();
    until(&engine, run, |row| row.status == RunStatus::Paused).await;
    engine.stop().await;
}
