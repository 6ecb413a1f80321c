//! What a run received and was not shown yet, in the order in which it came, and how much that is.

use crate::bounds::{UNSHOWN_BYTES_MAX, UNSHOWN_MAX};
use crate::room::Room;
use ordain_proto::history::v1::received::Input;
use std::collections::VecDeque;

/// Inputs that wait, by their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Undelivered {
    inputs: VecDeque<(u64, Input)>,
    bytes: usize,
}

impl Undelivered {
    pub(crate) const EMPTY: Self = Self { inputs: VecDeque::new(), bytes: 0 };

    pub(crate) fn push(&mut self, number: u64, input: Input) {
        self.bytes += input.encoded_len();
        self.inputs.push_back((number, input));
    }

    /// Takes one out, wherever it stands.
    pub(crate) fn take(&mut self, number: u64) -> Option<Input> {
        let place = self.inputs.iter().position(|(waiting, _)| *waiting == number)?;
        let (_, input) = self.inputs.remove(place)?;
        self.bytes -= input.encoded_len();
        Some(input)
    }

    /// The number of the one that has waited longest.
    pub(crate) fn first(&self) -> Option<u64> {
        self.inputs.front().map(|(number, _)| *number)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(u64, Input)> {
        self.inputs.iter()
    }

    /// Whether nothing more that could be refused may be added: what waits when the workflow continues is written into
    /// one record.
    pub(crate) fn is_full(&self) -> bool {
        self.inputs.len() >= UNSHOWN_MAX || self.bytes >= UNSHOWN_BYTES_MAX
    }

    /// Gives back the room that more of them needed.
    pub(crate) fn rest(&mut self) {
        self.inputs.give_back();
    }
}

impl FromIterator<(u64, Input)> for Undelivered {
    fn from_iter<T: IntoIterator<Item = (u64, Input)>>(inputs: T) -> Self {
        let mut undelivered = Self::EMPTY;
        inputs.into_iter().for_each(|(number, input)| undelivered.push(number, input));
        undelivered
    }
}
