//! Asking twice: the same id and the same request is one effect, however often and however fast.

use ordain_proto::orders::v1::{CreateFulfilmentRequest, Fulfilment, OperationState, Tracking, WaitFor};
use ordain_tests::basket::{self, portion};
use ordain_tests::world::{World, create_request, new_id, refund_request};

/// As many as a shop's impatient retries.
const AT_ONCE: usize = 16;

#[tokio::test]
async fn order_is_created_once() {
    let world = World::new().await;
    let request = create_request(basket::order());
    let first = world.orders().create_order(request.clone()).await.unwrap().into_inner();
    let again = world.orders().create_order(request).await.unwrap().into_inner();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.order.unwrap().name, again.order.unwrap().name);
}

#[tokio::test]
async fn order_is_created_once_by_many_at_once() {
    let world = World::new().await;
    let request = create_request(basket::order());
    let asked = (0..AT_ONCE).map(|_| {
        let (mut orders, request) = (world.orders(), request.clone());
        async move { orders.create_order(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(asked).await;
    let name = |at: usize| answers[at].order.as_ref().unwrap().name.clone();
    assert!((1..AT_ONCE).all(|at| name(at) == name(0)));
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
}

#[tokio::test]
async fn refund_happens_once() {
    let world = World::new().await;
    let order = world.paid().await;
    let request = refund_request(&order.name, &[portion("1", "1")]);
    let asked = (0..AT_ONCE).map(|_| {
        let (mut orders, request) = (world.orders(), request.clone());
        async move { orders.create_refund(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    for answer in answers {
        assert_eq!(answer.refund.unwrap().operation.unwrap().state(), OperationState::Succeeded);
    }
    assert_eq!(world.entries(&order, "refund").await.len(), 1);
}

#[tokio::test]
async fn full_refunds_that_race_are_one() {
    let world = World::new().await;
    let order = world.paid().await;
    world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    let asked = (0..AT_ONCE).map(|_| {
        let (mut orders, request) = (world.orders(), refund_request(&order.name, &[]));
        async move { orders.create_refund(request).await }
    });
    let answers = futures::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refunds = world.entries(&order, "refund").await;
    assert_eq!(refunds.iter().filter_map(|entry| entry.amount_minor).collect::<Vec<_>>(), [basket::TOTAL]);
}

#[tokio::test]
async fn parcel_is_reported_once() {
    let world = World::new().await;
    let order = world.paid().await;
    let tracking = Tracking { carrier: "DPD".to_owned(), number: "PARCEL-1".to_owned() };
    let request = CreateFulfilmentRequest {
        parent: order.name.clone(),
        fulfilment: Some(Fulfilment { tracking: Some(tracking), ..Fulfilment::default() }),
        request_id: new_id(),
        etag: String::new(),
        wait: WaitFor::Settled.into(),
    };
    let first = world.orders().create_fulfilment(request.clone()).await.unwrap().into_inner();
    let again = world.orders().create_fulfilment(request).await.unwrap().into_inner();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.fulfilment.unwrap().name, again.fulfilment.unwrap().name);
    let parcels = world.entries(&order, "tracking").await;
    // One entry for the lamp and one for the bulbs.
    assert_eq!(parcels.len(), 2);
}
