//! Telling an order what a statement says of it.

use super::fetching::NotFetched;
use crate::books::ShownOrder;
use jiff::Timestamp;
use ordain_engine::{CallError, Engine, MessageRequest};
use ordain_providers::Facts;
use ordain_providers::inbound::Trust;
use ordain_workflows::order::{Observation, Source};
use ordain_workflows::order_workflow::OrderMessage;
use ordain_workflows::reconciliation::Place;

/// Tells it, once a line however often the statement is compared. Where the line differs from what we believe, the order
/// asks its provider besides.
pub(super) async fn tell(
    engine: &Engine,
    shown: &ShownOrder,
    (place, facts): (Place<'_>, &Facts),
    differs: bool,
) -> Result<(), NotFetched> {
    let seen = Observation {
        source: Source::Statement,
        trust: Trust::Authoritative,
        facts: facts.clone(),
        label: format!("statement {}", place.statement),
        received_at: Timestamp::now(),
        asked_at: None,
        then_sync: differs,
    };
    let message = OrderMessage::Observed { observation: Box::new(seen), raw: None };
    let key = format!("statement {} line {}", place.statement, place.line);
    match engine.send(MessageRequest::keyed(shown.run, key, &message, &shown.order.provider)).await {
        Ok(_) => Ok(()),
        Err(error @ (CallError::Overloaded | CallError::Unavailable)) => Err(error.into()),
        // An order that was put away, or that waits for a person, keeps what it believes; the difference is listed.
        Err(error) => {
            tracing::info!(order = shown.order.id, %error, "the order did not take a statement's word");
            Ok(())
        }
    }
}
