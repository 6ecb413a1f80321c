//! The watchdog: sees a lane that is stuck in one run's code, and sets another thread on its seat.
//!
//! Code that never comes back cannot be stopped, only left behind. Its run is quarantined; the lane's other runs are
//! brought back from their histories by the next shift, steps under way go on as they are, and whoever waited for an
//! answer of the shift that was given up is told to ask again.

use super::seat::{GivenUp, LastLook};
use super::{LaneTools, Post, Seat};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// Looks at the same poll after which it is given up; the time that a poll may take is divided by it.
const LOOKS_MAX: u32 = 8;
/// Threads that a process may leave behind before it says that it cannot go on like this: each may hold a core and all
/// that its runs had in memory.
const LEFT_BEHIND_MAX: u32 = 8;

static LEFT_BEHIND: AtomicU32 = AtomicU32::new(0);

/// Looks after the seats of an engine.
pub(crate) struct Watchdog {
    pub(crate) tools: LaneTools,
    /// How long one poll may take.
    pub(crate) poll_max: Duration,
}

impl Watchdog {
    /// Sets a thread on every seat, and another one wherever it is stuck, until every lane has ended.
    pub(crate) fn begin(self) {
        for seat in self.tools.lanes.seats() {
            spawn(Post { tools: self.tools.clone(), seat });
        }
        let (tasks, runtime) = (self.tools.tasks.clone(), self.tools.runtime.clone());
        let ended = in_thread("watchdog", move || self.run());
        tasks.spawn_on(async move { drop(ended.await) }, &runtime);
    }

    async fn run(self) {
        let seats = self.tools.lanes.seats();
        let mut last: Vec<LastLook> = seats.iter().map(|_| LastLook::default()).collect();
        let closed = async {
            for seat in &seats {
                seat.is_closed().await;
            }
        };
        let mut closed = std::pin::pin!(closed);
        loop {
            // Beyond the engine's stop, which must not wait for a lane that is stuck.
            tokio::select! {
                () = &mut closed => return,
                () = tokio::time::sleep(self.poll_max / LOOKS_MAX) => {}
            }
            for (seat, last) in seats.iter().zip(&mut last) {
                if let Some(given_up) = seat.give_up(last, LOOKS_MAX) {
                    self.relieve(seat, &given_up);
                }
            }
        }
    }

    fn relieve(&self, seat: &Arc<Seat>, given_up: &GivenUp) {
        let why = self.why(given_up);
        tracing::error!(polled = ?given_up.polled, why, "a lane is stuck and goes on in another thread");
        if let Some(polled) = given_up.polled {
            self.tools.poisons.add(polled, why);
        }
        if !given_up.panicked {
            count_left_behind();
        }
        seat.relieve();
        spawn(Post { tools: self.tools.clone(), seat: Arc::clone(seat) });
    }

    fn why(&self, given_up: &GivenUp) -> String {
        let GivenUp { after, panicked, .. } = given_up;
        if *panicked {
            return format!("the engine panicked over it{after}");
        }
        format!(
            "its code did not come back within {:?}{after}: it loops, or waits for something else than its ctx",
            self.poll_max
        )
    }
}

/// A thread of this process is stuck in workflow code, and nothing waits for it any more.
pub(crate) fn count_left_behind() {
    if LEFT_BEHIND.fetch_add(1, Ordering::Relaxed) + 1 >= LEFT_BEHIND_MAX {
        tracing::error!(
            "{LEFT_BEHIND_MAX} or more threads of this process are stuck in workflow code and may hold its cores: \
             RESTART IT, and resume no quarantined run before its code is mended"
        );
    }
}

/// Sets a thread on a seat. The engine's stop waits for it, unless it is left behind.
fn spawn(post: Post) {
    let (shift, tasks, runtime) = (post.seat.shift(), post.tools.tasks.clone(), post.tools.runtime.clone());
    let mut ended = in_thread("lane", move || super::run(post));
    let joined = async move {
        tokio::select! {
            ended = &mut ended => if ended.is_err() { shift.panicked() },
            () = shift.is_over() => if !shift.was_given_up() { drop(ended.await) },
        }
    };
    tasks.spawn_on(joined, &runtime);
}

/// Runs what `begin` makes in a thread with a runtime of its own. The receiver is told when it has ended, and gets an
/// error if it panicked.
fn in_thread<F: Future<Output = ()>>(
    name: &str,
    begin: impl FnOnce() -> F + Send + 'static,
) -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a timer needs nothing that can be missing").block_on(begin());
        let _ = ended.send(());
    };
    std::thread::Builder::new().name(name.into()).spawn(body).expect("a process may have a few more threads");
    end
}
