//! Several things at once: [`Ctx::select`], [`Ctx::join`], [`Ctx::all`].
//!
//! What is ready together is taken in the order in which the history delivered it, never in the order in which the
//! branches were written down: every branch is shown the deliveries one at a time, as if it had waited for each.
//! Branches may be any futures made of the engine's own, `async` blocks included.

use super::Ctx;
use crate::stage::Stage;
use crate::workflow::Workflow;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

type Pinned<F> = Pin<Box<F>>;

/// Which of two came first, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either<L, R> {
    /// The first argument of [`Ctx::select`].
    Left(L),
    /// The second one.
    Right(R),
}

impl<W: Workflow> Ctx<W> {
    /// Waits for whichever is delivered first, and drops the other: a step or a timer that is dropped is cancelled,
    /// a message that was not handed out stays for the next [`Ctx::next`]. Of two that one delivery makes ready, the
    /// left one wins.
    pub fn select<L: Future, R: Future>(&self, left: L, right: R) -> Select<L, R> {
        Select { stage: Rc::clone(&self.stage), branches: Some((Box::pin(left), Box::pin(right))) }
    }

    /// Waits for both.
    pub fn join<L: Future, R: Future>(&self, left: L, right: R) -> Join<L, R> {
        Join { stage: Rc::clone(&self.stage), left: Branch::new(left), right: Branch::new(right) }
    }

    /// Waits for all of them; their results come in the order of the arguments.
    pub fn all<F: Future>(&self, futures: Vec<F>) -> All<F> {
        let branches = futures.into_iter().map(Branch::new).collect();
        All { stage: Rc::clone(&self.stage), branches }
    }
}

/// The first of two, to be awaited; see [`Ctx::select`].
#[must_use = "dropping it drops both"]
pub struct Select<L, R> {
    stage: Rc<RefCell<Stage>>,
    /// None once one has won.
    branches: Option<(Pinned<L>, Pinned<R>)>,
}

impl<L: Future, R: Future> Future for Select<L, R> {
    type Output = Either<L::Output, R::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { stage, branches } = &mut *self;
        let (left, right) = branches.as_mut().expect("it is not polled after its end");
        let winner = in_order(stage, || {
            if let Poll::Ready(output) = poll_branch(stage, left.as_mut(), cx) {
                return Some(Either::Left(output));
            }
            match poll_branch(stage, right.as_mut(), cx) {
                Poll::Ready(output) => Some(Either::Right(output)),
                Poll::Pending => None,
            }
        });
        if winner.is_some() {
            *branches = None;
        }
        winner.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Both of two, to be awaited; see [`Ctx::join`].
#[must_use = "dropping it drops both"]
pub struct Join<L: Future, R: Future> {
    stage: Rc<RefCell<Stage>>,
    left: Branch<L>,
    right: Branch<R>,
}

// The branches are pinned in boxes of their own, and their results never are.
impl<L: Future, R: Future> Unpin for Join<L, R> {}

impl<L: Future, R: Future> Future for Join<L, R> {
    type Output = (L::Output, R::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { stage, left, right } = &mut *self;
        let both = in_order(stage, || {
            let (left_over, right_over) = (left.advance(stage, cx), right.advance(stage, cx));
            (left_over && right_over).then_some(())
        });
        both.map_or(Poll::Pending, |()| Poll::Ready((left.output(), right.output())))
    }
}

/// All of many, to be awaited; see [`Ctx::all`].
#[must_use = "dropping it drops them all"]
pub struct All<F: Future> {
    stage: Rc<RefCell<Stage>>,
    branches: Vec<Branch<F>>,
}

impl<F: Future> Unpin for All<F> {}

impl<F: Future> Future for All<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { stage, branches } = &mut *self;
        let all = in_order(stage, || {
            // Every one is polled, also behind one that has to wait.
            let waiting = branches.iter_mut().filter_map(|branch| (!branch.advance(stage, cx)).then_some(()));
            (waiting.count() == 0).then_some(())
        });
        all.map_or(Poll::Pending, |()| Poll::Ready(branches.iter_mut().map(Branch::output).collect()))
    }
}

/// One of those that are all waited for.
enum Branch<F: Future> {
    Runs(Pinned<F>),
    /// None once the result was handed out.
    Over(Option<F::Output>),
}

impl<F: Future> Branch<F> {
    fn new(future: F) -> Self {
        Self::Runs(Box::pin(future))
    }

    /// Whether it is over.
    fn advance(&mut self, stage: &RefCell<Stage>, cx: &mut Context<'_>) -> bool {
        if let Self::Runs(future) = self {
            match poll_branch(stage, future.as_mut(), cx) {
                Poll::Ready(output) => *self = Self::Over(Some(output)),
                Poll::Pending => return false,
            }
        }
        true
    }

    fn output(&mut self) -> F::Output {
        match self {
            Self::Over(output) => output.take().expect("it is not polled after its end"),
            Self::Runs(_) => unreachable!("all of them are over"),
        }
    }
}

/// Takes `pass` through the deliveries that wait to be seen, one more at a time, until it comes to something. The
/// first pass sees none of them: it is for what needs no delivery.
fn in_order<T>(stage: &RefCell<Stage>, mut pass: impl FnMut() -> Option<T>) -> Option<T> {
    let unseen = stage.borrow().unseen();
    std::iter::once(0).chain(unseen).find_map(|horizon| {
        let _narrowed = Narrowed::to(stage, horizon);
        pass()
    })
}

/// Narrows the horizon for as long as it lives, unwinding included.
struct Narrowed<'a> {
    stage: &'a RefCell<Stage>,
    before: u64,
}

impl<'a> Narrowed<'a> {
    fn to(stage: &'a RefCell<Stage>, horizon: u64) -> Self {
        let before = std::mem::replace(&mut stage.borrow_mut().horizon, horizon);
        Self { stage, before }
    }
}

impl Drop for Narrowed<'_> {
    fn drop(&mut self) {
        self.stage.borrow_mut().horizon = self.before;
    }
}

/// Polls one branch and notes if it waits for something that is not the engine's: the other branch would hide that.
fn poll_branch<F: Future>(
    stage: &RefCell<Stage>,
    branch: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let waits = std::mem::take(&mut stage.borrow_mut().waits_for_engine);
    let poll = branch.poll(cx);
    let mut stage = stage.borrow_mut();
    stage.foreign |= poll.is_pending() && !stage.waits_for_engine;
    stage.waits_for_engine |= waits;
    poll
}
