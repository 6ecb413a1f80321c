//! Retention: an order that has been over and quiet for long is put away, and what was put away is deleted with its data
//! key, so that nobody's personal data is kept for ever, in no backup either once the key is gone.
//!
//! Two steps, some time apart: the run is closed with a last record; a day later everything of it is deleted. In between
//! a person can still read it. Ids grow with time, so nothing younger than the retention is looked at. Genuine messages
//! about orders that we never had go as soon as they are as old.

use super::{DAY_US, JobError};
use crate::books::shown_order;
use crate::walk::{Walk, first_of};
use futures::StreamExt;
use ordain_engine::schedule::{Fire, Report};
use ordain_engine::store::{InboundQuery, RunRow, RunStatus};
use ordain_engine::{CallError, Engine, MessageRequest, RunId, Workflow as _};
use ordain_workflows::order_workflow::{OrderAnswer, OrderMessage};
use ordain_workflows::time::timestamp;
use ordain_workflows::{OrderWorkflow, ReconciliationWorkflow};
use serde::Deserialize;

/// More than a year: whatever a year's books need is still there.
pub const DAYS_DEFAULT: u32 = 400;
/// How long what was put away can still be read, if orders are kept that long at all.
const READABLE_US: i64 = DAY_US;
/// Runs, or messages, that one transaction deletes: it is one of those that orders wait for.
const FORGOTTEN_AT_ONCE: u32 = 25;
/// Orders that are told at a time.
const AT_ONCE: usize = 16;
/// Runs of one firing, of either kind, and messages: the rest is the next one's.
const RUNS_MAX: usize = 20_000;

/// What the schedule says.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Retention {
    /// Days that an order is kept after its end.
    pub retain_days: u32,
}

impl Retention {
    /// Whoever ended before is put away.
    #[must_use]
    pub fn cutoff_us(self, now_us: i64) -> i64 {
        now_us - i64::from(self.retain_days) * DAY_US
    }
}

/// Puts away, and deletes what was put away before.
pub(super) async fn put_away(engine: &Engine, fire: &Fire) -> Result<Report, JobError> {
    let retention: Retention = serde_json::from_value(fire.input.clone())?;
    let now = engine.now();
    let cutoff = retention.cutoff_us(now);
    let readable = READABLE_US.min(now - cutoff);
    let mut walk = Walk::before(None, Some(first_of(cutoff)));
    let (mut closed, mut forgotten) = (0, 0);
    while let Some(page) = walk.page(engine.store()).await? {
        let gone: Vec<RunId> =
            page.iter().filter(|row| is_forgettable(row, now - readable)).map(|row| row.run).collect();
        for some in gone.chunks(FORGOTTEN_AT_ONCE as usize) {
            engine.forget(some).await?;
        }
        forgotten += gone.len();
        closed += close(engine, page, cutoff).await?;
        if closed.max(forgotten) >= RUNS_MAX {
            break;
        }
    }
    let messages = forget_messages(engine, cutoff).await?;
    let summary = format!("{closed} orders put away, {forgotten} runs and {messages} messages deleted");
    Ok(Report { ok: true, summary, findings: Vec::new() })
}

/// Deletes genuine messages about orders that we never had, once they are as old. Returns how many.
async fn forget_messages(engine: &Engine, cutoff: i64) -> Result<usize, JobError> {
    let old =
        InboundQuery { before: Some(first_of(cutoff)), limit: FORGOTTEN_AT_ONCE, ..InboundQuery::default() };
    let mut forgotten = 0;
    while forgotten < RUNS_MAX {
        let rows = engine.store().inbound(&old).await?;
        if rows.is_empty() {
            break;
        }
        let messages: Vec<RunId> = rows.iter().map(|row| row.id).collect();
        engine.forget_inbound(&messages).await?;
        forgotten += messages.len();
    }
    Ok(forgotten)
}

/// Only what a run of ours ends by itself: an order that was put away, a reconciliation that is settled.
fn is_forgettable(row: &RunRow, before: i64) -> bool {
    let ends = [OrderWorkflow::NAME, ReconciliationWorkflow::NAME].contains(&row.workflow.as_str());
    ends && row.status == RunStatus::Closed && row.updated <= before
}

/// Asks the page's orders that look finished to end. Returns how many did.
async fn close(engine: &Engine, page: Vec<RunRow>, cutoff: i64) -> Result<usize, JobError> {
    let before = timestamp(cutoff);
    let open = page.into_iter().filter(|row| row.status == RunStatus::Open);
    let shown = open.filter_map(|row| shown_order(row).ok().flatten());
    let over = shown.filter(|shown| shown.order.may_retire(before)).map(|shown| shown.run);
    let asked: Vec<_> = over.map(|run| retire(engine, run, cutoff)).collect();
    let mut asking = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
    let mut closed = 0;
    while let Some(ended) = asking.next().await {
        closed += usize::from(ended?);
    }
    Ok(closed)
}

/// Whether the order's run ended. The run has the last word: something may have happened since its row was read.
async fn retire(engine: &Engine, run: RunId, cutoff: i64) -> Result<bool, JobError> {
    let message = OrderMessage::Retire { before: timestamp(cutoff) };
    let request = MessageRequest::keyed(run, format!("retire {cutoff}"), &message, "retention");
    match engine.call(request).await {
        Ok(reply) => {
            let answer = serde_json::from_slice::<OrderAnswer>(&reply.answer.unwrap_or_default());
            Ok(matches!(answer, Ok(OrderAnswer::Granted { .. })))
        }
        Err(error @ (CallError::Overloaded | CallError::Unavailable)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%run, %error, "the order was not put away");
            Ok(false)
        }
    }
}
