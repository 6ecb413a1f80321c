//! Steps: what a workflow asks the outside to do, and how that may fail.
//!
//! An [`Activity`] is a plain value; its type names it and its policy says what happens when nobody knows whether
//! it happened. What it does lives with the host, which registers a handler for it
//! ([`Registry::activity`](crate::registry::Registry::activity)).

use crate::run_id::RunId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The input of a step. Its type names the step; replay compares the name, the key and the serialised input.
pub trait Activity: Serialize + DeserializeOwned + Send + 'static {
    /// The step's name in histories; never changes once released.
    const NAME: &'static str;
    /// What a finished step hands to the workflow.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// What it works on, for people: `refund 01H…`.
    fn key(&self) -> String;

    /// How it may fail. Read from the recorded input, so it may depend on it.
    fn policy(&self) -> Policy;
}

/// How a step may be attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How often in all. Then it is parked.
    pub attempts_max: u32,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// What to do when an attempt may or may not have had its effect.
    pub on_unknown: OnUnknown,
    /// Whose [limits](crate::downstream) it falls under; none for nobody's.
    pub downstream: Option<String>,
    /// How long it may take in all, counted from the recorded time at which it was asked for, waiting included. Then
    /// no further attempt begins and it is parked; one that is under way may still end.
    pub give_up_after: Option<Duration>,
}

impl Policy {
    /// A policy that falls under nobody's limits and has no overall deadline.
    #[must_use]
    pub const fn new(attempts_max: u32, timeout: Duration, on_unknown: OnUnknown) -> Self {
        Self { attempts_max, timeout, on_unknown, downstream: None, give_up_after: None }
    }

    /// The same policy, under the limits of a downstream.
    #[must_use]
    pub fn under(self, downstream: impl Into<String>) -> Self {
        Self { downstream: Some(downstream.into()), ..self }
    }

    /// The same policy, with an overall deadline.
    #[must_use]
    pub fn give_up_after(self, span: Duration) -> Self {
        Self { give_up_after: Some(span), ..self }
    }
}

/// What to do when an attempt may or may not have had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Once more: it only reads.
    Reads,
    /// Once more: it changes something, and repeating it has no second effect.
    Again,
    /// Ask the other side, with the handler of [`Registry::look_up`](crate::Registry::look_up). What was found ends the
    /// step; what cannot be settled is parked.
    LookUp {
        /// How long after the end of an attempt "absent" proves that it had no effect, so that it may be made again;
        /// never, if none. It proves nothing of an attempt that another process made.
        absent_proves_after: Option<Duration>,
    },
    /// Stop and let a person decide.
    Park,
}

/// What asking the other side about an attempt of unknown outcome came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp<T> {
    /// It had its effect, and this is its result.
    Found(T),
    /// The other side knows nothing of it.
    Absent,
    /// The other side gave no usable answer.
    Unknown {
        /// For a person.
        why: String,
    },
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt<T> {
    /// It has a result; whether that is good news is the workflow's affair.
    Done(T),
    /// It certainly had no effect, and another attempt may succeed.
    Retry {
        /// For a person.
        why: String,
        /// Not before this long, if the other side said so.
        after: Option<Duration>,
    },
    /// It certainly had no effect, and another attempt will not help before a person has done something.
    Park {
        /// For a person: what to do.
        why: String,
    },
    /// It may have had its effect.
    Unknown {
        /// For a person.
        why: String,
    },
}

/// What an attempt knows about itself.
#[derive(Debug, Clone)]
pub struct ActivityCx {
    /// The run that asked for it.
    pub run: RunId,
    /// Which step of the run; (run, step) is the idempotency key.
    pub step: u64,
    /// From 1.
    pub attempt: u32,
    /// Randomness that is the same for every attempt of this step.
    pub entropy: [u8; 32],
}

/// Why a step ended without a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepFailure {
    /// A person vouched that it was not, and will not be, carried out.
    #[error("skipped by {actor}: {reason}")]
    Skipped {
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
}
