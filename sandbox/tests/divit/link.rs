//! Orders that a signed link makes, without a call of the shop's.

use std::time::Duration;

use serde_json::json;

use crate::clock::stands;
use crate::world::{World, account, code};

/// A link that the branch signed.
fn link(world: &World, reference: &str, expires_s: i64) -> String {
    let query = format!("amount=1200&currency=HKD&expiredAt={expires_s}&merchantRef={reference}");
    let path = format!("/directpay/c/merchant/branch/fps/act?{query}");
    let signature = code(&format!("1736845297:{path}"));
    let signature: String = signature.bytes().map(|byte| format!("%{byte:02X}")).collect();
    world.url(&format!("{path}&signature={signature}&timestamp=1736845297"))
}

#[tokio::test]
async fn signed_link_is_an_order_and_the_same_link_the_same_one() {
    let world = World::new().await;
    let link = link(&world, "L1", 4_102_444_800);
    for _ in 0..2 {
        let page = world.client.get(&link).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains("HK$12.00"));
    }
    assert_eq!(world.decide("L1", "approve").await.0, 200);
    assert_eq!(world.kinds().await, ["created", "approved"]);
    let forged = world.client.get(link.replace("amount=1200", "amount=12")).send().await.unwrap();
    assert_eq!(forged.status(), 400);
}

#[tokio::test]
async fn end_of_an_order_that_a_link_made_is_told_only_if_it_was_paid() {
    let mut account = account();
    let world = World::with(account.clone(), Duration::ZERO).await;
    account.webhook_url = format!("{}/events", world.shop);
    world.host.put_account(account).await.unwrap();
    stands(&world, 0).await;
    // Half an hour after the clock's morning.
    for reference in ["left", "late", "paid"] {
        let opened = world.client.get(link(&world, reference, 1_772_359_200)).send().await.unwrap();
        assert_eq!(opened.status(), 200);
    }
    assert_eq!(world.decide("left", "leave").await.0, 200);
    assert_eq!(world.decide("paid", "approve").await.0, 200);
    stands(&world, 60).await;
    assert_eq!(world.kinds().await, ["created", "created", "created", "left", "approved", "expired"]);
    let paid = world.event(2001).await;
    assert_eq!((&paid["path"], &paid["eventData"]["MerchantRef"]), (&json!("/events"), &json!("paid")));
    let (_, sent) = world.get("/_sandbox/webhooks").await;
    assert_eq!(sent["webhooks"].as_array().map(Vec::len), Some(1), "{sent}");
}
