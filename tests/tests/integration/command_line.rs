//! The program as people use it: a demo, the check of its books, and the history of what happened.

use ordain_proto::orders::v1::{ListOrdersRequest, Order};
use ordain_proto::runs::v1::ReplayRunRequest;
use ordain_tests::basket::MERCHANT;
use ordain_tests::world::{Shop, World, id};

/// Runs a command and returns what it printed, if it said that all was well.
#[track_caller]
pub(crate) fn check(shop: &Shop, arguments: &[&str]) -> String {
    let output = shop.command(arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ordain {}: {}\n{printed}\n{said}", arguments.join(" "), output.status);
    printed
}

/// Lets so many shoppers shop, who behave so.
pub(crate) fn demo(shop: &Shop, orders: &str, mix: &str) -> String {
    check(shop, &["demo", "--orders", orders, "--mix", mix, "--sandbox", shop.addresses.sandbox()])
}

async fn orders(shop: &Shop) -> Vec<Order> {
    let request =
        ListOrdersRequest { parent: MERCHANT.to_owned(), page_size: 1_000, ..ListOrdersRequest::default() };
    shop.orders().list_orders(request).await.unwrap().into_inner().orders
}

#[tokio::test]
async fn demo_ends_with_books_that_agree() {
    let world = World::new().await;
    demo(&world, "20", "default");
    let orders = orders(&world).await;
    assert_eq!(orders.len(), 20);
    let verdict = check(&world, &["check", "--sandbox", world.addresses.sandbox()]);
    assert!(verdict.contains("the books agree: 20 orders, 20 approvals"), "{verdict}");
}

#[tokio::test]
async fn every_order_of_a_demo_replays_to_where_it_is() {
    let world = World::new().await;
    demo(&world, "30", "everything");
    let orders = orders(&world).await;
    assert_eq!(orders.len(), 30);
    for order in &orders {
        let request = ReplayRunRequest { run_id: id(&order.name).to_owned() };
        let replay = world.runs().replay_run(request).await.unwrap().into_inner();
        assert!(replay.matches, "{}: {}", order.name, replay.first_difference);
    }
    let replayed = check(&world, &["replay", id(&orders[0].name)]);
    assert!(replayed.contains("matches the stored state"), "{replayed}");
}

#[tokio::test]
async fn history_says_which_line_of_the_workflow_asked() {
    let world = World::new().await;
    let order = world.paid().await;
    let history = check(&world, &["history", id(&order.name)]);
    assert!(history.contains("workflows/src/order_workflow.rs:"), "{history}");
    let json = check(&world, &["order", "get", id(&order.name), "--json"]);
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json.contains("AUTHORIZED") && told.is_object(), "{json}");
}

#[tokio::test]
async fn order_lives_its_life_from_the_shell() {
    let world = World::new().await;
    let created = check(&world, &["order", "create", "--json"]);
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    let name = created["order"]["name"].as_str().unwrap();
    let url = format!("{}/_sandbox/orders/{}/decide", world.addresses.sandbox(), id(name));
    let decision = serde_json::json!({"decision": "approve"});
    assert_eq!(world.browser.client().post(url).json(&decision).send().await.unwrap().status(), 200);
    world.until_state(name, ordain_proto::orders::v1::OrderState::Authorized).await;
    check(&world, &["order", "fulfil", name, "--carrier", "DPD", "--tracking", "PARCEL-1"]);
    world.until_state(name, ordain_proto::orders::v1::OrderState::Completed).await;
    check(&world, &["order", "refund", name, "--reason", "broken"]);
    check(&world, &["check", "--sandbox", world.addresses.sandbox()]);
    assert_eq!(check(&world, &["run", "list", "--parked"]).trim(), "nothing waits for a person");
}

#[tokio::test]
async fn refusal_is_an_exit_code_and_says_why() {
    let world = World::new().await;
    let output = world.command(&["order", "get", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ORDER_NOT_FOUND"));
    assert_eq!(world.command(&["order", "gte"]).status.code(), Some(2));
}
