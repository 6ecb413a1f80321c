//! What a journal can do without: everything before its last reset, but for what outlives one.
//!
//! Accounts and their clocks outlive a reset, and so do the numbers that were
//! given: a real provider does not give one twice. They become one line, which takes the
//! place of all that came before. Orders since then stay line by line: the
//! ledger is made of them.

use crate::simulator::Simulator;
use crate::state::{Event, JournalLine, State};

/// What of a journal's beginning is still needed, gathered while it is replayed.
pub(crate) struct Compaction<S: Simulator> {
    /// What outlives a reset, oldest first.
    lasting: Vec<Event<S::Event>>,
    /// Bytes that were replayed.
    read: u64,
    /// What stands for all up to the last reset, and where that ended.
    head: Option<(JournalLine<S::Event>, u64)>,
}

impl<S: Simulator> Compaction<S> {
    pub(crate) fn new() -> Compaction<S> {
        Compaction { lasting: Vec::new(), read: 0, head: None }
    }

    /// Takes note of a line of so many bytes that has been applied to the state.
    pub(crate) fn replayed(&mut self, line: JournalLine<S::Event>, bytes: usize, state: &State<S>) {
        // The line break is not among them.
        self.read += bytes as u64 + 1;
        for event in line.events {
            match event {
                Event::Reset => {
                    let events =
                        self.lasting.iter().cloned().chain([state.numbers(), Event::Reset]).collect();
                    self.head = Some((JournalLine { at: line.at, events }, self.read));
                }
                Event::AccountPut { .. } => self.account_put(event),
                Event::ClockSet { .. } => self.lasting.push(event),
                Event::Own(own) if S::outlives_reset(&own) => self.lasting.push(Event::Own(own)),
                _ => {}
            }
        }
    }

    /// Only the last of two that follow each other counts.
    fn account_put(&mut self, event: Event<S::Event>) {
        let account_of = |event: &Event<S::Event>| match event {
            Event::AccountPut { account, .. } => Some(account.clone()),
            _ => None,
        };
        let same = |before: &Event<S::Event>| account_of(before) == account_of(&event);
        let puts = self.lasting.iter().rev().take_while(|before| account_of(before).is_some());
        if let Some(back) = puts.into_iter().position(same) {
            self.lasting.remove(self.lasting.len() - 1 - back);
        }
        self.lasting.push(event);
    }

    /// The line that takes the place of the journal's first so many bytes; none where nothing would be won.
    pub(crate) fn head(self) -> Option<(JournalLine<S::Event>, u64)> {
        let (line, bytes) = self.head?;
        let shorter = serde_json::to_vec(&line).is_ok_and(|text| (text.len() as u64) + 1 < bytes);
        shorter.then_some((line, bytes))
    }
}
