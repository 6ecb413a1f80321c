//! Durable execution: a run is its history.
//!
//! A *workflow* is a plain `async fn` that decides; *activities* are the steps that touch the outside. Everything a
//! workflow is shown and everything it decides becomes a record of its *run*, durable before any effect of it leaves.
//! When a process dies, the next one runs the code again from the history and goes on where it stood.
//!
//! What that promises: a step's intent is on disk before the step begins, its result is recorded once, and it is
//! attempted at least once, under the key (run, step). Never "exactly once": a step that was cut off is repeated, or
//! parked for a person, as its [`Policy`] says.
//!
//! # A workflow of three steps
//!
//! Each step is a value; its type names it. This shop reserves, waits for the customer to pay, charges, and ships.
//! The process dies while it charges.
//!
//! ```
//! use ordain_engine::clock::SystemClock;
//! use ordain_engine::store::{RunStatus, sqlite::SqliteStore};
//! use ordain_engine::vault::Vault;
//! use ordain_engine::*;
//! use serde::{Deserialize, Serialize};
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::{path::Path, sync::Arc, time::Duration};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Reserve(String);
//!
//! impl Activity for Reserve {
//!     const NAME: &'static str = "reserve";
//!     type Output = String;
//!
//!     fn key(&self) -> String {
//!         format!("reserve {}", self.0)
//!     }
//!
//!     fn policy(&self) -> Policy {
//!         repeatable()
//!     }
//! }
//! # #[derive(Serialize, Deserialize)]
//! # struct Charge(String);
//! # impl Activity for Charge {
//! #     const NAME: &'static str = "charge";
//! #     type Output = u32;
//! #     fn key(&self) -> String { format!("charge {}", self.0) }
//! #     fn policy(&self) -> Policy { repeatable() }
//! # }
//! # #[derive(Serialize, Deserialize)]
//! # struct Ship(String);
//! # impl Activity for Ship {
//! #     const NAME: &'static str = "ship";
//! #     type Output = ();
//! #     fn key(&self) -> String { format!("ship {}", self.0) }
//! #     fn policy(&self) -> Policy { repeatable() }
//! # }
//! // … `Charge` and `Ship` likewise.
//!
//! /// The other side knows a repetition by its key, so a step that was cut off may be sent again.
//! fn repeatable() -> Policy {
//!     Policy::new(5, Duration::from_secs(10), OnUnknown::Again)
//! }
//!
//! struct Shop;
//!
//! impl Workflow for Shop {
//!     const NAME: &'static str = "shop";
//!     const VERSION: u32 = 1;
//!     type Input = String;
//!     type Message = String;
//!     type Answer = ();
//!
//!     async fn run(ctx: Ctx<Self>, item: String) -> String {
//!         let Ok(place) = ctx.run(Reserve(item.clone())).await else { return "nothing to sell".into() };
//!         let deadline = ctx.now() + 30 * 60 * 1_000_000;
//!         let Next::Message(paid) = ctx.next(Some(deadline)).await else { return "never paid".into() };
//!         let Ok(attempt) = ctx.run(Charge(paid.message)).await else { return "not charged".into() };
//!         if ctx.run(Ship(item)).await.is_err() {
//!             return "not shipped".into();
//!         }
//!         format!("shipped from {place}, charged at attempt {attempt}")
//!     }
//! }
//!
//! /// Opens the engine on a folder: after a crash, and after a clean stop, this is all that brings every run back.
//! async fn open(folder: &Path, dying: &Arc<AtomicBool>) -> Engine {
//!     let dying = Arc::clone(dying);
//!     let vault = Arc::new(Vault::from_file(&folder.join("master.key")).expect("a key"));
//!     let store = SqliteStore::open(&folder.join("ordain.db"), &vault).await.expect("a store");
//!     let registry = Registry::new()
//!         .workflow::<Shop>()
//!         .activity(|_, Reserve(_)| async { Attempt::Done("shelf 7".into()) })
//!         .activity(move |cx, Charge(_)| {
//!             let dies = dying.swap(false, Ordering::SeqCst);
//!             async move { if dies { std::future::pending().await } else { Attempt::Done(cx.attempt) } }
//!         })
//!         .activity(|_, Ship(_)| async { Attempt::Done(()) });
//!     let (store, clock) = (Arc::new(store), Arc::new(SystemClock));
//!     Engine::open(EngineParts { store, vault, registry, clock, settings: Settings::default() })
//! }
//!
//! /// Waits until the run's row is as wanted. Register before you read, so that nothing falls between.
//! async fn until(engine: &Engine, run: RunId, wanted: impl Fn(&store::RunRow) -> bool) -> store::RunRow {
//!     let mut watch = engine.watch(run);
//!     loop {
//!         match engine.store().run(run).await.expect("readable") {
//!             Some(row) if wanted(&row) => return row,
//!             _ => watch.changed().await.expect("the engine is open"),
//!         }
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let folder = tempfile::tempdir().expect("a folder");
//! let dying = Arc::new(AtomicBool::new(true));
//! let engine = open(folder.path(), &dying).await;
//!
//! // A start happens once per request id: asking again after a lost answer is safe.
//! let run = engine.new_run_id();
//! let request = StartRequest {
//!     run,
//!     workflow: "shop".into(),
//!     workflow_version: 1,
//!     input: br#""lamp""#.to_vec(),
//!     data_key: engine.new_data_key(run),
//!     tenant: "demo".into(),
//!     request_id: "order 1".into(),
//!     label: "lamp for Ada".into(),
//!     fingerprint: vec![1],
//!     actor: "web".into(),
//!     clock: None,
//! };
//! assert_eq!(engine.start(request).await, Ok(StartOutcome::Began));
//!
//! // So does a message per key. When `send` returns, it is on disk.
//! let paid = MessageRequest {
//!     run,
//!     key: "payment 1".into(),
//!     fingerprint: vec![1],
//!     payload: br#""card 1""#.to_vec(),
//!     actor: "web".into(),
//!     only_at: None,
//! };
//! engine.send(paid).await.expect("stored");
//!
//! // The process stops while the charge is under way …
//! while dying.load(Ordering::SeqCst) {
//!     tokio::task::yield_now().await;
//! }
//! engine.stop().await;
//!
//! // … and the next one takes it over: the reservation is not made again, the charge is sent again under its key.
//! let engine = open(folder.path(), &dying).await;
//! until(&engine, run, |row| row.status == RunStatus::Closed).await;
//! let info = engine.inspect(run).await.expect("its history");
//! assert_eq!(info.reason, "shipped from shelf 7, charged at attempt 1");
//! engine.stop().await;
//! # }
//! ```
//!
//! # Where to look
//!
//! - [`ctx`]: what workflow code may use, and nothing else. [`activity`]: what a step declares.
//! - [`settings`]: what a host may choose. [`downstream`]: what the other side is asked to bear.
//! - [`engine`]: starting runs and talking to them. [`person`]: a person's way out of whatever is stuck.
//! - [`inspect`]: a history in words, and its replay with the code of this build.
//! - [`store`]: what a database must do; [`store::conformance`] checks that it does, [`store::memory`] is one that
//!   crashes on demand.
//! - [`bounds`]: how much of everything, and what comes of more.
//! - [`schedule`]: doing something at set times. [`overdue`]: what should have happened by now and did not.
//! - [`clock`]: time, which tests hold still. [`clocks`]: runs that live by a clock which somebody moves.
//! - [`vault`] and [`sealed`]: personal data that crosses a workflow unread.

