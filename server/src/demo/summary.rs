//! How the demo went: where orders ended, what waits for a person, how fast it was, and whether the books agree.

use super::shopper::Ended;
use crate::check::compare::Comparison;
use crate::check::report;
use crate::cli::output::{Cell, Output, Paint, Table};
use crate::cli::{names, order::show, time};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// Shoppers that are named one by one; the rest is counted.
const NAMED_MAX: usize = 20;

/// Prints it, and returns 1 if anything is not as it should be. What waits for a person is told, and no fault of the
/// books: somebody asked for the fault that caused it.
pub fn print(output: &Output, ended: &[Ended], took: Duration, comparison: &Comparison) -> ExitCode {
    let wrong: Vec<&Ended> = ended.iter().filter(|one| !one.as_planned && one.parked.is_empty()).collect();
    if output.json {
        output.line(as_json(ended, &wrong, took, comparison));
    } else {
        output.table(&endings(ended));
        waiting(output, ended);
        troubles(output, &wrong);
        output.line(format!("  {}", pace(ended, took)));
        output.line("");
        report::tell(output, comparison);
    }
    if wrong.is_empty() && comparison.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn endings(ended: &[Ended]) -> Table {
    let mut counts: BTreeMap<i32, (usize, usize)> = BTreeMap::new();
    for one in ended {
        let count = counts.entry(one.state.into()).or_default();
        count.0 += 1;
        count.1 += usize::from(one.as_planned);
    }
    let mut table = Table::new(&["ended", "orders", "as planned"]);
    for (state, (all, planned)) in counts {
        let state = ordain_proto::orders::v1::OrderState::try_from(state).unwrap_or_default();
        let paint = if all == planned { Paint::Good } else { Paint::Bad };
        table.row(vec![
            Cell::new(show::state_word(state)).painted(show::state_paint(state)),
            Cell::number(all.to_string()),
            Cell::number(planned.to_string()).painted(paint),
        ]);
    }
    table
}

/// What waits for a person, by what it is and why: a hundred of one kind are one line.
fn waiting(output: &Output, ended: &[Ended]) {
    let parked = reasons(ended);
    if parked.is_empty() {
        return;
    }
    let orders = ended.iter().filter(|one| !one.parked.is_empty()).count();
    let mut table = Table::new(&["waiting", "for a person, because"]);
    for (why, count) in parked {
        table.row(vec![Cell::number(count.to_string()).painted(Paint::Warn), Cell::new(why)]);
    }
    output
        .line(format!("  {orders} of {} orders wait for a person (`ordain run list --parked`)", ended.len()));
    output.table(&table);
}

/// How many operations wait for which reason, whichever operation it is.
fn reasons(ended: &[Ended]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for text in ended.iter().flat_map(|one| &one.parked) {
        let (what, why) = text.split_once(" (").unwrap_or((text, ""));
        let kind = what.split(' ').next().unwrap_or_default();
        *reasons.entry(format!("{kind} ({why}")).or_default() += 1;
    }
    reasons
}

fn troubles(output: &Output, wrong: &[&Ended]) {
    let mut table = Table::new(&["shopper", "order", "ended", "trouble"]);
    for one in wrong.iter().take(NAMED_MAX) {
        table.row(vec![
            Cell::number(one.index.to_string()),
            Cell::new(one.order.as_deref().map(names::last).unwrap_or_default()),
            Cell::new(show::state_word(one.state)).painted(Paint::Bad),
            Cell::new(one.trouble.as_deref().unwrap_or("not where it should have")),
        ]);
    }
    output.table(&table);
    if wrong.len() > NAMED_MAX {
        output.line(format!("  … and {} more", wrong.len() - NAMED_MAX));
    }
}

fn pace(ended: &[Ended], took: Duration) -> String {
    let times = sorted(ended);
    format!(
        "{} orders in {}, {} orders/s; one takes {} (p50), {} (p95)",
        ended.len(),
        time::lasted(took),
        rate(ended.len(), took),
        time::lasted(percentile(&times, 50)),
        time::lasted(percentile(&times, 95)),
    )
}

/// Orders a second, with one decimal.
fn rate(orders: usize, took: Duration) -> String {
    let tenths = (orders as u128 * 10_000) / took.as_millis().max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn sorted(ended: &[Ended]) -> Vec<Duration> {
    let mut times: Vec<Duration> = ended.iter().map(|one| one.took).collect();
    times.sort();
    times
}

/// The nearest rank; nothing of nothing.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn as_json(ended: &[Ended], wrong: &[&Ended], took: Duration, comparison: &Comparison) -> serde_json::Value {
    let times = sorted(ended);
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for one in ended {
        *states.entry(show::state_word(one.state)).or_default() += 1;
    }
    let parked = ended.iter().filter(|one| !one.parked.is_empty());
    let troubles = wrong.iter().map(
        |one| json!({ "order": one.order, "ended": show::state_word(one.state), "trouble": one.trouble }),
    );
    json!({
        "orders": ended.len(),
        "ended": states,
        "waiting": reasons(ended),
        "parked": parked.map(|one| json!({ "order": one.order, "what": one.parked })).collect::<Vec<_>>(),
        "not_as_planned": troubles.collect::<Vec<_>>(),
        "milliseconds": took.as_millis(),
        "p50_ms": percentile(&times, 50).as_millis(),
        "p95_ms": percentile(&times, 95).as_millis(),
        "books": report::as_json(comparison),
    })
}

#[cfg(test)]
mod tests {
    use super::{Ended, percentile, rate, reasons};
    use ordain_proto::orders::v1::OrderState;
    use std::time::Duration;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let times: Vec<Duration> = (1..=10).map(Duration::from_secs).collect();
        assert_eq!(percentile(&times, 50), Duration::from_secs(5));
        assert_eq!(percentile(&times, 95), Duration::from_secs(10));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn what_waits_is_counted_by_kind_and_reason() {
        let ended = |parked: &[&str]| Ended {
            index: 0,
            order: None,
            state: OrderState::Completed,
            as_planned: true,
            parked: parked.iter().map(|text| (*text).to_owned()).collect(),
            trouble: None,
            took: Duration::ZERO,
        };
        let all = [
            ended(&["refund r-1 (outcome unknown): no answer"]),
            ended(&["refund r-2 (outcome unknown): no answer", "total (AMOUNT_MISMATCH): half"]),
            ended(&[]),
        ];
        let counted: Vec<(String, usize)> = reasons(&all).into_iter().collect();
        let expected = [("refund (outcome unknown): no answer", 2), ("total (AMOUNT_MISMATCH): half", 1)];
        assert_eq!(counted, expected.map(|(why, count)| (why.to_owned(), count)));
    }

    #[test]
    fn rates_have_one_decimal() {
        assert_eq!(rate(50, Duration::from_millis(12_345)), "4.0");
        assert_eq!(rate(50, Duration::ZERO), "50000.0");
    }
}
