//! A comparison as people read it: what is wrong, what is open, and the verdict in one line.

use super::compare::{Comparison, Difference};
use crate::cli::money;
use crate::cli::output::{Cell, Output, Paint, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows of one table: more than anybody reads, few enough to scroll. JSON has them all.
const ROWS_MAX: usize = 50;

/// Prints it for people.
pub fn tell(output: &Output, comparison: &Comparison) {
    table(output, "parked", Paint::Warn, &comparison.parked);
    table(output, "explained by an unfinished operation", Paint::Warn, &comparison.explained);
    table(output, "VIOLATIONS", Paint::Bad, &comparison.violations);
    repeats(output, comparison);
    let paint = if comparison.violations.is_empty() { Paint::Good } else { Paint::Bad };
    output.line(output.paint(paint, &verdict(comparison)));
}

/// One line that says it all.
#[must_use]
pub fn verdict(comparison: &Comparison) -> String {
    let agreed = comparison.agreed();
    let word = match comparison.violations.len() {
        0 => "the books agree".to_owned(),
        1 => "THE BOOKS DISAGREE in 1 place".to_owned(),
        many => format!("THE BOOKS DISAGREE in {many} places"),
    };
    // Pounds and rupiah have no sum.
    let amount = |(currency, minor): (&String, &i64)| money::show(Some(&money::minor(currency, *minor)));
    let refunded: Vec<String> = agreed.refunded_minor.iter().map(amount).collect();
    let refunded = if refunded.is_empty() { "nothing".to_owned() } else { refunded.join(" and ") };
    let left_out = match comparison.left_out {
        0 => String::new(),
        some => format!("; {some} at real providers left out"),
    };
    format!(
        "{word}: {} orders, {} approvals, {} parcels, {} refunds of {refunded} in all{left_out}",
        comparison.orders.len(),
        agreed.approvals,
        agreed.parcels,
        agreed.refunds,
    )
}

fn table(output: &Output, title: &str, paint: Paint, differences: &[Difference]) {
    if differences.is_empty() {
        return;
    }
    output.line(output.paint(paint, &format!("{title} ({})", differences.len())));
    let mut table = Table::new(&["order", "about", "what"]);
    for difference in differences.iter().take(ROWS_MAX) {
        table.row(vec![
            Cell::new(&difference.order),
            Cell::new(difference.about),
            Cell::new(&difference.text),
        ]);
    }
    output.table(&table);
    if differences.len() > ROWS_MAX {
        output.line(format!("  … and {} more; `--json` has them all", differences.len() - ROWS_MAX));
    }
    output.line("");
}

/// Repeats are no violation, and there may be thousands: they are told by kind.
fn repeats(output: &Output, comparison: &Comparison) {
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for repeat in &comparison.repeats {
        *by_kind.entry(repeat.text.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    if !by_kind.is_empty() {
        let kinds: Vec<String> = by_kind.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        let text = format!("repeats that the provider recognised as such: {}", kinds.join(", "));
        output.line(output.paint(Paint::Dim, &text));
    }
}

/// The same, for programs.
#[must_use]
pub fn as_json(comparison: &Comparison) -> Value {
    let all = |differences: &[Difference]| -> Value {
        differences
            .iter()
            .map(|it| json!({ "order": it.order, "about": it.about, "what": it.text }))
            .collect()
    };
    let agreed = comparison.agreed();
    json!({
        "agree": comparison.violations.is_empty(),
        "orders": comparison.orders.len(),
        "left_out": comparison.left_out,
        "approvals": agreed.approvals,
        "parcels": agreed.parcels,
        "refunds": agreed.refunds,
        "refunded_minor": agreed.refunded_minor,
        "violations": all(&comparison.violations),
        "explained": all(&comparison.explained),
        "parked": all(&comparison.parked),
        "repeats": all(&comparison.repeats),
    })
}
