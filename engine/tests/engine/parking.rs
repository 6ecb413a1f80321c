//! What cannot be known waits for a person, who always has a way out.

use crate::shop::*;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn person(key: &str) -> Person {
    Person { actor: "ada".into(), reason: "looked it up".into(), key: key.into() }
}

/// A run whose shipment is parked with an unknown outcome.
async fn parked(house: &House, engine: &Engine) -> (RunId, StepInfo) {
    let unknown = vec![Attempt::Unknown { why: "connection lost".into() }];
    house.outside.script.lock().unwrap().insert("ship".into(), unknown);
    let (run, _) = start(engine, "a", HOUR).await;
    until_state(engine, run, "reserved").await;
    tell(engine, run, "pay", &Told::Paid).await.unwrap();
    until(engine, run, |row| row.status == RunStatus::Parked).await;
    let info = engine.inspect(run).await.unwrap();
    (run, info.steps[0].clone())
}

#[tokio::test]
async fn a_step_of_unknown_outcome_is_parked_and_never_repeated_blindly() {
    let house = House::new();
    let engine = house.open().await;
    let (run, step) = parked(&house, &engine).await;
    assert!(step.outcome_unknown && step.parked.unwrap().contains("connection lost"));
    engine.stop().await;
    let engine = house.open().await;
    assert_eq!(engine.inspect(run).await.unwrap().status, RunStatus::Parked);
    assert_eq!(house.outside.count("ship lamp"), 0);
    engine.stop().await;
}

#[tokio::test]
async fn a_person_may_retry() {
    let house = House::new();
    let engine = house.open().await;
    let (run, step) = parked(&house, &engine).await;
    engine.retry_step(run, step.step, person("1")).await.unwrap();
    until_state(&engine, run, "shipped").await;
    engine.retry_step(run, step.step, person("1")).await.unwrap();
    assert_eq!(engine.retry_step(run, step.step, person("2")).await, Err(CallError::NotParked));
    assert_eq!(house.outside.count("ship lamp"), 1);
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_person_may_skip_or_complete() {
    for (complete, state) in [(false, "not shipped"), (true, "shipped")] {
        let house = House::new();
        let engine = house.open().await;
        let (run, step) = parked(&house, &engine).await;
        if complete {
            let wrong = engine.complete_step(run, step.step, person("1"), b"{}".to_vec()).await;
            assert!(matches!(wrong, Err(CallError::BadResult(_))), "{wrong:?}");
            engine.complete_step(run, step.step, person("1"), b"\"seen\"".to_vec()).await.unwrap();
        } else {
            engine.skip_step(run, step.step, person("1")).await.unwrap();
        }
        until_state(&engine, run, state).await;
        assert_eq!(engine.replay(run).await.unwrap().difference, None);
        engine.stop().await;
    }
}

#[tokio::test]
async fn a_mutating_step_cut_off_by_a_crash_is_parked() {
    let house = House::new();
    house.outside.hangs.lock().unwrap().push("ship".into());
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    while house.outside.count("ship lamp") == 0 {
        tokio::task::yield_now().await;
    }
    engine.stop().await;
    let engine = house.open().await;
    let row = until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(row.reason.contains("ship lamp"), "{}", row.reason);
    assert_eq!(house.outside.count("ship lamp"), 1, "nobody sent it again");
    engine.stop().await;
}

#[tokio::test]
async fn a_budget_is_finite_and_what_runs_out_is_parked() {
    let house = House::new();
    let failing = (0..3).map(|_| Attempt::Retry { why: "busy".into(), after: None }).collect();
    house.outside.script.lock().unwrap().insert("reserve".into(), failing);
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    let row = until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(row.reason.contains("gave up after 3 attempts: busy"), "{}", row.reason);
    engine.stop().await;
}

#[tokio::test]
async fn two_people_who_retry_at_the_same_time_send_it_once() {
    let house = House::new();
    let engine = house.open().await;
    let (run, step) = parked(&house, &engine).await;
    let (first, second) = tokio::join!(
        engine.retry_step(run, step.step, person("1")),
        engine.retry_step(run, step.step, person("2"))
    );
    assert_eq!((first, second), (Ok(()), Err(CallError::NotParked)));
    until_state(&engine, run, "shipped").await;
    assert_eq!(house.outside.count("ship lamp"), 1);
    engine.stop().await;
}
