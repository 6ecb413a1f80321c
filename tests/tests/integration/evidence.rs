//! How we learn what the customer did: by webhook, by browser, or by asking, whichever is left.

use ordain_proto::orders::v1::{Order, OrderState};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::wait::until;
use ordain_tests::world::World;

/// What gets through of the two ways in which we are told.
#[derive(Clone, Copy)]
struct Told {
    by_webhook: bool,
    by_browser: bool,
}

/// Presses `button`, lets only `told` through, and waits for `expected`.
async fn check(told: Told, button: Button, expected: OrderState) -> (World, Order) {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    if !told.by_webhook {
        world.fault(&order, ("webhook", "drop_webhook"), None).await;
    }
    let back = world.press(&order, button).await;
    if told.by_browser {
        assert_eq!(world.browser.open(&back).await.status, 200);
    }
    let order = world.until_state(&order.name, expected).await;
    (world, order)
}

#[tokio::test]
async fn webhook_alone_is_enough() {
    check(Told { by_webhook: true, by_browser: false }, Button::Approve, OrderState::Authorized).await;
}

#[tokio::test]
async fn return_alone_is_enough() {
    check(Told { by_webhook: false, by_browser: true }, Button::Approve, OrderState::Authorized).await;
}

#[tokio::test]
async fn payment_that_nobody_tells_is_found_by_asking() {
    check(Told { by_webhook: false, by_browser: false }, Button::Approve, OrderState::Authorized).await;
}

#[tokio::test]
async fn decline_and_leave_look_the_same_and_cancel() {
    for button in [Button::Decline, Button::Leave] {
        let told = Told { by_webhook: true, by_browser: true };
        let (world, order) = check(told, button, OrderState::Cancelled).await;
        let kinds: Vec<String> = world.ledger(&order).await.into_iter().map(|entry| entry.kind).collect();
        assert!(matches!(kinds.as_slice(), [only] if only == "declined" || only == "left"), "{kinds:?}");
    }
}

#[tokio::test]
async fn browser_that_says_cancel_proves_nothing() {
    let told = Told { by_webhook: false, by_browser: true };
    let (world, order) = check(told, Button::Decline, OrderState::AwaitingCustomer).await;
    stays_open(&world, &order).await;
}

#[tokio::test]
async fn closed_tab_leaves_the_order_open() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    assert_eq!(world.checkout(&order).await.status, 200);
    stays_open(&world, &order).await;
    assert_eq!(world.ledger(&order).await, []);
}

/// The provider was asked three times since, and nothing changed: time would not change it either.
async fn stays_open(world: &World, order: &Order) {
    let records = world.order(&order.name).await.sequence;
    let order = world.until(&order.name, "three more polls", |order| order.sequence >= records + 3).await;
    assert_eq!(order.state(), OrderState::AwaitingCustomer);
}

#[tokio::test]
async fn webhook_that_comes_twice_is_one() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    world.fault(&order, ("webhook", "duplicate_webhook"), None).await;
    world.press(&order, Button::Approve).await;
    let order = world.until_state(&order.name, OrderState::Authorized).await;
    until("the order to be synced", async || {
        Some(world.entries(&order, "syncretorder").await).filter(|entries| !entries.is_empty())
    })
    .await;
    assert_eq!(world.entries(&order, "approved").await.len(), 1);
}
