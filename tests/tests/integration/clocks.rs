//! Test clocks: days pass in seconds, and everything that was due within them has happened.

use ordain_proto::accounts::v1::advance_test_clock_request::Destination;
use ordain_proto::accounts::v1::test_clock_service_client::TestClockServiceClient;
use ordain_proto::accounts::v1::{
    AdvanceTestClockRequest, AdvanceTestClockResponse, CreateProviderAccountRequest, CreateTestClockRequest,
    Environment, GetTestClockRequest, ProviderAccount, TestClock, TestClockState,
};
use ordain_proto::orders::v1::{OperationState, Order, OrderState};
use ordain_proto::runs::v1::{GetHistoryRequest, ReplayRunRequest};
use ordain_tests::account::{self, CREDENTIALS, ID, NAME};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::nodes::Nodes;
use ordain_tests::wait::until;
use ordain_tests::world::{Shop, World, id, new_id};
use prost_types::{Duration, Timestamp};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// The clock's name.
const CLOCK: &str = "merchants/demo/accounts/own/testClock";
/// Where it begins: the 1st of March 2026, half past nine.
const MORNING: i64 = 1_772_357_400;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn clocks(shop: &Shop) -> TestClockServiceClient<Channel> {
    TestClockServiceClient::new(shop.channel())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds: MORNING + seconds, nanos: 0 }
}

/// An account that lives at the pace of life, on a clock.
async fn account_on_a_clock(shop: &Shop) {
    account::onboarded(shop).await;
    let mut request = account::request(shop, CREDENTIALS);
    if let Some(account) = &mut request.provider_account {
        (account.poll_scale, account.complete_after_seconds) = (1, None);
    }
    shop.accounts().create_provider_account(request).await.unwrap();
    shop.account_is_active(NAME).await;
    let clock = created(shop, NAME).await.unwrap();
    assert_eq!((clock.name.as_str(), clock.time, clock.state()), (CLOCK, Some(at(0)), TestClockState::Ready));
}

async fn created(shop: &Shop, account: &str) -> Result<TestClock, Status> {
    created_by(shop, account, &new_id()).await
}

async fn created_by(shop: &Shop, account: &str, request_id: &str) -> Result<TestClock, Status> {
    let (parent, request_id) = (account.to_owned(), request_id.to_owned());
    let request = CreateTestClockRequest { parent, frozen_time: Some(at(0)), request_id };
    let answer = clocks(shop).create_test_clock(request).await?.into_inner();
    Ok(answer.test_clock.unwrap_or_default())
}

async fn clock(shop: &Shop) -> TestClock {
    let request = GetTestClockRequest { name: CLOCK.to_owned() };
    let answer = clocks(shop).get_test_clock(request).await.unwrap().into_inner();
    answer.test_clock.unwrap_or_default()
}

async fn advanced(shop: &Shop, destination: Destination) -> Result<AdvanceTestClockResponse, Status> {
    let request = AdvanceTestClockRequest {
        name: CLOCK.to_owned(),
        destination: Some(destination),
        max_steps: 0,
        request_id: new_id(),
    };
    Ok(clocks(shop).advance_test_clock(request).await?.into_inner())
}

/// Moves the clock there; everything due until then has happened when this returns.
async fn passed(shop: &Shop, seconds: i64) -> AdvanceTestClockResponse {
    let answer = advanced(shop, Destination::To(at(seconds))).await.unwrap();
    let clock = answer.test_clock.clone().unwrap_or_default();
    assert_eq!((clock.time, clock.state()), (Some(at(seconds)), TestClockState::Ready), "{clock:?}");
    answer
}

/// An order at the account, with two days to pay.
fn order() -> Order {
    let expire_time = Some(at(48 * HOUR));
    Order { provider_account: NAME.to_owned(), expire_time, ..basket::order() }
}

async fn paid(shop: &Shop) -> Order {
    let order = shop.create(order()).await;
    let back = shop.press(&order, Button::Approve).await;
    assert_eq!(shop.browser.open(&back).await.status, 200);
    shop.until_state(&order.name, OrderState::Authorized).await
}

async fn lines(shop: &Shop, order: &Order) -> Vec<String> {
    let request = GetHistoryRequest { run_id: id(&order.name).to_owned(), after_sequence: 0 };
    let records = shop.runs().get_history(request).await.unwrap().into_inner().records;
    records.into_iter().flat_map(|record| record.lines).map(|line| line.text).collect()
}

