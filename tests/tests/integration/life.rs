//! One order's whole life, over gRPC and plain HTTP.

use ordain_proto::orders::v1::{CaptureStatus, OperationState, Order, OrderState, RefundStatus};
use ordain_tests::basket::{self, TOTAL, portion};
use ordain_tests::checkout::Button;
use ordain_tests::wait::until;
use ordain_tests::world::World;

#[tokio::test]
async fn order_is_paid_shipped_in_two_parcels_and_partly_sent_back() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let page = world.checkout(&order).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("Desk lamp, brass") && page.html.contains("£66.95"), "{}", page.html);
    let back = world.browser.press(&page, Button::Approve).await;
    let landed = world.browser.open(&back).await;
    assert_eq!(landed.status, 200);
    world.until_state(&order.name, OrderState::Authorized).await;
    ships_in_two_parcels(&world, &order.name).await;
    let order = world.until_state(&order.name, OrderState::Completed).await;
    let (refund, order) = world.refund(&order.name, &[portion("2", "1")]).await.unwrap();
    assert_eq!(refund.operation.unwrap().state(), OperationState::Succeeded);
    assert_eq!((order.state(), order.refund_status()), (OrderState::Completed, RefundStatus::Partial));
    books_agree(&world, &order).await;
}

async fn ships_in_two_parcels(world: &World, order: &str) {
    let (first, order) = world.fulfil(order, &[portion("2", "1")], "PARCEL-1").await.unwrap();
    assert_eq!(first.operation.unwrap().state(), OperationState::Succeeded);
    assert_eq!((order.state(), order.capture_status()), (OrderState::Authorized, CaptureStatus::Partial));
    let (second, _) = world.fulfil(&order.name, &[], "PARCEL-2").await.unwrap();
    assert_eq!(second.operation.unwrap().state(), OperationState::Succeeded);
}

/// What we say happened is what happened, to the penny.
async fn books_agree(world: &World, order: &Order) {
    until("the order to be synced", async || {
        Some(world.entries(order, "syncretorder").await).filter(|entries| !entries.is_empty())
    })
    .await;
    let amounts = order.amounts.as_ref().unwrap();
    let minor =
        |money: &Option<_>| money.as_ref().map(|money: &ordain_proto::orders::v1::Money| money.minor_units);
    let approved = world.entries(order, "approved").await;
    assert_eq!(approved.len(), 1);
    assert_eq!((approved[0].amount_minor, minor(&amounts.authorized)), (Some(TOTAL), Some(TOTAL)));
    assert_eq!(minor(&amounts.captured), Some(TOTAL));
    let refunds = world.entries(order, "refund").await;
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].amount_minor, minor(&amounts.refunded)), (Some(650), Some(650)));
    assert_eq!(minor(&amounts.refundable), Some(TOTAL - 650));
    let parcels = world.entries(order, "tracking").await;
    let mut numbers: Vec<&str> =
        parcels.iter().filter(|entry| !entry.repeat).filter_map(|entry| entry.number.as_deref()).collect();
    numbers.sort_unstable();
    // The lamp and the second bulb went together.
    assert_eq!(numbers, ["PARCEL-1", "PARCEL-2", "PARCEL-2"]);
}
