//! What goes wrong on demand with what divit says, and with when it says it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{API_KEY, World, account};

#[tokio::test]
async fn status_is_stale_halved_foreign_or_a_word_of_no_document() {
    let world = World::new().await;
    let id = world.created(&world.order("REF")).await["orderID"].as_str().unwrap().to_owned();
    world.decide("REF", "approve").await;
    let asked = async |fault: &str| {
        let request = world.client.get(world.url(&format!("/paynow/orders/{id}/status")));
        let request = request.header("api-key", API_KEY).header("x-sandbox-fault", fault);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["data"].clone())
    };
    assert_eq!(asked("stale_status").await.0, 404, "an order that nobody has paid is not known");
    let (_, half) = asked("partial_amount").await;
    assert_eq!(half["orderAmount"], json!({"amount": 57_525, "currency": "HKD"}));
    let (_, foreign) = asked("currency_mismatch").await;
    assert_eq!(foreign["orderAmount"], json!({"amount": 115_050, "currency": "USD"}));
    assert_eq!(asked("unknown_status").await.1["status"], "SANDBOX_SURPRISE");
    assert_eq!(asked("bad_signature").await.0, 200, "an answer is not signed, so nothing is wrong with it");
}

#[tokio::test]
async fn event_waits_until_the_next_one_of_its_order_has_passed_it() {
    let world = World::with(account(), Duration::ZERO).await;
    let rule = json!({"operation": "webhook", "kind": "reorder_webhooks", "delay_ms": 600_000});
    assert_eq!(world.call("/_sandbox/faults", &rule).await.0, 201);
    let id = world.created(&world.order("REF")).await["orderID"].clone();
    world.decide("REF", "approve").await;
    let refund = json!({"orderID": id, "refundType": "full", "refundAmount": 1150.5, "remarks": ""});
    assert_eq!(world.call("/paynow/orders/refund/request", &refund).await.0, 200);
    world.event(2001).await;
    assert_eq!(world.told(), [2100, 2001]);
}

#[tokio::test]
async fn order_that_was_paid_after_its_expiry_is_told_as_both() {
    let world = World::new().await;
    let rule = json!({"operation": "payment", "kind": "paid_after_expiry", "delay_ms": 1});
    assert_eq!(world.call("/_sandbox/faults", &rule).await.0, 201);
    world.created(&world.order("REF")).await;
    assert_eq!(world.decide("REF", "approve").await.1["decision"], "pay_late");
    world.event(2001).await;
    world.event(4001).await;
    assert_eq!(world.kinds().await, ["created", "expired", "approved"]);
}

#[tokio::test]
async fn every_call_below_sandbox_is_listed_and_there() {
    let world = World::new().await;
    let list = world.client.get(world.url("/_sandbox")).send().await.unwrap().json::<Value>().await.unwrap();
    let calls = list["calls"].as_array().unwrap();
    assert!(calls.iter().any(|one| one["call"].as_str().unwrap().ends_with("/refunds/{number}/end")));
    for one in calls {
        let (_, path) = one["call"].as_str().unwrap().split_once(' ').unwrap();
        let path = path.replace("{id}", "1").replace("{number}", "0");
        let known = world.client.request(reqwest::Method::TRACE, world.url(&path)).send().await.unwrap();
        assert_eq!(known.status(), 405, "{path} is a path, if not by this method");
    }
    let webhook = list["operations"].as_array().unwrap().iter().find(|one| one["operation"] == "webhook");
    assert!(webhook.unwrap()["faults"].as_array().unwrap().contains(&json!("drop_webhook")));
}

#[tokio::test]
async fn fault_that_a_request_cannot_act_out_is_refused() {
    let world = World::new().await;
    let request = world.client.get(world.url("/paynow/orders/1/status")).header("api-key", API_KEY);
    let refused = request.header("x-sandbox-fault", "drop_return").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let why = refused.text().await.unwrap();
    assert_eq!(why, "this kind of fault can happen to nothing of this request: status, webhook");
}
