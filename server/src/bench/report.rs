//! The measurement in words and as JSON. Whole numbers only: a ratio is counted in thousandths.

use super::memory::Parked;
use super::reader::{BesideReader, Pace};
use ordain_engine::store::postgres::snapshot::RunTable;
use serde_json::{Value, json};
use std::io::Write;

/// What was measured. Times are in microseconds.
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
    pub(super) at_full_load: Latency,
    /// Orders begun in a second, and what that led to.
    pub(super) half_load: Option<(u32, Latency)>,
    pub(super) floor_us: u128,
    /// Of the floor's groups.
    pub(super) floor_commit: Vec<u64>,
    /// What the store grew by, in bytes.
    pub(super) stored_bytes: u64,
    /// Ended orders that were stored before, and how long as many orders took without them.
    pub(super) finished: u32,
    pub(super) on_empty_us: Option<u128>,
    /// Waiting orders that were stored before, and how long after the opening the first start was acknowledged.
    pub(super) open: u32,
    pub(super) first_start_us: u128,
    pub(super) beside_reader: Option<BesideReader>,
    pub(super) parked: Option<Parked>,
}

/// How long things took under some load, in microseconds.
pub(super) struct Latency {
    /// From message to the start of the step that it releases.
    pub(super) to_step: Vec<u64>,
    /// The store's commits meanwhile.
    pub(super) commit: Vec<u64>,
}

/// Prints it on standard output.
pub(super) fn print(report: &Report, as_json: bool) {
    let text = if as_json { in_json(report) } else { in_words(report) };
    write(&mut std::io::stdout(), &text);
}

impl Report {
    fn rate(&self) -> u128 {
        per_second(self.orders, self.carried_us)
    }

    fn floor(&self) -> u128 {
        per_second(self.orders, self.floor_us)
    }

    fn ratio(&self) -> String {
        thousandths(self.rate() * 1000 / self.floor().max(1))
    }

    /// On the empty store, if that was measured.
    fn on_empty(&self) -> Option<u128> {
        self.on_empty_us.map(|us| per_second(self.orders, us))
    }

    fn bytes_per_order(&self) -> u64 {
        self.stored_bytes / u64::from(self.orders)
    }
}

impl Pace {
    fn rate(&self) -> u128 {
        u128::from(self.orders) * 1_000_000 / self.took.as_micros().max(1)
    }
}

impl BesideReader {
    fn ratio(&self) -> String {
        thousandths(self.beside.rate() * 1000 / self.without.rate().max(1))
    }
}

fn in_json(report: &Report) -> String {
    let Report { store, nodes, orders, in_flight, records, rows, .. } = report;
    let half_load = report.half_load.as_ref().map(|(rate, latency)| {
        json!({
            "starts_per_s": rate, "message_to_step_us": told(&latency.to_step), "commit_us": told(&latency.commit),
        })
    });
    let parked = report.parked.map(|it| {
        json!({
            "orders": it.runs, "before_kib": it.before_kib, "live_kib": it.live_kib, "evicted_kib": it.evicted_kib,
            "again_kib": it.again_kib,
        })
    });
    json!({
        "store": store, "nodes": nodes, "orders": orders, "in_flight": in_flight, "records": records, "rows": rows,
        "orders_per_s": number(report.rate()), "floor_orders_per_s": number(report.floor()),
        "ratio": decimal(&report.ratio()),
        "message_to_step_us": told(&report.at_full_load.to_step), "commit_us": told(&report.at_full_load.commit),
        "floor_commit_us": told(&report.floor_commit),
        "cpu_s": decimal(&thousandths(report.cpu_ms.into())), "stored_bytes_per_order": report.bytes_per_order(),
        "half_load": half_load,
        "finished": report.finished, "on_empty_orders_per_s": report.on_empty().map(number),
        "open": report.open, "first_start_ms": number(report.first_start_us / 1000),
        "beside_reader": report.beside_reader.map(|it| beside_reader_in_json(&it)),
        "parked": parked,
    })
    .to_string()
}

fn in_words(report: &Report) -> String {
    let Report { store, nodes, orders, in_flight, records, rows, .. } = report;
    let full = &report.at_full_load;
    let mut lines = vec![
        format!(
            "{store}, nodes: {nodes}; {orders} orders, {in_flight} in flight, {records} records, {rows} of them with the row"
        ),
        format!("orders/s         {}", report.rate()),
        format!("floor, orders/s  {}", report.floor()),
        format!("ratio            {}", report.ratio()),
        format!("message to step  {}", spoken(&full.to_step)),
        format!("commit           {}; the floor's: {}", spoken(&full.commit), spoken(&report.floor_commit)),
        format!("processor        {} s", thousandths(report.cpu_ms.into())),
        format!("stored           {} bytes an order", report.bytes_per_order()),
        format!(
            "first start      {} ms after opening, beside {} waiting orders",
            report.first_start_us / 1000,
            report.open
        ),
    ];
    if let Some(rate) = report.on_empty() {
        lines.push(format!(
            "on empty store   {rate} orders/s, before {} ended orders were stored",
            report.finished
        ));
    }
    if let Some((rate, half)) = &report.half_load {
        lines.push(format!(
            "at {rate} orders/s   message to step {}; commit {}",
            spoken(&half.to_step),
            spoken(&half.commit)
        ));
    }
    if let Some(it) = report.beside_reader {
        lines.push(beside_reader_in_words(&it));
    }
    if let Some(it) = report.parked {
        lines.push(format!(
            "{} parked   {} KiB before, {} live, {} forgotten, {} with as many again",
            it.runs, it.before_kib, it.live_kib, it.evicted_kib, it.again_kib
        ));
    }
    lines.join("\n")
}

fn beside_reader_in_json(it: &BesideReader) -> Value {
    let table = |table: &RunTable| json!({ "bytes": table.bytes, "live": table.live, "dead": table.dead });
    json!({
        "held_s": it.held.as_secs(), "orders_per_s": number(it.beside.rate()),
        "without_orders_per_s": number(it.without.rate()), "ratio": decimal(&it.ratio()),
        "run_table": { "before": table(&it.before), "at_end": table(&it.at_end), "after": table(&it.after) },
        "swept_after_s": it.swept_after.map(|span| span.as_secs()),
    })
}

fn beside_reader_in_words(it: &BesideReader) -> String {
    let table = |table: &RunTable| {
        format!("{} KiB with {} dead rows beside {} live", table.bytes / 1024, table.dead, table.live)
    };
    let swept = it.swept_after.map_or("it was not swept".to_owned(), |span| {
        format!("swept {} s after the end: {}", span.as_secs(), table(&it.after))
    });
    format!(
        "beside a reader  {} orders/s for {} s, {} of the {} orders/s for as long before\n\
         its table        {} before, {} at the end; {swept}",
        it.beside.rate(),
        it.held.as_secs(),
        it.ratio(),
        it.without.rate(),
        table(&it.before),
        table(&it.at_end),
    )
}

fn told(times: &[u64]) -> Value {
    let [p50, p99] = percentiles(times);
    json!({ "p50": p50, "p99": p99 })
}

fn spoken(times: &[u64]) -> String {
    let [p50, p99] = percentiles(times);
    format!("p50 {p50} µs, p99 {p99} µs")
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
