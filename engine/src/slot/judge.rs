//! Judging what arrived against what is durable: what goes into the next record, and what is answered at once.

use super::{INPUTS_MAX, RECORDS_MAX, Slot};
use crate::bounds::RECORD_BYTES_MAX;
use crate::call::CallError;
use crate::fold::Fold;
use crate::lane::{Arrival, MessageReply, ToldRun};
use crate::store::RunStatus;
use crate::turn::{Live, Turner};
use ordain_proto::history::v1::control::Kind;
use ordain_proto::history::v1::received::Input;
use std::collections::{BTreeSet, VecDeque};

/// What can be said of a message at once.
enum Judged {
    /// This.
    Answer(Result<MessageReply, CallError>),
    /// It is on record under this number, and the workflow has not answered it yet.
    Asked(u64),
}

impl Slot {
    /// Splits what waits into what goes into the next record and what can be answered from the durable past.
    ///
    /// Where another process may have written, nothing is refused on what this one remembers: the history is read again
    /// first.
    pub(super) fn judge(&mut self, live: &Live, turner: &Turner<'_>) -> (bool, Vec<Arrival>) {
        let (alone, now) = (turner.peers.alone(), turner.now);
        let (mut woken, mut taken, mut later) = (false, Vec::new(), VecDeque::new());
        let (mut keys, mut acted, mut bytes) = (BTreeSet::new(), false, 0);
        for arrival in std::mem::take(&mut self.waiting) {
            let full = taken.len() >= INPUTS_MAX || bytes > RECORD_BYTES_MAX;
            match arrival {
                Arrival::Wake => woken = true,
                Arrival::Look(look) => {
                    drop(look);
                    woken = true;
                    // The store says that it is due. If this process remembers otherwise, somebody else has written.
                    // One with a clock of its own was read just now.
                    self.stale |= !alone
                        && !live.fold.has_clock()
                        && live.fold.wake_at.is_none_or(|wake_at| wake_at > now);
                }
                Arrival::Message(told) if full || keys.contains(&told.message.key) => {
                    later.push_back(Arrival::Message(told));
                }
                Arrival::Message(mut told) => match self.judge_message(live, &told, alone) {
                    None => {
                        keys.insert(told.message.key.clone());
                        bytes += told.message.payload_json.len();
                        taken.push(Arrival::Message(told));
                    }
                    Some(Judged::Asked(number)) => {
                        self.unanswered.entry(number).or_default().push((told.reply, true));
                    }
                    Some(Judged::Answer(Err(_))) if !(alone || told.sure) => {
                        (told.sure, self.stale) = (true, true);
                        later.push_back(Arrival::Message(told));
                    }
                    Some(Judged::Answer(answer)) => drop(told.reply.send(answer)),
                },
                Arrival::Moved(head) => self.stale |= head > live.fold.head,
                // What a person does is judged on what the one before left: two who retry the same step at the same
                // time must not send it twice.
                Arrival::OfPerson { .. } if acted => later.push_back(arrival),
                Arrival::OfPerson { input, reply, sure } => match judge_person(live, &input) {
                    Some(Err(_)) if !(alone || sure) => {
                        self.stale = true;
                        later.push_back(Arrival::OfPerson { input, reply, sure: true });
                    }
                    Some(answer) => drop(reply.send(answer)),
                    None => {
                        acted = true;
                        taken.push(Arrival::OfPerson { input, reply, sure });
                    }
                },
                Arrival::Reset { .. } => later.push_back(arrival),
                Arrival::AttemptFailed(_) if full => later.push_back(arrival),
                Arrival::AttemptFailed(_) => taken.push(arrival),
            }
        }
        self.waiting = later;
        (woken, taken)
    }

    /// What can be said of a message without a record; none if it is new and may go in.
    fn judge_message(&self, live: &Live, told: &ToldRun, alone: bool) -> Option<Judged> {
        let fold = &live.fold;
        Some(Judged::Answer(match fold.key(&told.message.key) {
            Some(known) if known.fingerprint != told.message.fingerprint => Err(CallError::KeyReused),
            Some(known) if told.wants_answer && known.answer.is_none() => {
                return Some(Judged::Asked(known.received));
            }
            Some(known) => {
                let answer = known.answer.clone().filter(|_| told.wants_answer);
                Ok(MessageReply { answer, replayed: true })
            }
            None if fold.status == RunStatus::Closed => Err(CallError::Closed),
            None if told.wants_answer && !fold.status.takes_turns() => {
                Err(CallError::Stopped(fold.reason.clone()))
            }
            // Elsewhere a newer build may be at work, and answers.
            None if told.wants_answer && alone && live.left.is_some() => {
                Err(CallError::Stopped(live.left.clone().unwrap_or_default()))
            }
            None if told.only_at.is_some_and(|seen| seen != live.shown_since()) => Err(CallError::Moved),
            None if fold.is_full() => Err(CallError::Full),
            None if fold.head - fold.since >= RECORDS_MAX => Err(CallError::TooLong),
            None => return None,
        }))
    }
}

/// The answer to a person's act, if it can be given without a record.
fn judge_person(live: &Live, input: &Input) -> Option<Result<(), CallError>> {
    let fold = &live.fold;
    match input {
        Input::PersonActed(acted) if !acted.key.is_empty() && fold.key(&acted.key).is_some() => Some(Ok(())),
        Input::PersonActed(_) if live.left.is_some() => {
            Some(Err(CallError::Stopped(live.left.clone().unwrap_or_default())))
        }
        Input::PersonActed(acted) => {
            let parked = fold.steps.get(&acted.op).is_some_and(|step| step.parked.is_some());
            (!parked).then_some(Err(CallError::NotParked))
        }
        Input::Control(control) if !control.key.is_empty() && fold.key(&control.key).is_some() => {
            Some(Ok(()))
        }
        Input::Control(control) if fold.status == RunStatus::Closed && control.kind() != Kind::Reset => {
            Some(Err(CallError::Closed))
        }
        _ => None,
    }
}

/// The news that is not on record yet. That a step has parked may be, if nobody heard what became of the record; said
/// once more, it would park the step again after a person has sent it on its way.
pub(super) fn unrecorded(mut news: Vec<(u64, Input)>, fold: &Fold, turner: &Turner<'_>) -> Vec<(u64, Input)> {
    news.retain(|(op, input)| {
        let parked = fold.steps.get(op).is_some_and(|step| step.parked.is_some());
        let told = parked && matches!(input, Input::StepParked(_));
        if told {
            turner.under_way.recorded(fold.run, &[*op]);
        }
        !told
    });
    news
}
