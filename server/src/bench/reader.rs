//! Beside a reader that holds a snapshot of the store open: how fast it still goes, and how long the table whose rows
//! change takes to be swept afterwards.

use super::BenchError;
use ordain_engine::store::postgres::snapshot::{RunTable, Snapshot};
use std::time::{Duration, Instant};

/// It is swept by then, or it is said that it was not.
const SWEPT_WITHIN: Duration = Duration::from_secs(180);
/// The server counts about as often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Orders that were carried, and how long that took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    pub(super) orders: u64,
    pub(super) took: Duration,
}

/// What was measured beside a reader.
#[derive(Debug, Clone, Copy)]
pub(super) struct BesideReader {
    /// How long the snapshot was open.
    pub(super) held: Duration,
    /// For as long right before, without a reader.
    pub(super) without: Pace,
    /// Meanwhile.
    pub(super) beside: Pace,
    /// The table before, when the snapshot was let go, and in the end.
    pub(super) before: RunTable,
    pub(super) at_end: RunTable,
    pub(super) after: RunTable,
    /// How long after the end it had been swept; none if it was not.
    pub(super) swept_after: Option<Duration>,
}

/// Holds a snapshot open for `span` and for as long as the last orders take; `carry` carries some and tells how many
/// they were and how long they took.
pub(super) async fn measure(
    url: &str,
    span: Duration,
    mut carry: impl AsyncFnMut() -> Result<(u32, Duration), BenchError>,
) -> Result<BesideReader, BenchError> {
    // On a store that grows as much: a larger one is slower, with a reader or without.
    let without = go_on(span, &mut carry).await?;
    let before = RunTable::of(url).await?;
    let (snapshot, begun) = (Snapshot::take(url).await?, Instant::now());
    let beside = go_on(span, &mut carry).await?;
    snapshot.end().await?;
    let (held, ended) = (begun.elapsed(), Instant::now());
    let at_end = RunTable::of(url).await?;
    let mut after = at_end;
    let mut swept_after = None;
    while swept_after.is_none() && ended.elapsed() < SWEPT_WITHIN {
        tokio::time::sleep(LOOK_EVERY).await;
        after = RunTable::of(url).await?;
        swept_after = is_swept(&after).then(|| ended.elapsed());
    }
    Ok(BesideReader { held, without, beside, before, at_end, after, swept_after })
}

/// Carries for `span`, and for as long as the last orders take.
async fn go_on(
    span: Duration,
    carry: &mut impl AsyncFnMut() -> Result<(u32, Duration), BenchError>,
) -> Result<Pace, BenchError> {
    let (begun, mut pace) = (Instant::now(), Pace::default());
    while begun.elapsed() < span {
        let (orders, took) = carry().await?;
        pace.orders += u64::from(orders);
        pace.took += took;
    }
    Ok(pace)
}

/// As few dead rows as there are beside no reader: the server sweeps when they are a fiftieth of the live ones.
const fn is_swept(table: &RunTable) -> bool {
    table.dead <= 100 + table.live / 40
}

#[cfg(test)]
mod tests {
    use super::{RunTable, is_swept};

    #[test]
    fn a_table_is_swept_when_few_of_its_rows_are_dead() {
        let table = |dead| RunTable { bytes: 1, live: 40_000, dead };
        assert!(is_swept(&table(1_100)));
        assert!(!is_swept(&table(1_101)));
    }
}
