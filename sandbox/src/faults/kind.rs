//! The kinds of fault: what each is called, what it means, and what it can happen to.

use serde::{Deserialize, Serialize};

use super::{Channel, Operation};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Delay,
    TimeoutBeforeExecute,
    TimeoutAfterExecute,
    /// A host that ends its TLS itself resets there; this one speaks plain HTTP and resets all the same.
    #[serde(alias = "tls_reset")]
    ResetBeforeExecute,
    ResetAfterExecute,
    HttpStatus,
    RateLimit,
    MaintenanceWindow,
    GarbageBody,
    Truncate,
    BadSignature,
    WrongKey,
    ClockSkew,
    StaleStatus,
    UnknownStatus,
    PartialAmount,
    CurrencyMismatch,
    #[serde(rename = "idempotent_replay_409")]
    IdempotentReplay409,
    WebhookBeforeResponse,
    DuplicateWebhook,
    DropWebhook,
    DelayWebhook,
    ReorderWebhooks,
    DropReturn,
    PaidAfterExpiry,
}

impl Kind {
    /// All of them: those of a call, of what is said, of messages, of the shopper.
    const ALL: [Kind; 25] = [
        Kind::Delay,
        Kind::TimeoutBeforeExecute,
        Kind::TimeoutAfterExecute,
        Kind::ResetBeforeExecute,
        Kind::ResetAfterExecute,
        Kind::HttpStatus,
        Kind::RateLimit,
        Kind::MaintenanceWindow,
        Kind::GarbageBody,
        Kind::Truncate,
        Kind::BadSignature,
        Kind::WrongKey,
        Kind::ClockSkew,
        Kind::StaleStatus,
        Kind::UnknownStatus,
        Kind::PartialAmount,
        Kind::CurrencyMismatch,
        Kind::IdempotentReplay409,
        Kind::WebhookBeforeResponse,
        Kind::DuplicateWebhook,
        Kind::DropWebhook,
        Kind::DelayWebhook,
        Kind::ReorderWebhooks,
        Kind::DropReturn,
        Kind::PaidAfterExpiry,
    ];

    /// Whether this can go wrong with an operation.
    pub(crate) fn happens_to(self, operation: Operation) -> bool {
        match self {
            Kind::Delay => operation.channel != Channel::Payment,
            Kind::TimeoutBeforeExecute
            | Kind::TimeoutAfterExecute
            | Kind::ResetBeforeExecute
            | Kind::ResetAfterExecute
            | Kind::HttpStatus
            | Kind::RateLimit
            | Kind::MaintenanceWindow
            | Kind::GarbageBody
            | Kind::Truncate => operation.channel == Channel::Api,
            Kind::DuplicateWebhook | Kind::DropWebhook | Kind::DelayWebhook => {
                operation.channel == Channel::Webhook
            }
            Kind::DropReturn => operation.channel == Channel::Return,
            Kind::PaidAfterExpiry => operation.channel == Channel::Payment,
            // What a provider says, and when, is its own: its operations name what can be wrong with it.
            own => operation.acts.contains(&own),
        }
    }

    /// The kind of this name, by its own or by the one that the design has for it.
    pub(crate) fn named(name: &str) -> Option<Kind> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }

    /// What can go wrong with an operation.
    pub(crate) fn of(operation: Operation) -> impl Iterator<Item = String> {
        Kind::ALL.into_iter().filter(move |kind| kind.happens_to(operation)).map(Kind::name)
    }

    /// As it is asked for.
    fn name(self) -> String {
        let name = serde_json::to_value(self).expect("a kind is a word");
        name.as_str().unwrap_or_default().to_owned()
    }

    /// What happens, in one line.
    fn about(self) -> &'static str {
        match self {
            Kind::Delay => "everything happens, later (delay_ms)",
            Kind::TimeoutBeforeExecute => "nothing happens; the connection is held, then dropped (delay_ms)",
            Kind::TimeoutAfterExecute => "it happens; the connection is held, then dropped (delay_ms)",
            Kind::ResetBeforeExecute => "nothing happens; the connection is reset (also: tls_reset)",
            Kind::ResetAfterExecute => "it happens; the connection is reset",
            Kind::HttpStatus => "nothing happens; the answer is this status (status)",
            Kind::RateLimit => "nothing happens; 429 with Retry-After (retry_after_s)",
            Kind::MaintenanceWindow => "the whole host answers 503 for a while (delay_ms), once",
            Kind::GarbageBody => "it happens; the answer is no JSON",
            Kind::Truncate => "it happens; the answer breaks off in the middle",
            Kind::BadSignature => "the signature of what is said does not fit it",
            Kind::WrongKey => "what is said is signed with, or carries, somebody else's key",
            Kind::ClockSkew => "the provider's clock is off (skew_s), for what it judges and what it stamps",
            Kind::StaleStatus => {
                "an order that has moved is shown as it began, to so many reads each (reads)"
            }
            Kind::UnknownStatus => "the status is a word that no document has",
            Kind::PartialAmount => "the order's amount is said to be half of what it is",
            Kind::CurrencyMismatch => "amounts are said to be in another currency",
            Kind::IdempotentReplay409 => "it happens; the answer comes as the repeat of an earlier one, 409",
            Kind::WebhookBeforeResponse => "the message about it is delivered before it is answered",
            Kind::DuplicateWebhook => "the message is sent twice",
            Kind::DropWebhook => "the message is never sent",
            Kind::DelayWebhook => "the message is sent later (delay_ms)",
            Kind::ReorderWebhooks => "the message is sent after the order's next one (delay_ms at most)",
            Kind::DropReturn => "the shopper's browser never comes back",
            Kind::PaidAfterExpiry => {
                "the order expires first, and the shopper pays all the same (delay_ms later)"
            }
        }
    }
}

/// Every kind of fault: its name, and what happens.
pub fn fault_kinds() -> impl Iterator<Item = (String, &'static str)> {
    Kind::ALL.into_iter().map(|kind| (kind.name(), kind.about()))
}

/// Whether a fault is asked for by this name.
#[must_use]
pub fn is_fault_kind(name: &str) -> bool {
    Kind::named(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(&kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("tls_reset"), Some(Kind::ResetBeforeExecute));
        assert_eq!(Kind::named("explode"), None);
    }
}
