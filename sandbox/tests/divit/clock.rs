//! An account whose time is its own: everything at the provider goes by it, and the rest lives on.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{API_KEY, World};

/// Where the clock stands at first.
fn morning() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

async fn put(world: &World, wish: &Value) -> (u16, Value) {
    let request = world.client.put(world.url("/_sandbox/clock")).json(wish);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

/// Sets the clock so many minutes after the morning, and returns what the simulator says of it.
pub async fn stands(world: &World, minutes: i64) -> Value {
    let at = morning() + SignedDuration::from_mins(minutes);
    let (status, face) = put(world, &json!({"credential": API_KEY, "at": at})).await;
    assert_eq!((status, &face["at"], &face["account"]), (200, &json!(at), &json!("branch")));
    face
}

#[tokio::test]
async fn refund_is_settled_when_the_clock_has_passed_and_not_before() {
    let world = World::new().await;
    assert_eq!(stands(&world, 0).await["next_due"], Value::Null);
    let id = world.created(&world.order("R")).await["orderID"].clone();
    world.decide("R", "approve").await;
    // A clock that stands still keeps no message back.
    world.event(2001).await;
    let refund = json!({"orderID": id, "refundType": "full", "refundAmount": 1150.50});
    assert_eq!(world.call("/paynow/orders/refund/request", &refund).await.0, 200);
    let due = morning() + SignedDuration::from_mins(60);
    assert_eq!(stands(&world, 59).await["next_due"], json!(due));
    assert_eq!(world.kinds().await, ["created", "approved", "refund_requested"]);
    stands(&world, 60).await;
    world.event(2100).await;
    let (_, ledger) = world.get("/_sandbox/ledger").await;
    let times: Vec<&Value> = ledger["entries"].as_array().unwrap().iter().map(|it| &it["at"]).collect();
    assert_eq!(times, [&json!(morning()), &json!(morning()), &json!(morning()), &json!(due)]);
}

#[tokio::test]
async fn token_lets_in_for_an_hour_of_the_account_s_own() {
    let world = World::new().await;
    stands(&world, 0).await;
    let made = world.created(&world.order("R")).await;
    let way = format!("{}&token={}", made["redirectURI"].as_str().unwrap(), made["token"].as_str().unwrap());
    let opened = async || world.client.get(&way).send().await.unwrap().status().as_u16();
    stands(&world, 59).await;
    assert_eq!(opened().await, 200);
    stands(&world, 60).await;
    assert_ne!(opened().await, 200);
}

#[tokio::test]
async fn clock_is_told_by_credential_and_can_be_taken_away() {
    let world = World::new().await;
    assert_eq!(put(&world, &json!({"credential": "nobody's", "at": morning()})).await.0, 404);
    stands(&world, 0).await;
    let (_, face) = put(&world, &json!({"credential": API_KEY})).await;
    assert_eq!((&face["at"], &face["busy"]), (&json!(morning()), &json!(0)));
    let (_, face) = put(&world, &json!({"credential": API_KEY, "remove": true})).await;
    assert_eq!(face["at"], Value::Null);
}

#[tokio::test]
async fn order_at_the_end_of_all_calendars_is_made_all_the_same() {
    let world = World::new().await;
    let (status, _) = put(&world, &json!({"credential": API_KEY, "at": Timestamp::MAX})).await;
    assert_eq!(status, 200);
    world.created(&world.order("R")).await;
    let order = world.get("/_sandbox/orders?order=R").await.1["orders"][0].clone();
    assert_eq!(order["expires_at"], json!(Timestamp::MAX));
}
