//! The store's clock, as far as it has one that all processes share: the host's, and how far it is off.

use crate::clock::{Clock, Micros};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// While the store's clock may still turn out to be off by more or less, a sleeper looks at it this often.
const LOOK_AGAIN: Micros = 10_000_000;

/// Tells every time that goes into the store.
pub(crate) struct StoreClock {
    host: Arc<dyn Clock>,
    /// To be added to the host's time.
    offset: AtomicI64,
    /// The store has no clock: the host's it is, for good.
    settled: AtomicBool,
}

impl StoreClock {
    pub(crate) fn new(host: Arc<dyn Clock>) -> Self {
        Self { host, offset: AtomicI64::new(0), settled: AtomicBool::new(false) }
    }

    pub(crate) fn host_now(&self) -> Micros {
        self.host.now()
    }

    /// Takes note of the store's time, which it told between two moments of the host's.
    pub(super) fn set(&self, store: Option<Micros>, (asked, told): (Micros, Micros)) {
        match store {
            // It was that time somewhere between; the middle is off by half a round trip at most.
            Some(store) => self.offset.store(store - (asked + (told - asked) / 2), Ordering::Release),
            None => self.settled.store(true, Ordering::Release),
        }
    }

    async fn sleep(&self, at: Micros) {
        while !self.settled.load(Ordering::Acquire) {
            let left = at.saturating_sub(self.now());
            if left <= 0 {
                return;
            }
            self.host.pause(left.min(LOOK_AGAIN)).await;
        }
        self.host.sleep_until(at).await;
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Micros {
        self.host.now() + self.offset.load(Ordering::Acquire)
    }

    fn sleep_until(&self, at: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.sleep(at))
    }

    fn monotonic(&self) -> Micros {
        self.host.monotonic()
    }

    fn pause(&self, span: Micros) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.host.pause(span)
    }
}
