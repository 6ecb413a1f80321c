//! Attempts: a provider may know an order more than once, and be paid more than once.
//!
//! A checkout whose opening nobody heard of is opened again, and the first runs out; until it does, a customer may pay
//! there. What is paid first is the order's. Evidence of another attempt changes nothing then, and money on it is a
//! conflict: it is not the order's money, so no refund of the order gives it back. The account's word on late payments
//! decides: AUTO_REFUND gives it back on that attempt (`giveback`). One order is paid once, so nobody can accept a second
//! payment of it, and under ACCEPT as under PARK it waits for a person, who gives it back by naming the attempt.
//!
//! Money that comes after an order has ended counts only by the provider's own answer; here a signed message is enough,
//! because it makes no money the shop's: a refund of what was never paid is refused over there.

use crate::order::condition::ConditionKind;
use crate::order::effect::{Moment, Step};
use crate::order::giveback::is_paid;
use crate::order::observe::{Judged, ObservationEffect};
use crate::order::outcome::answered_with;
use crate::order::{Answer, Cause, Observation, Order, OrderState, Source};
use ordain_providers::call::Standing;
use ordain_providers::inbound::Trust;
use ordain_providers::spec::Support;
use ordain_providers::{Facts, ProviderSpec};

impl Order {
    /// The attempt that evidence is about, if it is another one than the order's.
    pub(super) fn other_attempt(&self, facts: &Facts, spec: &ProviderSpec) -> Option<String> {
        let name = spec.attempt_ref?;
        let (ours, theirs) = (self.provider_refs.get(name)?, facts.refs.get(name)?);
        let paid = facts.standing.is_some_and(is_paid);
        // Whichever attempt is paid first is the order's, unless its money is on its way back.
        let theirs_counts = paid && !self.state.is_paid() && self.givebacks(theirs).next().is_none();
        (ours != theirs && !theirs_counts).then(|| theirs.clone())
    }

    /// Evidence of another attempt.
    pub(super) fn judge_other_attempt(
        &mut self,
        other: &str,
        seen: &Observation,
        at: &mut Moment<'_>,
    ) -> Judged {
        let believed = seen.trust > Trust::Hint;
        if !believed || !seen.facts.standing.is_some_and(is_paid) {
            return Judged::new(ObservationEffect::Stale, format!("it is about another attempt, {other}"));
        }
        self.note_payment(other, &seen.facts);
        if self.givebacks(other).next().is_some() {
            let message = format!("attempt {other} was paid too, and operations tell of its way back");
            return Judged::new(ObservationEffect::Conflict, message);
        }
        let way_back = self.way_back_by_itself(other, &seen.facts, at.spec);
        let what = way_back.as_ref().map_or_else(String::as_str, |_| "its money goes back by itself");
        let message = format!("attempt {other} was paid too: {what}");
        self.raise(ConditionKind::Conflict, other, &message, at);
        match way_back {
            Ok(kind) => self.give_back_by_itself(other, kind, at),
            Err(_) => self.raise(ConditionKind::MerchantActionRequired, other, &message, at),
        }
        Judged::new(ObservationEffect::Conflict, message)
    }

    /// A checkout is open over there.
    pub(super) fn opened(&mut self, facts: &Facts, answer: &Answer, at: &mut Moment<'_>) {
        if self.opened_besides(facts, at) {
            return;
        }
        self.learn_refs(facts);
        self.take_flags(facts, false, at);
        if answer.next_action.is_some() {
            self.next_action.clone_from(&answer.next_action);
        }
        if self.state == OrderState::Creating {
            self.become_state(OrderState::AwaitingCustomer, Cause::Authoritative, at);
            self.end_with_the_checkout(facts, at);
        } else if self.state.is_ended() && at.spec.operations.create.support == Support::Native {
            let message = format!("the provider opened a checkout of an order that was {}", self.state);
            self.raise(ConditionKind::OrphanAtProvider, Step::Create.subject(), &message, at);
        }
        let beyond = facts.standing.is_some_and(|standing| standing > Standing::AwaitingCustomer);
        if beyond {
            self.take_evidence(
                &answered_with(Source::CreateResponse, facts, "create", answer.asked_at, at.now),
                at,
            );
        }
    }

    /// The provider opened one more checkout of an order that is paid already: its references stay those of the payment.
    fn opened_besides(&mut self, facts: &Facts, at: &mut Moment<'_>) -> bool {
        let Some(other) = self.other_attempt(facts, at.spec).filter(|_| self.state.is_paid()) else {
            return false;
        };
        let message = format!("the provider keeps another checkout of this order, {other}");
        self.raise(ConditionKind::OrphanAtProvider, &other, &message, at);
        true
    }
}
