//! All that can go wrong at Kredivo on demand.

use crate::faults::{Channel, Operation};

pub(crate) const CREATE: Operation = Operation { name: "create", channel: Channel::Api };
pub(crate) const STATUS: Operation = Operation { name: "status", channel: Channel::Api };
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

/// All of them.
pub(crate) const ALL: [Operation; 4] = [CREATE, STATUS, WEBHOOK, RETURN];
