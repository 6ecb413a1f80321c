//! What Divido does not take: mostly with HTTP 200.

use serde_json::json;

use crate::world::World;

#[track_caller]
fn refused((status, answer): (u16, serde_json::Value), expected: &str) {
    assert_eq!(status, if expected.ends_with("not found") { 404 } else { 200 }, "{answer}");
    assert_eq!(answer["status"], "error", "{answer}");
    assert!(answer["error"].as_str().unwrap().starts_with(expected), "{answer}");
}

#[tokio::test]
async fn credit_requests_that_do_not_add_up_are_refused() {
    let world = World::new().await;
    for (name, value, expected) in [
        ("merchant", "live_x.y", "Invalid merchant"),
        ("finance", "F0", "Finance not found"),
        ("amount", "1197.51", "The amount does not match"),
        ("amount", "1.1975e3", "Invalid parameter: amount"),
        ("deposit", "", "Missing required parameter: deposit"),
        ("deposit", "600", "The deposit is outside"),
        ("currency", "JPY", "Invalid parameter: currency"),
        ("products[1][price]", "£1153", "Invalid product"),
        ("directSign", "maybe", "Invalid parameter: directSign"),
        ("redirectUrl", "javascript:alert(1)", "Invalid parameter: redirectUrl"),
    ] {
        refused(world.post("/v1/creditrequest", &world.request("X-1", &[(name, value)])).await, expected);
    }
    assert!(world.ledger().await.is_empty());
}

#[tokio::test]
async fn acts_are_legal_only_where_the_documents_say_so() {
    let world = World::new().await;
    let proposal = world.proposed("X-2", &[]).await;
    refused(world.act("/v1/activation", &proposal, "a", true).await, "The application is DRAFT");
    refused(world.act("/v1/refund", &proposal, "r", true).await, "The application is DRAFT");
    refused(world.act("/v1/refund", "C0", "r", true).await, "Application not found");
    assert_eq!(world.decide("X-2", "approve").await, 200);
    refused(world.act("/v1/refund", &proposal, "r", true).await, "The application is READY");
    world.act("/v1/activation", &proposal, "a", false).await;
    refused(
        world.act("/v1/cancellation", &proposal, "c", true).await,
        "The application is AWAITING-ACTIVATION",
    );
    for _ in 0..26 {
        assert_eq!(world.act("/v1/refund", &proposal, "r", true).await.1["status"], "ok");
    }
    refused(world.act("/v1/refund", &proposal, "r", true).await, "The amount cannot be refunded");
}

#[tokio::test]
async fn same_reference_twice_is_two_refunds() {
    let world = World::new().await;
    let proposal = world.ready("X-3").await;
    world.act("/v1/activation", &proposal, "a", false).await;
    world.act("/v1/refund", &proposal, "r", true).await;
    let (_, second) = world.act("/v1/refund", &proposal, "r", true).await;
    assert_eq!(second["result"]["refundedAmount"], json!(89), "there is no key");
}
