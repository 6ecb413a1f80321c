//! Durable execution: a run is its history.

pub mod activity;
pub mod clock;
pub mod ctx;
pub mod engine;
pub mod inspect;
pub mod person;
pub mod registry;
pub mod replay;
pub mod run_id;
pub mod sealed;
pub mod store;
pub mod vault;
pub mod workflow;

mod committer;
mod execution;
mod fold;
mod lane;
mod notifier;
mod performer;
mod slot;
mod stage;
mod turn;

pub use activity::{Activity, ActivityCx, Attempt, OnUnknown, Policy, StepFailure};
pub use ctx::{Ctx, Incoming, Next, StepId, StepNews};
pub use engine::{CallError, Engine, EngineParts, MessageRequest, StartOutcome, StartRequest};
pub use inspect::{EventInfo, InspectError, RecordInfo, ReplayInfo, RunInfo, StepInfo};
pub use lane::MessageReply;
pub use person::Person;
pub use registry::Registry;
pub use run_id::RunId;
pub use sealed::Sealed;
pub use workflow::Workflow;
