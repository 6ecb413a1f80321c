//! Deleting an order's key makes its personal data unreadable, and changes nothing else.

use ordain_proto::orders::v1::OrderState;
use ordain_proto::runs::v1::ReplayRunRequest;
use ordain_tests::basket::portion;
use ordain_tests::world::World;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

/// What erasing a customer comes to, until there is a command for it.
async fn delete_keys_of_orders(world: &World) {
    let options = SqliteConnectOptions::new().filename(world.data().join("ordain.db"));
    let mut store = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("DELETE FROM data_key WHERE run IN (SELECT run FROM run WHERE workflow = 'order')")
        .execute(&mut store)
        .await
        .unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_order_without_its_key_goes_on_without_its_customer() {
    let mut world = World::new().await;
    let order = world.paid().await;
    world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    let before = world.until_state(&order.name, OrderState::Completed).await;
    world.kill();
    delete_keys_of_orders(&world).await;
    world.restart().await;

    let after = world.order(&order.name).await;
    assert_eq!(after.customer.clone().unwrap_or_default().email, "", "nobody can read who bought");
    assert_eq!((after.state, after.amounts, after.sequence), (before.state, before.amounts, before.sequence));
    world.refund(&order.name, &[portion("1", "1")]).await.unwrap();
    let run_id = order.name.rsplit('/').next().unwrap().to_owned();
    let replayed = world.runs().replay_run(ReplayRunRequest { run_id }).await.unwrap().into_inner();
    assert!(replayed.matches, "{}", replayed.first_difference);
}
