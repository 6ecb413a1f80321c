//! A lane's seat, and the shifts at it: which thread takes the turns, and whether it still may.
//!
//! The queue belongs to the seat, so it outlives a thread that never comes back. A shift says what it polls before it
//! polls it; either it says afterwards that it came back, or the watchdog gives it up, never both. A shift that was
//! given up and comes back all the same acts no more.

use super::{LaneMessage, PollFile, Polled};
use crate::whereabouts::{self, Whereabouts};
use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// Due runs on their way to be looked at, at each seat. After a restart a million may be due: what somebody waits for
/// must not queue behind them.
const LOOKS_MAX: usize = 128;

/// A lane's place. Outlives its threads.
pub(crate) struct Seat {
    lane: usize,
    /// None once the lane has ended for good; what comes then is dropped.
    queue: tokio::sync::Mutex<Option<mpsc::UnboundedReceiver<LaneMessage>>>,
    shift: Mutex<Arc<Shift>>,
    closed: CancellationToken,
}

/// One thread's time at a seat.
pub(crate) struct Shift {
    /// Counted from 1 at each seat.
    pub(crate) number: u64,
    over: CancellationToken,
    looks: Arc<Semaphore>,
    stamp: Mutex<Stamp>,
}

/// What a shift is doing.
#[derive(Default)]
struct Stamp {
    polls: u64,
    /// Whose code is being polled.
    polling: Option<Polled>,
    /// Of the thread that has the shift.
    whereabouts: Arc<Whereabouts>,
    /// Its thread ended by a panic of the engine's own.
    panicked: bool,
    given_up: bool,
}

/// What a watchdog remembers of a shift from one look to the next.
#[derive(Default)]
pub(crate) struct LastLook {
    shift: u64,
    polls: u64,
    /// Looks in a row that found the same poll.
    times: u32,
}

/// Why a shift was given up.
pub(crate) struct GivenUp {
    /// Whose code it was polling.
    pub(crate) polled: Option<Polled>,
    /// Which line that was last seen on, as ` after file:line`.
    pub(crate) after: String,
    pub(crate) panicked: bool,
}

impl Seat {
    pub(crate) fn new(lane: usize, queue: mpsc::UnboundedReceiver<LaneMessage>) -> Self {
        let (queue, shift) = (tokio::sync::Mutex::new(Some(queue)), Mutex::new(Arc::new(Shift::new(1))));
        Self { lane, queue, shift, closed: CancellationToken::new() }
    }

    /// Takes what waits; 0 if nothing will come any more. Loses nothing when it is dropped.
    pub(crate) async fn receive(&self, batch: &mut Vec<LaneMessage>, limit: usize) -> usize {
        match self.queue.lock().await.as_mut() {
            Some(queue) => queue.recv_many(batch, limit).await,
            None => 0,
        }
    }

    /// Ends the lane for good: nobody waits for it any more.
    pub(crate) async fn close(&self) {
        drop(self.queue.lock().await.take());
        self.closed.cancel();
        self.shift().over.cancel();
    }

    /// Ends when the lane has ended for good.
    pub(crate) async fn is_closed(&self) {
        self.closed.cancelled().await;
    }

