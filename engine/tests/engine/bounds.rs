//! How much of everything: what exceeds a bound is refused or parked with a word that says so, and wedges nothing.

use crate::shop::*;
use ordain_engine::bounds::{
    DECIDED_BYTES_MAX, OUTPUT_MAX, PAYLOAD_MAX, REASON_MAX, UNSHOWN_BYTES_MAX, UNSHOWN_MAX, VIEW_MAX,
};
use ordain_engine::store::{Attributes, InboundRow, RunStatus};
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Brings so many bytes, or fails for a reason so long.
#[derive(Serialize, Deserialize)]
struct Bring {
    bytes: usize,
    fails: bool,
}

impl Activity for Bring {
    const NAME: &'static str = "bring";
    type Output = String;

    fn key(&self) -> String {
        "bring".into()
    }

    fn policy(&self) -> Policy {
        Policy::new(1, Duration::from_secs(60), OnUnknown::Again)
    }
}

/// Does too much of what its item says.
struct Greedy;

impl Workflow for Greedy {
    const NAME: &'static str = "greedy";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        if order.item.ends_with("step") {
            let (bytes, fails) = (OUTPUT_MAX + 1, order.item.starts_with("failing"));
            let _ = ctx.run(Bring { bytes, fails }).await;
        }
        let mut timers = Vec::new();
        while let Next::Message(told) = ctx.next(None).await {
            match order.item.as_str() {
                "shows" => ctx.show(&"x".repeat(VIEW_MAX), Attributes::default()),
                "tells" => (0..5).for_each(|_| ctx.event("Much", &"x".repeat(1024 * 1024))),
                "continues" => {
                    let item = "x".repeat(DECIDED_BYTES_MAX);
                    match ctx.continue_with(&Order { item, ..order }).await {}
                }
                _ => timers.extend((0..900).map(|n| ctx.sleep_until(i64::MAX - n))),
            }
            ctx.answer(&told, &Standing { state: timers.len().to_string() });
        }
        "done".into()
    }
}

async fn open(house: &House) -> Engine {
    let registry =
        Registry::new().workflow::<Shop>().workflow::<Greedy>().activity(|_, bring: Bring| async move {
            let much = "x".repeat(bring.bytes);
            if bring.fails { Attempt::Park { why: much } } else { Attempt::Done(much) }
        });
    house.open_as(registry, Settings { shadow: Shadow::Off, ..Settings::default() }).await
}

fn person(reason: &str) -> Person {
    Person { actor: "ada".into(), reason: reason.into(), key: reason.len().to_string() }
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_anything_is_stored() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start(&engine, "a", HOUR).await;
    let before = until_state(&engine, run, "reserved").await.seq;
    let much = vec![b'x'; PAYLOAD_MAX];
    let large = |bytes, max| CallError::TooLarge { bytes, max };
    let message = MessageRequest { payload: much.clone(), key: "k".into(), ..message(run, "k", &Told::Ask) };
    let bytes = PAYLOAD_MAX + message.key.len() + message.fingerprint.len() + message.actor.len();
    assert_eq!(engine.send(message).await, Err(large(bytes, PAYLOAD_MAX)));
    let order = Order { item: "x".repeat(PAYLOAD_MAX), pay_within_us: 0 };
    let (_, started) = start_order(&engine, "shop", "b", &order).await;
    assert!(matches!(started, Err(CallError::TooLarge { .. })), "{started:?}");
    let why = "x".repeat(REASON_MAX);
    assert_eq!(engine.pause(run, person(&why)).await, Err(large(why.len() + 3 + 5, REASON_MAX)));
    let (id, received, text) = (engine.new_run_id(), engine.now(), String::new());
    let row = InboundRow { id, owner: text.clone(), dedup: text.clone(), received, label: text, body: much };
    assert_eq!(
        engine.keep_inbound(InboundRow { owner: "o".into(), ..row }).await,
        Err(large(PAYLOAD_MAX + 1, PAYLOAD_MAX))
    );
    assert_eq!(engine.inspect(run).await.unwrap().sequence, before);
    engine.stop().await;
}

