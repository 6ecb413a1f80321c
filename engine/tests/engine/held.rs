//! Runs of a store that was brought back as it was: they read, and change nothing until they are let go.

use crate::shop::*;
use ordain_engine::held::Held;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn open_holding(house: &House, run: RunId) -> (Engine, Held) {
    let held = Held::of([run]);
    let settings = Settings { held: held.clone(), ..Settings::default() };
    (house.open_as(Registry::new().workflow::<Shop>(), settings).await, held)
}

/// A run that is reserved, in a store that nobody has open.
async fn reserved(house: &House) -> RunId {
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.stop().await;
    run
}

#[tokio::test]
async fn a_held_run_changes_nothing_and_what_it_meant_to_do_is_doubtful() {
    let house = House::new();
    let run = reserved(&house).await;
    let (engine, held) = open_holding(&house, run).await;
    assert!(engine.holds(run) && held.left() == [run]);
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, run, "paid").await;
    // Another one goes all the way meanwhile; both ship the same article.
    let (other, _) = start(&engine, "b", HOUR).await;
    until_state(&engine, other, "reserved").await;
    tell(&engine, other, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, other, "shipped").await;
    assert_eq!(house.outside.count("ship lamp"), 1);
    held.release(run);
    until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(engine.inspect(run).await.unwrap().reason.contains("brought back"));
    assert_eq!(house.outside.count("ship lamp"), 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_was_let_go_goes_on_as_any_other() {
    let house = House::new();
    let run = reserved(&house).await;
    let (engine, held) = open_holding(&house, run).await;
    held.release(run);
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, run, "shipped").await;
    assert_eq!(house.outside.count("ship lamp"), 1);
    engine.stop().await;
}

#[tokio::test]
async fn the_doubt_outlives_the_process() {
    let house = House::new();
    let run = reserved(&house).await;
    let (engine, _) = open_holding(&house, run).await;
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    until_state(&engine, run, "paid").await;
    engine.stop().await;
    let (engine, held) = open_holding(&house, run).await;
    held.release(run);
    until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert_eq!(house.outside.count("ship lamp"), 0);
    engine.stop().await;
}
