//! A refund that was cut off in flight: nobody knows, nothing is guessed, and a person ends it.

use ordain_proto::orders::v1::{OperationState, Order};
use ordain_proto::runs::v1::{
    CompleteStepRequest, ListRunsRequest, RetryStepRequest, Run, RunStatus, SkipStepRequest,
};
use ordain_tests::basket::portion;
use ordain_tests::world::{World, has, id, new_id};

const REASON: &str = "their back office says so";

/// A paid order with a refund of the lamp that broke off so.
async fn cut_off(fault: &str) -> (World, Order, Run) {
    let world = World::new().await;
    let order = world.paid().await;
    world.fault(&order, ("refund", fault), Some(1)).await;
    world.refund(&order.name, &[portion("1", "1")]).await.expect("a cut-off refund is no error");
    let order = world.until(&order.name, "to be parked", |order| has(order, "PARKED")).await;
    assert_eq!((state(&order), has(&order, "OUTCOME_UNKNOWN")), (OperationState::Unknown, true));
    let request = ListRunsRequest { parked_only: true, ..ListRunsRequest::default() };
    let runs = world.runs().list_runs(request).await.unwrap().into_inner().runs;
    let run = runs.into_iter().find(|run| run.run_id == id(&order.name)).unwrap();
    assert_eq!((run.status(), run.resource.as_str()), (RunStatus::Parked, order.name.as_str()));
    (world, order, run)
}

/// The step that waits for a person.
fn parked(run: &Run) -> i64 {
    let mut parked = run.outstanding_steps.iter().filter(|step| step.parked);
    let step = parked.next().unwrap();
    assert!(step.outcome_unknown && step.key.starts_with("refund ") && !step.reason.is_empty(), "{step:?}");
    assert_eq!(parked.next(), None);
    step.step_id
}

/// How the refund ended, and how often it happened over there.
async fn check(world: &World, order: &Order, expected: OperationState, effects: usize) {
    let order = world.until(&order.name, "to go on", |order| !has(order, "PARKED")).await;
    let order = world.until(&order.name, "an end", |order| state(order) == expected).await;
    assert!(!has(&order, "OUTCOME_UNKNOWN"));
    assert_eq!(world.entries(&order, "refund").await.len(), effects);
}

fn state(order: &Order) -> OperationState {
    let operations = order
        .refunds
        .iter()
        .map(|it| &it.operation)
        .chain(order.cancellations.iter().map(|it| &it.operation));
    operations.flatten().next().unwrap().state()
}

#[tokio::test]
async fn what_is_in_doubt_cannot_be_refunded_again() {
    let (world, order, _) = cut_off("reset_after_execute").await;
    let again = world.refund(&order.name, &[portion("1", "1")]).await.unwrap_err();
    assert_eq!(again.code(), tonic::Code::FailedPrecondition, "{again:?}");
    let rest = world.refund(&order.name, &[]).await.unwrap_err();
    assert_eq!(rest.code(), tonic::Code::FailedPrecondition, "{rest:?}");
    assert_eq!(world.entries(&order, "refund").await.len(), 1);
    let reserved = world.order(&order.name).await.amounts.unwrap().reserved.unwrap();
    assert_eq!(reserved.minor_units, 4_900);
}

#[tokio::test]
async fn person_completes_what_happened() {
    let (world, order, run) = cut_off("timeout_after_execute").await;
    let request = CompleteStepRequest {
        run_id: run.run_id.clone(),
        step_id: parked(&run),
        reason: REASON.to_owned(),
        request_id: new_id(),
        result_json: String::new(),
    };
    world.runs().complete_step(request).await.unwrap();
    check(&world, &order, OperationState::Succeeded, 1).await;
}

#[tokio::test]
async fn person_retries_what_never_happened() {
    let (world, order, run) = cut_off("reset_before_execute").await;
    assert_eq!(world.entries(&order, "refund").await.len(), 0);
    let (run_id, step_id) = (run.run_id.clone(), parked(&run));
    let request = RetryStepRequest { run_id, step_id, reason: REASON.to_owned(), request_id: new_id() };
    world.runs().retry_step(request).await.unwrap();
    check(&world, &order, OperationState::Succeeded, 1).await;
}

#[tokio::test]
async fn person_skips_what_never_happened() {
    let (world, order, run) = cut_off("reset_before_execute").await;
    let (run_id, step_id) = (run.run_id.clone(), parked(&run));
    let request = SkipStepRequest { run_id, step_id, reason: REASON.to_owned(), request_id: new_id() };
    world.runs().skip_step(request).await.unwrap();
    check(&world, &order, OperationState::Failed, 0).await;
    let (refund, _) = world.refund(&order.name, &[portion("1", "1")]).await.unwrap();
    assert_eq!(refund.operation.unwrap().state(), OperationState::Succeeded, "what was held is free again");
}

#[tokio::test]
async fn way_out_needs_a_reason_and_a_parked_step() {
    let (world, _, run) = cut_off("reset_after_execute").await;
    let (run_id, step_id) = (run.run_id.clone(), parked(&run));
    let silent =
        SkipStepRequest { run_id: run_id.clone(), step_id, reason: String::new(), request_id: new_id() };
    let refused = world.runs().skip_step(silent).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    let other =
        SkipStepRequest { run_id, step_id: step_id + 999, reason: REASON.to_owned(), request_id: new_id() };
    let refused = world.runs().skip_step(other).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
}
