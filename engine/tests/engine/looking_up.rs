//! An attempt of unknown outcome is settled by asking; absence proves only when it can.

use crate::shop::House;
use ordain_engine::store::{RunRow, RunStatus};
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A payout; the provider is asked for it by our own reference. Milliseconds until absence proves something.
#[derive(Serialize, Deserialize, Clone)]
struct PayOut {
    proves_after_ms: Option<u64>,
}

impl Activity for PayOut {
    const NAME: &'static str = "pay out";
    type Output = String;

    fn key(&self) -> String {
        "pay out".into()
    }

    fn policy(&self) -> Policy {
        let absent_proves_after = self.proves_after_ms.map(Duration::from_millis);
        Policy::new(2, Duration::from_secs(10), OnUnknown::LookUp { absent_proves_after })
    }
}

struct Payer;

impl Workflow for Payer {
    const NAME: &'static str = "payer";
    const VERSION: u32 = 1;
    type Input = PayOut;
    type Message = ();
    type Answer = ();

    async fn run(ctx: Ctx<Self>, payout: PayOut) -> String {
        ctx.run(payout).await.unwrap_or_else(|failure| failure.to_string())
    }
}

/// The provider: what the next attempts and questions come to; the last of each list again and again.
struct Provider {
    attempts: Mutex<Vec<Attempt<String>>>,
    answers: Mutex<Vec<LookUp<String>>>,
    sent: Mutex<u32>,
    hangs: Mutex<bool>,
}

fn next<T: Clone>(list: &Mutex<Vec<T>>) -> T {
    let mut list = list.lock().unwrap();
    if list.len() > 1 { list.remove(0) } else { list[0].clone() }
}

impl Provider {
    fn new(attempts: Vec<Attempt<String>>, answers: Vec<LookUp<String>>) -> Arc<Self> {
        let (attempts, answers) = (Mutex::new(attempts), Mutex::new(answers));
        Arc::new(Self { attempts, answers, sent: Mutex::new(0), hangs: Mutex::new(false) })
    }

    fn registry(self: &Arc<Self>) -> Registry {
        let (performs, looks) = (Arc::clone(self), Arc::clone(self));
        Registry::new()
            .workflow::<Payer>()
            .activity(move |_, _: PayOut| {
                let provider = Arc::clone(&performs);
                async move {
                    *provider.sent.lock().unwrap() += 1;
                    let hangs = *provider.hangs.lock().unwrap();
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                    next(&provider.attempts)
                }
            })
            .look_up(move |_, _: PayOut| std::future::ready(next(&looks.answers)))
    }
}

async fn start(engine: &Engine, proves_after_ms: Option<u64>) -> RunId {
    let run = engine.new_run_id();
    let request = StartRequest {
        run,
        workflow: "payer".into(),
        workflow_version: 1,
        input: serde_json::to_vec(&PayOut { proves_after_ms }).unwrap(),
        data_key: engine.new_data_key(run),
        tenant: "test".into(),
        request_id: "a".into(),
        label: "a".into(),
        fingerprint: vec![1],
        actor: "tester".into(),
        clock: None,
    };
    engine.start(request).await.unwrap();
    run
}

fn cut_off() -> Attempt<String> {
    Attempt::Unknown { why: "cut off".into() }
}

fn found() -> LookUp<String> {
    LookUp::Found("found".into())
}

fn settled(row: &RunRow) -> bool {
    matches!(row.status, RunStatus::Closed | RunStatus::Parked)
}

/// Runs one payout to where it rests and compares how it stands and how often it was sent.
async fn check(
    proves_after_ms: Option<u64>,
    attempts: Vec<Attempt<String>>,
    answers: Vec<LookUp<String>>,
    expected: (RunStatus, &str, u32),
) {
    let (house, provider) = (House::new(), Provider::new(attempts, answers));
    let engine = house.open_with(provider.registry()).await;
    let run = start(&engine, proves_after_ms).await;
    let row = crate::shop::until(&engine, run, settled).await;
    assert_eq!((row.status, *provider.sent.lock().unwrap()), (expected.0, expected.2), "{}", row.reason);
    assert!(row.reason.contains(expected.1), "{}", row.reason);
    let unknown = engine.inspect(run).await.unwrap().steps.iter().any(|step| step.outcome_unknown);
    assert_eq!(unknown, row.status == RunStatus::Parked, "what is parked here is unknown");
    engine.stop().await;
}

#[tokio::test]
async fn what_is_found_ends_the_step_and_is_not_sent_again() {
    let unclear = LookUp::Unknown { why: "busy".into() };
    check(None, vec![cut_off()], vec![unclear, found()], (RunStatus::Closed, "found", 1)).await;
}

#[tokio::test]
async fn absence_proves_after_its_time_and_then_it_is_sent_again() {
    let attempts = vec![cut_off(), Attempt::Done("sent".into())];
    check(Some(400), attempts, vec![LookUp::Absent], (RunStatus::Closed, "sent", 2)).await;
}

#[tokio::test]
async fn absence_that_proves_nothing_parks() {
    let expected = (RunStatus::Parked, "looked it up 5 times", 1);
    check(None, vec![cut_off()], vec![LookUp::Absent], expected).await;
}

/// The process that sent it is gone: it may be found, but its absence proves nothing.
async fn check_taken_over(answers: Vec<LookUp<String>>, expected: RunStatus) {
    let (house, provider) = (House::new(), Provider::new(vec![cut_off()], answers));
    *provider.hangs.lock().unwrap() = true;
    let engine = house.open_with(provider.registry()).await;
    let run = start(&engine, Some(1)).await;
    while *provider.sent.lock().unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    engine.stop().await;
    let engine = house.open_with(provider.registry()).await;
    let row = crate::shop::until(&engine, run, settled).await;
    assert_eq!((row.status, *provider.sent.lock().unwrap()), (expected, 1), "{}", row.reason);
    engine.stop().await;
}

#[tokio::test]
async fn after_a_crash_a_look_up_may_find() {
    check_taken_over(vec![found()], RunStatus::Closed).await;
}

#[tokio::test]
async fn after_a_crash_absence_never_proves() {
    check_taken_over(vec![LookUp::Absent], RunStatus::Parked).await;
}
