//! All that can go wrong at Divido on demand.

use crate::faults::{Channel, Kind, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api, acts: &[] }
}

/// What changes a status, and so sends a message that may be faster than the answer.
const fn act(name: &'static str) -> Operation {
    Operation { acts: &[Kind::WebhookBeforeResponse], ..api(name) }
}

/// What can be wrong with an application as it is shown; answers are not signed.
const OF_APPLICATION: &[Kind] =
    &[Kind::StaleStatus, Kind::UnknownStatus, Kind::PartialAmount, Kind::CurrencyMismatch];
/// What can be wrong with a message, which says no amount and no time.
const OF_MESSAGE: &[Kind] = &[Kind::BadSignature, Kind::WrongKey, Kind::UnknownStatus, Kind::ReorderWebhooks];

pub(crate) const FINANCES: Operation = api("finances");
pub(crate) const DEAL_CALCULATOR: Operation = api("dealcalculator");
pub(crate) const CREDIT_REQUEST: Operation = api("creditrequest");
pub(crate) const FINALIZE: Operation = api("finalize");
pub(crate) const ACTIVATION: Operation = act("activation");
pub(crate) const CANCELLATION: Operation = act("cancellation");
pub(crate) const REFUND: Operation = act("refund");
pub(crate) const APPLICATIONS: Operation = Operation { acts: OF_APPLICATION, ..api("applications") };
pub(crate) const PAYMENTS: Operation = api("payments");
pub(crate) const WEBHOOK: Operation =
    Operation { name: "webhook", channel: Channel::Webhook, acts: OF_MESSAGE };
pub(crate) const RETURN: Operation =
    Operation { name: "return", channel: Channel::Return, acts: &[Kind::WebhookBeforeResponse] };

/// All of them.
pub(crate) const ALL: [Operation; 11] = [
    FINANCES,
    DEAL_CALCULATOR,
    CREDIT_REQUEST,
    FINALIZE,
    ACTIVATION,
    CANCELLATION,
    REFUND,
    APPLICATIONS,
    PAYMENTS,
    WEBHOOK,
    RETURN,
];
