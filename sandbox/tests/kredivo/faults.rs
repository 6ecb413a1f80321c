//! What goes wrong on demand with what is signed, and with what is said.

use serde_json::{Value, json};

use crate::world::World;

async fn install(world: &World, rule: &Value) -> (u16, Value) {
    world.post("/_sandbox/faults", rule).await
}

#[tokio::test]
async fn first_answer_may_come_as_the_repetition_of_one() {
    let world = World::new().await;
    let rule = json!({"operation": "create", "kind": "idempotent_replay_409"});
    assert_eq!(install(&world, &rule).await.0, 201);
    let (status, first) = world.generate("req", &World::order("INV")).await;
    assert_eq!((status, &first["order"]["invoice_number"]), (409, &json!("INV")));
    assert_eq!(
        world.generate("req", &World::order("INV")).await,
        (409, first),
        "a real repetition is the same"
    );
}

#[tokio::test]
async fn clock_that_is_off_refuses_what_came_in_time_and_stamps_its_own() {
    let world = World::new().await;
    let rule = json!({"operation": "create", "kind": "clock_skew", "times": 1});
    assert_eq!(install(&world, &rule).await.0, 201);
    let (status, refused) = world.generate("req", &World::order("INV")).await;
    assert_eq!((status, &refused["error"]["message"]), (400, &json!("HEADER REQUEST-TIMESTAMP IS INVALID")));
    assert_eq!(world.generate("req", &World::order("INV")).await.0, 200);
}

#[tokio::test]
async fn status_is_as_it_began_for_so_many_reads_of_each_order() {
    let world = World::new().await;
    let rule = json!({"operation": "status", "kind": "stale_status", "reads": 2});
    assert_eq!(install(&world, &rule).await.0, 201);
    for (request, invoice) in [("a", "INV-A"), ("b", "INV-B")] {
        world.generate(request, &World::order(invoice)).await;
        assert_eq!(world.status(invoice).await.1["transaction"]["status"], "PENDING", "and that is no lie");
        world.decide(invoice, "approve").await;
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(world.status(invoice).await.1["transaction"]["status"].clone());
        }
        assert_eq!(seen, ["PENDING", "PENDING", "SUCCESS"]);
    }
}

#[tokio::test]
async fn status_and_amount_are_said_to_be_others() {
    let world = World::new().await;
    world.generate("req", &World::order("INV")).await;
    world.decide("INV", "approve").await;
    for (kind, status, amount) in
        [("unknown_status", "SANDBOX_SURPRISE", 90_000), ("partial_amount", "SUCCESS", 45_000)]
    {
        let rule = json!({"operation": "status", "kind": kind, "times": 1});
        assert_eq!(install(&world, &rule).await.0, 201);
        let (_, said) = world.status("INV").await;
        assert_eq!(
            (&said["transaction"]["status"], &said["order"]["amount"]),
            (&json!(status), &json!(amount))
        );
    }
}

#[tokio::test]
async fn order_expires_before_it_is_paid_all_the_same() {
    let world = World::new().await;
    let rule = json!({"operation": "payment", "kind": "paid_after_expiry", "delay_ms": 1});
    assert_eq!(install(&world, &rule).await.0, 201);
    world.generate("req", &World::order("INV")).await;
    let (status, pressed) = world.decide("INV", "approve").await;
    assert_eq!(
        (status, &pressed["decision"], &pressed["status"]),
        (200, &json!("pay_late"), &json!("SUCCESS"))
    );
    world.notified("SUCCESS").await;
    let ledger = world.client.get(world.url("/_sandbox/ledger")).send().await.unwrap();
    let ledger: Value = ledger.json().await.unwrap();
    let kinds: Vec<&str> =
        ledger["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "expired", "approved"]);
}

#[tokio::test]
async fn what_doku_never_says_cannot_be_wrong() {
    let world = World::new().await;
    let (status, why) = install(&world, &json!({"operation": "*", "kind": "currency_mismatch"})).await;
    assert_eq!(
        (status, &why["error"]),
        (422, &json!("this kind of fault can happen to nothing that this provider does"))
    );
    let (_, why) = install(&world, &json!({"operation": "status", "kind": "idempotent_replay_409"})).await;
    assert!(why["error"].as_str().unwrap().ends_with("here it can to: create"), "{why}");
}
