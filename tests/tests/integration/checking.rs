//! The check of a whole store: what is sound is said to be, and a changed byte is named.

use crate::command_line::check;
use ordain_engine::RunId;
use ordain_tests::world::{World, id};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

/// The record whose last byte is changed.
const CHANGED: i64 = 2;

/// Changes one byte of one record, behind everybody's back.
async fn change_a_byte(world: &World, run: RunId) {
    let store = SqliteConnectOptions::new().filename(world.data().join("ordain.db"));
    let mut store = SqliteConnection::connect_with(&store).await.expect("a store");
    let run = run.to_bytes().to_vec();
    let record: Vec<u8> = sqlx::query_scalar("SELECT record FROM history WHERE run = ? AND seq = ?")
        .bind(&run)
        .bind(CHANGED)
        .fetch_one(&mut store)
        .await
        .expect("it is there");
    let (last, rest) = record.split_last().expect("no record is empty");
    let changed = [rest, &[last ^ 1]].concat();
    sqlx::query("UPDATE history SET record = ? WHERE run = ? AND seq = ?")
        .bind(changed)
        .bind(&run)
        .bind(CHANGED)
        .execute(&mut store)
        .await
        .expect("nobody else writes");
    store.close().await.expect("it was open");
}

#[tokio::test]
async fn changed_byte_of_one_history_is_named_and_the_others_are_checked() {
    let mut world = World::new().await;
    let (sound, broken) = (world.paid().await, world.paid().await);
    let verdict = check(&world, &["check"]);
    assert!(verdict.contains("every invariant holds") && verdict.contains("the books agree"), "{verdict}");
    world.kill();
    change_a_byte(&world, id(&broken.name).parse().expect("a run")).await;
    world.restart().await;
    let output = world.command(&["check", "--no-ledgers"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let named = printed.lines().find(|line| line.contains(&broken.name)).expect("it is named");
    assert!(named.contains(" 2 ") && named.contains("I8") && named.contains("was changed"), "{named}");
    assert!(!printed.contains(&sound.name), "{printed}");
    assert!(printed.contains("AN INVARIANT DOES NOT HOLD"), "{printed}");
}