    /// Leave for one more run to be looked at. What a shift has in memory when it is given up takes no room of the next.
    pub(crate) async fn room_to_look(&self) -> OwnedSemaphorePermit {
        loop {
            let shift = self.shift();
            tokio::select! {
                biased;
                room = Arc::clone(&shift.looks).acquire_owned() => return room.expect("it is never closed"),
                () = shift.over.cancelled() => {}
            }
            if self.closed.is_cancelled() {
                // Whoever asks is stopped too.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Whose turn it is.
    pub(crate) fn shift(&self) -> Arc<Shift> {
        Arc::clone(&self.current())
    }

    /// Ends when nobody who has a question at this seat now will be answered any more. Ask for this before you ask the
    /// question.
    pub(crate) fn over(&self) -> CancellationToken {
        self.current().over.clone()
    }

    /// Gives the shift up if its thread has panicked, or has been in the same poll for `looks_max` looks in a row.
    /// Looks are counted and not time: a process that was stopped for a while is not stuck.
    pub(crate) fn give_up(&self, last: &mut LastLook, looks_max: u32) -> Option<GivenUp> {
        let shift = self.shift();
        let mut stamp = shift.stamp();
        let same = stamp.polling.is_some() && (last.shift, last.polls) == (shift.number, stamp.polls);
        *last = LastLook {
            shift: shift.number,
            polls: stamp.polls,
            times: if same { last.times + 1 } else { 0 },
        };
        if stamp.given_up || !(stamp.panicked || last.times >= looks_max) {
            return None;
        }
        stamp.given_up = true;
        Some(GivenUp { polled: stamp.polling, after: stamp.whereabouts.after(), panicked: stamp.panicked })
    }

    /// The next shift begins; whoever waits for the one before is told that it is over.
    pub(crate) fn relieve(&self) {
        let mut current = self.current();
        let next = Arc::new(Shift::new(current.number + 1));
        let before = std::mem::replace(&mut *current, next);
        drop(current);
        before.over.cancel();
    }

    fn current(&self) -> MutexGuard<'_, Arc<Shift>> {
        self.shift.lock().expect("no holder panics")
    }
}

impl Shift {
    fn new(number: u64) -> Self {
        let looks = Arc::new(Semaphore::new(LOOKS_MAX));
        Self { number, over: CancellationToken::new(), looks, stamp: Mutex::default() }
    }

    /// The thread that calls this has the shift.
    fn begin(&self) {
        self.stamp().whereabouts = whereabouts::of_this_thread();
    }

    fn polls(&self, polled: Polled) {
        let mut stamp = self.stamp();
        stamp.polls += 1;
        stamp.polling = Some(polled);
    }

    fn rests(&self) -> bool {
        let mut stamp = self.stamp();
        stamp.polling = None;
        !stamp.given_up
    }

    /// Whether the thread was left behind, or has ended by a panic and been replaced.
    pub(crate) fn was_given_up(&self) -> bool {
        self.stamp().given_up
    }

    /// The thread ends by a panic.
    pub(crate) fn panicked(&self) {
        self.stamp().panicked = true;
    }

    /// Ends when the shift was given up, or its lane has ended.
    pub(crate) async fn is_over(&self) {
        self.over.cancelled().await;
    }

    fn stamp(&self) -> MutexGuard<'_, Stamp> {
        self.stamp.lock().expect("no holder panics")
    }
}

/// How a lane lets itself be watched while it polls.
pub(crate) struct Watch {
    shift: Arc<Shift>,
    lane: usize,
    file: Option<Arc<PollFile>>,
    /// The file says that something is being polled.
    noted: Cell<bool>,
}

impl Watch {
    /// The thread that calls this takes the seat.
    pub(crate) fn new(seat: &Seat, file: Option<Arc<PollFile>>) -> Self {
        let shift = seat.shift();
        shift.begin();
        Self { shift, lane: seat.lane, file, noted: Cell::new(false) }
    }

    /// The shift's number.
    pub(crate) fn shift(&self) -> u64 {
        self.shift.number
    }

    /// This code is about to be polled.
    pub(crate) fn polls(&self, polled: Polled) {
        if let Some(file) = &self.file {
            file.polls(self.lane, polled);
            self.noted.set(true);
        }
        self.shift.polls(polled);
    }

    /// Whatever was polled came back. False if the shift was given up meanwhile: the thread must act no more.
    #[must_use]
    pub(crate) fn rests(&self) -> bool {
        self.shift.rests()
    }

    /// Nothing is polled before more arrives.
    pub(crate) fn end_of_round(&self) {
        if self.noted.take()
            && let Some(file) = &self.file
        {
            file.rests(self.lane);
        }
    }
}
