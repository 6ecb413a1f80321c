//! Waiting for what comes back: a broken connection, a restarting server.
//!
//! Time runs out only when nothing at all gets ahead, whoever it is; one slow shopper among a thousand is not a
//! reason to give up.

use super::progress::Progress;
use crate::cli::failure::Failure;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Between two tries: a restart is noticed at once, and a hundred shoppers do not hammer what is coming up.
const AGAIN: Duration = Duration::from_millis(400);

/// How long to wait without any progress.
#[derive(Debug)]
pub struct Patience<'a> {
    limit: Duration,
    pause: Duration,
    begun: Instant,
    /// When somebody last got ahead, in milliseconds since the beginning.
    advanced_ms: AtomicU64,
    /// Whether we said that we wait.
    waiting: AtomicBool,
    progress: &'a Progress,
}

impl<'a> Patience<'a> {
    /// Begins now.
    #[must_use]
    pub fn new(limit: Duration, progress: &'a Progress) -> Self {
        let (advanced_ms, waiting) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { limit, pause: AGAIN, begun: Instant::now(), advanced_ms, waiting, progress }
    }

    /// Somebody got ahead.
    pub fn advanced(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.advanced_ms.store(now, Ordering::Relaxed);
    }

    /// Whether nobody got ahead for too long.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let advanced = Duration::from_millis(self.advanced_ms.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(advanced) > self.limit
    }

    /// Tries until it succeeds, is refused for good, or patience is over. The attempt must carry its request id.
    ///
    /// # Errors
    /// The refusal, or the last failure.
    pub async fn persist<T>(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        loop {
            match attempt().await {
                Ok(done) => {
                    if self.waiting.swap(false, Ordering::Relaxed) {
                        self.progress.say("there it is again; going on");
                    }
                    return Ok(done);
                }
                Err(failure) if failure.is_passing() && !self.is_over() => self.wait(&failure).await,
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn wait(&self, failure: &Failure) {
        if !self.waiting.swap(true, Ordering::Relaxed) {
            self.progress.say(&format!("waiting: {failure}"));
        }
        tokio::time::sleep(self.pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Patience;
    use crate::cli::failure::Failure;
    use crate::demo::progress::Progress;
    use std::time::Duration;

    #[tokio::test]
    async fn passing_failures_are_waited_out() {
        let progress = Progress::silent();
        let patience =
            Patience { pause: Duration::ZERO, ..Patience::new(Duration::from_secs(60), &progress) };
        let mut tries = 0;
        let done = patience.persist(async || {
            tries += 1;
            if tries < 4 { Err(Failure::Passing("not yet".to_owned())) } else { Ok(tries) }
        });
        assert_eq!(done.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn refusals_and_lost_patience_end_it() {
        let progress = Progress::silent();
        let patience = Patience { pause: Duration::ZERO, ..Patience::new(Duration::ZERO, &progress) };
        let refused = patience.persist(async || Err::<(), _>(Failure::Failed("no".to_owned()))).await;
        assert!(matches!(refused, Err(Failure::Failed(_))));
        let impatient = patience.persist(async || Err::<(), _>(Failure::Passing("never".to_owned()))).await;
        assert!(matches!(impatient, Err(Failure::Passing(_))));
    }
}
