//! How far the demo is: a bar on a terminal, a line every few seconds elsewhere.

use crate::cli::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

/// Between two lines where there is no bar: often enough to see that it lives.
const LINE_EVERY: Duration = Duration::from_secs(3);
/// Between two steps of the bar's spinner.
const TICK: Duration = Duration::from_millis(120);

/// The bar, or what stands for it.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    output: Option<Output>,
    begun: Instant,
}

impl Progress {
    /// Nobody has ended yet.
    #[must_use]
    pub fn new(output: &Output, orders: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(orders), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} [{bar:32}] {pos}/{len} orders  {elapsed}  {msg}");
        bar.set_style(style.expect("the template is well-formed").progress_chars("━╸─"));
        bar.enable_steady_tick(TICK);
        Self { bar, output: Some(*output), begun: Instant::now() }
    }

    /// Says nothing.
    #[cfg(test)]
    #[must_use]
    pub fn silent() -> Self {
        Self { bar: ProgressBar::hidden(), output: None, begun: Instant::now() }
    }

    /// One more ended.
    pub fn one_ended(&self) {
        self.bar.inc(1);
    }

    /// Says something above the bar.
    pub fn say(&self, text: &str) {
        let Some(output) = self.output else { return };
        self.bar.suspend(|| output.note(text));
    }

    /// Waits for something and shows meanwhile that time passes.
    pub async fn during<T>(&self, something: impl Future<Output = T>) -> T {
        let mut something = pin!(something);
        loop {
            match tokio::time::timeout(self.until_next_line(), &mut something).await {
                Ok(done) => return done,
                Err(_) if self.bar.is_hidden() => self.line(),
                Err(_) => {}
            }
        }
    }

    /// Everybody has ended.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Lines come on the beat, however fast shoppers end in between.
    fn until_next_line(&self) -> Duration {
        let beat = u64::try_from(LINE_EVERY.as_millis()).unwrap_or(u64::MAX);
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(beat - elapsed % beat)
    }

    fn line(&self) {
        let (ended, orders) = (self.bar.position(), self.bar.length().unwrap_or(0));
        self.say(&format!("{ended}/{orders} orders, {} s", self.begun.elapsed().as_secs()));
    }
}