#[tokio::test]
async fn step_that_brings_too_much_is_parked_as_carried_out() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start_item(&engine, "greedy", "large step").await;
    let row = until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(row.reason.contains("was carried out") && row.reason.contains("was not kept"), "{}", row.reason);
    let step = engine.inspect(run).await.unwrap().steps[0].clone();
    assert!(step.outcome_unknown, "it must not be made again blindly");
    let much = serde_json::to_vec(&"x".repeat(OUTPUT_MAX)).unwrap();
    let refused = engine.complete_step(run, step.step, person("seen"), much).await;
    assert!(matches!(refused, Err(CallError::TooLarge { .. })), "{refused:?}");
    engine.complete_step(run, step.step, person("seen it"), br#""short""#.to_vec()).await.unwrap();
    until(&engine, run, |row| row.status == RunStatus::Open).await;
    engine.stop().await;
}

#[tokio::test]
async fn reason_that_is_too_long_is_cut() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start_item(&engine, "greedy", "failing step").await;
    let row = until(&engine, run, |row| row.status == RunStatus::Parked).await;
    assert!(row.reason.ends_with('…') && row.reason.len() <= REASON_MAX + "bring: ".len());
    engine.stop().await;
}

/// Tells a greedy run something until it is quarantined, and compares why.
async fn check(item: &str, why: &str) {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start_item(&engine, "greedy", item).await;
    for n in 0..20 {
        engine.send(message(run, &n.to_string(), &Told::Ask)).await.unwrap();
    }
    let row = until(&engine, run, |row| row.status == RunStatus::Quarantined).await;
    assert!(row.reason.contains(why), "{}", row.reason);
    let (healthy, _) = start(&engine, "healthy", HOUR).await;
    until_state(&engine, healthy, "reserved").await;
    engine.stop().await;
}

#[tokio::test]
async fn code_that_shows_decides_continues_with_or_opens_too_much_is_quarantined() {
    check("shows", "the workflow shows 1048578 bytes of itself, more than 1048576").await;
    check("tells", "the workflow decides more than 1000 things or 4194304 bytes at once").await;
    check("continues", "the workflow decides more than 1000 things or 4194304 bytes at once").await;
    check("opens", "more than 10000 steps or timers").await;
}

#[tokio::test]
async fn stopped_run_receives_so_much_and_then_says_that_it_is_full() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.pause(run, person("why")).await.unwrap();
    let mut refused = 0;
    let keys: Vec<String> = (0..UNSHOWN_MAX + 1_000).map(|n| format!("message {n}")).collect();
    for some in keys.chunks(1_000) {
        let sent = some.iter().map(|key| engine.send(message(run, key, &Told::Ask)));
        for came in futures::future::join_all(sent).await {
            match came {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error, CallError::Full);
                    refused += 1;
                }
            }
        }
    }
    assert!((500..=1_000).contains(&refused), "{refused} were refused");
    // What it has received is shown when it goes on, and then there is room again.
    engine.resume(run, person("go")).await.unwrap();
    let paid = loop {
        match tell(&engine, run, "pay", &Told::Paid).await {
            Err(CallError::Full) => tokio::task::yield_now().await,
            paid => break paid.unwrap(),
        }
    };
    assert_eq!(paid.answer.unwrap(), br#"{"state":"paid"}"#);
    engine.stop().await;
}

#[tokio::test]
async fn stopped_run_receives_so_many_bytes_and_then_says_that_it_is_full() {
    let house = House::new();
    let engine = open(&house).await;
    let (run, _) = start(&engine, "a", HOUR).await;
    until_state(&engine, run, "reserved").await;
    engine.pause(run, person("why")).await.unwrap();
    let large = "x".repeat(PAYLOAD_MAX / 2);
    let mut received = 0;
    while received <= UNSHOWN_BYTES_MAX {
        let message = MessageRequest {
            payload: serde_json::to_vec(&large).unwrap(),
            ..message(run, &format!("message {received}"), &Told::Ask)
        };
        match engine.send(message).await {
            Ok(_) => received += large.len(),
            Err(error) => {
                assert_eq!(error, CallError::Full);
                break;
            }
        }
    }
    assert!((UNSHOWN_BYTES_MAX - large.len()..=UNSHOWN_BYTES_MAX).contains(&received), "{received} bytes");
    engine.stop().await;
}
