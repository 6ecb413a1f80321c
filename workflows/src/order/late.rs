//! Money that comes after the end, and what the account wants done with it.

use crate::order::command::Granted;
use crate::order::condition::ConditionKind;
use crate::order::effect::{EventKind, Moment};
use crate::order::plan::Objection;
use crate::order::{Operation, OperationKind, Order, OrderState, RefusalReason};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What to do with a payment of an order that had ended, or that was paid already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatePayment {
    /// It counts: the shop may ship. The condition LATE_PAYMENT says what happened. A second payment of one order never
    /// counts, and waits as with `Park`.
    #[default]
    Accept,
    /// It goes back at once; where the provider cannot be told that, it waits as with `Park`.
    AutoRefund,
    /// Nothing is shipped before a person accepts it or gives it back. A second payment holds nothing up.
    Park,
}

/// The subject of a late payment that waits for a person's word.
const PAYMENT: &str = "payment";

impl Order {
    /// The order had ended, and was paid all the same.
    pub(super) fn paid_late(&mut self, at: &mut Moment<'_>) {
        match self.settings.late_payment {
            LatePayment::Accept => {}
            LatePayment::AutoRefund => {
                if self.give_back_late(at).is_none() {
                    self.question_payment("it cannot be given back by itself", at);
                }
            }
            LatePayment::Park => self.question_payment("the account wants a person to decide", at),
        }
    }

    fn give_back_late(&mut self, at: &mut Moment<'_>) -> Option<()> {
        let captured = matches!(self.state, OrderState::Captured | OrderState::Completed);
        let (kind, portions) = if captured {
            let offered = at.spec.operations.refund.support.is_offered();
            let portions = self.plan_refund(&[], at.spec.refund_basis).ok().filter(|_| offered)?;
            (OperationKind::Refund, portions)
        } else {
            self.may_cancel(at.spec).ok()?;
            (OperationKind::Cancellation, self.plan_cancellation(&[]).ok()?)
        };
        self.may_touch_money().ok()?;
        let draft = self.unasked_operation("late", kind, portions, at.now);
        let reason = "paid after the order had ended".to_owned();
        self.enqueue(Operation { reason, ..draft }, at);
        Some(())
    }

    fn question_payment(&mut self, why: &str, at: &mut Moment<'_>) {
        let message =
            format!("paid after the order had ended, and {why}: accept the payment or give it back");
        self.raise(ConditionKind::MerchantActionRequired, PAYMENT, &message, at);
    }

    /// Whether a payment waits for a person's word.
    pub(super) fn has_payment_in_question(&self) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.any(|it| it.kind == ConditionKind::MerchantActionRequired && it.subject == PAYMENT)
    }

    pub(super) fn no_payment_in_question(&self) -> Result<(), Objection> {
        if self.has_payment_in_question() {
            let message = "the order was paid after its end: accept the payment first";
            return Err(Objection::new(RefusalReason::OperationInDoubt, "order", message));
        }
        Ok(())
    }

    /// A person says that a late payment is good.
    pub(super) fn accept_payment(&mut self, at: &mut Moment<'_>) -> Granted {
        if !self.has_payment_in_question() {
            let message = "no payment of this order waits for a word";
            return Err(Objection::new(RefusalReason::IllegalTransition, "order", message));
        }
        self.clear(ConditionKind::MerchantActionRequired, PAYMENT, at);
        self.clear(ConditionKind::LatePayment, crate::order::condition::STANDING, at);
        at.event(EventKind::LatePaymentAccepted, json!({}));
        Ok(None)
    }
}