/// How often the provider was asked how the order stands.
async fn questions(shop: &Shop, order: &Order) -> usize {
    lines(shop, order).await.iter().filter(|line| line.contains("provider.call (sync)")).count()
}

async fn replays(shop: &Shop, order: &Order) {
    let request = ReplayRunRequest { run_id: id(&order.name).to_owned() };
    let replayed = shop.runs().replay_run(request).await.unwrap().into_inner();
    assert!(replayed.matches, "{}", replayed.first_difference);
}

#[tokio::test]
async fn an_unpaid_order_expires_after_two_days_once_the_provider_was_asked() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    let order = world.create(order()).await;
    assert_eq!(order.create_time, Some(at(0)));
    passed(&world, 47 * HOUR).await;
    assert_eq!(world.order(&order.name).await.state(), OrderState::AwaitingCustomer);
    let said = world.command(&["clock", "advance", ID, "--by", "2h"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains(id(&order.name)) && said.contains("2026-03-03 09:30:00"), "{said}");
    let expired = world.order(&order.name).await;
    assert_eq!((expired.state(), expired.update_time), (OrderState::Expired, Some(at(48 * HOUR))));
    let lines = lines(&world, &order).await;
    let place = |word: &str| lines.iter().position(|line| line.contains(word)).unwrap();
    let asked = &lines[place("ExpiryBegan")..place("Expired")];
    assert!(asked.iter().any(|line| line.contains("provider.call (sync)")), "it expired without a question");
    replays(&world, &order).await;
}

#[tokio::test]
async fn a_paid_order_completes_after_a_fortnight_and_is_looked_after_for_a_month() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    let order = paid(&world).await;
    passed(&world, 3 * DAY).await;
    world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    world.until_state(&order.name, OrderState::Captured).await;
    passed(&world, 17 * DAY - 1).await;
    assert_eq!(world.order(&order.name).await.state(), OrderState::Captured);
    passed(&world, 17 * DAY).await;
    assert_eq!(world.order(&order.name).await.state(), OrderState::Completed);
    let before = questions(&world, &order).await;
    passed(&world, 90 * DAY).await;
    assert_eq!(questions(&world, &order).await - before, 30, "once a day for thirty days");
    assert_eq!(clock(&world).await.next_timer_time, None);
    replays(&world, &order).await;
}

#[tokio::test]
async fn a_refund_is_taken_forty_days_later() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    let order = paid(&world).await;
    world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    passed(&world, 40 * DAY).await;
    let (refund, order) = world.refund(&order.name, &[]).await.unwrap();
    assert_eq!(refund.operation.unwrap_or_default().state(), OperationState::Succeeded);
    assert_eq!(order.update_time, Some(at(40 * DAY)), "by the account's clock");
    assert_eq!(world.entries(&order, "refund").await.len(), 1);
    replays(&world, &order).await;
}

#[tokio::test]
async fn the_next_timer_is_told_before_and_after_it_fired() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    let nothing = advanced(&world, Destination::ToNextTimer(true)).await.unwrap();
    assert_eq!(nothing.test_clock.unwrap_or_default().time, Some(at(0)), "nothing is due, so it stays");
    let order = world.create(order()).await;
    assert_eq!(clock(&world).await.next_timer_time, Some(at(48 * HOUR)));
    let fired = advanced(&world, Destination::ToNextTimer(true)).await.unwrap();
    let [stop] = &fired.stops[..] else { panic!("{fired:?}") };
    assert_eq!((stop.time, &stop.fired[..]), (Some(at(48 * HOUR)), &[order.name.clone()][..]));
    assert_eq!(world.order(&order.name).await.state(), OrderState::Expired);
}

#[tokio::test]
async fn a_clock_does_not_go_back_and_the_same_request_moves_it_once() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    let request = AdvanceTestClockRequest {
        name: CLOCK.to_owned(),
        destination: Some(Destination::By(Duration { seconds: HOUR, nanos: 0 })),
        max_steps: 0,
        request_id: new_id(),
    };
    for _ in 0..2 {
        let answer = clocks(&world).advance_test_clock(request.clone()).await.unwrap().into_inner();
        assert_eq!(answer.test_clock.unwrap_or_default().time, Some(at(HOUR)));
    }
    let back = advanced(&world, Destination::To(at(HOUR - 1))).await.unwrap_err();
    assert_eq!(back.code(), Code::InvalidArgument);
    assert_eq!(clock(&world).await.time, Some(at(HOUR)));
}

