//! Histories that earlier builds recorded decide the same on the code of this one.
//!
//! `ORDAIN_TEST_BLESS=1` records them anew. A file that a build has recorded stays as it is: when this fails, the
//! engine has changed what old histories mean.

use crate::crashes::{Fork, Wait, tell};
use crate::simulation::*;
use ordain_engine::clock::{Clock as _, ManualClock};
use ordain_engine::history::Corrupt;
use ordain_engine::schedule::{
    Fire, Overlap, Report, ScheduleAnswer, ScheduleMessage, ScheduleSpec, ScheduleWorkflow,
};
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

fn registry() -> Registry {
    Registry::new().workflow::<Fork>().workflow::<Wait>().workflow::<Ledger>().workflow::<ScheduleWorkflow>()
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.history"))
}

fn read(name: &str) -> Golden {
    std::fs::read_to_string(file(name)).unwrap().parse().unwrap()
}

fn vault() -> Vault {
    Vault::new(&[7; 32])
}

/// Lives a life in peace and takes its history down.
fn record<M: Serialize>(workflow: &str, input: &impl Serialize, messages: &[(&str, M)]) -> Golden {
    let world = World::new(None);
    simulate(&world.clock, async {
        let engine = world.open(&world.connect(), registry());
        let run = RunId::new(1_800_000_000_000_000, [9; 10]);
        tell(&world, &engine, run, (workflow, input), messages).await;
        let golden = Golden::of(engine.store(), run).await.unwrap();
        engine.stop().await;
        golden
    })
}

fn check<M: Serialize>(name: &str, input: &impl Serialize, messages: &[(&str, M)]) {
    let workflow = name.split('-').next().unwrap();
    check_recorded(name, || record(workflow, input, messages));
}

fn check_recorded(name: &str, record: impl FnOnce() -> Golden) {
    if std::env::var_os("ORDAIN_TEST_BLESS").is_some() {
        std::fs::write(file(name), record().to_string()).unwrap();
    }
    assert_eq!(read(name).replay(&registry(), &vault()).unwrap(), None, "{name}");
}

/// What a schedule fires for, by the number of the firing: one succeeds, the next is still under way when its time comes
/// again, one fails, one is parked.
async fn job(clock: Arc<ManualClock>, fire: Fire) -> Attempt<Report> {
    let report =
        |ok| Report { ok, summary: format!("firing {}", fire.number), findings: vec!["a row".into()] };
    match fire.number {
        2 => {
            clock.sleep_until(clock.now() + 90_000 * MS).await;
            Attempt::Done(report(true))
        }
        3 => Attempt::Done(report(false)),
        4 => Attempt::Park { why: "nobody knows".into() },
        _ => Attempt::Done(report(true)),
    }
}

fn every(cron: &str, overlap: Overlap) -> ScheduleSpec {
    ScheduleSpec {
        job: "count".into(),
        input: serde_json::json!({ "days": 3 }),
        cron: cron.into(),
        zone: "UTC".into(),
        overlap,
        catch_up_us: 60_000 * MS,
        jitter_us: 5_000 * MS,
    }
}

/// Lives four minutes of a schedule: its own times, a person's trigger, a firing that waits for another's end, a pause
/// and a change.
fn recorded_schedule() -> Golden {
    let world = World::new(None);
    let clock = Arc::clone(&world.clock);
    simulate(&world.clock, async {
        let registry = registry().activity(move |_, fire: Fire| job(Arc::clone(&clock), fire));
        let engine = world.open(&world.connect(), registry);
        let run = engine.ensure_schedule("count", &every("* * * * *", Overlap::BufferOne)).await.unwrap();
        let ended = async |firings: usize| {
            while engine.schedule("count").await.unwrap().unwrap().schedule.recent.len() < firings {
                world.sleep(20 * MS).await;
            }
        };
        let tell = async |message: ScheduleMessage| {
            let key = format!("{message:?}");
            let person = Person { actor: "ada".into(), reason: "a try".into(), key };
            engine.tell_schedule("count", &message, person).await.unwrap()
        };
        let reason = || "a try".to_owned();
        ended(1).await;
        let fires = tell(ScheduleMessage::Trigger { reason: reason() }).await;
        assert_eq!(fires, ScheduleAnswer::Fires { number: 2, waits: false });
        ended(3).await;
        tell(ScheduleMessage::Pause { reason: reason() }).await;
        tell(ScheduleMessage::Resume { reason: reason() }).await;
        engine.ensure_schedule("count", &every("*/2 * * * *", Overlap::Skip)).await.unwrap();
        ended(4).await;
        let golden = Golden::of(engine.store(), run).await.unwrap();
        engine.stop().await;
        golden
    })
}

#[test]
fn parallel_steps_and_a_timer_replay() {
    check::<()>("fork", &(), &[]);
}

#[test]
fn a_message_racing_deadlines_replays() {
    check("wait", &(), &[("word", "hello")]);
}

#[test]
fn a_dialogue_replays_whole_and_through_its_continuations() {
    let messages =
        [("a", LedgerTold::Add), ("b", LedgerTold::Add), ("c", LedgerTold::Add), ("end", LedgerTold::Close)];
    for (name, every) in [("ledger-whole", 0), ("ledger-continued", 2)] {
        check(name, &LedgerInput::new(3_600_000 * MS, Way::ALL.to_vec(), every), &messages);
    }
}

#[test]
fn a_schedule_replays() {
    check_recorded("schedule", recorded_schedule);
}

#[test]
fn code_that_would_decide_differently_is_told_where() {
    struct Changed;

    impl Workflow for Changed {
        const NAME: &'static str = "fork";
        const VERSION: u32 = 1;
        type Input = ();
        type Message = ();
        type Answer = ();

        async fn run(ctx: Ctx<Self>, (): ()) -> String {
            let _posted = ctx.run(Post { what: "elsewhere".into(), way: Way::Again }).await;
            "posted".into()
        }
    }

    let difference = read("fork").replay(&Registry::new().workflow::<Changed>(), &vault()).unwrap().unwrap();
    assert!(difference.contains("timer") && difference.contains("elsewhere"), "{difference}");
}

#[test]
fn a_byte_that_was_changed_or_a_text_that_is_none_is_refused() {
    let text = read("fork").to_string();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.remove(3);
    let cut: Golden = lines.join("\n").parse().unwrap();
    assert_eq!(cut.replay(&registry(), &vault()), Err(Corrupt::Changed { sequence: 2 }));
    assert_eq!("run x".parse::<Golden>().unwrap_err().to_string(), "line 1: expected a run's id");
    assert_eq!("record ? ?".parse::<Golden>().unwrap_err().to_string(), "line 1: expected base64");
}
