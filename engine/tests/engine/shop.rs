//! A small trade for the tests: an order that reserves, waits for a payment against a deadline, and ships. The outside
//! world is scripted and counts what is done to it.

use ordain_engine::clock::{Clock, SystemClock};
use ordain_engine::store::sqlite::SqliteStore;
use ordain_engine::store::{Attributes, RunRow};
use ordain_engine::vault::Vault;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// How long anything may take before it counts as not happening. Far more than it takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Serialize, Deserialize)]
pub struct Order {
    pub item: String,
    pub pay_within_us: i64,
}

#[derive(Serialize, Deserialize, Debug)]
pub enum Told {
    Paid,
    Ask,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Eq, Clone)]
pub struct Standing {
    pub state: String,
}

pub struct Shop;

impl Workflow for Shop {
    const NAME: &'static str = "shop";
    const VERSION: u32 = 1;
    type Input = Order;
    type Message = Told;
    type Answer = Standing;

    async fn run(ctx: Ctx<Self>, order: Order) -> String {
        show(&ctx, "reserving");
        let reserved = ctx.run(Effect::new("reserve", &order.item)).await;
        if reserved.is_err() {
            show(&ctx, "skipped");
            return "reservation skipped".into();
        }
        show(&ctx, "reserved");
        let deadline = ctx.now() + order.pay_within_us;
        loop {
            match ctx.next(Some(deadline)).await {
                Next::Message(told) => {
                    let paid = matches!(told.message, Told::Paid);
                    let state = if paid { "paid" } else { "reserved" };
                    ctx.answer(&told, &Standing { state: state.into() });
                    if paid {
                        break;
                    }
                }
                Next::Deadline => {
                    ctx.event("Expired", &());
                    show(&ctx, "expired");
                    return "expired".into();
                }
                Next::Step(..) => unreachable!("no step was started on the side"),
            }
        }
        show(&ctx, "paid");
        let shipped = ctx.run(Effect::new("ship", &order.item)).await;
        ctx.event("Shipped", &order.item);
        show(&ctx, if shipped.is_ok() { "shipped" } else { "not shipped" });
        "done".into()
    }
}

fn show(ctx: &Ctx<Shop>, state: &str) {
    let attributes = Attributes { state: state.into(), ..Attributes::default() };
    ctx.show(&Standing { state: state.into() }, attributes);
}

/// One effect on the outside world. `ship` must not be repeated blindly.
#[derive(Serialize, Deserialize)]
pub struct Effect {
    pub what: String,
    pub item: String,
}

impl Effect {
    fn new(what: &str, item: &str) -> Self {
        Self { what: what.into(), item: item.into() }
    }
}

impl Activity for Effect {
    const NAME: &'static str = "effect";
    type Output = String;

    fn key(&self) -> String {
        format!("{} {}", self.what, self.item)
    }

    fn policy(&self) -> Policy {
        let on_unknown = if self.what == "ship" { OnUnknown::Park } else { OnUnknown::Again };
        Policy::new(3, Duration::from_secs(10), on_unknown)
    }
}

/// What the outside does with the next attempts at an effect, by its name; beyond the script it succeeds.
#[derive(Default)]
pub struct Outside {
    pub script: Mutex<BTreeMap<String, Vec<Attempt<String>>>>,
    pub done: Mutex<BTreeMap<String, u32>>,
    /// Effects that never answer, so that a crash finds them under way.
    pub hangs: Mutex<Vec<String>>,
    /// Effects that wait until they are let go.
    holds: Mutex<BTreeMap<String, tokio::sync::watch::Receiver<()>>>,
}

impl Outside {
    pub fn count(&self, key: &str) -> u32 {
        self.done.lock().unwrap().get(key).copied().unwrap_or(0)
    }

    /// Lets effects of this name wait for as long as what it returns is kept.
    pub fn hold(&self, what: &str) -> tokio::sync::watch::Sender<()> {
        let (holding, held) = tokio::sync::watch::channel(());
        self.holds.lock().unwrap().insert(what.into(), held);
        holding
    }

    async fn attempt(&self, effect: Effect) -> Attempt<String> {
        let held = self.holds.lock().unwrap().get(&effect.what).cloned();
        if let Some(mut held) = held {
            while held.changed().await.is_ok() {}
        }
        let scripted = self
            .script
            .lock()
            .unwrap()
            .get_mut(&effect.what)
            .and_then(|left| (!left.is_empty()).then(|| left.remove(0)));
        if let Some(scripted) = scripted {
            return scripted;
        }
        *self.done.lock().unwrap().entry(effect.key()).or_default() += 1;
        let hangs = self.hangs.lock().unwrap().contains(&effect.what);
        if hangs {
            std::future::pending::<()>().await;
        }
        Attempt::Done(format!("{} done", effect.what))
    }
}

/// An engine on a store in a folder of its own; may be stopped and opened again.
pub struct House {
    pub folder: TempDir,
    pub outside: Arc<Outside>,
    pub clock: Arc<dyn Clock>,
}

