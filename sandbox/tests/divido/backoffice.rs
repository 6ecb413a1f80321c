//! What nobody at the shop can do: people at Divido and at its lender.

use serde_json::{Value, json};

use crate::world::World;

async fn admin(world: &World, order: &str, call: &str, body: Value) -> u16 {
    let url = world.url(&format!("/_sandbox/orders/{order}/{call}"));
    world.client.post(url).json(&body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn application_waits_for_somebody_in_every_word_of_the_documents() {
    let world = World::new().await;
    let proposal = world.proposed("B-1", &[]).await;
    for status in
        ["INFO-NEEDED", "ACTION-CUSTOMER", "ACTION-RETAILER", "ACTION-LENDER", "DEFERRED", "REFERRED"]
    {
        assert_eq!(admin(&world, "B-1", "status", json!({"status": status})).await, 204, "{status}");
        assert_eq!(world.told("B-1", status).await["status"], status);
        assert_eq!(world.record(&proposal).await["depositStatus"], "UNPAID", "{status}");
    }
    assert_eq!(admin(&world, "B-1", "status", json!({"status": "ACTION-LENDER"})).await, 204);
    assert_eq!(world.decide("B-1", "approve").await, 200);
    world.told("B-1", "READY").await;
    for wrong in ["INFO-NEEDED", "DISPUTED", "READY", "ACTIVATED"] {
        assert_eq!(admin(&world, "B-1", "status", json!({"status": wrong})).await, 409, "{wrong}");
    }
    assert_eq!(admin(&world, "B-2", "status", json!({"status": "DEFERRED"})).await, 404);
    assert_eq!(admin(&world, "B-1", "status", json!({})).await, 422);
}

#[tokio::test]
async fn activated_application_gets_into_trouble_and_nothing_more_is_done_to_it() {
    for trouble in ["DISPUTED", "LOAN-REVERSAL"] {
        let world = World::with("", std::time::Duration::ZERO).await;
        let proposal = world.ready("B-3").await;
        world.act("/v1/activation", &proposal, "a", true).await;
        world.told("B-3", "PARTIALLY-ACTIVATED").await;
        assert_eq!(admin(&world, "B-3", "status", json!({"status": trouble})).await, 204);
        world.told("B-3", trouble).await;
        let record = world.record(&proposal).await;
        assert_eq!((&record["status"], &record["activatedAmount"]), (&json!(trouble), &json!(44.5)));
        let (_, refund) = world.act("/v1/refund", &proposal, "r", true).await;
        assert_eq!(refund["status"], "error", "{refund}");
    }
}

#[tokio::test]
async fn lender_says_no_to_an_act_and_what_it_took_is_free_again() {
    let world = World::new().await;
    let proposal = world.ready("B-4").await;
    world.act("/v1/activation", &proposal, "a", false).await;
    assert_eq!(
        world.act("/v1/refund", &proposal, "r", true).await.1["result"]["refundedAmount"],
        json!(44.5)
    );
    let no = |kind: &str| json!({"kind": kind, "number": 0});
    assert_eq!(admin(&world, "B-4", "refuse", no("refund")).await, 204);
    assert_eq!(admin(&world, "B-4", "refuse", no("refund")).await, 409, "once");
    assert_eq!(admin(&world, "B-4", "refuse", no("cancellation")).await, 409, "there is none");
    let record = world.record(&proposal).await;
    assert_eq!((&record["refundedAmount"], &record["refunds"][0]["status"]), (&json!(0), &json!("DECLINED")));
    assert_eq!(admin(&world, "B-4", "refuse", no("activation")).await, 204);
    let record = world.record(&proposal).await;
    assert_eq!((&record["status"], &record["activatedAmount"]), (&json!("READY"), &json!(0)));
    assert_eq!(
        (&record["activations"][0]["status"], &record["activatableAmount"]),
        (&json!("DECLINED"), &json!(1197.5))
    );
    let kinds: Vec<_> = world.ledger().await.into_iter().skip(1).collect();
    let expected = [
        ("approved", 119_750),
        ("tracking", 119_750),
        ("refund", 4_450),
        ("refund_refused", 4_450),
        ("tracking_deleted", 119_750),
    ];
    assert_eq!(kinds, expected.map(|(kind, minor)| (kind.to_owned(), minor)));
}
