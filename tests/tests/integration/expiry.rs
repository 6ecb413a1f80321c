//! Expiry: a durable timer that asks before it ends anything.

use ordain_proto::orders::v1::{ExpireOrderRequest, Order, OrderState, WaitFor};
use ordain_proto::runs::v1::GetHistoryRequest;
use ordain_tests::basket;
use ordain_tests::world::{World, has, id, new_id};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// An order that is given up in five seconds: even a busy machine has taken it by then.
fn short_lived() -> Order {
    let expire_time = SystemTime::now() + Duration::from_secs(5);
    Order { expire_time: Some(expire_time.into()), ..basket::order() }
}

#[tokio::test]
async fn unpaid_order_expires_once_the_provider_was_asked() {
    let world = World::new().await;
    let order = world.create(short_lived()).await;
    let expired = world.until_state(&order.name, OrderState::Expired).await;
    assert!(asked_before_it_expired(&world, &expired).await, "it expired without a question");
    assert_eq!(world.checkout(&order).await.status, 502, "and from then on nobody can pay for it");
}

/// Whether the history has an answered question between the deadline and the end.
async fn asked_before_it_expired(world: &World, order: &Order) -> bool {
    let request = GetHistoryRequest { run_id: id(&order.name).to_owned(), after_sequence: 0 };
    let records = world.runs().get_history(request).await.unwrap().into_inner().records;
    let lines: Vec<String> =
        records.into_iter().flat_map(|record| record.lines).map(|line| line.text).collect();
    let at = |word: &str| lines.iter().position(|line| line.contains(word));
    let (began, ended) = (at("ExpiryBegan").unwrap(), at("Expired").unwrap());
    lines[began..ended].iter().any(|line| line.contains("sync"))
}

#[tokio::test]
async fn order_stays_while_the_provider_does_not_answer() {
    let world = World::new().await;
    // Before there is an order, so that its deadline cannot come first.
    world.fault_at("dividebuy", &json!({ "operation": "getuserorder", "kind": "http_status" })).await;
    let order = world.create(short_lived()).await;
    let overdue = world.until(&order.name, "SYNC_OVERDUE", |order| has(order, "SYNC_OVERDUE")).await;
    assert_eq!(overdue.state(), OrderState::AwaitingCustomer);
    world.no_more_faults().await;
    let expired = world.until_state(&order.name, OrderState::Expired).await;
    assert!(!has(&expired, "SYNC_OVERDUE"));
}

#[tokio::test]
async fn paid_order_never_expires() {
    let world = World::new().await;
    let order = world.paid().await;
    let request = ExpireOrderRequest {
        name: order.name.clone(),
        reason: "closing time".to_owned(),
        request_id: new_id(),
        wait: WaitFor::Settled.into(),
    };
    let refused = world.orders().expire_order(request).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    assert_eq!(world.order(&order.name).await.state(), OrderState::Authorized);
}
