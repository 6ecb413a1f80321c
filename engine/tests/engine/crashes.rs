//! The process dies around every single commit, and what comes of its runs is the same.

use crate::simulation::*;
use ordain_engine::store::Attributes;
use ordain_engine::store::memory::Fault;
use ordain_engine::*;

/// Two things at a time and a timer, then one that must not be repeated blindly.
pub struct Fork;

impl Workflow for Fork {
    const NAME: &'static str = "fork";
    const VERSION: u32 = 1;
    type Input = ();
    type Message = ();
    type Answer = ();

    async fn run(ctx: Ctx<Self>, (): ()) -> String {
        let post = |what: &str, way| ctx.run(Post { what: what.into(), way });
        let nap = ctx.sleep_until(ctx.now() + 15 * MS);
        let (left, right, ()) = futures::join!(post("left", Way::Again), post("right", Way::Parks), nap);
        ctx.show(&(left.ok(), right.ok()), Attributes { state: "joined".into(), ..Attributes::default() });
        post("last", Way::Parks).await.unwrap()
    }
}

/// Waits for a word until a deadline, twice; the second wait ends by the deadline.
pub struct Wait;

impl Workflow for Wait {
    const NAME: &'static str = "wait";
    const VERSION: u32 = 1;
    type Input = ();
    type Message = String;
    type Answer = String;

    async fn run(ctx: Ctx<Self>, (): ()) -> String {
        let Next::Message(first) = ctx.next(Some(ctx.now() + 3_600_000_000)).await else {
            return "no word".into();
        };
        ctx.answer(&first, &format!("heard {}", first.message));
        let posted = ctx.run(Post { what: first.message, way: Way::Parks }).await.unwrap();
        ctx.show(&posted, Attributes { state: "heard".into(), ..Attributes::default() });
        let Next::Deadline = ctx.next(Some(ctx.now() + 50 * MS)).await else { return "a second word".into() };
        let reminded = ctx.run(Post { what: "remind".into(), way: Way::Again }).await.unwrap();
        ctx.event("Reminded", &reminded);
        reminded
    }
}

/// What is the same whether or not a process died.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    reason: String,
    view: String,
    done: Vec<String>,
    answer: Option<Vec<u8>>,
}

/// One life of a run in a world in which the first process suffers `faults`, the first at its `commit`-th
/// commit and each at the one after. Returns what came of it and how many groups were written.
fn live<M: serde::Serialize>(
    workflow: &str,
    input: &impl serde::Serialize,
    messages: &[(&str, M)],
    (commit, faults): (u64, &[Fault]),
) -> (Outcome, u64) {
    let world = World::new(None);
    simulate(&world.clock, async {
        let mut store = world.connect();
        for (commit, fault) in (commit..).zip(faults) {
            store.script(commit, *fault);
        }
        let run = RunId::new(1_800_000_000_000_000, [9; 10]);
        loop {
            let registry = Registry::new().workflow::<Fork>().workflow::<Wait>().workflow::<Ledger>();
            let engine = world.open(&store, registry);
            let answer = tokio::select! {
                answer = tell(&world, &engine, run, (workflow, input), messages) => Some(answer),
                () = store.crashed() => None,
            };
            if let Some(answer) = answer {
                let outcome = outcome(&world, &engine, run, answer).await;
                engine.stop().await;
                return (outcome, world.disk.groups());
            }
            engine.stop().await;
            store = world.connect();
        }
    })
}

/// A caller that asks again, under the same keys, until it is answered.
pub async fn tell<M: serde::Serialize>(
    world: &World,
    engine: &Engine,
    run: RunId,
    (workflow, input): (&str, &impl serde::Serialize),
    messages: &[(&str, M)],
) -> Option<Vec<u8>> {
    // An engine that cannot answer is about to be replaced.
    let patience = std::future::pending::<()>;
    if engine.start(start_of(engine, run, workflow, input)).await.is_err() {
        patience().await;
    }
    let mut answer = None;
    for (key, message) in messages {
        match engine.call(told(run, key, message)).await {
            Ok(reply) => answer = reply.answer,
            Err(error) => {
                assert_eq!(error, CallError::Unavailable);
                patience().await;
            }
        }
    }
    until_closed(world, engine, run).await;
    answer
}

async fn outcome(world: &World, engine: &Engine, run: RunId, answer: Option<Vec<u8>>) -> Outcome {
    let replayed = engine.replay(run).await.unwrap();
    assert_eq!(replayed.difference, None);
    assert!(world.outside.blind.lock().unwrap().is_empty(), "repeated blindly");
    let row = engine.store().run(run).await.unwrap().unwrap();
    let view = String::from_utf8(row.view).unwrap();
    Outcome { reason: engine.inspect(run).await.unwrap().reason, view, done: world.outside.done(), answer }
}

/// What may go wrong around a commit. The last: it is stored, nobody is told, and when it is sent again another node
/// has gone on meanwhile, so nothing of it is released here.
const WAYS: [&[Fault]; 6] = [
    &[Fault::CrashBefore],
    &[Fault::CrashAfter],
    &[Fault::NotWritten],
    &[Fault::AnswerLost],
    &[Fault::Refused],
    &[Fault::AnswerLost, Fault::Refused],
];

/// Lives the life once in peace, then once for every commit and every way to die around it.
fn check<M: serde::Serialize>(workflow: &str, input: &impl serde::Serialize, messages: &[(&str, M)]) {
    let (expected, commits) = live(workflow, input, messages, (1, &[]));
    assert!(commits >= 4, "too short a life to say anything: {expected:?}");
    for commit in 1..=commits {
        for faults in WAYS {
            // A start that is refused was another run's: nobody expects it to go on.
            if !(commit == 1 && faults.contains(&Fault::Refused)) {
                let (actual, _) = live(workflow, input, messages, (commit, faults));
                assert_eq!(actual, expected, "{faults:?} at commit {commit} of {workflow}");
            }
        }
    }
}

#[test]
fn parallel_steps_and_a_timer_survive_a_crash_around_every_commit() {
    check::<()>("fork", &(), &[]);
}

#[test]
fn a_message_racing_deadlines_survives_a_crash_around_every_commit() {
    check("wait", &(), &[("word", "hello")]);
}

#[test]
fn a_dialogue_with_steps_on_the_side_survives_a_crash_around_every_commit() {
    let add = LedgerTold::Add;
    let messages = [("a", add.clone()), ("b", add.clone()), ("c", add), ("end", LedgerTold::Close)];
    for ways in [vec![Way::Parks], vec![Way::Again], Way::ALL.to_vec()] {
        check("ledger", &LedgerInput::new(3_600_000 * MS, ways, 0), &messages);
    }
}

#[test]
fn a_run_that_continues_again_and_again_survives_a_crash_around_every_commit() {
    let add = LedgerTold::Add;
    let messages = [("a", add.clone()), ("b", add.clone()), ("c", add), ("end", LedgerTold::Close)];
    for every in 1..=3 {
        check("ledger", &LedgerInput::new(3_600_000 * MS, vec![Way::Parks], every), &messages);
        check("ledger", &LedgerInput::new(3_600_000 * MS, Way::ALL.to_vec(), every), &messages);
    }
}
