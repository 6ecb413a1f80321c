//! Several nodes on one PostgreSQL: any of them serves anybody, and none of them is missed.

use ordain_engine::store::postgres::throwaway::{Server, Standby};
use ordain_proto::orders::v1::watch_order_response::Message;
use ordain_proto::orders::v1::{Event, ListOrdersRequest, Order, OrderState, WatchOrderRequest};
use ordain_tests::checkout::Button;
use ordain_tests::nodes::{Nodes, database, migrate};
use ordain_tests::pooler::Pooler;
use ordain_tests::scale::scaled;
use ordain_tests::wait::{PATIENCE, until};
use ordain_tests::world::Shop;
use ordain_tests::{account, basket};
use std::process::{Child, Command, Output};
use std::time::Duration;

/// Between two nodes that are killed: a node is given up only after it was silent for six seconds, and comes back before.
const UPTIME: Duration = Duration::from_millis(700);

/// An order at the account that all nodes share.
fn order() -> Order {
    Order { provider_account: account::NAME.to_owned(), ..basket::order() }
}

/// Watches from the beginning until the order is complete.
async fn watched(shop: &Shop, name: &str) -> Vec<Event> {
    let request = WatchOrderRequest { name: name.to_owned(), resume_after_sequence: 0 };
    let mut stream = shop.orders().watch_order(request).await.unwrap().into_inner();
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
async fn any_node_serves_any_request() {
    let nodes = Nodes::new(3).await;
    let [first, second, third] = [nodes.at(0), nodes.at(1), nodes.at(2)];
    let order = first.create(order()).await;
    let live = async {
        // The provider calls whichever node it was told of; here that is the first.
        let back = second.press(&order, Button::Approve).await;
        second.browser.open(&back).await;
        second.until_state(&order.name, OrderState::Authorized).await;
        second.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
        third.refund(&order.name, &[]).await.unwrap();
    };
    let (events, at_second, ()) =
        tokio::join!(watched(&third, &order.name), watched(&second, &order.name), live);
    assert_eq!(events, at_second, "two nodes tell two stories");
    assert!(events.windows(2).all(|two| two[0].sequence <= two[1].sequence), "{events:#?}");
    let [one, other] = [first.order(&order.name).await, third.order(&order.name).await];
    assert_eq!(one.refunds, other.refunds);
}

/// Waits for a demo to end, and returns what it said. It gives up by itself when nothing gets ahead any more; what it
/// says meanwhile is read, or it would wait for that.
async fn ended(demo: Child) -> Output {
    tokio::task::spawn_blocking(|| demo.wait_with_output()).await.unwrap().unwrap()
}

/// Waits until the demo is under way.
async fn some_are_open(shop: &Shop) {
    until("the first orders", async || {
        let request =
            ListOrdersRequest { parent: basket::MERCHANT.to_owned(), ..ListOrdersRequest::default() };
        let listed = shop.orders().list_orders(request).await.ok()?.into_inner();
        (listed.orders.len() >= 5).then_some(())
    })
    .await;
}

#[track_caller]
fn all_is_well(nodes: &Nodes, output: &Output) {
    let [said, printed] = [&output.stderr, &output.stdout].map(|text| String::from_utf8_lossy(text));
    let logs: String = (0..3).map(|node| nodes.log(node)).collect();
    assert!(output.status.success(), "{said}\n{printed}\n{logs}");
}

#[tokio::test]
async fn nodes_are_killed_and_nothing_is_lost_or_done_twice() {
    let mut nodes = Nodes::new(3).await;
    let demo = nodes.demo(scaled(500)).spawn().unwrap();
    let demo = tokio::spawn(ended(demo));
    some_are_open(&nodes).await;
    let mut killed = 0;
    while !demo.is_finished() && killed < scaled(60) {
        nodes.restart(usize::try_from(killed % 3).unwrap()).await;
        killed += 1;
        tokio::time::sleep(UPTIME).await;
    }
    let output = demo.await.unwrap();
    println!("{killed} nodes killed\n{}", String::from_utf8_lossy(&output.stdout));
    all_is_well(&nodes, &output);
}

#[tokio::test]
async fn a_node_that_was_stopped_does_no_harm() {
    let mut nodes = Nodes::new(3).await;
    let demo = nodes.demo(scaled(300)).spawn().unwrap();
    some_are_open(&nodes).await;
    nodes.node(1).signal("STOP");
    // Longer than it takes to be given up: the others go on with what it was doing.
    tokio::time::sleep(Duration::from_secs(scaled(30).max(12))).await;
    nodes.node(1).signal("CONT");
    let output = ended(demo).await;
    all_is_well(&nodes, &output);
}

#[tokio::test]
async fn database_that_restarts_is_waited_for() {
    let own = Server::start().unwrap();
    if !own.is_own() {
        // Somebody else's server is not ours to stop.
        return;
    }
    let nodes = Nodes::on(own.database().await.unwrap(), 3).await;
    let demo = nodes.demo(scaled(300)).spawn().unwrap();
    some_are_open(&nodes).await;
    own.control(&["restart", "--mode=immediate"]).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    own.control(&["stop", "--mode=immediate"]).unwrap();
    let ready = async || nodes.browser.open(&format!("{}/readyz", nodes.addresses.ingress)).await.status;
    until("nobody to be sent here", async || (ready().await == 503).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(scaled(10))).await;
    own.control(&["start"]).unwrap();
    until("work to be taken again", async || (ready().await == 200).then_some(())).await;
    let output = ended(demo).await;
    all_is_well(&nodes, &output);
    assert!(!nodes.log(0).contains("panicked"), "{}", nodes.log(0));
}

#[tokio::test]
async fn a_promoted_standby_takes_the_place_of_a_lost_primary() {
    let own = Server::start().unwrap();
    if !own.is_own() {
        // Somebody else's server is not ours to lose.
        return;
    }
    let (standby, mut database) = (Standby::of(&own).await.unwrap(), own.database().await.unwrap());
    database.url = standby.url(&database);
    let nodes = Nodes::on(database, 3).await;
    let demo = nodes.demo(scaled(300)).spawn().unwrap();
    some_are_open(&nodes).await;
    own.control(&["stop", "--mode=immediate"]).unwrap();
    let order = async || nodes.ask(order()).await.is_ok().then_some(());
    standby.promote().unwrap();
    until("orders to be taken again", order).await;
    let output = ended(demo).await;
    all_is_well(&nodes, &output);
}

#[tokio::test]
async fn a_node_stops_cleanly_and_leaves_nothing_waiting() {
    let mut nodes = Nodes::new(2).await;
    let order = nodes.create(order()).await;
    nodes.node(0).signal("TERM");
    assert!(nodes.node(0).ended().await.success());
    // Whoever goes on is not kept waiting by the one that left.
    assert_eq!(nodes.at(1).order(&order.name).await.state(), OrderState::AwaitingCustomer);
    nodes.at(1).refund(&order.name, &[]).await.expect_err("nothing was paid");
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_takes_it() {
    let mut database = database().await;
    let pooler = Pooler::before(&database).await;
    database.url = pooler.url(&database);
    let nodes = Nodes::on(database, 2).await;
    let demo = nodes.demo(10).spawn().unwrap();
    let output = ended(demo).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs `serve` to its end, which must come by itself, and returns what it complains of.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let mut command = Command::new(ordain_tests::program::program());
    let output =
        command.arg("serve").args(arguments).args(["--grpc-port", "0", "--ingress-port", "0"]).output();
    let output = output.unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_store_is_not_served_before_its_time_or_with_another_key() {
    let (database, folder) = (database().await, tempfile::tempdir().unwrap());
    let [key, other] = ["master.key", "other.key"].map(|name| folder.path().join(name));
    std::fs::write(&other, "1".repeat(64)).unwrap();
    let serve =
        |key: &std::path::Path| refused(&["--store", &database.url, "--master-key", key.to_str().unwrap()]);
    assert!(serve(&other).contains("run `ordain migrate`"));
    migrate(&database.url, &key);
    migrate(&database.url, &key);
    assert!(serve(&other).contains("another master key"));
    assert!(serve(&folder.path().join("missing.key")).contains("missing.key is not there"));
}
