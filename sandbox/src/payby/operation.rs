//! All that can go wrong at PayBy on demand.

use crate::faults::{Channel, Kind, Operation};

const fn api(name: &'static str, acts: &'static [Kind]) -> Operation {
    Operation { name, channel: Channel::Api, acts }
}

/// What can be wrong with any answer: all are signed, and every request's time is judged.
const OF_ANSWER: &[Kind] = &[Kind::BadSignature, Kind::WrongKey, Kind::ClockSkew];
/// What can be wrong with the answer to a question about an order.
const OF_ORDER: &[Kind] = &[
    Kind::BadSignature,
    Kind::WrongKey,
    Kind::ClockSkew,
    Kind::StaleStatus,
    Kind::UnknownStatus,
    Kind::PartialAmount,
    Kind::CurrencyMismatch,
];
/// A refund is done at once, and its notification may be faster than the answer.
const OF_REFUND: &[Kind] =
    &[Kind::BadSignature, Kind::WrongKey, Kind::ClockSkew, Kind::WebhookBeforeResponse];
/// What can be wrong with a notification.
const OF_NOTIFICATION: &[Kind] = &[
    Kind::BadSignature,
    Kind::WrongKey,
    Kind::ClockSkew,
    Kind::UnknownStatus,
    Kind::PartialAmount,
    Kind::CurrencyMismatch,
    Kind::ReorderWebhooks,
];

pub(crate) const PLACE_ORDER: Operation = api("place_order", OF_ANSWER);
pub(crate) const GET_ORDER: Operation = api("get_order", OF_ORDER);
pub(crate) const CANCEL_ORDER: Operation = api("cancel_order", OF_ANSWER);
pub(crate) const REVOKE_ORDER: Operation = api("revoke_order", OF_ANSWER);
pub(crate) const UPDATE_EXPIRED_TIME: Operation = api("update_expired_time", OF_ANSWER);
pub(crate) const REFUND: Operation = api("refund", OF_REFUND);
pub(crate) const GET_REFUND: Operation = api("get_refund", OF_ANSWER);
pub(crate) const STATEMENT: Operation = api("statement", &[Kind::ClockSkew]);
pub(crate) const WEBHOOK: Operation =
    Operation { name: "webhook", channel: Channel::Webhook, acts: OF_NOTIFICATION };
pub(crate) const RETURN: Operation =
    Operation { name: "return", channel: Channel::Return, acts: &[Kind::WebhookBeforeResponse] };
pub(crate) const PAYMENT: Operation = Operation { name: "payment", channel: Channel::Payment, acts: &[] };

/// All of them.
pub(crate) const ALL: [Operation; 11] = [
    PLACE_ORDER,
    GET_ORDER,
    CANCEL_ORDER,
    REVOKE_ORDER,
    UPDATE_EXPIRED_TIME,
    REFUND,
    GET_REFUND,
    STATEMENT,
    WEBHOOK,
    RETURN,
    PAYMENT,
];
