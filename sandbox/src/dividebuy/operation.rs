//! All that can go wrong at DivideBuy on demand.

use crate::faults::{Channel, Kind, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api, acts: &[] }
}

/// What can be wrong with what is said of an order. Nothing says a currency, and answers are not signed.
const OF_ORDER: &[Kind] = &[Kind::StaleStatus, Kind::UnknownStatus, Kind::PartialAmount];
/// Messages carry the shop's credentials in place of a signature, and each order has one.
const OF_MESSAGE: &[Kind] = &[Kind::WrongKey, Kind::UnknownStatus];

pub(crate) const CONFIRM_RETAILER: Operation = api("confirmretailer");
pub(crate) const UPDATE_RETAILER_STATUS: Operation = api("updateretailerstatus");
pub(crate) const GET_USER_ORDER: Operation = Operation { acts: OF_ORDER, ..api("getuserorder") };
pub(crate) const SYNC_RET_ORDER: Operation = api("syncretorder");
pub(crate) const TRACKING: Operation = api("tracking");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const WEBHOOK: Operation =
    Operation { name: "webhook", channel: Channel::Webhook, acts: OF_MESSAGE };
pub(crate) const RETURN: Operation =
    Operation { name: "return", channel: Channel::Return, acts: &[Kind::WebhookBeforeResponse] };

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
