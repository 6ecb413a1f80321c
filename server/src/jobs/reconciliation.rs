//! Asking providers about open orders that were not asked about for long: a refund in the back office, a cancellation,
//! a chargeback are told by nobody.
//!
//! Which orders those are is the order's own rule ([`Order::is_unseen`](ordain_workflows::order::Order::is_unseen));
//! what the answer changes as well.

use super::{DAY_US, JobError};
use crate::books::{ShownOrder, shown_order};
use crate::walk::{Walk, first_of};
use futures::StreamExt;
use ordain_engine::schedule::{Fire, Report};
use ordain_engine::store::RunStatus;
use ordain_engine::{CallError, Engine, MessageRequest, Workflow as _};
use ordain_workflows::OrderWorkflow;
use ordain_workflows::order::Command;
use ordain_workflows::order_workflow::OrderMessage;
use ordain_workflows::time::timestamp;
use std::collections::BTreeMap;

/// Orders that are older end by their own deadlines, or wait for a person by name.
const HORIZON_US: i64 = 90 * DAY_US;
/// Questions of one firing for one account: what a provider is asked besides its work stays a small part of it.
const ASKED_MAX: usize = 500;
/// Orders that are told at a time.
const AT_ONCE: usize = 16;

/// What was found at one account.
#[derive(Default)]
struct Tally {
    open: usize,
    asked: usize,
}

/// Asks about every order that is due for it.
pub(super) async fn ask(engine: &Engine, fire: &Fire) -> Result<Report, JobError> {
    let now = engine.now();
    let oldest = first_of(now - HORIZON_US);
    let mut walk = Walk::before(Some(OrderWorkflow::NAME), None);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    while let Some(page) = walk.page(engine.store()).await? {
        let older = page.last().is_some_and(|row| row.run < oldest);
        let open = page.into_iter().filter(|row| row.run >= oldest && row.status == RunStatus::Open);
        // A row that does not read is another build's; its order asks for itself.
        let shown = open.filter_map(|row| shown_order(row).ok().flatten());
        let due: Vec<ShownOrder> = shown.filter(|shown| is_due(shown, now, &mut tallies)).collect();
        let telling: Vec<_> = due.iter().map(|shown| tell(engine, shown, fire)).collect();
        let mut telling = futures::stream::iter(telling).buffer_unordered(AT_ONCE);
        while let Some(told) = telling.next().await {
            told?;
        }
        if older {
            break;
        }
    }
    Ok(report(&tallies))
}

/// Whether the order is to be asked about, which is counted.
fn is_due(shown: &ShownOrder, now: i64, tallies: &mut BTreeMap<String, Tally>) -> bool {
    let order = &shown.order;
    let over = order.state.is_ended() || order.ended_at.is_some();
    let Some(provider) = ordain_providers::find(&order.provider).filter(|_| !over) else { return false };
    let tally = tallies.entry(order.account.clone()).or_default();
    tally.open += 1;
    let due = tally.asked < ASKED_MAX && order.is_unseen(timestamp(now), provider.spec());
    tally.asked += usize::from(due);
    due
}

/// One question an order and firing, however often the firing is attempted.
async fn tell(engine: &Engine, shown: &ShownOrder, fire: &Fire) -> Result<(), JobError> {
    let key = format!("reconciliation {}", fire.number);
    let message = OrderMessage::Command { command: Command::Sync, request_id: key.clone() };
    match engine.send(MessageRequest::keyed(shown.run, key, &message, "reconciliation")).await {
        Ok(_) => Ok(()),
        Err(error @ (CallError::Overloaded | CallError::Unavailable)) => Err(error.into()),
        // Whatever else keeps one order from being asked is said where people look for it.
        Err(error) => {
            tracing::info!(order = shown.order.id, %error, "the order was not asked about");
            Ok(())
        }
    }
}

fn report(tallies: &BTreeMap<String, Tally>) -> Report {
    let (open, asked) =
        tallies.values().fold((0, 0), |(open, asked), tally| (open + tally.open, asked + tally.asked));
    let of_account = |(account, tally): (&String, &Tally)| {
        (tally.asked > 0)
            .then(|| format!("{account}: {} of {} open orders asked about", tally.asked, tally.open))
    };
    Report {
        ok: true,
        summary: format!("{asked} of {open} open orders asked about"),
        findings: tallies.iter().filter_map(of_account).collect(),
    }
}
