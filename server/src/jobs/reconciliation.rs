//! Asking providers about open orders that were not asked about for long: a refund in the back office, a cancellation,
//! a chargeback are told by nobody.
//!
//! Which orders those are is the order's own rule ([`Order::is_unseen`](ordain_workflows::order::Order::is_unseen));
//! what the answer changes as well. A person can have every open order of an account asked about ([`ask_account`]).

use super::{DAY_US, JobError};
use crate::books::{ShownOrder, shown_order};
use crate::walk::{Walk, first_of};
use futures::StreamExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordain_engine::schedule::{Fire, Report};
use ordain_engine::store::RunStatus;
use ordain_engine::{CallError, Engine, MessageRequest, Workflow as _};
use ordain_workflows::OrderWorkflow;
use ordain_workflows::order::Command;
use ordain_workflows::order_workflow::OrderMessage;
use ordain_workflows::reconciliation_workflow::NewReconciliation;
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
        tell_all(engine, &due, &format!("reconciliation {}", fire.number)).await?;
        if older {
            break;
        }
    }
    Ok(report(&tallies))
}

/// Asks about every open order of an account that began on some days, however lately it was asked about. Under the same
/// key none is asked about twice. Returns how many.
pub async fn ask_account(engine: &Engine, of: &NewReconciliation, key: &str) -> Result<u64, JobError> {
    let begins = |day: Date| day.to_zoned(TimeZone::UTC).map(|begin| begin.timestamp().as_microsecond());
    let oldest = first_of(begins(of.from).unwrap_or(0));
    let before = of.to.tomorrow().and_then(begins).map(first_of).ok();
    let mut walk = Walk::of_account(OrderWorkflow::NAME, &of.account, before);
    let mut asked = 0;
    while let Some(page) = walk.page(engine.store()).await? {
        let older = page.last().is_some_and(|row| row.run < oldest);
        let open = page.into_iter().filter(|row| row.run >= oldest && row.status.takes_turns());
        let shown = open.filter_map(|row| shown_order(row).ok().flatten());
        let open: Vec<ShownOrder> = shown.filter(|shown| !is_over(shown)).collect();
        tell_all(engine, &open, key).await?;
        asked += open.len() as u64;
        if older {
            break;
        }
    }
    Ok(asked)
}

fn is_over(shown: &ShownOrder) -> bool {
    shown.order.state.is_ended() || shown.order.ended_at.is_some()
}

/// Whether the order is to be asked about, which is counted.
fn is_due(shown: &ShownOrder, now: i64, tallies: &mut BTreeMap<String, Tally>) -> bool {
    let order = &shown.order;
    let provider = ordain_providers::find(&order.provider).filter(|_| !is_over(shown));
    let Some(provider) = provider else { return false };
    let tally = tallies.entry(order.account.clone()).or_default();
    tally.open += 1;
    let due = tally.asked < ASKED_MAX && order.is_unseen(timestamp(now), provider.spec());
    tally.asked += usize::from(due);
    due
}

async fn tell_all(engine: &Engine, orders: &[ShownOrder], key: &str) -> Result<(), JobError> {
    let telling: Vec<_> = orders.iter().map(|shown| tell(engine, shown, key)).collect();
    let mut telling = futures::stream::iter(telling).buffer_unordered(AT_ONCE);
    while let Some(told) = telling.next().await {
        told?;
    }
    Ok(())
}

/// One question an order and key, however often it is told.
async fn tell(engine: &Engine, shown: &ShownOrder, key: &str) -> Result<(), JobError> {
    let message = OrderMessage::Command { command: Command::Sync, request_id: key.to_owned() };
    match engine.send(MessageRequest::keyed(shown.run, key.to_owned(), &message, "reconciliation")).await {
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
