//! All that can go wrong at Divido on demand.

use crate::faults::{Channel, Operation};

const fn api(name: &'static str) -> Operation {
    Operation { name, channel: Channel::Api }
}

pub(crate) const FINANCES: Operation = api("finances");
pub(crate) const DEAL_CALCULATOR: Operation = api("dealcalculator");
pub(crate) const CREDIT_REQUEST: Operation = api("creditrequest");
pub(crate) const FINALIZE: Operation = api("finalize");
pub(crate) const ACTIVATION: Operation = api("activation");
pub(crate) const CANCELLATION: Operation = api("cancellation");
pub(crate) const REFUND: Operation = api("refund");
pub(crate) const APPLICATIONS: Operation = api("applications");
pub(crate) const PAYMENTS: Operation = api("payments");
pub(crate) const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };
pub(crate) const RETURN: Operation = Operation { name: "return", channel: Channel::Return };

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
