//! What is done at set times: looked at, held still, made to happen now; and what each job leaves behind.

use crate::command_line::{check, demo};
use ordain_proto::schedules::v1::schedule_service_client::ScheduleServiceClient;
use ordain_proto::schedules::v1::{
    FiringState, GetScheduleRequest, PauseScheduleRequest, Schedule, ScheduleState, TriggerScheduleRequest,
};
use ordain_tests::basket;
use ordain_tests::wait::until;
use ordain_tests::world::{Shop, World, new_id};
use serde_json::Value;

async fn schedule(shop: &Shop, id: &str) -> Option<Schedule> {
    let request = GetScheduleRequest { schedule_id: id.to_owned() };
    let answer = ScheduleServiceClient::new(shop.channel()).get_schedule(request).await.ok()?;
    answer.into_inner().schedule
}

/// Waits until the schedule is so, and returns it.
async fn schedule_until(shop: &Shop, id: &str, is_so: impl Fn(&Schedule) -> bool) -> Schedule {
    until(&format!("{id} to be as wanted"), async || schedule(shop, id).await.filter(&is_so)).await
}

/// Lets it fire, waits for the end of that, and returns what came of it.
pub(crate) async fn fire(shop: &Shop, id: &str) -> String {
    schedule_until(shop, id, |it| it.firings.iter().all(|firing| firing.end_time.is_some())).await;
    let request = TriggerScheduleRequest {
        schedule_id: id.to_owned(),
        reason: "to see it".to_owned(),
        request_id: new_id(),
    };
    let answer = ScheduleServiceClient::new(shop.channel()).trigger_schedule(request).await.unwrap();
    let number = answer.into_inner().number;
    let is_over = |it: &Schedule| it.firings.iter().any(|it| it.number == number && it.end_time.is_some());
    let schedule = schedule_until(shop, id, is_over).await;
    let firing = schedule.firings.into_iter().find(|it| it.number == number).unwrap();
    assert_eq!(firing.state(), FiringState::Succeeded, "{firing:?}");
    assert_eq!((firing.asked_by.as_str(), firing.reason.as_str()), ("api", "to see it"));
    firing.summary
}

#[tokio::test]
async fn schedules_are_listed_held_still_and_made_to_fire() {
    let world = World::new().await;
    schedule_until(&world, "auditor", |it| it.next_fire_time.is_some()).await;
    let listed = check(&world, &["schedule", "list"]);
    for id in ["auditor", "reconciliation", "retention", "statements"] {
        assert!(listed.contains(id), "{listed}");
    }
    let paused = check(&world, &["schedule", "pause", "retention", "--reason", "until we know"]);
    assert!(paused.contains("PAUSED") && paused.contains("until we know"), "{paused}");
    let shown: Value =
        serde_json::from_str(&check(&world, &["schedule", "show", "retention", "--json"])).unwrap();
    assert!(shown["next_fire_time"].is_null(), "{shown}");
    assert_eq!(
        fire(&world, "retention").await,
        "0 orders put away, 0 runs and 0 messages deleted",
        "paused, and asked to"
    );
    let resumed = check(&world, &["schedule", "resume", "retention", "--reason", "we know"]);
    assert!(resumed.contains("ACTIVE"), "{resumed}");
    let triggered = check(&world, &["schedule", "trigger", "auditor", "--reason", "now"]);
    assert!(triggered.contains("now"), "{triggered}");
    schedule_until(&world, "auditor", |it| it.firings.iter().any(|it| it.summary == "every timer fired"))
        .await;
    let unknown = world.command(&["schedule", "show", "nothing"]);
    assert!(!unknown.status.success());
}

#[tokio::test]
async fn pause_outlives_a_crash_and_the_schedule_is_made_once() {
    let mut world = World::new().await;
    let before = schedule_until(&world, "auditor", |_| true).await;
    fire(&world, "auditor").await;
    let request = PauseScheduleRequest {
        schedule_id: "auditor".to_owned(),
        reason: "a crash is to come".to_owned(),
        request_id: new_id(),
    };
    let mut client = ScheduleServiceClient::new(world.channel());
    client.pause_schedule(request.clone()).await.unwrap();
    client.pause_schedule(request).await.unwrap();
    world.restart().await;
    let after = schedule_until(&world, "auditor", |_| true).await;
    assert_eq!((&after.run_id, after.state()), (&before.run_id, ScheduleState::Paused));
    let fired = after.fired;
    fire(&world, "auditor").await;
    assert_eq!(schedule(&world, "auditor").await.unwrap().fired, fired + 1);
    let replayed = check(&world, &["replay", &after.run_id]);
    assert!(!replayed.contains("differs"), "{replayed}");
}

#[tokio::test]
async fn retention_deletes_what_is_over_and_the_books_still_agree() {
    let world = World::with(&["--retain", "0"]).await;
    demo(&world, "5", "default");
    let open = world.create(basket::order()).await;
    let deleted = async || {
        fire(&world, "retention").await;
        let listed = check(&world, &["order", "list", "--json"]);
        (listed.lines().count() == 1).then_some(listed)
    };
    let left = until("all but the open order to be deleted", deleted).await;
    assert!(left.contains(&open.name), "{left}");
    let verdict = check(&world, &["check"]);
    assert!(verdict.contains("the books agree: 1 orders"), "{verdict}");
    assert!(world.command(&["schedule", "show", "retention"]).status.success());
}
