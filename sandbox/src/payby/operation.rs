//! All that can go wrong at PayBy on demand.

use crate::faults::{Channel, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api }
}

pub(crate) const PLACE_ORDER: Operation = api("place_order");
pub(crate) const GET_ORDER: Operation = api("get_order");
pub(crate) const CANCEL_ORDER: Operation = api("cancel_order");
pub(crate) const REVOKE_ORDER: Operation = api("revoke_order");
pub(crate) const UPDATE_EXPIRED_TIME: Operation = api("update_expired_time");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const GET_REFUND: Operation = api("get_refund");
pub(crate) const STATEMENT: Operation = api("statement");
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

/// All of them.
pub(crate) const ALL: [Operation; 10] = [
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
];
