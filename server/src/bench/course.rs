//! The course of a measurement: what is stored beforehand, what is carried, and what is read off meanwhile.

use super::driver::{self, Carried, Load};
use super::ground::Ground;
use super::life::{self, Times};
use super::reader::{self, BesideReader};
use super::report::{Latency, Report};
use super::stored::{self, Copies};
use super::timed::TimedStore;
use super::{BenchError, EngineBench, floor, memory};
use crate::place::Opened;
use ordain_engine::clock::SystemClock;
use ordain_engine::vault::Vault;
use ordain_engine::{Engine, EngineParts, Settings};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

/// The nodes on the ground, and what they are measured with.
struct Course<'a> {
    args: &'a EngineBench,
    vault: &'a Arc<Vault>,
    times: Arc<Times>,
    engines: Vec<Engine>,
    /// Each node's store.
    stores: Vec<Arc<TimedStore>>,
    hearing: JoinSet<()>,
    /// The number of the next order.
    next: u32,
}

/// Runs all of it on an empty ground.
pub(super) async fn run(
    args: &EngineBench,
    ground: &Ground,
    vault: &Arc<Vault>,
) -> Result<Report, BenchError> {
    if args.open > 0 {
        let opened = ground.open(vault).await?;
        stored::fill(&*opened.store, vault, (Copies::Waiting, args.open)).await?;
        opened.store.close().await;
    }
    let before = Instant::now();
    let mut course = Course::open(args, ground, vault).await?;
    let first = course.numbers(1).start;
    driver::begin(&course.engines[0], first).await?;
    let first_start_us = before.elapsed().as_micros();

    let on_empty = if args.finished > 0 { Some(course.carry(None).await?.took) } else { None };
    stored::fill(course.engines[0].store(), vault, (Copies::Ended, args.finished)).await?;
    let stored_before = ground.stored_bytes().await?;
    course.taken();
    let from = course.next;
    let full = course.carry(args.rate).await?;
    let (to_step, commit) = (course.times.to_step(from..course.next), course.taken());
    let written = floor::as_written(&course.engines[0], &full.runs).await?;
    let stored_bytes = course.stored_since(ground, stored_before).await?;
    let half_load = if args.half_load { Some(course.half_load(&full).await?) } else { None };
    let beside_reader = course.beside_reader(ground).await?;
    let parked = if args.parked > 0 { Some(course.park().await?) } else { None };
    course.close().await;
    let floor = floor::measure(ground, &written).await?;
    Ok(Report {
        store: args.store.name(),
        nodes: args.nodes,
        orders: args.orders,
        in_flight: args.in_flight,
        records: written.len(),
        rows: written.iter().filter(|append| append.row.is_some()).count(),
        carried_us: full.took.as_micros(),
        cpu_ms: full.cpu_ms,
        at_full_load: Latency { to_step, commit },
        half_load,
        floor_us: floor.took.as_micros(),
        floor_commit: floor.commits,
        stored_bytes,
        finished: args.finished,
        on_empty_us: on_empty.map(|took| took.as_micros()),
        open: args.open,
        first_start_us,
        beside_reader,
        parked,
    })
}

impl<'a> Course<'a> {
    async fn open(args: &'a EngineBench, ground: &Ground, vault: &'a Arc<Vault>) -> Result<Self, BenchError> {
        // The first start; what is carried on the empty store, on the full one and at half load; what is parked twice.
        let orders = 1 + 3 * args.orders + 2 * args.parked;
        let times = Arc::new(Times::new(orders));
        let (engines, stores, hearing) = (Vec::new(), Vec::new(), JoinSet::new());
        let mut course = Self { args, vault, times, engines, stores, hearing, next: 0 };
        for _ in 0..args.nodes {
            course.open_node(ground).await?;
        }
        Ok(course)
    }

    /// One node's engine on the store, which hears of the others'.
    async fn open_node(&mut self, ground: &Ground) -> Result<(), BenchError> {
        let Opened { store, shared, .. } = ground.open(self.vault).await?;
        let timed = Arc::new(TimedStore::new(store));
        self.stores.push(Arc::clone(&timed));
        let mut settings = Settings::default();
        // All that are to be weighed stay in memory.
        settings.live_max = settings.live_max.max(2 * self.args.parked as usize);
        let (store, vault, registry) = (timed as _, Arc::clone(self.vault), life::registry(&self.times));
        let clock = Arc::new(SystemClock);
        let engine = Engine::open(EngineParts { store, vault, registry, clock, settings });
        if let Some(shared) = shared {
            let hearer = engine.clone();
            self.hearing.spawn(async move { shared.follow(|runs| hearer.moved(runs)).await });
        }
        self.engines.push(engine);
        Ok(())
    }

    fn numbers(&mut self, orders: u32) -> std::ops::Range<u32> {
        self.next += orders;
        self.next - orders..self.next
    }

    /// Carries as many orders as asked for, at most `rate` a second.
    async fn carry(&mut self, rate: Option<u32>) -> Result<Carried, BenchError> {
        let load = Load { orders: self.numbers(self.args.orders), in_flight: self.args.in_flight, rate };
        // As a task of the runtime, as a server's calls are: outside it every answer would wake one more thread.
        let carrying = tokio::spawn(driver::carry(self.engines.clone(), load, Arc::clone(&self.times)));
        carrying.await.expect("the driver does not panic")
    }

    /// Carries as many at half the rate that was reached.
    async fn half_load(&mut self, full: &Carried) -> Result<(u32, Latency), BenchError> {
        let reached = u128::from(self.args.orders) * 1_000_000 / full.took.as_micros().max(1);
        let rate = u32::try_from(reached / 2).unwrap_or(u32::MAX).max(1);
        let from = self.next;
        self.taken();
        self.carry(Some(rate)).await?;
        Ok((rate, Latency { to_step: self.times.to_step(from..self.next), commit: self.taken() }))
    }

    /// Carries as many again and again while somebody reads, if that is asked for. Nobody takes their times.
    async fn beside_reader(&mut self, ground: &Ground) -> Result<Option<BesideReader>, BenchError> {
        let (Some(span), Some(url)) = (self.args.snapshot_reader, ground.url()) else { return Ok(None) };
        let orders = self.args.orders;
        let carry = async || Ok((orders, self.carry(None).await?.took));
        reader::measure(url, span, carry).await.map(Some)
    }

    async fn park(&mut self) -> Result<memory::Parked, BenchError> {
        let orders = self.numbers(2 * self.args.parked);
        memory::measure(&self.engines[0], orders, self.args.in_flight).await
    }

    /// How long each commit of all nodes took since this was asked last, microseconds.
    fn taken(&self) -> Vec<u64> {
        self.stores.iter().flat_map(|store| store.take()).collect()
    }

    /// What the store grew by.
    async fn stored_since(&self, ground: &Ground, before: u64) -> Result<u64, BenchError> {
        Ok(ground.stored_bytes().await?.saturating_sub(before))
    }

    async fn close(mut self) {
        self.hearing.shutdown().await;
        for engine in self.engines {
            engine.stop().await;
        }
    }
}
