//! Time, from one place.
//!
//! Everything in the engine that asks for the time or waits for it asks a [`Clock`], so that tests can hold it
//! still and skip to the next timer. Times are microseconds since the epoch.

use std::future::Future;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Microseconds since the Unix epoch.
pub type Micros = i64;

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Micros;
    /// Ends when it is `at` or later.
    fn sleep_until(&self, at: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// Microseconds since some moment; goes on when the time of day is set. For spans within one process.
    fn monotonic(&self) -> Micros;
    /// Ends so much later by [`Clock::monotonic`].
    fn pause(&self, span: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// When this process first asked for a span.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        Micros::try_from(since.as_micros()).expect("microseconds fit into 63 bits for 292,000 years")
    }

    fn sleep_until(&self, at: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            // The wall clock may step while we sleep, so look again at least once a minute.
            loop {
                let left = at - self.now();
                if left <= 0 {
                    return;
                }
                let left = Duration::from_micros(left.unsigned_abs()).min(Duration::from_secs(60));
                tokio::time::sleep(left).await;
            }
        })
    }

    fn monotonic(&self) -> Micros {
        Micros::try_from(BEGINNING.elapsed().as_micros()).expect("no process lives for 292,000 years")
    }

    fn pause(&self, span: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_micros(u64::try_from(span).unwrap_or(0))))
    }
}

/// A clock that moves only when it is told to; for tests.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Micros>,
    waiting_for: Mutex<Vec<Micros>>,
}

impl ManualClock {
    /// Stands at `now`.
    #[must_use]
    pub fn new(now: Micros) -> Self {
        Self { now: watch::Sender::new(now), waiting_for: Mutex::default() }
    }

    /// Moves forward by `span`; sleepers that are due wake.
    pub fn advance(&self, span: Duration) {
        let span = Micros::try_from(span.as_micros()).expect("a test advances by less than 292,000 years");
        self.now.send_modify(|now| *now += span);
    }

    /// Moves to the earliest time that somebody sleeps for, if anybody does, and says to when.
    pub fn advance_to_next_sleeper(&self) -> Option<Micros> {
        let now = self.now();
        let next =
            self.waiting_for.lock().expect("no holder panics").iter().copied().filter(|at| *at > now).min();
        if let Some(next) = next {
            self.now.send_modify(|now| *now = next);
        }
        next
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Micros {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let waiting = Waiting::new(self, at);
            let mut now = self.now.subscribe();
            let _ = now.wait_for(|now| *now >= at).await;
            drop(waiting);
        })
    }

    fn monotonic(&self) -> Micros {
        self.now()
    }

    fn pause(&self, span: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.sleep_until(self.now().saturating_add(span))
    }
}

/// Keeps a sleeper on the list for as long as its future lives.
struct Waiting<'a> {
    clock: &'a ManualClock,
    at: Micros,
}

impl<'a> Waiting<'a> {
    fn new(clock: &'a ManualClock, at: Micros) -> Self {
        clock.waiting_for.lock().expect("no holder panics").push(at);
        Self { clock, at }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.clock.waiting_for.lock().expect("no holder panics");
        if let Some(place) = waiting.iter().position(|at| *at == self.at) {
            waiting.swap_remove(place);
        }
    }
}
