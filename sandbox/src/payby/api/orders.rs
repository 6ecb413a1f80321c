//! Ending an order, and letting it live longer.

use super::{Call, Outcome, Refusal, Said};
use crate::payby::event::Event;
use crate::payby::order::{Order, Status};

/// The longest that an order may be extended, from now.
const EXTENSION_MAX_MS: i64 = 15 * 24 * 3_600 * 1_000;

/// `cancelOrder`: an open order only.
pub(super) fn cancel(call: &Call<'_>) -> Outcome {
    let order = call.order()?;
    still_open(order)?;
    let (key, digest) = (order.key.clone(), call.digest.clone());
    Ok((vec![Event::Cancelled { key: key.clone(), digest }.into()], Said::Order(key)))
}

/// `revokeOrder`: closes an open order, gives a paid one back; once.
pub(super) fn revoke(call: &Call<'_>) -> Outcome {
    let order = call.order()?;
    let key = order.key.clone();
    if order.revoked || order.status == Status::Failure {
        return Ok((Vec::new(), Said::Order(key)));
    }
    if order.refunded > 0 {
        return Err(Refusal::Code("62041", "ACQUIRE_ORDER_REFUNDED"));
    }
    let digest = call.digest.clone();
    Ok((vec![Event::Revoked { key: key.clone(), digest }.into()], Said::Order(key)))
}

/// `updateExpiredTime`: an open order only.
pub(super) fn extend(call: &Call<'_>) -> Outcome {
    let order = call.order()?;
    still_open(order)?;
    let (expires_ms, now_ms) = (call.content.whole("expiredTime")?, call.now.as_millisecond());
    if expires_ms <= now_ms || expires_ms > now_ms + EXTENSION_MAX_MS {
        return Err(Refusal::Code("62089", "INVALID_EXPIRED_TIME"));
    }
    let key = order.key.clone();
    Ok((vec![Event::Extended { key: key.clone(), expires_ms }.into()], Said::Order(key)))
}

fn still_open(order: &Order) -> Result<(), Refusal> {
    match order.status {
        Status::Created => Ok(()),
        Status::PaidSuccess => Err(Refusal::Code("62001", "ORDER_PAID")),
        Status::Failure => Err(Refusal::Code("62002", "ORDER_FAILURE")),
        Status::Settled => Err(Refusal::Code("62003", "ORDER_SETTLED")),
    }
}
