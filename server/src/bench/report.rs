//! The measurement in words and as JSON. Whole numbers only: a ratio is counted in thousandths.

use serde_json::json;
use std::io::Write;

/// What was measured.
pub(super) struct Report {
    pub(super) store: &'static str,
    pub(super) nodes: u32,
    pub(super) orders: u32,
    pub(super) in_flight: u32,
    pub(super) records: usize,
    /// Records that wrote their run's row as well.
    pub(super) rows: usize,
    pub(super) carried_us: u128,
    pub(super) cpu_ms: u64,
    /// From message to the start of the step that it releases, microseconds.
    pub(super) to_step: Vec<u64>,
    pub(super) floor_us: u128,
    /// Of the floor's groups, microseconds.
    pub(super) floor_commit: Vec<u64>,
    /// The store's file after it was closed.
    pub(super) stored_bytes: u64,
}

/// Prints it on standard output.
pub(super) fn print(report: &Report, as_json: bool) {
    let Report { store, nodes, orders, in_flight, records, rows, .. } = report;
    let [rate, floor] = [report.carried_us, report.floor_us].map(|us| per_second(*orders, us));
    let ratio = thousandths(rate * 1000 / floor.max(1));
    let ([p50, p99], [commit50, commit99]) =
        (percentiles(&report.to_step), percentiles(&report.floor_commit));
    let (cpu, bytes) = (thousandths(report.cpu_ms.into()), report.stored_bytes / u64::from(*orders));
    let text = if as_json {
        json!({
            "store": store, "nodes": nodes, "orders": orders, "in_flight": in_flight, "records": records, "rows": rows,
            "orders_per_s": number(rate), "floor_orders_per_s": number(floor), "ratio": decimal(&ratio),
            "message_to_step_us": { "p50": p50, "p99": p99 },
            "floor_commit_us": { "p50": commit50, "p99": commit99 },
            "cpu_s": decimal(&cpu), "stored_bytes_per_order": bytes,
        })
        .to_string()
    } else {
        format!(
            "{store}, nodes: {nodes}; {orders} orders, {in_flight} in flight, {records} records, {rows} of them with the row\n\
             orders/s         {rate}\n\
             floor, orders/s  {floor}\n\
             ratio            {ratio}\n\
             message to step  p50 {p50} µs, p99 {p99} µs\n\
             floor's commit   p50 {commit50} µs, p99 {commit99} µs\n\
             processor        {cpu} s\n\
             stored           {bytes} bytes an order"
        )
    };
    write(&mut std::io::stdout(), &text);
}

/// Says on standard error why there is no measurement.
pub(super) fn complain(why: &str) {
    write(&mut std::io::stderr(), why);
}

fn write(out: &mut dyn Write, text: &str) {
    // Nobody is left to tell if it cannot be written.
    drop(writeln!(out, "{text}"));
}

fn per_second(orders: u32, us: u128) -> u128 {
    u128::from(orders) * 1_000_000 / us.max(1)
}

/// `1234` as `1.234`.
fn thousandths(number: u128) -> String {
    format!("{}.{:03}", number / 1000, number % 1000)
}

fn number(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// For JSON alone, which knows no other decimal numbers.
fn decimal(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// The median and the 99th percentile.
fn percentiles(times: &[u64]) -> [u64; 2] {
    let mut times = times.to_vec();
    times.sort_unstable();
    [50, 99].map(|percent| {
        times.get((times.len() * percent / 100).min(times.len().max(1) - 1)).copied().unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::{percentiles, thousandths};

    #[test]
    fn numbers_are_told_as_they_are() {
        assert_eq!(thousandths(1_034), "1.034");
        assert_eq!(thousandths(7), "0.007");
        assert_eq!(percentiles(&[]), [0, 0]);
        assert_eq!(percentiles(&[5]), [5, 5]);
        assert_eq!(percentiles(&(1..=100).rev().collect::<Vec<_>>()), [51, 100]);
    }
}
