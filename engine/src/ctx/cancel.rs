//! Being asked to end: [`Ctx::cancelled`].

use super::Ctx;
use crate::stage::Stage;
use crate::workflow::Workflow;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Somebody wants the run to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl<W: Workflow> Ctx<W> {
    /// Waits until somebody asks the run to end; from then on it is always ready, with the first who did. Race it
    /// with what should be given up: `ctx.select(ctx.cancelled(), work)` drops the work, and so cancels its steps and
    /// timers.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled { stage: Rc::clone(&self.stage) }
    }

    /// Who asked the run to end, if anybody did by now.
    #[must_use]
    pub fn cancellation(&self) -> Option<Cancellation> {
        self.stage.borrow().cancellation().cloned()
    }
}

/// The wish that the run end, to be awaited; see [`Ctx::cancelled`].
#[must_use = "nothing happens until it is awaited"]
pub struct Cancelled {
    stage: Rc<RefCell<Stage>>,
}

impl Future for Cancelled {
    type Output = Cancellation;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Cancellation> {
        let mut stage = self.stage.borrow_mut();
        match stage.cancellation().cloned() {
            Some(cancellation) => Poll::Ready(cancellation),
            None => {
                stage.waits_for_engine = true;
                Poll::Pending
            }
        }
    }
}