pub mod activity;
pub mod bounds;
pub mod call;
pub mod clock;
pub mod clocks;
pub mod ctx;
pub mod downstream;
pub mod engine;
pub mod golden;
pub mod held;
pub mod inspect;
pub mod overdue;
pub mod person;
pub mod registry;
pub mod replay;
pub mod run_id;
pub mod schedule;
pub mod sealed;
pub mod settings;
pub mod store;
pub mod vault;
pub mod workflow;

mod bounded;
mod committer;
mod continuation;
mod execution;
mod fold;
mod follower;
mod forget;
pub mod history;
mod lane;
mod notifier;
mod peers;
mod performer;
mod reset;
mod room;
mod scanner;
mod shadow;
mod slot;
mod stage;
mod turn;
mod whereabouts;

pub use activity::{Activity, ActivityCx, Attempt, LookUp, OnUnknown, Policy, StepFailure};
pub use bounded::GaveUp;
pub use call::{CallError, MessageRequest, StartOutcome, StartRequest};
pub use ctx::{
    Cancellation, Ctx, Deadline, Either, Elapsed, Incoming, Next, OutstandingStep, StepId, StepNews, TimerId,
};
pub use downstream::{BreakerState, DownstreamInfo, Limits, Rate};
pub use engine::{Engine, EngineParts};
pub use golden::Golden;
pub use inspect::{EventInfo, InspectError, RecordInfo, ReplayInfo, RunInfo, StepInfo};
pub use lane::MessageReply;
pub use person::Person;
pub use registry::Registry;
pub use run_id::RunId;
pub use sealed::Sealed;
pub use settings::{Settings, Shadow};
pub use workflow::Workflow;
