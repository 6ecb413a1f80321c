//! `kill -9` at any moment: what was acknowledged ends or is parked, and nothing happens twice.

use crate::command_line::check;
use ordain_proto::orders::v1::{
    CreateFulfilmentRequest, CreateRefundRequest, Fulfilment, OperationState, Order, OrderState, Tracking,
    WaitFor,
};
use ordain_proto::runs::v1::{ListRunsRequest, Run};
use ordain_tests::basket::{self, portion};
use ordain_tests::scale::scaled;
use ordain_tests::wait::until;
use ordain_tests::world::{Entry, Shop, World, create_request, has, id, new_id, refund_request};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::{Code, Status};

/// Shoppers and crashes of a full campaign; `ORDAIN_TEST_SCALE` says how much of it to do.
const SHOPPERS: u64 = 240;
const CRASHES: u64 = 40;
/// The longest that it runs between two crashes.
const UPTIME_MAX_MS: u64 = 1_500;

/// Asks until there is an answer, always for the same.
async fn persist<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, Status>) -> T {
    until(what, async || match ask().await {
        Ok(answer) => Some(answer),
        Err(status) if says_nothing(&status) => None,
        Err(status) => panic!("{what}: {status:?}"),
    })
    .await
}

/// A connection that broke, or a server that is going or coming: the command may or may not be there.
fn says_nothing(status: &Status) -> bool {
    let codes = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled, Code::Unknown];
    std::error::Error::source(status).is_some() || codes.contains(&status.code())
}

/// One customer: buys, is approved, gets it, and sends the lamp back. Returns the order's name once it has ended or
/// waits for a person.
async fn shopper(shop: Shop, number: u64) -> String {
    // Every third refund is slow, so that crashes find some of them in flight.
    let slow = if number.is_multiple_of(3) { "-fault.refund.delay" } else { "" };
    let mut order = basket::order();
    order.client_reference.push_str(slow);
    let request = create_request(order);
    let create = async || shop.orders().create_order(request.clone()).await;
    let name = persist("an order", create).await.into_inner().order.unwrap().name;
    approve(&shop, &name).await;
    settled(&shop, &name, OrderState::Authorized).await;
    let parcel = parcel(&name);
    persist("a parcel", async || shop.orders().create_fulfilment(parcel.clone()).await).await;
    settled(&shop, &name, OrderState::Completed).await;
    let refund =
        CreateRefundRequest { wait: WaitFor::Accepted.into(), ..refund_request(&name, &[portion("1", "1")]) };
    persist("a refund", async || shop.orders().create_refund(refund.clone()).await).await;
    until("the refund to end", async || {
        let order = read(&shop, &name).await;
        let state = order.refunds.first()?.operation.as_ref()?.state();
        (state == OperationState::Succeeded || has(&order, "PARKED")).then_some(())
    })
    .await;
    name
}

fn parcel(order: &str) -> CreateFulfilmentRequest {
    let tracking = Tracking { carrier: "DPD".to_owned(), number: format!("P{}", id(order)) };
    CreateFulfilmentRequest {
        parent: order.to_owned(),
        fulfilment: Some(Fulfilment { tracking: Some(tracking), ..Fulfilment::default() }),
        request_id: new_id(),
        etag: String::new(),
        wait: WaitFor::Accepted.into(),
    }
}

/// Goes to the checkout and presses Approve, until it is pressed. The shopper does not come back to the shop.
async fn approve(shop: &Shop, name: &str) {
    let url = format!("{}/_sandbox/orders/{}/decide", shop.addresses.sandbox(), id(name));
    until("the approval", async || {
        let pressed = shop.browser.client().post(&url).json(&json!({"decision": "approve"})).send().await;
        pressed.ok().filter(|reply| reply.status().is_success())
    })
    .await;
}

async fn read(shop: &Shop, name: &str) -> Order {
    let request = ordain_proto::orders::v1::GetOrderRequest { name: name.to_owned() };
    let answer = persist("an order to read", async || shop.orders().get_order(request.clone()).await).await;
    answer.into_inner().order.unwrap()
}

async fn settled(shop: &Shop, name: &str, state: OrderState) {
    until(&format!("{} of {name}", state.as_str_name()), async || {
        Some(read(shop, name).await).filter(|order| order.state() == state)
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_happens_twice() {
    let mut world = World::new().await;
    let shop = (*world).clone();
    let shoppers =
        futures::future::join_all((0..scaled(SHOPPERS)).map(|number| shopper(shop.clone(), number)));
    let (names, ()) = tokio::join!(shoppers, crash(&mut world));
    let mut parked = Vec::new();
    for name in names {
        let order = world.order(&name).await;
        happened_once(&order, &world.ledger(&order).await);
        if has(&order, "PARKED") {
            parked.push(order);
        }
    }
    println!("{} crashes, {} orders parked", scaled(CRASHES), parked.len());
    listed(&world, &parked).await;
}

/// At random moments: whatever is under way then is cut off.
async fn crash(world: &mut World) {
    for _ in 0..scaled(CRASHES) {
        let uptime = uuid::Uuid::new_v4().as_u128() % u128::from(UPTIME_MAX_MS);
        tokio::time::sleep(Duration::from_millis(u64::try_from(uptime).unwrap())).await;
        world.restart().await;
    }
}

/// No effect is there twice, and none that we do not know of.
#[track_caller]
fn happened_once(order: &Order, ledger: &[Entry]) {
    let mut effects: BTreeMap<(&str, Option<&str>, Option<i64>), usize> = BTreeMap::new();
    for entry in ledger.iter().filter(|entry| !entry.repeat) {
        *effects.entry((&entry.kind, entry.number.as_deref(), entry.amount_minor)).or_default() += 1;
    }
    let count = |kind: &str| {
        effects.iter().filter(|((known, ..), _)| *known == kind).map(|(_, count)| count).sum::<usize>()
    };
    // The parcel holds two articles.
    assert_eq!((count("approved"), count("tracking")), (1, 2), "{}: {ledger:#?}", order.name);
    let refunds = count("refund");
    match order.refunds[0].operation.as_ref().unwrap().state() {
        OperationState::Succeeded => assert_eq!(refunds, 1, "{}: {ledger:#?}", order.name),
        _ => assert!(refunds <= 1 && has(order, "PARKED"), "{}: {ledger:#?}", order.name),
    }
}

/// Whatever waits for a person is listed with the operation named, and `check` says so too.
async fn listed(world: &World, parked: &[Order]) {
    let request = ListRunsRequest { page_size: 1_000, parked_only: true, ..ListRunsRequest::default() };
    let runs = world.runs().list_runs(request).await.unwrap().into_inner().runs;
    assert_eq!(runs.len(), parked.len());
    let verdict = check(world, &["check", "--sandbox", world.addresses.sandbox()]);
    for order in parked {
        let run: &Run = runs.iter().find(|run| run.run_id == id(&order.name)).unwrap();
        let names_it = |step: &ordain_proto::runs::v1::Step| step.parked && step.key.starts_with("refund ");
        assert!(run.outstanding_steps.iter().any(names_it), "{run:?}");
        assert!(verdict.contains(id(&order.name)), "{verdict}");
    }
}
