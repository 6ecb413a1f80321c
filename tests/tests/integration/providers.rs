//! One life at each of the simulated providers that DivideBuy's stories do not tell.

use ordain_proto::orders::v1::{OperationState, Order, OrderState, RefundStatus};
use ordain_tests::basket::{self, TOTAL};
use ordain_tests::checkout::Button;
use ordain_tests::world::World;

/// Presses a button at the order's checkout and goes where that leads.
async fn presses(world: &World, order: &Order, button: Button) {
    let back = world.press(order, button).await;
    assert!(world.browser.open(&back).await.status.is_success());
}

/// Every penny in our book is in the providers' ledgers, and the other way round.
fn books_agree(world: &World) {
    let verdict = world.command(&["check", "--json"]);
    let text = String::from_utf8_lossy(&verdict.stdout).into_owned();
    assert!(verdict.status.success(), "{text}{}", String::from_utf8_lossy(&verdict.stderr));
}

#[tokio::test]
async fn divit_order_is_captured_by_its_event_and_its_refund_ends_when_staff_ends_it() {
    let world = World::new().await;
    let order = world.create(basket::order_at("demo-divit", "HKD", 10)).await;
    presses(&world, &order, Button::Approve).await;
    let order = world.until_state(&order.name, OrderState::Completed).await;
    assert_eq!(order.amounts.as_ref().unwrap().captured.as_ref().unwrap().minor_units, 10 * TOTAL);
    world.refund(&order.name, &[basket::portion("2", "1")]).await.unwrap();
    let refunded = |order: &Order| order.refund_status() == RefundStatus::Partial;
    let order = world.until(&order.name, "the refund to end", refunded).await;
    let state = order.refunds[0].operation.as_ref().unwrap().state();
    assert_eq!(state, OperationState::Succeeded);
    books_agree(&world);
}

#[tokio::test]
async fn divit_orders_of_every_product_are_paid_and_refunded() {
    let world = World::new().await;
    for product in ["paylater", "directpay"] {
        let mut order = basket::order_at("demo-divit", "HKD", 10);
        order.provider_options.insert("product".to_owned(), product.to_owned());
        let order = world.create(order).await;
        presses(&world, &order, Button::Approve).await;
        let order = world.until_state(&order.name, OrderState::Completed).await;
        world.refund(&order.name, &[]).await.unwrap();
        let refunded = |order: &Order| order.refund_status() == RefundStatus::Full;
        world.until(&order.name, "the refund to end", refunded).await;
    }
    books_agree(&world);
}

#[tokio::test]
async fn divit_bank_may_refuse_one_payment_before_another_succeeds() {
    let world = World::new().await;
    let order = world.create(basket::order_at("demo-divit", "HKD", 10)).await;
    presses(&world, &order, Button::Decline).await;
    assert_eq!(world.order(&order.name).await.state(), OrderState::AwaitingCustomer);
    presses(&world, &order, Button::Approve).await;
    world.until_state(&order.name, OrderState::Completed).await;
    books_agree(&world);
}

#[tokio::test]
async fn kredivo_order_survives_a_failed_attempt_and_cannot_be_refunded_by_us() {
    let world = World::new().await;
    let mut order = basket::order_at("demo-kredivo", "IDR", 20_000);
    // Kredivo takes numbers of Indonesia alone.
    order.customer.as_mut().unwrap().phone = "+6285694566147".to_owned();
    let order = world.create(order).await;
    presses(&world, &order, Button::Decline).await;
    presses(&world, &order, Button::Approve).await;
    let order = world.until_state(&order.name, OrderState::Completed).await;
    assert_eq!(order.amounts.as_ref().unwrap().captured.as_ref().unwrap().minor_units, 20_000 * TOTAL);
    let refused = world.refund(&order.name, &[]).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    assert!(String::from_utf8_lossy(refused.details()).contains("OPERATION_NOT_SUPPORTED"));
    books_agree(&world);
}

#[tokio::test]
async fn divido_gives_back_an_amount_for_no_goods_where_the_account_allows_it() {
    let world = World::new().await;
    let refunded_of = async |allowed: &str| {
        let setting = format!("adjustment_refunds={allowed}");
        let updated = world.command(&["account", "update", "demo-divido", "--config", &setting]);
        assert!(updated.status.success(), "{updated:?}");
        let order = world.create(basket::order_at("demo-divido", "GBP", 1)).await;
        presses(&world, &order, Button::Approve).await;
        world.until_state(&order.name, OrderState::Authorized).await;
        world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
        world.until_state(&order.name, OrderState::Completed).await;
        (world.command(&["order", "refund", &order.name, "--amount", "GBP 5.00"]), order)
    };
    let (refused, _) = refunded_of("false").await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let (taken, order) = refunded_of("true").await;
    assert!(taken.status.success(), "{taken:?}");
    let refunded = |order: &Order| order.refund_status() == RefundStatus::Partial;
    let order = world.until(&order.name, "the refund to end", refunded).await;
    assert_eq!(order.amounts.as_ref().unwrap().refunded.as_ref().unwrap().minor_units, 500);
    books_agree(&world);
}

#[tokio::test]
async fn demo_shops_at_every_simulated_provider_in_turn() {
    let world = World::new().await;
    let demo = world.command(&["demo", "--orders", "10", "--provider", "all", "--json"]);
    let text = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(demo.status.success(), "{text}{}", String::from_utf8_lossy(&demo.stderr));
}
