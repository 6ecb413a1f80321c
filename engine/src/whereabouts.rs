//! Where in its source a workflow was last seen, for whoever has to say why it cannot go on.
//!
//! Workflow code is polled by one thread at a time. Each thread keeps what it saw last where another one can read it:
//! code that never comes back cannot be asked.

use std::panic::Location;
use std::sync::{Arc, Mutex, Once};

/// What one thread saw last of the workflow code that it polls.
#[derive(Debug, Default)]
pub(crate) struct Whereabouts(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The line that last asked the engine for something.
    asked: Option<&'static Location<'static>>,
    /// Where it panicked, since the poll began.
    panicked: Option<String>,
}

thread_local! {
    static HERE: Arc<Whereabouts> = Arc::default();
}

/// What the thread that calls this sees, now and later.
pub(crate) fn of_this_thread() -> Arc<Whereabouts> {
    HERE.with(Arc::clone)
}

/// A poll begins on this thread, of code that asked for something on this line before.
pub(crate) fn begin(asked: Option<&'static Location<'static>>) {
    note(|seen| *seen = Seen { asked, panicked: None });
}

/// The code that is polled on this thread asks the engine for something, on this line.
pub(crate) fn asks(site: &'static Location<'static>) {
    note(|seen| seen.asked = Some(site));
}

/// Lets a panic of workflow code be told with its line. What was said of panics before is still said.
pub(crate) fn see_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let site = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
            note(|seen| seen.panicked = site);
            before(panic);
        }));
    });
}

/// Where this thread panicked last, as ` at file:line`; empty if nobody saw it.
pub(crate) fn panicked() -> String {
    let mut at = String::new();
    note(|seen| at = seen.panicked.as_ref().map(|site| format!(" at {site}")).unwrap_or_default());
    at
}

/// Where this thread's code asked for something last, as ` after file:line`; empty if it has not.
pub(crate) fn last_asked() -> String {
    of_this_thread().after()
}

fn note(change: impl FnOnce(&mut Seen)) {
    // A thread that is ending has nothing to note any more.
    let _ =
        HERE.try_with(|here| change(&mut here.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)));
}

impl Whereabouts {
    /// Where the code asked for something last, as ` after file:line`; empty if it has not.
    pub(crate) fn after(&self) -> String {
        let seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.asked.map(|site| format!(" after {}:{}", site.file(), site.line())).unwrap_or_default()
    }
}
