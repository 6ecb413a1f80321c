//! The one step of this business: ask a provider to do something.
//!
//! Only the wish is recorded. Bytes are made for each attempt by whoever performs it, from the run's own view and the
//! account's; how the step may fail stands in the provider's table.

use crate::order::Answer;
use ordain_engine::{Activity, OnUnknown, Policy};
use ordain_providers::spec::{Effect, OnUnknown as TableOnUnknown};
use ordain_providers::{Op, ProviderSpec};
use serde::{Deserialize, Serialize};

/// A wish to a provider, of an order or of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCall {
    /// The provider's id.
    pub provider: String,
    /// Whose credentials speak: our id of the account.
    pub account: String,
    /// How many times faster than life the account is lived: more than 1 at a simulator, whose time is divided by it.
    pub pace: u32,
    /// The wish.
    pub op: Op,
    /// The attempt that it is about, where that is another one than the order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

impl Activity for ProviderCall {
    const NAME: &'static str = "provider.call";
    type Output = Answer;

    fn key(&self) -> String {
        match &self.op {
            Op::Create => "create".into(),
            Op::Sync => match &self.attempt {
                Some(attempt) => format!("sync of attempt {attempt}"),
                None => "sync".into(),
            },
            Op::Ack => "ack".into(),
            Op::Fulfil(shipment) => format!("fulfilment {}", shipment.id),
            Op::Unfulfil(shipment) => format!("reversal of fulfilment {}", shipment.id),
            Op::Refund(refund) => format!("refund {}", refund.id),
            Op::SyncRefund(refund) => format!("sync of refund {}", refund.id),
            Op::Cancel(cancel) => format!("cancellation {}", cancel.id),
            Op::Revoke => "revoke".into(),
            Op::ExtendExpiry { expires_at } => format!("extend to {expires_at}"),
            Op::Ask(_) => "ask".into(),
            Op::VerifyAccount => "verify account".into(),
            Op::ActivateAccount { active: true } => "activate account".into(),
            Op::ActivateAccount { active: false } => "deactivate account".into(),
        }
    }

    fn policy(&self) -> Policy {
        let line = spec_of(&self.provider).operation(&self.op);
        let on_unknown = match line.effect {
            Effect::Reads => OnUnknown::Reads,
            Effect::Mutates(TableOnUnknown::SameAgain) => OnUnknown::Again,
            Effect::Mutates(TableOnUnknown::LookUp { absent_proves_after, .. }) => {
                OnUnknown::LookUp { absent_proves_after: absent_proves_after.map(|it| it / self.pace.max(1)) }
            }
            Effect::Mutates(TableOnUnknown::Park) => OnUnknown::Park,
        };
        Policy::new(line.attempts_max, line.timeout, on_unknown)
            .under(format!("{}/{}", self.provider, self.account))
    }
}

/// The table of a provider that was checked when the order or account was accepted.
///
/// # Panics
/// When this build no longer has the provider: the run is quarantined with that reason, and goes on when it is back.
pub(crate) fn spec_of(provider: &str) -> &'static ProviderSpec {
    let found = ordain_providers::find(provider);
    found.unwrap_or_else(|| panic!("this build has no provider `{provider}`")).spec()
}
