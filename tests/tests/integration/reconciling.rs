//! Statements against orders: what agrees, what differs, and a person who settles it.

use crate::command_line::check;
use crate::schedules::fire;
use jiff::{Timestamp, ToSpan, tz::Offset};
use ordain_proto::orders::v1::{Order, OrderState};
use ordain_tests::basket::{self, TOTAL};
use ordain_tests::checkout::Button;
use ordain_tests::wait::until;
use ordain_tests::world::{World, id};
use serde_json::Value;

/// What a command prints as JSON, line by line.
fn json(world: &World, arguments: &[&str]) -> Vec<Value> {
    let printed = check(world, &[arguments, &["--json"]].concat());
    printed.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// An order of this account that the customer paid for and the shop shipped.
async fn completed(world: &World, account: &str, currency: &str) -> Order {
    let order = world.create(basket::order_at(account, currency, 1)).await;
    let back = world.press(&order, Button::Approve).await;
    assert!(world.browser.open(&back).await.status.is_success());
    let is_paid = |order: &Order| {
        matches!(order.state(), OrderState::Authorized | OrderState::Captured | OrderState::Completed)
    };
    let order = world.until(&order.name, "to be paid", is_paid).await;
    if order.state() == OrderState::Authorized {
        world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    }
    world.until_state(&order.name, OrderState::Completed).await
}

/// Reconciles yesterday and today, wherever it is today, and returns how it stands when everything was compared.
async fn reconciled(world: &World, account: &str) -> Value {
    let today = Offset::constant(4).to_datetime(Timestamp::now()).date();
    let (from, to) = (today.saturating_sub(2.days()).to_string(), today.to_string());
    let started = json(world, &["reconcile", "start", account, "--from", &from, "--to", &to]);
    let id = started[0]["reconciliation_id"].as_str().unwrap().to_owned();
    until("the statements to be compared", async || {
        let shown = json(world, &["reconcile", "show", &id]).swap_remove(0);
        (shown["state"] != "RECONCILIATION_STATE_RUNNING").then_some(shown)
    })
    .await
}

/// An order agrees with the statement; once nobody here knows it any more, the statement's line is a difference, which a
/// person settles.
async fn difference_is_found_and_settled(account: &str, currency: &str) {
    let world = World::with(&["--retain", "0"]).await;
    let order = completed(&world, account, currency).await;
    let agreed = until("the order to stand on a statement", async || {
        let it = reconciled(&world, account).await;
        (it["lines"] == 1).then_some(it)
    });
    let agreed = agreed.await;
    assert_eq!((&agreed["matched"], &agreed["state"]), (&1.into(), &"RECONCILIATION_STATE_SETTLED".into()));
    let history = check(&world, &["history", id(&order.name)]);
    assert!(history.contains("statement"), "the order heard of it: {history}");
    until("the order to be deleted", async || {
        fire(&world, "retention").await;
        (!world.command(&["order", "get", &order.name]).status.success()).then_some(())
    })
    .await;

    let differs = reconciled(&world, account).await;
    assert_eq!((&differs["matched"], &differs["open"]), (&Value::Null, &1.into()), "{differs}");
    let listed = json(&world, &["reconcile", "list", "--account", account]);
    let [found] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(found["kind"], "DISCREPANCY_KIND_MISSING_HERE");
    assert_eq!(found["order_id"], id(&order.name));
    let theirs = format!("{currency} {}.{:02}", TOTAL / 100, TOTAL % 100);
    assert_eq!(found["theirs"].as_str().unwrap().trim_end_matches('0'), theirs.trim_end_matches('0'));
    let (run, name) =
        (found["reconciliation_id"].as_str().unwrap(), found["discrepancy_id"].as_str().unwrap());
    check(&world, &["reconcile", "resolve", run, name, "--reason", "deleted after its time"]);
    assert!(json(&world, &["reconcile", "list"]).is_empty());
    let shown = json(&world, &["reconcile", "show", run]);
    assert_eq!(
        (&shown[0]["state"], &shown[0]["resolved"]),
        (&"RECONCILIATION_STATE_SETTLED".into(), &1.into())
    );
    assert_eq!(shown[1]["resolution"], "deleted after its time");
}

#[tokio::test]
async fn divido_batch_is_reconciled_and_a_difference_settled() {
    difference_is_found_and_settled("demo-divido", "GBP").await;
}

#[tokio::test]
async fn payby_statement_is_reconciled_and_a_difference_settled() {
    difference_is_found_and_settled("demo-payby", "AED").await;
}

#[tokio::test]
async fn every_open_order_of_an_account_is_asked_about_and_no_other() {
    let world = World::new().await;
    let open = world.create(basket::order_at("demo-divit", "HKD", 10)).await;
    let ended = world.create(basket::order_at("demo-divit", "HKD", 10)).await;
    check(&world, &["order", "expire", &ended.name, "--reason", "sold out"]);
    world.until_state(&ended.name, OrderState::Expired).await;
    let elsewhere = world.create(basket::order()).await;
    let started = json(&world, &["reconcile", "start", "demo-divit", "--source", "sync"]);
    let run = started[0]["reconciliation_id"].as_str().unwrap();
    let settled = until("the orders to be told", async || {
        let shown = json(&world, &["reconcile", "show", run]).swap_remove(0);
        (shown["state"] == "RECONCILIATION_STATE_SETTLED").then_some(shown)
    });
    let settled = settled.await;
    assert_eq!(settled["source"], "RECONCILIATION_SOURCE_SYNC");
    assert_eq!(settled["asked"], 1, "{settled}");
    let told = [&open, &ended, &elsewhere].map(|order| {
        check(&world, &["history", id(&order.name)]).contains(&format!("message reconciliation {run} "))
    });
    assert_eq!(told, [true, false, false]);
    let shown = check(&world, &["reconcile", "show", run]);
    assert!(shown.contains("orders asked") && !shown.contains("lines"), "{shown}");
    let replayed = check(&world, &["replay", run]);
    assert!(!replayed.contains("differs"), "{replayed}");
}

#[tokio::test]
async fn account_without_statements_is_told_so_and_the_daily_job_leaves_it_out() {
    let world = World::new().await;
    let refused = world.command(&["reconcile", "start", "demo-divit"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no statements"), "{refused:?}");
    let summary = fire(&world, "statements").await;
    assert!(summary.starts_with("2 accounts reconciled"), "{summary}");
    let unknown = world.command(&["reconcile", "show", "01JARZ3NDEKTSV4RRFFQ69G5FA"]);
    assert!(!unknown.status.success());
}
