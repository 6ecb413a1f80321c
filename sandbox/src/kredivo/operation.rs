//! All that can go wrong at Kredivo on demand.

use crate::faults::{Channel, Kind, Operation};

/// What can be wrong with the answer to a new order.
const OF_CREATE: &[Kind] = &[Kind::BadSignature, Kind::WrongKey, Kind::ClockSkew, Kind::IdempotentReplay409];
/// What can be wrong with a status. No message of DOKU's says a currency.
const OF_STATUS: &[Kind] = &[
    Kind::BadSignature,
    Kind::WrongKey,
    Kind::ClockSkew,
    Kind::StaleStatus,
    Kind::UnknownStatus,
    Kind::PartialAmount,
];
/// What can be wrong with a notification.
const OF_NOTIFICATION: &[Kind] = &[
    Kind::BadSignature,
    Kind::WrongKey,
    Kind::ClockSkew,
    Kind::UnknownStatus,
    Kind::PartialAmount,
    Kind::ReorderWebhooks,
];

pub(crate) const CREATE: Operation = Operation { name: "create", channel: Channel::Api, acts: OF_CREATE };
pub(crate) const STATUS: Operation = Operation { name: "status", channel: Channel::Api, acts: OF_STATUS };
pub(crate) const WEBHOOK: Operation =
    Operation { name: "webhook", channel: Channel::Webhook, acts: OF_NOTIFICATION };
pub(crate) const RETURN: Operation =
    Operation { name: "return", channel: Channel::Return, acts: &[Kind::WebhookBeforeResponse] };
pub(crate) const PAYMENT: Operation = Operation { name: "payment", channel: Channel::Payment, acts: &[] };

/// All of them.
pub(crate) const ALL: [Operation; 5] = [CREATE, STATUS, WEBHOOK, RETURN, PAYMENT];
