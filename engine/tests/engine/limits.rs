//! What a downstream is asked to bear: so much at a time, so often, nothing while it is down; and how long a step
//! may take in all. One dead downstream harms no other.

use crate::shop::{House, PATIENCE};
use ordain_engine::clock::ManualClock;
use ordain_engine::store::RunStatus;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A step under the downstream of its name, with a patience in seconds; 0 for endless.
#[derive(Serialize, Deserialize, Clone)]
struct Ask {
    whom: String,
    patience_s: u64,
}

impl Activity for Ask {
    const NAME: &'static str = "ask";
    type Output = ();

    fn key(&self) -> String {
        self.whom.clone()
    }

    fn policy(&self) -> Policy {
        let policy = Policy::new(5, Duration::from_secs(60), OnUnknown::Again).under(&self.whom);
        match self.patience_s {
            0 => policy,
            patience => policy.give_up_after(Duration::from_secs(patience)),
        }
    }
}

struct Asks;

impl Workflow for Asks {
    const NAME: &'static str = "asks";
    const VERSION: u32 = 1;
    type Input = Ask;
    type Message = ();
    type Answer = ();

    async fn run(ctx: Ctx<Self>, ask: Ask) -> String {
        if ctx.run(ask).await.is_ok() { "answered".into() } else { "skipped".into() }
    }
}

/// The outside: `dead` never answers, `busy` asks to come back until it is told otherwise, others answer at once.
#[derive(Default)]
struct World {
    under_way: AtomicU32,
    most_under_way: AtomicU32,
    asked: AtomicU32,
    recovered: Mutex<bool>,
}

impl World {
    async fn answer(&self, whom: &str) -> Attempt<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        match whom {
            "dead" => std::future::pending().await,
            "busy" if !*self.recovered.lock().unwrap() => Attempt::Retry { why: "busy".into(), after: None },
            _ => Attempt::Done(()),
        }
    }
}

fn registry(world: &Arc<World>) -> Registry {
    let world = Arc::clone(world);
    Registry::new().workflow::<Asks>().activity(move |_, ask: Ask| {
        let world = Arc::clone(&world);
        async move { world.answer(&ask.whom).await }
    })
}

async fn ask(engine: &Engine, request: &str, whom: &str, patience_s: u64) -> RunId {
    let run = engine.new_run_id();
    let input = Ask { whom: whom.into(), patience_s };
    let request = StartRequest {
        run,
        workflow: "asks".into(),
        workflow_version: 1,
        input: serde_json::to_vec(&input).unwrap(),
        data_key: engine.new_data_key(run),
        tenant: "test".into(),
        request_id: request.into(),
        label: request.into(),
        fingerprint: vec![1],
        actor: "tester".into(),
        clock: None,
    };
    engine.start(request).await.unwrap();
    run
}

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn info(engine: &Engine, name: &str) -> DownstreamInfo {
    engine.downstreams().into_iter().find(|downstream| downstream.name == name).unwrap()
}

