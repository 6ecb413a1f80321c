//! All that can go wrong at DivideBuy on demand.

use crate::faults::{Channel, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api }
}

pub(crate) const CONFIRM_RETAILER: Operation = api("confirmretailer");
pub(crate) const UPDATE_RETAILER_STATUS: Operation = api("updateretailerstatus");
pub(crate) const GET_USER_ORDER: Operation = api("getuserorder");
pub(crate) const SYNC_RET_ORDER: Operation = api("syncretorder");
pub(crate) const TRACKING: Operation = api("tracking");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

/// All of them.
pub(crate) const ALL: [Operation; 8] = [
    CONFIRM_RETAILER,
    UPDATE_RETAILER_STATUS,
    GET_USER_ORDER,
    SYNC_RET_ORDER,
    TRACKING,
    REFUND,
    WEBHOOK,
    RETURN,
];
