//! An application's life, with the lender's word after a while.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{SECRET, World};

/// The lender is quick.
async fn quick() -> World {
    World::with("", Duration::from_millis(20)).await
}

#[tokio::test]
async fn customer_is_accepted_and_signs_and_every_status_is_told() {
    let world = World::with(SECRET, Duration::from_secs(3_600)).await;
    let proposal = world.proposed("L-1", &[]).await;
    assert_eq!(world.decide("L-1", "approve").await, 200);
    let session = world.told("L-1", "proposal-new-session").await;
    assert_eq!(session["proposal"], json!(proposal));
    for status in ["PROPOSAL", "ACCEPTED", "DEPOSIT-PAID", "SIGNED"] {
        world.told("L-1", status).await;
    }
    let ready = world.told("L-1", "READY").await;
    let expected = json!({
        "application": ready["application"], "event": "application-status-update",
        "metadata": {"Invoice Number": "844001", "Order Number": "100019"}, "name": "John Doe",
        "proposal": proposal, "reference": "L-1", "status": "READY",
    });
    assert_eq!(ready, expected);
    assert_eq!(world.ledger().await[1], ("approved".to_owned(), 119_750));
}

#[tokio::test]
async fn customer_comes_by_the_page_and_presses_a_button() {
    let world = World::new().await;
    let (_, answer) = world.post("/v1/creditrequest", &world.request("L-2", &[])).await;
    let url = answer["url"].as_str().unwrap();
    let page = world.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Approve") && page.contains("£1,197.50"), "{page}");
    for price in ["£1,153.00", "£89.00", "£44.50"] {
        assert!(page.contains(price), "{price} in {page}");
    }
    let token = answer["token"].as_str().unwrap();
    let press = world.client.post(world.url(&format!("/checkout/{token}/approve"))).send().await.unwrap();
    assert_eq!(press.headers()["location"], "http://www.webshop.com/success.html");
    let closed = world.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(closed.contains("This order is closed"), "{closed}");
}

#[tokio::test]
async fn form_is_filled_in_with_what_the_shop_knows_of_its_customer() {
    let world = World::new().await;
    let (_, answer) = world.post("/v1/creditrequest", &world.request("L-4", &[])).await;
    let page = world.client.get(answer["url"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    for known in ["John L Doe", "01 07 1967", "B Amanda apartments 115", "123456", "+44201234567"] {
        assert!(page.contains(known), "{known} in {page}");
    }
    assert!(!page.contains("12345678"), "whoever has the link would read the account's number: {page}");
    for path in world.files() {
        let bytes = std::fs::read(&path).unwrap();
        for personal in ["Amanda apartments", "12345678", "dateOfBirth", "john.doe@"] {
            let is_there = bytes.windows(personal.len()).any(|window| window == personal.as_bytes());
            assert!(!is_there, "{personal} lies in the clear in {}", path.display());
        }
    }
}

#[tokio::test]
async fn every_end_at_the_checkout_has_its_status_and_way_back() {
    let world = World::new().await;
    for (decision, status, way) in [
        ("decline", "DECLINED", "http://www.webshop.com/checkout"),
        ("leave", "CANCELLED", "http://www.webshop.com/checkout"),
        ("refer", "REFERRED", "http://www.webshop.com/success.html"),
    ] {
        let (_, answer) = world.post("/v1/creditrequest", &world.request(decision, &[])).await;
        let token = answer["token"].as_str().unwrap();
        let press =
            world.client.post(world.url(&format!("/checkout/{token}/{decision}"))).send().await.unwrap();
        assert_eq!(press.headers()["location"], way);
        assert_eq!(world.record(answer["id"].as_str().unwrap()).await["status"], status);
        world.told(decision, status).await;
    }
    assert_eq!(world.decide("refer", "approve").await, 200);
    world.told("refer", "READY").await;
    assert_eq!(world.decide("decline", "approve").await, 200, "the first word stands");
    assert_eq!(world.decide("refer", "pay_late").await, 409);
}

#[tokio::test]
async fn lender_confirms_and_the_order_is_completed() {
    let world = quick().await;
    let proposal = world.ready("L-3").await;
    world.act("/v1/activation", &proposal, "a1", true).await;
    world.told("L-3", "AWAITING-ACTIVATION").await;
    world.told("L-3", "PARTIALLY-ACTIVATED").await;
    world.act("/v1/activation", &proposal, "a2", false).await;
    world.told("L-3", "ACTIVATED").await;
    let record = world.record(&proposal).await;
    assert_eq!((&record["activatedAmount"], &record["activatableAmount"]), (&json!(1197.5), &json!(0)));
    world.told("L-3", "COMPLETED").await;
}

#[tokio::test]
async fn refunds_of_everything_end_in_refunded() {
    let world = quick().await;
    let proposal = world.ready("L-4").await;
    world.act("/v1/activation", &proposal, "a1", false).await;
    world.told("L-4", "ACTIVATED").await;
    world.act("/v1/refund", &proposal, "r1", true).await;
    let (_, rest) = world.act("/v1/refund", &proposal, "r2", false).await;
    assert_eq!(
        rest["result"]["refunds"][1]["amount"],
        json!(1153),
        "no products are everything that is left"
    );
    world.told("L-4", "REFUNDED").await;
    let record = world.record(&proposal).await;
    let ended = |entry: &Value| entry["status"] == "REFUNDED";
    assert!(record["refunds"].as_array().unwrap().iter().all(ended), "{record}");
}

#[tokio::test]
async fn cancelled_part_leaves_the_rest_and_cancelled_whole_ends_it() {
    let world = quick().await;
    let proposal = world.ready("L-5").await;
    world.act("/v1/cancellation", &proposal, "c1", true).await;
    world.told("L-5", "AWAITING-CANCELLATION").await;
    while world.record(&proposal).await["status"] != "READY" {
        tokio::task::yield_now().await;
    }
    world.act("/v1/cancellation", &proposal, "c2", false).await;
    world.told("L-5", "CANCELLED").await;
    assert_eq!(world.record(&proposal).await["cancelledAmount"], json!(1197.5));
}

#[tokio::test]
async fn settled_activations_are_paid_in_batches_of_three_decimals() {
    let world = quick().await;
    let proposal = world.ready("L-6").await;
    world.act("/v1/activation", &proposal, "a1", false).await;
    world.told("L-6", "ACTIVATED").await;
    let (_, list) = world.get("/v1/payments", "&currency=GBP").await;
    let batch = &list["records"][0];
    assert_eq!((&batch["records"], &list["totalItems"]), (&json!(1), &json!(1)), "{list}");
    assert_eq!(batch["merchant"]["name"], "Sofa & Table");
    assert_eq!(batch["totalSubsidyAmount"].to_string(), "5.488", "half a percent of 1097.50");
    let (_, one) = world.get("/v1/payments", &format!("&id={}", batch["id"].as_str().unwrap())).await;
    let paid = &one["record"]["transactions"][0];
    assert_eq!((&paid["reference"], &paid["customer"]), (&json!("L-6"), &json!("DOE, JOHN")));
    assert_eq!(
        paid["netPaymentAmount"].to_string(),
        "1181.036",
        "as in the documents' sample, three subsidies less"
    );
    assert_eq!(world.get("/v1/payments", "&currency=EUR").await.1["records"], json!([]));
}