/// Waits until a downstream stands as wanted.
async fn until_downstream(engine: &Engine, name: &str, wanted: impl Fn(&DownstreamInfo) -> bool) {
    let waits = async {
        while !engine.downstreams().iter().any(|it| it.name == name && wanted(it)) {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waits).await;
    assert!(waited.is_ok(), "{:?}", engine.downstreams());
}

async fn until_closed(engine: &Engine, run: RunId) {
    crate::shop::until(engine, run, |row| row.status == RunStatus::Closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_downstream_starves_no_other_and_uses_no_budget_of_those_that_wait() {
    let (house, world) = (House::new(), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    let tight = Limits { at_a_time: number(2), ..Limits::default() };
    engine.set_limits("dead", tight);
    let mut dead = Vec::new();
    // More than may be under way in the whole engine.
    for n in 0..1100 {
        dead.push(ask(&engine, &format!("dead {n}"), "dead", 0).await);
    }
    until_downstream(&engine, "dead", |it| it.under_way == 2 && it.waiting == 1098).await;
    for n in 0..20 {
        let run = ask(&engine, &format!("alive {n}"), "alive", 0).await;
        until_closed(&engine, run).await;
    }
    assert_eq!(info(&engine, "dead").limits, tight);
    let steps = engine.inspect(dead[1099]).await.unwrap().steps;
    assert_eq!((steps[0].attempts, &steps[0].parked), (0, &None), "it waits, and nothing was begun");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_so_many_at_a_time_until_the_limit_is_changed() {
    let (house, world) = (House::new(), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    engine.set_limits("slow", Limits { at_a_time: number(1), ..Limits::default() });
    let mut runs = Vec::new();
    for n in 0..30 {
        runs.push(ask(&engine, &n.to_string(), "slow", 0).await);
    }
    for run in runs {
        until_closed(&engine, run).await;
    }
    assert_eq!(world.most_under_way.load(Ordering::SeqCst), 1);
    engine.set_limits("dead", Limits { at_a_time: number(1), ..Limits::default() });
    ask(&engine, "first", "dead", 0).await;
    ask(&engine, "second", "dead", 0).await;
    until_downstream(&engine, "dead", |it| it.under_way == 1 && it.waiting == 1).await;
    engine.set_limits("dead", Limits::default());
    until_downstream(&engine, "dead", |it| it.under_way == 2 && it.waiting == 0).await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_lets_a_burst_through_and_then_a_steady_trickle() {
    let (house, world) = (House::new(), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    let rate = Rate { per_second: number(20), burst: number(3) };
    engine.set_limits("slow", Limits { rate: Some(rate), ..Limits::default() });
    let began = std::time::Instant::now();
    let mut runs = Vec::new();
    for n in 0..9 {
        runs.push(ask(&engine, &n.to_string(), "slow", 0).await);
    }
    for run in runs {
        until_closed(&engine, run).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(300), "six of nine had to wait 50 ms each");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_opens_probes_once_and_closes_when_it_is_answered() {
    let (house, world) = (House::new(), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    let hour = Duration::from_secs(3600);
    let limits = Limits { failures_max: number(3), open_for: hour, ..Limits::default() };
    engine.set_limits("busy", limits);
    let mut runs = Vec::new();
    for n in 0..3 {
        runs.push(ask(&engine, &n.to_string(), "busy", 0).await);
    }
    until_downstream(&engine, "busy", |it| it.breaker == BreakerState::Open && it.waiting == 3).await;
    let asked = world.asked.load(Ordering::SeqCst);
    *world.recovered.lock().unwrap() = true;
    runs.push(ask(&engine, "late", "busy", 0).await);
    until_downstream(&engine, "busy", |it| it.waiting == 4).await;
    assert_eq!(world.asked.load(Ordering::SeqCst), asked, "nothing is sent through an open breaker");
    engine.close_breaker("busy");
    for run in runs {
        until_closed(&engine, run).await;
    }
    assert_eq!(info(&engine, "busy").breaker, BreakerState::Closed);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_breaker_lets_one_probe_through_at_its_end() {
    let (house, world) = (House::new(), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    let soon = Duration::from_millis(100);
    engine.set_limits("busy", Limits { failures_max: number(1), open_for: soon, ..Limits::default() });
    let first = ask(&engine, "first", "busy", 0).await;
    until_downstream(&engine, "busy", |it| it.failures >= 2).await;
    *world.recovered.lock().unwrap() = true;
    until_closed(&engine, first).await;
    assert_eq!(info(&engine, "busy").breaker, BreakerState::Closed);
    assert_eq!(info(&engine, "busy").failures, 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_takes_too_long_in_all_is_parked_and_a_retry_counts_anew() {
    let clock = Arc::new(ManualClock::new(1_000_000_000_000_000));
    let (house, world) = (House::with_clock(clock.clone()), Arc::new(World::default()));
    let engine = house.open_with(registry(&world)).await;
    let hour = Duration::from_secs(3600);
    engine.set_limits("busy", Limits { failures_max: number(1), open_for: hour, ..Limits::default() });
    let run = ask(&engine, "a", "busy", 3600).await;
    until_downstream(&engine, "busy", |it| it.breaker == BreakerState::Open).await;
    // The pause after the first attempt passes by the same clock; whether it has begun yet nobody can see.
    while info(&engine, "busy").waiting == 0 {
        clock.advance(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    clock.advance(hour);
    let row = crate::shop::until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(row.reason.contains("gave up after 3600s: busy"), "{}", row.reason);
    let step = engine.inspect(run).await.unwrap().steps[0].clone();
    assert!(!step.outcome_unknown, "what a breaker held back was certainly not sent");
    *world.recovered.lock().unwrap() = true;
    engine.close_breaker("busy");
    let person = Person { actor: "ada".into(), reason: "it is back".into(), key: "1".into() };
    engine.retry_step(run, step.step, person).await.unwrap();
    until_closed(&engine, run).await;
    engine.stop().await;
}
