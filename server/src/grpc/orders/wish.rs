//! What a shipment, a refund or a cancellation asks for, read against the order: which pieces, and how many.

use crate::grpc::{refusal, wire};
use ordain_proto::orders::v1 as proto;
use ordain_providers::Quantity;
use ordain_workflows::order::{Command, LineRemaining, Order};
use tonic::Status;

/// What a shipment asks for.
pub(super) fn fulfil(order: &Order, asked: &proto::Fulfilment) -> Result<Command, Status> {
    let mut faults = wire::Faults::default();
    let shippable = of_line(order, |line| line.shippable.quantity);
    let lines = wire::portions("fulfilment.lines", &asked.lines, shippable, &mut faults);
    let tracking = wire::tracking(asked.tracking.as_ref());
    faults.or(Command::Fulfil { lines, tracking })
}

/// What a refund asks for.
pub(super) fn refund(order: &Order, asked: &proto::Refund) -> Result<Command, Status> {
    let mut faults = wire::Faults::default();
    let refundable =
        of_line(order, |line| line.refundable.quantity.plus(line.cancellable.quantity).unwrap_or_default());
    let lines = wire::portions("refund.lines", &asked.lines, refundable, &mut faults);
    let amount = asked.amount.as_ref().map(|amount| wire::money("refund.amount", Some(amount), &mut faults));
    let attempt = other_attempt(&asked.attempt);
    faults.or(Command::Refund { lines, amount, reason: asked.reason.clone(), attempt })
}

/// What giving up asks for.
pub(super) fn cancel(order: &Order, asked: &proto::Cancellation) -> Result<Command, Status> {
    let mut faults = wire::Faults::default();
    let cancellable = of_line(order, |line| line.cancellable.quantity);
    let lines = wire::portions("lines", &asked.lines, cancellable, &mut faults);
    let attempt = other_attempt(&asked.attempt);
    faults.or(Command::Cancel { lines, reason: asked.reason.clone(), attempt })
}

/// The attempt that is named; none if the order's own is meant.
fn other_attempt(named: &str) -> Option<String> {
    Some(named.to_owned()).filter(|named| !named.is_empty())
}

impl wire::Faults {
    fn or(self, command: Command) -> Result<Command, Status> {
        if self.0.is_empty() { Ok(command) } else { Err(refusal::fields(&self.0)) }
    }
}

/// What is left of a line, for pieces that are named without a number.
fn of_line(order: &Order, part: impl Fn(&LineRemaining) -> Quantity) -> impl Fn(&str) -> Quantity {
    let provider = ordain_providers::find(&order.provider);
    let remaining = provider.map(|provider| order.remaining(provider.spec())).unwrap_or_default();
    move |id| remaining.iter().find(|left| left.line_id == id).map(&part).unwrap_or_default()
}
