//! All that can go wrong at divit on demand.

use crate::faults::{Channel, Kind, Operation};

const fn api(name: &'static str, acts: &'static [Kind]) -> Operation {
    Operation { name, channel: Channel::Api, acts }
}

/// What can be wrong with a status; answers are not signed.
const OF_STATUS: &[Kind] =
    &[Kind::StaleStatus, Kind::UnknownStatus, Kind::PartialAmount, Kind::CurrencyMismatch];
/// What can be wrong with an event.
const OF_EVENT: &[Kind] = &[
    Kind::BadSignature,
    Kind::WrongKey,
    Kind::ClockSkew,
    Kind::UnknownStatus,
    Kind::PartialAmount,
    Kind::CurrencyMismatch,
    Kind::ReorderWebhooks,
];

pub(crate) const CREATE: Operation = api("create", &[]);
pub(crate) const STATUS: Operation = api("status", OF_STATUS);
pub(crate) const REFUND: Operation = api("refund", &[]);
pub(crate) const PROFILE: Operation = api("profile", &[]);
pub(crate) const WEBHOOK: Operation =
    Operation { name: "webhook", channel: Channel::Webhook, acts: OF_EVENT };
pub(crate) const RETURN: Operation =
    Operation { name: "return", channel: Channel::Return, acts: &[Kind::WebhookBeforeResponse] };
pub(crate) const PAYMENT: Operation = Operation { name: "payment", channel: Channel::Payment, acts: &[] };

/// All of them.
pub(crate) const ALL: [Operation; 7] = [CREATE, STATUS, REFUND, PROFILE, WEBHOOK, RETURN, PAYMENT];
