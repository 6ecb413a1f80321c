//! The order life that is measured, and the clock watch on its steps.

use ordain_engine::store::Attributes;
use ordain_engine::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Microseconds that a customer has to pay.
const PAY_WITHIN_US: i64 = 30 * 60 * 1_000_000;
/// Records that a life takes.
pub(super) const RECORDS: u64 = 7;
/// Records after which it waits for the first and for the second message.
pub(super) const WAITS_AT: [u64; 2] = [2, 5];

/// What an order starts with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    pub(super) number: u32,
    pub(super) amount_minor: i64,
    pub(super) currency: String,
}

/// What an order is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    Paid,
    Delivered,
}

pub(super) struct OrderLife;

impl Workflow for OrderLife {
    const NAME: &'static str = "order life";
    const VERSION: u32 = 1;
    type Input = Placed;
    type Message = Told;
    type Answer = ();

    async fn run(ctx: Ctx<Self>, order: Placed) -> String {
        let step = |what: &str| Effect { number: order.number, what: what.into() };
        show(&ctx, &order, "placed");
        if ctx.run(step("checkout")).await.is_err() {
            return "no checkout".into();
        }
        show(&ctx, &order, "awaiting payment");
        let deadline = ctx.now() + PAY_WITHIN_US;
        let Next::Message(_) = ctx.next(Some(deadline)).await else { return "never paid".into() };
        show(&ctx, &order, "paid");
        if ctx.run(step("capture")).await.is_err() || ctx.run(step("ship")).await.is_err() {
            return "not shipped".into();
        }
        let _delivered = ctx.next(None).await;
        if ctx.run(step("settle")).await.is_err() {
            return "not settled".into();
        }
        show(&ctx, &order, "settled");
        "done".into()
    }
}

fn show(ctx: &Ctx<OrderLife>, order: &Placed, state: &str) {
    let attributes = Attributes { state: state.into(), ..Attributes::default() };
    ctx.show(order, attributes);
}

/// A step: in this process, at once, without any effect.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Effect {
    number: u32,
    what: String,
}

impl Activity for Effect {
    const NAME: &'static str = "effect";
    type Output = bool;

    fn key(&self) -> String {
        format!("{} {}", self.what, self.number)
    }

    fn policy(&self) -> Policy {
        Policy::new(10, Duration::from_secs(30), OnUnknown::Again)
    }
}

/// What can be run here.
pub(super) fn registry(times: &Arc<Times>) -> Registry {
    let times = Arc::clone(times);
    Registry::new().workflow::<OrderLife>().activity(move |_, effect: Effect| {
        match effect.what.as_str() {
            "capture" => times.began(effect.number, 0),
            "settle" => times.began(effect.number, 1),
            _ => {}
        }
        async { Attempt::Done(true) }
    })
}

/// How long each order's two messages took to the start of the step that they release.
pub(super) struct Times {
    since: Instant,
    /// Nanoseconds since `since`; when the step begins, how long it took.
    orders: Vec<[AtomicU64; 2]>,
}

impl Times {
    pub(super) fn new(orders: u32) -> Self {
        Self { since: Instant::now(), orders: (0..orders).map(|_| Default::default()).collect() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The order's message is on its way.
    pub(super) fn sent(&self, order: u32, message: usize) {
        // Beyond those that there was room for nobody asks.
        let Some(order) = self.orders.get(order as usize) else { return };
        order[message].store(self.now(), Ordering::Relaxed);
    }

    fn began(&self, order: u32, message: usize) {
        let Some(order) = self.orders.get(order as usize) else { return };
        let time = &order[message];
        time.store(self.now() - time.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Those of some orders, in microseconds.
    pub(super) fn to_step(&self, orders: Range<u32>) -> Vec<u64> {
        self.orders[orders.start as usize..orders.end as usize]
            .iter()
            .flatten()
            .map(|time| time.load(Ordering::Relaxed) / 1000)
            .collect()
    }
}
