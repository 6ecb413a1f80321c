//! One order, two checkouts, two payments: the later one goes back on its own number, and the order keeps what it has.

use ordain_proto::accounts::v1::{CreateProviderAccountRequest, Environment, LatePayment, ProviderAccount};
use ordain_proto::orders::v1::{OperationInfo, OperationState, Order, OrderState};
use ordain_tests::basket::{self, MERCHANT, TOTAL};
use ordain_tests::world::{Shop, World, has, id, new_id};
use serde_json::{Value, json};

const API_KEY: &str = "dvt_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4";
const SIGNATURE_KEY: &str = "c4n4ry-signature-key";

/// An account at divit that wants such money to go back by itself.
async fn divit_account(shop: &Shop) {
    let host = shop.addresses.sandbox_of("divit");
    let branch = json!({
        "branch_id": "0b8f6f0e-6a2c-4f8e-9d7c-1f2e3d4c5b6a", "merchant_id": "own-shop", "merchant_name": "Own Shop",
        "api_key": API_KEY, "signature_key": SIGNATURE_KEY,
    });
    let url = format!("{host}/_sandbox/accounts");
    let reply = shop.browser.client().put(url).json(&branch).send().await.unwrap();
    assert_eq!(reply.status(), 204);
    let secrets = [("api_key", API_KEY), ("signature_key", SIGNATURE_KEY)];
    let account = ProviderAccount {
        provider: "divit".to_owned(),
        environment: Environment::Simulated.into(),
        config: [("api_url".to_owned(), host.to_owned())].into(),
        secrets: secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        complete_after_seconds: Some(0),
        poll_scale: 100,
        late_payment: LatePayment::AutoRefund.into(),
        ..ProviderAccount::default()
    };
    let request = CreateProviderAccountRequest {
        parent: MERCHANT.to_owned(),
        provider_account_id: "gives-back".to_owned(),
        provider_account: Some(account),
        request_id: new_id(),
    };
    shop.accounts().create_provider_account(request).await.unwrap();
    shop.account_is_active(&format!("{MERCHANT}/accounts/gives-back")).await;
}

/// An order whose first checkout was opened without our hearing of it, so that it was opened again.
async fn opened_twice(world: &World, (provider, create): (&str, &str), order: Order) -> Order {
    let lost = json!({ "operation": create, "kind": "timeout_after_execute", "times": 1 });
    world.fault_at(provider, &lost).await;
    let answer = world.ask(order).await.unwrap();
    let order = world.until_state(&answer.order.unwrap().name, OrderState::AwaitingCustomer).await;
    assert_eq!(checkouts(world, provider, &order).await.len(), 2);
    order
}

/// What the provider has of the order, one for each checkout.
async fn checkouts(world: &World, provider: &str, order: &Order) -> Vec<Value> {
    let url = format!("{}/_sandbox/orders?order={}", world.addresses.sandbox_of(provider), id(&order.name));
    let reply = world.browser.client().get(url).send().await.unwrap();
    let listed: Value = reply.json().await.unwrap();
    listed["orders"].as_array().unwrap().clone()
}

/// What the provider has of the checkout that goes by this number.
async fn checkout(world: &World, (provider, name): (&str, &str), order: &Order, number: &str) -> Value {
    let all = checkouts(world, provider, order).await;
    all.into_iter().find(|one| one[name] == number).unwrap()
}

/// The numbers of both checkouts: the one that the order goes by, and the other.
async fn numbers(world: &World, (provider, name): (&str, &str), order: &Order) -> (String, String) {
    let own = order.provider_refs[name].clone();
    let all = checkouts(world, provider, order).await;
    let other = all.iter().filter_map(|one| one[name].as_str()).find(|number| *number != own).unwrap();
    (own, other.to_owned())
}

/// The shopper approves in the checkout of this number.
async fn approve(world: &World, provider: &str, number: &str) {
    let url = format!("{}/_sandbox/orders/{number}/decide", world.addresses.sandbox_of(provider));
    let decision = json!({ "decision": "approve" });
    let reply = world.browser.client().post(url).json(&decision).send().await.unwrap();
    assert!(reply.status().is_success(), "{}", reply.text().await.unwrap());
}