#[tokio::test]
async fn only_a_simulated_account_without_orders_gets_a_clock_and_only_one() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    assert_eq!(created(&world, NAME).await.unwrap_err().code(), Code::AlreadyExists);
    world.paid().await;
    assert_eq!(created(&world, basket::ACCOUNT).await.unwrap_err().code(), Code::FailedPrecondition);
    let mut live = account::request(&world, CREDENTIALS);
    live.provider_account_id = "live".to_owned();
    let account = live.provider_account.take().unwrap_or_default();
    let account = ProviderAccount { environment: Environment::Live.into(), ..account };
    let live = CreateProviderAccountRequest { provider_account: Some(account), ..live };
    world.accounts().create_provider_account(live).await.unwrap();
    let refused = created(&world, "merchants/demo/accounts/live").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    assert_eq!(world.command(&["clock", "delete", ID]).status.code(), Some(0));
    assert_eq!(world.command(&["clock", "show", ID]).status.code(), Some(1));
    assert_eq!(world.account(NAME).await.unwrap().test_clock, "");
}

#[tokio::test]
async fn a_request_id_names_its_clock_and_after_its_deletion_no_other() {
    let world = World::new().await;
    account_on_a_clock(&world).await;
    assert_eq!(world.command(&["clock", "delete", ID]).status.code(), Some(0));
    let (first_id, second_id) = (new_id(), new_id());
    let first = created_by(&world, NAME, &first_id).await.unwrap();
    assert_eq!(created_by(&world, NAME, &first_id).await.unwrap().run_id, first.run_id);
    passed(&world, HOUR).await;
    assert_eq!(world.command(&["clock", "delete", ID]).status.code(), Some(0));
    let refused = created_by(&world, NAME, &first_id).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(refused.message().contains("was deleted"), "{refused:?}");
    assert_eq!(world.account(NAME).await.unwrap().test_clock, "", "the old clock is given to nobody");
    let second = created_by(&world, NAME, &second_id).await.unwrap();
    assert_ne!(second.run_id, first.run_id);
    assert_eq!(second.time, Some(at(0)), "a new clock begins where it is asked to");
}

#[tokio::test]
async fn an_advance_that_a_crash_interrupts_goes_on_where_the_clock_stands() {
    let mut world = World::new().await;
    account_on_a_clock(&world).await;
    let orders = [paid(&world).await, world.create(order()).await, world.create(order()).await];
    world.fulfil(&orders[0].name, &[], "PARCEL-1").await.unwrap();
    let shop = (*world).clone();
    let interrupted = tokio::spawn(async move { advanced(&shop, Destination::To(at(60 * DAY))).await });
    until("the clock to have moved", async || (clock(&world).await.time != Some(at(0))).then_some(())).await;
    world.kill();
    let answer = interrupted.await.unwrap();
    world.restart().await;
    let stands = clock(&world).await;
    assert_eq!(answer.ok(), None, "it was interrupted, and stands at {:?}", stands.time);
    assert_eq!((stands.state(), stands.target_time), (TestClockState::Advancing, Some(at(60 * DAY))));
    passed(&world, 60 * DAY).await;
    for (order, state) in orders.iter().zip([OrderState::Completed, OrderState::Expired, OrderState::Expired])
    {
        assert_eq!(world.order(&order.name).await.state(), state);
        replays(&world, order).await;
    }
}

#[tokio::test]
async fn whichever_node_moves_the_clock_all_of_them_go_by_it() {
    let nodes = Nodes::without_an_account(2).await;
    let [first, second] = [nodes.at(0), nodes.at(1)];
    account_on_a_clock(&first).await;
    let unpaid = first.create(order()).await;
    passed(&second, HOUR).await;
    let paid = paid(&first).await;
    assert_eq!(paid.update_time, Some(at(HOUR)), "the first goes by what the second has moved");
    first.fulfil(&paid.name, &[], "PARCEL-1").await.unwrap();
    passed(&second, 30 * HOUR).await;
    passed(&first, 20 * DAY).await;
    for shop in [&first, &second] {
        assert_eq!(shop.order(&unpaid.name).await.state(), OrderState::Expired);
        assert_eq!(shop.order(&paid.name).await.state(), OrderState::Completed);
        assert_eq!(clock(shop).await.time, Some(at(20 * DAY)));
        replays(shop, &paid).await;
    }
}
