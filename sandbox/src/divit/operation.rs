//! All that can go wrong at divit on demand.

use crate::faults::{Channel, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api }
}

pub(crate) const CREATE: Operation = api("create");
pub(crate) const STATUS: Operation = api("status");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const PROFILE: Operation = api("profile");
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

/// All of them.
pub(crate) const ALL: [Operation; 6] = [CREATE, STATUS, REFUND, PROFILE, WEBHOOK, RETURN];