fn is_done(info: Option<&OperationInfo>) -> bool {
    info.is_some_and(|info| info.state() == OperationState::Succeeded)
}

/// Every penny in our book is in the providers' ledgers, the other way round, and every order keeps its rules.
fn books_agree(world: &World) {
    let verdict = world.command(&["check", "--json"]);
    let text = String::from_utf8_lossy(&verdict.stdout).into_owned();
    assert!(verdict.status.success(), "{text}{}", String::from_utf8_lossy(&verdict.stderr));
}

#[tokio::test]
async fn second_payment_goes_back_by_itself_and_once() {
    let divit = ("divit", "order_id");
    let world = World::new().await;
    divit_account(&world).await;
    let order = basket::order_at("gives-back", "HKD", 10);
    let order = opened_twice(&world, ("divit", "create"), order).await;
    let (own, other) = numbers(&world, divit, &order).await;
    approve(&world, "divit", &own).await;
    world.until_state(&order.name, OrderState::Completed).await;
    approve(&world, "divit", &other).await;
    let back = |order: &Order| order.refunds.iter().any(|it| is_done(it.operation.as_ref()));
    let order = world.until(&order.name, "the second payment to go back", back).await;
    let [refund] = order.refunds.as_slice() else { panic!("{:?}", order.refunds) };
    assert_eq!((&refund.attempt, refund.amount.as_ref().unwrap().minor_units), (&other, 10 * TOTAL));
    assert!(has(&order, "CONFLICT") && !has(&order, "MERCHANT_ACTION_REQUIRED"));
    let amounts = order.amounts.as_ref().unwrap();
    assert_eq!(amounts.captured.as_ref().unwrap().minor_units, 10 * TOTAL);
    assert_eq!(amounts.refunded.as_ref().unwrap().minor_units, 0);
    let there = checkout(&world, divit, &order, &other).await;
    assert_eq!(there["refund_completed_minor"], 10 * TOTAL);
    let untouched = checkout(&world, divit, &order, &own).await;
    assert_eq!(untouched["refund_requested_minor"], 0);
    books_agree(&world);
    // The order's own money goes back as ever.
    world.refund(&order.name, &[basket::portion("2", "1")]).await.unwrap();
    let both = |order: &Order| order.refunds.iter().filter(|it| is_done(it.operation.as_ref())).count() == 2;
    world.until(&order.name, "the order's own refund to end", both).await;
    books_agree(&world);
}

#[tokio::test]
async fn second_approval_waits_for_a_person_who_gives_it_up() {
    let divido = ("divido", "proposal");
    let world = World::new().await;
    let order = basket::order_at("demo-divido", "GBP", 1);
    let order = opened_twice(&world, ("divido", "creditrequest"), order).await;
    let (own, other) = numbers(&world, divido, &order).await;
    approve(&world, "divido", &own).await;
    world.until_state(&order.name, OrderState::Authorized).await;
    approve(&world, "divido", &other).await;
    let waits = |order: &Order| has(order, "MERCHANT_ACTION_REQUIRED");
    world.until(&order.name, "the second approval to wait", waits).await;
    books_agree(&world);
    let given_up = world.command(&["order", "cancel", id(&order.name), "--attempt", &other]);
    assert!(given_up.status.success(), "{}", String::from_utf8_lossy(&given_up.stderr));
    let over = |order: &Order| order.cancellations.iter().any(|it| is_done(it.operation.as_ref()));
    let order = world.until(&order.name, "the second approval to be given up", over).await;
    assert_eq!(order.state(), OrderState::Authorized);
    assert!(has(&order, "CONFLICT") && !has(&order, "MERCHANT_ACTION_REQUIRED"));
    let there = checkout(&world, divido, &order, &other).await;
    assert_eq!(there["cancelled_minor"], TOTAL);
    let untouched = checkout(&world, divido, &order, &own).await;
    assert_eq!((&untouched["state"], &untouched["cancelled_minor"]), (&json!("READY"), &json!(0)));
    let shown = world.command(&["order", "get", id(&order.name)]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains(&format!("attempt {other}")));
    books_agree(&world);
}
