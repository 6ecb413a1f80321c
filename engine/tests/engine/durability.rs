//! What was acknowledged survives, and is done once.

use crate::shop::*;
use ordain_engine::clock::ManualClock;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_run_goes_from_start_to_end() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    let reply = tell(&engine, run, "pay", &Told::Paid).await.unwrap();
    assert_eq!(reply.answer.unwrap(), br#"{"state":"paid"}"#);
    let row = until(&engine, run, |row| row.status == RunStatus::Closed).await;
    assert_eq!(row.attributes.state, "shipped");
    assert_eq!((house.outside.count("reserve lamp"), house.outside.count("ship lamp")), (1, 1));
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_start_happens_once_per_request_id_and_per_label() {
    let house = House::new();
    let engine = house.open().await;
    let (run, first) = start(&engine, "a", HOUR).await;
    assert_eq!(first, StartOutcome::Began);
    let (_, second) = start(&engine, "a", HOUR).await;
    let StartOutcome::Exists(started) = second else { panic!("it began twice") };
    assert_eq!((started.run, started.request_id.as_str()), (run, "a"));
    engine.stop().await;
}

#[tokio::test]
async fn a_message_counts_once_and_its_answer_is_kept_across_a_restart() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    let first = tell(&engine, run, "k", &Told::Ask).await.unwrap();
    engine.stop().await;
    let engine = house.open().await;
    let again = tell(&engine, run, "k", &Told::Ask).await.unwrap();
    assert_eq!((again.answer, again.replayed), (first.answer, true));
    assert_eq!(tell(&engine, run, "k", &Told::Paid).await, Err(CallError::KeyReused));
    engine.stop().await;
}

#[tokio::test]
async fn a_step_cut_off_by_a_crash_is_taken_over() {
    let house = House::new();
    house.outside.hangs.lock().unwrap().push("reserve".into());
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    while house.outside.count("reserve lamp") == 0 {
        tokio::task::yield_now().await;
    }
    engine.stop().await;
    house.outside.hangs.lock().unwrap().clear();
    let engine = house.open().await;
    until_state(&engine, run, "reserved").await;
    assert_eq!(house.outside.count("reserve lamp"), 2, "it may be repeated, and it is");
    assert_eq!(engine.replay(run).await.unwrap().difference, None);
    engine.stop().await;
}

#[tokio::test]
async fn a_timer_survives_a_restart_and_fires_at_its_time() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000_000));
    let house = House::with_clock(clock.clone());
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.stop().await;
    let engine = house.open().await;
    clock.advance(HOUR - Duration::from_secs(1));
    assert_eq!(
        tell(&engine, run, "early", &Told::Ask).await.unwrap().answer.unwrap(),
        br#"{"state":"reserved"}"#
    );
    clock.advance(Duration::from_secs(1));
    until_state(&engine, run, "expired").await;
    assert_eq!(tell(&engine, run, "late", &Told::Paid).await, Err(CallError::Closed));
    let (events, _) = engine.events(run, 0).await.unwrap();
    assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["Expired"]);
    engine.stop().await;
}

#[tokio::test]
async fn a_changed_byte_of_a_history_is_found() {
    let house = House::new();
    let engine = house.open().await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.stop().await;
    let path = house.folder.path().join("ordain.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut db = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::query("UPDATE history SET record = CAST(record || x'00' AS BLOB) WHERE seq = 2")
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::Connection::close(db).await.unwrap();
    let engine = house.open().await;
    let told = tell(&engine, run, "k", &Told::Ask).await;
    assert!(matches!(told, Err(CallError::Corrupt(_))), "{told:?}");
    engine.stop().await;
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let house = House::new();
    let engine = house.open().await;
    let vault = vault::Vault::new(&[7; 32]);
    let second = store::sqlite::SqliteStore::open(&house.folder.path().join("ordain.db"), &vault).await;
    assert!(second.err().unwrap().to_string().contains("another process"));
    engine.stop().await;
}

#[tokio::test]
async fn notes_are_held_for_as_long_as_their_engine_lives() {
    let house = House::new();
    let notes = Settings { notes_in: Some(house.folder.path().to_owned()), ..Settings::default() };
    assert!(!notes.notes_are_held());
    let engine = house.open_as(Registry::new().workflow::<Shop>(), notes.clone()).await;
    assert!(notes.notes_are_held());
    engine.stop().await;
    drop(engine);
    assert!(!notes.notes_are_held());
    assert!(!Settings::default().notes_are_held(), "there are none");
}
