//! The workflows and step handlers of this process, by name.

use crate::activity::{Activity, ActivityCx, Attempt, LookUp, Policy};
use crate::ctx::Ctx;
use crate::stage::Stage;
use crate::workflow::Workflow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

pub(crate) type WorkflowFuture = Pin<Box<dyn Future<Output = String>>>;
type AttemptFuture = Pin<Box<dyn Future<Output = Attempt<Vec<u8>>> + Send>>;
type LookUpFuture = Pin<Box<dyn Future<Output = LookUp<Vec<u8>>> + Send>>;
/// A handler that asks whether an attempt had its effect, types erased.
type LookUpHandler = dyn Fn(ActivityCx, &[u8]) -> Result<LookUpFuture, String> + Send + Sync;
/// A JSON input as this build would write it; an error if it does not read.
type Normal = fn(&[u8]) -> Result<Vec<u8>, String>;
type Begin = dyn Fn(Rc<RefCell<Stage>>, &[u8]) -> Result<WorkflowFuture, String> + Send + Sync;

/// Everything this process can run.
#[derive(Default)]
pub struct Registry {
    workflows: BTreeMap<&'static str, RegisteredWorkflow>,
    activities: BTreeMap<&'static str, Box<dyn RegisteredActivity>>,
    look_ups: BTreeMap<&'static str, Box<LookUpHandler>>,
}

pub(crate) struct RegisteredWorkflow {
    pub(crate) version: u32,
    pub(crate) begin: Box<Begin>,
    pub(crate) normal: Normal,
}

/// An activity with its handler, types erased.
pub(crate) trait RegisteredActivity: Send + Sync {
    fn policy(&self, input: &[u8]) -> Result<Policy, String>;
    fn perform(&self, cx: ActivityCx, input: &[u8]) -> Result<AttemptFuture, String>;
    /// Whether a result that a person wrote down is one.
    fn check_output(&self, output: &[u8]) -> Result<(), String>;
}

impl Registry {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a workflow.
    #[must_use]
    pub fn workflow<W: Workflow>(mut self) -> Self {
        let begin = |stage: Rc<RefCell<Stage>>, input: &[u8]| {
            let input =
                serde_json::from_slice(input).map_err(|error| format!("the start's input: {error}"))?;
            Ok(Box::pin(W::run(Ctx::new(stage), input)) as WorkflowFuture)
        };
        let normal: Normal = |input| {
            let input: W::Input = serde_json::from_slice(input).map_err(|error| error.to_string())?;
            Ok(encode(&input))
        };
        let registered = RegisteredWorkflow { version: W::VERSION, begin: Box::new(begin), normal };
        self.workflows.insert(W::NAME, registered);
        self
    }

    /// Adds an activity and what it does.
    #[must_use]
    pub fn activity<A, F, Fut>(mut self, handler: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityCx, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Attempt<A::Output>> + Send + 'static,
    {
        self.activities.insert(A::NAME, Box::new(Handler { handler, of: std::marker::PhantomData::<fn(A)> }));
        self
    }

    /// Adds how to ask the other side whether an attempt at an activity had its effect, for those whose policy is
    /// [`OnUnknown::LookUp`](crate::OnUnknown::LookUp). The attempt asked about is the context's.
    #[must_use]
    pub fn look_up<A, F, Fut>(mut self, handler: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityCx, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = LookUp<A::Output>> + Send + 'static,
    {
        let erased = move |cx: ActivityCx, input: &[u8]| {
            let asking = handler(cx, decode::<A>(input)?);
            Ok(Box::pin(async move {
                match asking.await {
                    LookUp::Found(output) => LookUp::Found(encode(&output)),
                    LookUp::Absent => LookUp::Absent,
                    LookUp::Unknown { why } => LookUp::Unknown { why },
                }
            }) as LookUpFuture)
        };
        self.look_ups.insert(A::NAME, Box::new(erased));
        self
    }

    pub(crate) fn find_look_up(&self, name: &str) -> Option<&LookUpHandler> {
        self.look_ups.get(name).map(AsRef::as_ref)
    }

    pub(crate) fn find_workflow(&self, name: &str) -> Option<&RegisteredWorkflow> {
        self.workflows.get(name)
    }

    /// Every workflow with its version.
    pub(crate) fn workflows(&self) -> Vec<(String, u32)> {
        self.workflows.iter().map(|(name, workflow)| ((*name).to_owned(), workflow.version)).collect()
    }

    pub(crate) fn find_activity(&self, name: &str) -> Option<&dyn RegisteredActivity> {
        self.activities.get(name).map(AsRef::as_ref)
    }
}

struct Handler<A, F> {
    handler: F,
    of: std::marker::PhantomData<fn(A)>,
}

impl<A, F, Fut> RegisteredActivity for Handler<A, F>
where
    A: Activity,
    F: Fn(ActivityCx, A) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Attempt<A::Output>> + Send + 'static,
{
    fn policy(&self, input: &[u8]) -> Result<Policy, String> {
        decode::<A>(input).map(|input| input.policy())
    }

    fn perform(&self, cx: ActivityCx, input: &[u8]) -> Result<AttemptFuture, String> {
        let attempt = (self.handler)(cx, decode::<A>(input)?);
        Ok(Box::pin(async move {
            match attempt.await {
                Attempt::Done(output) => Attempt::Done(encode(&output)),
                Attempt::Retry { why, after } => Attempt::Retry { why, after },
                Attempt::Park { why } => Attempt::Park { why },
                Attempt::Unknown { why } => Attempt::Unknown { why },
            }
        }))
    }

    fn check_output(&self, output: &[u8]) -> Result<(), String> {
        serde_json::from_slice::<A::Output>(output).map(drop).map_err(|error| error.to_string())
    }
}

fn encode(output: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(output).expect("outputs are plain data and always serialise")
}

fn decode<A: Activity>(input: &[u8]) -> Result<A, String> {
    serde_json::from_slice(input).map_err(|error| format!("the recorded input of {}: {error}", A::NAME))
}
