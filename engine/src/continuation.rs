//! What passes from a workflow's code to the same workflow when it begins again with a new input.
//!
//! A live turn makes a [`wire::Continuation`] and goes on from it; a replay goes on from the recorded one, and a
//! history that is read from there has nothing else. So all three go on from the same.

use crate::execution::{Execution, Fault};
use crate::fold::Fold;
use crate::registry::Registry;
use crate::replay::text;
use crate::stage::Continues;
use ordain_proto::history::v1 as wire;

/// All that the run needs from here on.
pub(crate) fn make(
    registry: &Registry,
    fold: &Fold,
    execution: &Execution,
    continues: Continues,
) -> wire::Continuation {
    let version = registry.find_workflow(&fold.start.workflow).map_or(0, |workflow| workflow.version);
    fold.continuation(&execution.stage(), continues, version)
}

/// The run `before`, and its workflow, as they go on in record `seq`. None if the continuation says something that
/// cannot be.
pub(crate) fn go_on(
    registry: &Registry,
    before: &Fold,
    seq: u64,
    from: &wire::Continuation,
) -> Option<(Fold, Result<Execution, Fault>)> {
    let mut fold = Fold::going_on(before.run, from)?;
    (fold.head, fold.since) = (before.head, seq);
    (fold.time, fold.own_time, fold.wake_at) = (before.time, before.own_time, before.wake_at);
    let execution = Execution::going_on(registry, &fold.start, from.carried.as_ref()?, &fold.timers);
    Some((fold, execution))
}

/// Whether a history and this build leave the same behind. What they continue with is compared as this build reads it,
/// so that a field may be added; what was shown is compared at the end of a history; lines and versions of code move.
pub(crate) fn same(
    registry: &Registry,
    history: Option<&wire::Continuation>,
    code: Option<&wire::Continuation>,
) -> bool {
    let (Some(history), Some(code)) = (history, code) else { return history.is_none() && code.is_none() };
    let workflow = history.start.as_ref().and_then(|start| registry.find_workflow(&start.workflow));
    let normal = |json: &[u8]| workflow.and_then(|workflow| (workflow.normal)(json).ok());
    normal(&history.input_json) == normal(&code.input_json) && plain(history) == plain(code)
}

/// Without what may differ.
fn plain(continuation: &wire::Continuation) -> wire::Continuation {
    let mut plain = continuation.clone();
    plain.input_json.clear();
    plain.call_site.clear();
    if let Some(start) = &mut plain.start {
        start.workflow_version = 0;
    }
    if let Some(carried) = &mut plain.carried {
        carried.view.clear();
        carried.owner.clear();
        carried.state.clear();
        carried.flags.clear();
    }
    plain
}

/// A new beginning in words.
pub(crate) fn tell(continuation: &wire::Continuation) -> String {
    let wire::Continuation { input_json, waiting, steps, timers, keys, .. } = continuation;
    format!(
        "continue with {}, {} inputs waiting, {} steps, {} timers, {} keys",
        text(input_json),
        waiting.len(),
        steps.len(),
        timers.len(),
        keys.len(),
    )
}
