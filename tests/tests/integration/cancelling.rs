//! Giving an order up, before and after the money was promised.

use ordain_proto::orders::v1::{CancelOrderRequest, CancelOrderResponse, Order, OrderState, WaitFor};
use ordain_tests::basket::{self, TOTAL};
use ordain_tests::world::{World, new_id};

async fn cancel(world: &World, order: &Order) -> CancelOrderResponse {
    let request = CancelOrderRequest {
        name: order.name.clone(),
        reason: "the customer rang".to_owned(),
        request_id: new_id(),
        etag: String::new(),
        wait: WaitFor::Settled.into(),
        lines: Vec::new(),
        attempt: String::new(),
    };
    world.orders().cancel_order(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn cancelled_order_is_refused_to_the_provider_from_then_on() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let cancelled = cancel(&world, &order).await.order.unwrap();
    assert_eq!(cancelled.state(), OrderState::Cancelled);
    let page = world.checkout(&order).await;
    assert_eq!(page.status, 502);
    assert!(page.html.contains("The shop did not confirm this order"), "{}", page.html);
    assert_eq!(world.ledger(&order).await, []);
}

#[tokio::test]
async fn order_that_was_looked_at_and_cancelled_is_refused_too() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    assert_eq!(world.checkout(&order).await.status, 200);
    cancel(&world, &order).await;
    assert_eq!(world.checkout(&order).await.status, 502);
}

#[tokio::test]
async fn approved_order_is_cancelled_by_a_full_refund() {
    let world = World::new().await;
    let order = world.paid().await;
    cancel(&world, &order).await;
    let order = world.until_state(&order.name, OrderState::Cancelled).await;
    let refunds = world.entries(&order, "refund").await;
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].amount_minor, refunds[0].refund_type.as_deref()), (Some(TOTAL), Some("FULL")));
    assert_eq!(order.amounts.unwrap().cancelled, Some(basket::pence(TOTAL)));
}
