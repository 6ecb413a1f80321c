//! The checkout as a shopper sees it: a real browser opens it, presses Approve, and ends on our page.
//!
//! Pictures of both pages are left in `target/tmp`, for a person to look at.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and the line says where")]

mod chromium;

use chromium::Chromium;
use fantoccini::Locator;
use ordain_proto::orders::v1::OrderState;
use ordain_tests::basket;
use ordain_tests::wait::until;
use ordain_tests::world::World;

#[tokio::test]
async fn shopper_presses_approve_and_lands_on_our_page() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let chromium = Chromium::start().await;
    let page = chromium.page();
    page.goto(&order.next_action.unwrap().redirect_url).await.unwrap();
    let shown = page.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
    for word in ["Desk lamp, brass", "LED bulb E27", "£66.95", "Approve", "Decline", "Leave"] {
        assert!(shown.contains(word), "no {word} on the checkout:\n{shown}");
    }
    chromium.picture("checkout.png").await;
    page.find(Locator::Css("#approve")).await.unwrap().click().await.unwrap();
    let ours = format!("{}/a/demo-dividebuy/dividebuy/payment/response", world.addresses.ingress);
    until("the browser to come back", async || {
        let url = page.current_url().await.unwrap();
        url.as_str().starts_with(&ours).then_some(())
    })
    .await;
    let shown = page.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
    assert!(shown.contains("We are checking your payment"), "{shown}");
    chromium.picture("returned.png").await;
    chromium.close().await;
    world.until_state(&order.name, OrderState::Authorized).await;
}

#[tokio::test]
async fn shopper_of_a_cancelled_order_is_told_so() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let request = ordain_proto::orders::v1::CancelOrderRequest {
        name: order.name.clone(),
        request_id: ordain_tests::world::new_id(),
        ..Default::default()
    };
    world.orders().cancel_order(request).await.unwrap();
    let chromium = Chromium::start().await;
    let page = chromium.page();
    page.goto(&order.next_action.unwrap().redirect_url).await.unwrap();
    let shown = page.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
    assert!(shown.contains("The shop did not confirm this order"), "{shown}");
    assert!(page.find(Locator::Css("#approve")).await.is_err(), "there is nothing to approve");
    chromium.picture("refused.png").await;
    chromium.close().await;
}
