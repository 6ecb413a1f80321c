//! The caller's side: starts orders, tells them what they wait for, and waits for their end.

use super::BenchError;
use super::life::{self, Placed, Times, Told};
use futures::{StreamExt, TryStreamExt, stream};
use ordain_engine::{CallError, Engine, MessageRequest, RunId, StartRequest};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The kernel counts a process's time in hundredths of a second, on every platform that has `/proc`.
const TICK_MS: u64 = 10;

/// Orders that were carried to their end.
pub(super) struct Carried {
    pub(super) runs: Vec<RunId>,
    pub(super) took: Duration,
    /// Of this whole process, driver included.
    pub(super) cpu_ms: u64,
}

/// Which orders to carry, and how fast.
pub(super) struct Load {
    /// Their numbers.
    pub(super) orders: Range<u32>,
    /// So many at a time.
    pub(super) in_flight: u32,
    /// At most so many begin in a second.
    pub(super) rate: Option<u32>,
}

/// Carries the orders, each at the next engine.
pub(super) async fn carry(
    engines: Vec<Engine>,
    load: Load,
    times: Arc<Times>,
) -> Result<Carried, BenchError> {
    let (begun, cpu, first) = (Instant::now(), cpu_ms(), load.orders.start);
    let runs = stream::iter(load.orders)
        .map(|order| {
            let (engine, times) = (engines[order as usize % engines.len()].clone(), Arc::clone(&times));
            async move {
                if let Some(rate) = load.rate {
                    let due = Duration::from_micros(u64::from(order - first) * 1_000_000 / u64::from(rate));
                    tokio::time::sleep_until((begun + due).into()).await;
                }
                one(&engine, &times, order).await
            }
        })
        .buffer_unordered(load.in_flight as usize)
        .try_collect()
        .await?;
    Ok(Carried { runs, took: begun.elapsed(), cpu_ms: cpu_ms() - cpu })
}

/// Starts an order, and comes back when its start is acknowledged.
pub(super) async fn begin(engine: &Engine, order: u32) -> Result<RunId, CallError> {
    let run = engine.new_run_id();
    engine.start(start(engine, run, order)).await.map(|_| run)
}

/// Starts an order and leaves it where it waits for its first message.
pub(super) async fn park(engine: &Engine, order: u32) -> Result<RunId, CallError> {
    let run = engine.new_run_id();
    let mut seen = engine.watch(run);
    engine.start(start(engine, run, order)).await?;
    until(&mut seen, life::WAITS_AT[0]).await?;
    Ok(run)
}

/// Starts an order and tells it what it waits for, to its end.
pub(super) async fn one(engine: &Engine, times: &Times, order: u32) -> Result<RunId, CallError> {
    let run = engine.new_run_id();
    let mut seen = engine.watch(run);
    engine.start(start(engine, run, order)).await?;
    for (message, told) in [Told::Paid, Told::Delivered].into_iter().enumerate() {
        until(&mut seen, life::WAITS_AT[message]).await?;
        times.sent(order, message);
        engine.send(tell(run, message, &told)).await?;
    }
    until(&mut seen, life::RECORDS).await?;
    Ok(run)
}

async fn until(seen: &mut watch::Receiver<u64>, record: u64) -> Result<(), CallError> {
    seen.wait_for(|seq| *seq >= record).await.map(drop).map_err(|_| CallError::Unavailable)
}

fn start(engine: &Engine, run: RunId, order: u32) -> StartRequest {
    let input = Placed { number: order, amount_minor: 12_345, currency: "GBP".into() };
    StartRequest {
        run,
        workflow: "order life".into(),
        workflow_version: 1,
        input: json(&input),
        data_key: engine.new_data_key(run),
        tenant: "merchants/bench".into(),
        request_id: format!("request-{order}"),
        label: format!("order-{order}"),
        fingerprint: order.to_be_bytes().to_vec(),
        actor: "bench".into(),
        clock: None,
    }
}

fn tell(run: RunId, message: usize, told: &Told) -> MessageRequest {
    let payload = json(told);
    MessageRequest {
        run,
        key: format!("message-{message}"),
        fingerprint: payload.clone(),
        payload,
        actor: "bench".into(),
        only_at: None,
    }
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data always serialises")
}

/// Processor time of this process so far; 0 where the kernel does not tell.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name in brackets, which may hold anything; user and system time are the
    // 14th and 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * TICK_MS
}
