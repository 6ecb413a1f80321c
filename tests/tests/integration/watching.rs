//! Watching an order: every event, in order, from wherever one left off.

use ordain_proto::orders::v1::watch_order_response::Message;
use ordain_proto::orders::v1::{Event, OrderState, WatchOrderRequest};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::wait::PATIENCE;
use ordain_tests::world::World;

/// Watches from after `sequence` until an event leaves the order complete.
async fn watched(world: &World, name: &str, sequence: i64) -> Vec<Event> {
    let request = WatchOrderRequest { name: name.to_owned(), resume_after_sequence: sequence };
    let mut stream = world.orders().watch_order(request).await.unwrap().into_inner();
    let mut events: Vec<Event> = Vec::new();
    let collect = async {
        while events.last().is_none_or(|event| event.state() != OrderState::Completed) {
            let response = stream.message().await.unwrap().expect("a watch does not end");
            if let Some(Message::Event(event)) = response.message {
                events.push(event);
            }
        }
    };
    tokio::time::timeout(PATIENCE, collect).await.expect("the order is complete, and the watch says so");
    events
}

#[tokio::test]
async fn watch_tells_everything_as_it_happens() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let live = async {
        let back = world.press(&order, Button::Approve).await;
        world.browser.open(&back).await;
        world.until_state(&order.name, OrderState::Authorized).await;
        world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    };
    let (events, ()) = tokio::join!(watched(&world, &order.name, 0), live);
    assert!(events.windows(2).all(|two| two[0].sequence <= two[1].sequence), "{events:#?}");
    let mut states: Vec<OrderState> = events.iter().map(Event::state).collect();
    states.dedup();
    let expected =
        [OrderState::AwaitingCustomer, OrderState::Authorized, OrderState::Captured, OrderState::Completed];
    assert_eq!(
        states.iter().filter(|state| **state != OrderState::Creating).copied().collect::<Vec<_>>(),
        expected
    );
    assert!(
        events
            .iter()
            .all(|event| !event.actor.is_empty() && !event.r#type.is_empty() && event.time.is_some())
    );
    resumes_without_a_gap(&world, &order.name, &events).await;
}

/// From every event on, the rest is the rest.
async fn resumes_without_a_gap(world: &World, name: &str, events: &[Event]) {
    let last = events.last().unwrap().sequence;
    for seen in events.iter().map(|event| event.sequence).filter(|sequence| *sequence < last) {
        let rest: Vec<Event> = events.iter().filter(|event| event.sequence > seen).cloned().collect();
        assert_eq!(watched(world, name, seen).await, rest, "after {seen}");
    }
}
