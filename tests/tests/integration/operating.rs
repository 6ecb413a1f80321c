//! What somebody on duty does from the shell: hold a run still, let it go on, ask it to end, and spare a downstream.

use crate::command_line::check;
use ordain_proto::orders::v1::OrderState;
use ordain_proto::runs::v1::{PauseRunRequest, RunStatus};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::world::{World, id, new_id};
use serde_json::Value;

/// The first JSON line that a command prints.
fn json(world: &World, arguments: &[&str]) -> Value {
    let printed = check(world, &[arguments, &["--json"]].concat());
    let line = printed.lines().next().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

#[tokio::test]
async fn paused_run_waits_and_goes_on_when_it_is_resumed() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let run = id(&order.name);
    let paused = json(&world, &["run", "pause", run, "--reason", "until we know more"]);
    assert_eq!(
        (&paused["status"], &paused["status_reason"]),
        (&"RUN_STATUS_PAUSED".into(), &"until we know more".into())
    );
    let resumed = json(&world, &["run", "resume", run, "--reason", "we know"]);
    assert_eq!(resumed["status"], "RUN_STATUS_OPEN");
    let history = check(&world, &["history", run]);
    assert!(history.contains("pause by") && history.contains(": until we know more"), "{history}");
    assert!(history.contains("resume by") && history.contains(": we know"), "{history}");
    world.press(&order, Button::Approve).await;
    world.until_state(&order.name, OrderState::Authorized).await;
}

#[tokio::test]
async fn run_is_asked_to_end_with_a_name_and_a_reason() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let run = id(&order.name);
    check(&world, &["run", "cancel", run, "--reason", "opened twice"]);
    let history = check(&world, &["history", run]);
    assert!(history.contains("cancel by") && history.contains(": opened twice"), "{history}");
    let nothing = world.command(&["run", "cancel", run, "--reason", " "]);
    assert!(!nothing.status.success(), "nobody acts without a reason");
}

#[tokio::test]
async fn pause_counts_once_per_request_id() {
    let world = World::new().await;
    let order = world.create(basket::order()).await;
    let request =
        PauseRunRequest { run_id: id(&order.name).into(), reason: "why".into(), request_id: new_id() };
    let first = world.runs().pause_run(request.clone()).await.unwrap().into_inner().run.unwrap();
    let again = world.runs().pause_run(request).await.unwrap().into_inner().run.unwrap();
    assert_eq!((first.status(), first.sequence), (RunStatus::Paused, again.sequence));
}

#[tokio::test]
async fn downstream_is_listed_limited_and_closed() {
    let world = World::new().await;
    world.create(basket::order()).await;
    let listed = json(&world, &["downstream", "list"]);
    let name = listed["downstream_id"].as_str().unwrap();
    assert!(name.starts_with("dividebuy/"), "{listed}");
    assert_eq!(
        (&listed["breaker"], &listed["limits"]["at_a_time"]),
        (&"BREAKER_STATE_CLOSED".into(), &64.into())
    );
    let flags = ["--at-a-time", "3", "--per-second", "5", "--open-for", "90s", "--reason", "they asked"];
    let set = json(&world, &[&["downstream", "set", name][..], &flags].concat());
    let limits = &set["limits"];
    assert_eq!(
        (&limits["at_a_time"], &limits["per_second"], &limits["burst"]),
        (&3.into(), &5.into(), &5.into())
    );
    assert_eq!((&limits["failures_max"], &limits["open_for"]), (&16.into(), &"90s".into()));
    let table = check(&world, &["downstream", "close", name, "--reason", "they are back"]);
    assert!(table.contains("5/s, burst 5") && table.contains("CLOSED"), "{table}");
    let unknown = world.command(&["downstream", "close", "nobody", "--reason", "a slip"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nobody"), "{unknown:?}");
}
