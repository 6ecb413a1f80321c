//! A checkout that may live longer.

use crate::order::command::Granted;
use crate::order::effect::{EventKind, Moment, Step};
use crate::order::model::after;
use crate::order::plan::Objection;
use crate::order::{Order, OrderState, RefusalReason};
use jiff::Timestamp;
use ordain_providers::spec::CheckoutEnd;
use ordain_providers::{Facts, Op, Outcome, ProviderSpec};
use serde_json::json;

impl Order {
    pub(super) fn may_extend(&self, spec: &ProviderSpec) -> Result<(), Objection> {
        if !spec.operations.extend_expiry.support.is_offered() {
            let message = "this provider cannot let a checkout live longer";
            return Err(Objection::new(RefusalReason::OperationNotSupported, "expire_time", message));
        }
        if self.state != OrderState::AwaitingCustomer || self.expiring.is_some() {
            let message = "only an open, unpaid checkout can live longer";
            return Err(Objection::new(RefusalReason::IllegalTransition, "order", message));
        }
        if self.extending.is_some() {
            let message = "it is being extended already";
            return Err(Objection::new(RefusalReason::OperationInDoubt, "order", message));
        }
        Ok(())
    }

    /// When the provider says that the checkout closes. A customer who was not there yet cannot enter once the way to it
    /// has closed, whatever the order's own expiry: it is looked at then. Where the time is that of the order over
    /// there, it may be paid until then, and is not over here before.
    pub(super) fn end_with_the_checkout(&mut self, facts: &Facts, at: &mut Moment<'_>) {
        let Some(ends) = facts.checkout_ends_at else { return };
        // Later by more than a whole checkout's life is another clock, or a slip: no order waits for that.
        let believable = ends <= after(self.expires_at, at.spec.expires_after);
        if ends > self.expires_at && believable && at.spec.checkout_end == CheckoutEnd::Order {
            self.expires_at = ends;
            let data = json!({ "expires_at": ends, "source": "PROVIDER" });
            return at.event(EventKind::ExpiryExtended, data);
        }
        if ends >= self.expires_at {
            return;
        }
        self.expires_at = ends.max(at.now);
        self.expires_with_link = true;
        at.event(
            EventKind::ExpiryShortened,
            json!({ "expires_at": self.expires_at, "source": "LINK_TOKEN" }),
        );
    }

    /// Asks the provider to let the checkout live until then; it does once the provider agrees.
    pub(super) fn extend(&mut self, expires_at: Timestamp, at: &mut Moment<'_>) -> Granted {
        self.may_extend(at.spec)?;
        if expires_at <= self.expires_at {
            let message = format!("later than {}", self.expires_at);
            return Err(Objection::new(RefusalReason::Invalid, "expire_time", message));
        }
        self.extending = Some(expires_at);
        at.call(Step::Extend, Op::ExtendExpiry { expires_at });
        Ok(None)
    }

    pub(super) fn extended(&mut self, outcome: Option<&Outcome>, at: &mut Moment<'_>) {
        let Some(expires_at) = self.extending.take() else { return };
        if let Some(Outcome::Done(_) | Outcome::Pending(_)) = outcome {
            self.expires_at = expires_at;
            self.expires_with_link = false;
            at.event(EventKind::ExpiryExtended, json!({ "expires_at": expires_at }));
        } else {
            at.event(EventKind::ExpiryNotExtended, json!({ "expires_at": self.expires_at }));
        }
    }
}
