//! Waiting for something to be so, never for time to pass.

use std::time::{Duration, Instant};

/// How long anything may take before it counts as not happening. Far more than it takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Looks again and again until `look` finds something, and returns it.
///
/// # Panics
/// When [`PATIENCE`] is over; the message says what was waited for.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
