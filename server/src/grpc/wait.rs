//! Waiting for an order to get somewhere, as long as the caller does.

use super::Api;
use super::refusal;
use crate::books::ShownOrder;
use ordain_engine::RunId;
use ordain_proto::orders::v1::WaitFor;
use ordain_workflows::order::{Operation, OperationState, Order, OrderState};
use std::time::Duration;
use tonic::{Status, metadata::MetadataMap};

/// How long a caller without a deadline waits: longer than any provider's operation may take.
const PATIENCE: Duration = Duration::from_secs(45);
/// Left of the caller's deadline for the answer to travel.
const MARGIN: Duration = Duration::from_millis(50);
/// Besides being woken: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to wait for what.
#[derive(Clone)]
pub(super) struct Wait {
    target: WaitFor,
    patience: Duration,
}

impl Wait {
    /// From the request and its deadline.
    pub(super) fn of(target: i32, metadata: &MetadataMap) -> Self {
        let target = match WaitFor::try_from(target) {
            Ok(WaitFor::Accepted) => WaitFor::Accepted,
            Ok(WaitFor::Settled) => WaitFor::Settled,
            _ => WaitFor::Submitted,
        };
        let deadline = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(timeout);
        let patience = deadline.map_or(PATIENCE, |deadline| deadline.min(PATIENCE).saturating_sub(MARGIN));
        Self { target, patience }
    }

    /// Reads the order once it is far enough, or as it stands when patience ends: what was asked for stays either way.
    pub(super) async fn for_order(
        &self,
        api: &Api,
        run: RunId,
        reached: impl Fn(&Order, WaitFor) -> bool,
    ) -> Result<ShownOrder, Status> {
        let mut watch = api.engine.watch(run);
        let end = tokio::time::Instant::now() + self.patience;
        loop {
            let shown = api.books.order(run).await.map_err(|error| refusal::from_books(&error))?;
            let shown = shown.ok_or_else(|| refusal::unavailable("the order is not readable yet"))?;
            let over = tokio::time::Instant::now() >= end;
            if over || self.target == WaitFor::Accepted || reached(&shown.order, self.target) {
                return Ok(shown);
            }
            let look = (tokio::time::Instant::now() + LOOK_EVERY).min(end);
            // Woken or not, the loop looks again.
            drop(tokio::time::timeout_at(look, watch.changed()).await);
        }
    }
}

/// The checkout is open, or will not be.
pub(super) fn opened(order: &Order, _: WaitFor) -> bool {
    order.state != OrderState::Creating
}

/// An operation has been answered once, or has ended.
pub(super) fn operation(id: &str) -> impl Fn(&Order, WaitFor) -> bool {
    move |order, target| order.operation(id).is_none_or(|operation| moved(operation, target))
}

fn moved(operation: &Operation, target: WaitFor) -> bool {
    use OperationState as S;
    match operation.state {
        S::Requested | S::Submitting => operation.parked.is_some(),
        S::Pending => target == WaitFor::Submitted,
        S::Succeeded | S::Failed | S::Unknown | S::NotSent | S::Reversed => true,
    }
}

/// The question that was asked has been answered.
pub(super) fn answered(order: &Order, _: WaitFor) -> bool {
    order.asking.out_since.is_none()
}

/// The provider has said whether the checkout may live longer.
pub(super) fn extended(order: &Order, _: WaitFor) -> bool {
    order.extending.is_none()
}

/// gRPC's own spelling of a deadline: digits and a unit.
pub(super) fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(n.checked_mul(3600)?),
        "M" => Duration::from_secs(n.checked_mul(60)?),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}