impl House {
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), outside: Arc::default(), clock }
    }

    /// Deletes what a run's history holds before `since`. No engine may be open.
    pub async fn forget(&self, run: RunId, since: u64) {
        use sqlx::Connection as _;
        let path = format!("sqlite:{}", self.folder.path().join("ordain.db").display());
        let mut db = sqlx::SqliteConnection::connect(&path).await.unwrap();
        let forget = sqlx::query("DELETE FROM history WHERE run = ?1 AND seq < ?2");
        forget.bind(run.to_bytes().to_vec()).bind(since as i64).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    pub async fn open(&self) -> Engine {
        self.open_with(Registry::new().workflow::<Shop>()).await
    }

    pub async fn open_with(&self, registry: Registry) -> Engine {
        let settings = Settings { shadow: Shadow::Always, poll_max: PATIENCE, ..Settings::default() };
        self.open_as(registry, settings).await
    }

    pub async fn open_as(&self, registry: Registry, settings: Settings) -> Engine {
        let outside = Arc::clone(&self.outside);
        let registry = registry.activity(move |_, effect: Effect| {
            let outside = Arc::clone(&outside);
            async move { outside.attempt(effect).await }
        });
        open_in(self.folder.path(), registry, Arc::clone(&self.clock), settings).await
    }
}

/// An engine on the store in a folder.
pub async fn open_in(folder: &Path, registry: Registry, clock: Arc<dyn Clock>, settings: Settings) -> Engine {
    let vault = Arc::new(Vault::new(&[7; 32]));
    let store = SqliteStore::open(&folder.join("ordain.db"), &vault).await.unwrap();
    Engine::open(EngineParts { store: Arc::new(store), vault, registry, clock, settings })
}

pub async fn start(engine: &Engine, request_id: &str, pay_within: Duration) -> (RunId, StartOutcome) {
    start_workflow(engine, "shop", request_id, pay_within).await
}

pub async fn start_workflow(
    engine: &Engine,
    workflow: &str,
    request_id: &str,
    pay_within: Duration,
) -> (RunId, StartOutcome) {
    let order = Order { item: "lamp".into(), pay_within_us: pay_within.as_micros() as i64 };
    let (run, started) = start_order(engine, workflow, request_id, &order).await;
    (run, started.unwrap())
}

/// Starts a run about `item`, under it as the request id.
pub async fn start_item(engine: &Engine, workflow: &str, item: &str) -> (RunId, StartOutcome) {
    let order = Order { item: item.into(), pay_within_us: 0 };
    let (run, started) = start_order(engine, workflow, item, &order).await;
    (run, started.unwrap())
}

pub async fn start_order(
    engine: &Engine,
    workflow: &str,
    request_id: &str,
    order: &Order,
) -> (RunId, Result<StartOutcome, CallError>) {
    let run = engine.new_run_id();
    let request = StartRequest {
        run,
        workflow: workflow.into(),
        workflow_version: 1,
        input: serde_json::to_vec(order).unwrap(),
        data_key: engine.new_data_key(run),
        tenant: "test".into(),
        request_id: request_id.into(),
        label: format!("label of {request_id}"),
        fingerprint: vec![1],
        actor: "tester".into(),
        clock: None,
    };
    (run, engine.start(request).await)
}

pub async fn tell(engine: &Engine, run: RunId, key: &str, told: &Told) -> Result<MessageReply, CallError> {
    engine.call(message(run, key, told)).await
}

pub fn message(run: RunId, key: &str, told: &Told) -> MessageRequest {
    let payload = serde_json::to_vec(told).unwrap();
    MessageRequest {
        run,
        key: key.into(),
        fingerprint: payload.clone(),
        payload,
        actor: "customer".into(),
        only_at: None,
    }
}

/// Waits until the run's row satisfies the condition.
pub async fn until(engine: &Engine, run: RunId, condition: impl Fn(&RunRow) -> bool) -> RunRow {
    let mut watch = engine.watch(run);
    loop {
        if let Some(row) = engine.store().run(run).await.unwrap()
            && condition(&row)
        {
            return row;
        }
        let waited = tokio::time::timeout(PATIENCE, watch.changed()).await;
        assert!(waited.is_ok(), "the run stands at {:?}", engine.store().run(run).await);
    }
}

pub async fn until_state(engine: &Engine, run: RunId, state: &str) -> RunRow {
    until(engine, run, |row| row.attributes.state == state).await
}

/// Waits until the history of the run says `text`.
pub async fn until_told(engine: &Engine, run: RunId, text: &str) {
    let mut watch = engine.watch(run);
    loop {
        let told = engine.history(run, 0).await.unwrap();
        if told.iter().flat_map(|record| &record.lines).any(|line| line.text.contains(text)) {
            return;
        }
        let waited = tokio::time::timeout(PATIENCE, watch.changed()).await;
        assert!(waited.is_ok(), "the history never says {text}: {told:?}");
    }
}
