//! Histories that earlier builds recorded decide the same on the code of this one.
//!
//! `ORDAIN_TEST_BLESS=1` records them anew. A file that a build has recorded stays as it is: when this fails, the
//! engine has changed what old histories mean.

use crate::crashes::{Fork, Wait, tell};
use crate::simulation::*;
use ordain_engine::history::Corrupt;
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::Serialize;
use std::path::PathBuf;

fn registry() -> Registry {
    Registry::new().workflow::<Fork>().workflow::<Wait>().workflow::<Ledger>()
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
    if std::env::var_os("ORDAIN_TEST_BLESS").is_some() {
        std::fs::write(file(name), record(workflow, input, messages).to_string()).unwrap();
    }
    assert_eq!(read(name).replay(&registry(), &vault()).unwrap(), None, "{name}");
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
