//! What a workflow is to the engine.

use crate::ctx::Ctx;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Durable code. It is run again from its history whenever it is needed in memory, so it may use its [`Ctx`] and
/// nothing else: no clock, no dice, no environment, no threads, no I/O, no iteration over hash maps.
pub trait Workflow: Sized + 'static {
    /// The workflow's name in histories; never changes once released.
    const NAME: &'static str;
    /// Version of the code; a node leaves a newer one's runs alone.
    const VERSION: u32;
    /// What a run starts with.
    type Input: Serialize + DeserializeOwned + 'static;
    /// What a run can be told.
    type Message: Serialize + DeserializeOwned + 'static;
    /// What it answers to a message that waits for an answer.
    type Answer: Serialize + DeserializeOwned + 'static;

    /// The code. Its end closes the run; the text says why.
    fn run(ctx: Ctx<Self>, input: Self::Input) -> impl Future<Output = String>;
}
