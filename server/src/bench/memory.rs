//! What parked runs cost in memory, as the kernel counts it.

use super::{BenchError, driver};
use futures::{StreamExt, TryStreamExt, stream};
use ordain_engine::Engine;
use std::ops::Range;
use std::time::Duration;

/// Until the lanes have forgotten what they were told to forget. Nobody says when they have; it takes milliseconds.
const FORGETTING: Duration = Duration::from_secs(1);

/// Resident memory of this process, in KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parked {
    /// How many are parked at a time.
    pub(super) runs: u32,
    pub(super) before_kib: u64,
    /// With all of them live.
    pub(super) live_kib: u64,
    /// After all of them were forgotten. What the allocator keeps for later counts too.
    pub(super) evicted_kib: u64,
    /// With as many more live in their place: what the first ones left behind is the difference.
    pub(super) again_kib: u64,
}

/// Parks half of these orders where they wait for the customer, evicts them, and parks the other half.
pub(super) async fn measure(
    engine: &Engine,
    orders: Range<u32>,
    in_flight: u32,
) -> Result<Parked, BenchError> {
    evict(engine).await;
    let before_kib = resident_kib();
    let runs = (orders.end - orders.start) / 2;
    let half = orders.start + runs;
    park(engine, orders.start..half, in_flight).await?;
    let live_kib = resident_kib();
    evict(engine).await;
    let evicted_kib = resident_kib();
    park(engine, half..orders.end, in_flight).await?;
    Ok(Parked { runs, before_kib, live_kib, evicted_kib, again_kib: resident_kib() })
}

async fn park(engine: &Engine, orders: Range<u32>, in_flight: u32) -> Result<(), BenchError> {
    let parking = stream::iter(orders).map(|order| driver::park(engine, order));
    parking.buffer_unordered(in_flight as usize).try_for_each(|_| async { Ok(()) }).await?;
    Ok(())
}

async fn evict(engine: &Engine) {
    engine.evict_idle();
    tokio::time::sleep(FORGETTING).await;
}

/// 0 where the kernel does not tell. It counts in pages, which have 4 KiB wherever this runs.
fn resident_kib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4
}
