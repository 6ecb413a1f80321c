//! An order from the request to the notification, and its other ends.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::world::{Shop, World};

#[tokio::test]
async fn order_is_generated_paid_notified_and_known_by_both_its_names() {
    let world = World::new().await;
    let (status, answer) = world.generate("req-1", &World::order("INV-1")).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["order"], json!({"invoice_number": "INV-1", "amount": 90_000}));
    assert_eq!(answer["peer_to_peer_info"]["status"], "PENDING");
    assert_eq!(answer["peer_to_peer_info"]["expired_date_utc"].as_str().unwrap().len(), 14);
    let page = world.client.get(answer["payment"]["url"].as_str().unwrap()).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Rp 90,000"));
    assert_eq!(world.status("INV-1").await.1["transaction"]["status"], "PENDING");

    let (_, pressed) = world.decide("INV-1", "approve").await;
    assert_eq!(pressed["return_url"], "https://merchant.example/return");
    let told = world.notified("SUCCESS").await;
    assert_eq!(told["order"], json!({"invoice_number": "INV-1", "amount": 90_000}));
    assert_eq!(told["transaction"]["original_request_id"], "req-1");
    assert_eq!(told["channel"]["id"], "PEER_TO_PEER_KREDIVO");
    for id in ["INV-1", "req-1"] {
        assert_eq!(world.status(id).await.1["transaction"]["status"], "SUCCESS", "{id}");
    }
    let ledger: serde_json::Value =
        world.client.get(world.url("/_sandbox/ledger")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ledger["entries"][1]["kind"], "approved");
    assert_eq!(ledger["entries"][1]["amount_minor"], 9_000_000);

    assert_eq!(world.post("/_sandbox/orders/INV-1/refund", &json!(null)).await.0, 204);
    world.notified("REFUNDED").await;
}

#[tokio::test]
async fn failed_attempt_is_told_and_may_be_followed_by_a_payment() {
    let world = World::new().await;
    world.generate("req", &World::order("INV")).await;
    world.decide("INV", "decline").await;
    world.notified("FAILED").await;
    assert_eq!(world.status("INV").await.1["transaction"]["status"], "FAILED");
    world.decide("INV", "approve").await;
    world.notified("SUCCESS").await;
}

#[tokio::test]
async fn shopper_who_leaves_goes_to_the_cancel_address_and_may_come_back() {
    let world = World::new().await;
    world.generate("req", &World::order("INV")).await;
    let (_, left) = world.decide("INV", "leave").await;
    assert_eq!(left["return_url"], "https://merchant.example/cancel");
    assert_eq!(world.status("INV").await.1["transaction"]["status"], "PENDING");
    assert_eq!(world.decide("INV", "pay_late").await.0, 409);
}

#[tokio::test]
async fn failure_is_none_the_less_for_leaving_after_it() {
    let world = World::new().await;
    world.generate("req", &World::order("INV")).await;
    world.decide("INV", "decline").await;
    let told = world.notified("FAILED").await;
    world.decide("INV", "leave").await;
    let asked = world.status("INV").await.1;
    assert_eq!(asked["transaction"], told["transaction"], "at the same time, too");
}

#[tokio::test]
async fn notification_is_repeated_after_30_minutes_6_and_12_hours_word_by_word() {
    let world = World::new().await;
    let began = Timestamp::now();
    let after = |minutes: i64| began + SignedDuration::from_mins(minutes);
    world.stands(began).await;
    world.generate("req", &World::order("INV")).await;
    world.shop.refuse(4);
    world.decide("INV", "decline").await;
    let first = world.shop.told(1).await.remove(0);
    for (repeats, minutes) in [30, 6 * 60, 12 * 60].into_iter().enumerate() {
        world.tried(repeats + 1).await;
        world.stands(after(minutes - 1)).await;
        assert_eq!(world.shop.told(0).await.len(), repeats + 1, "nothing before {minutes} minutes");
        world.stands(after(minutes)).await;
        assert_eq!(world.shop.told(repeats + 2).await[repeats + 1], first, "at {minutes} minutes");
    }
    world.tried(4).await;
    let (_, all) = world.get("/_sandbox/webhooks").await;
    assert_eq!(all["webhooks"][0]["state"], "given_up", "{all}");
}

#[tokio::test]
async fn each_failure_keeps_the_time_that_it_had() {
    let world = World::new().await;
    let began = Timestamp::now();
    world.stands(began).await;
    world.generate("req", &World::order("INV")).await;
    world.shop.refuse(1);
    world.decide("INV", "decline").await;
    let first = world.shop.told(1).await.remove(0);
    world.tried(1).await;
    world.stands(began + SignedDuration::from_mins(10)).await;
    world.decide("INV", "decline").await;
    let second = world.shop.told(2).await.remove(1);
    assert_ne!(second.body["transaction"]["date"], first.body["transaction"]["date"]);
    world.stands(began + SignedDuration::from_mins(30)).await;
    assert_eq!(world.shop.told(3).await[2], first);
}

#[tokio::test]
async fn order_has_its_notifications_sent_to_another_host() {
    let (world, other) = (World::new().await, Shop::open().await);
    let mut order = World::order("INV");
    order["additional_info"] = json!({"override_notification_url": other.notification_url()});
    assert_eq!(world.generate("req", &order).await.0, 200);
    world.generate("another", &World::order("INV-2")).await;
    for invoice in ["INV", "INV-2"] {
        world.decide(invoice, "approve").await;
    }
    for (shop, invoice) in [(&other, "INV"), (&world.shop, "INV-2")] {
        let told = shop.told(1).await;
        assert_eq!((told.len(), &told[0].body["order"]["invoice_number"]), (1, &json!(invoice)));
    }
}

#[tokio::test]
async fn same_request_again_is_answered_as_before_under_409() {
    let world = World::new().await;
    let (status, first) = world.generate("req", &World::order("INV")).await;
    assert_eq!(status, 200);
    assert_eq!(world.generate("req", &World::order("INV")).await, (409, first));
    for (request, invoice, taken) in [("req", "OTHER", "REQUEST-ID"), ("another", "INV", "INVOICE NUMBER")] {
        let (status, refused) = world.generate(request, &World::order(invoice)).await;
        let error = json!({"code": "duplicate_transaction", "message": format!("{taken} ALREADY USED")});
        assert_eq!((status, &refused["error"]), (400, &error));
    }
}
