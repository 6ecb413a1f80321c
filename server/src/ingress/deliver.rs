//! Carrying a genuine message to the run that it is about.

use super::Ingress;
use crate::books::{BooksError, OpenAccount, ShownOrder, place};
use jiff::Timestamp;
use ordain_engine::store::InboundRow;
use ordain_engine::{CallError, MessageRequest, RunId};
use ordain_providers::inbound::{About, InboundKind, Then, Trust};
use ordain_providers::{Facts, Inbound, Ingested, OrderContent};
use ordain_workflows::account_workflow::AccountMessage;
use ordain_workflows::order::{Command, Observation, Source};
use ordain_workflows::order_workflow::{OrderAnswer, OrderMessage, RawMessage};

/// A repeated message whose key proves nothing counts again, but no more often than this.
const AGAIN_US: i64 = 10_000_000;

/// What became of a message.
pub(super) enum Delivered {
    /// It is durable. A pull gets the content; a return, the shop's address.
    Stored { content: Option<Box<OrderContent>>, return_url: Option<String> },
    /// The order no longer takes it.
    Refused { why: String },
    /// There is no such order on this account; the message is kept.
    Unknown,
    /// It could not be stored: the sender must try again.
    Unavailable,
}

/// Delivers and waits until it is durable.
pub(super) async fn deliver(
    ingress: &Ingress,
    account: &OpenAccount,
    message: &Inbound,
    ingested: &Ingested,
) -> Delivered {
    let delivered = match &ingested.about {
        About::Account => to_account(ingress, account, ingested).await,
        About::Order(id) => match shown(ingress, account, id).await {
            Ok(Some(order)) if ingested.kind == InboundKind::Pull => pulled(ingress, &order).await,
            Ok(Some(order)) => match observed(ingress, &order, message, ingested).await {
                // It was put away: whatever still comes is for a person to read.
                Err(NotStored::Call(CallError::Closed)) => keep(ingress, account, message, ingested).await,
                delivered => delivered,
            },
            Ok(None) => keep(ingress, account, message, ingested).await,
            Err(error) => Err(error.into()),
        },
    };
    delivered.unwrap_or_else(|failure| {
        tracing::warn!(account = account.account.new.id, %failure, "an inbound message could not be stored");
        Delivered::Unavailable
    })
}

/// Why a message could not be stored.
#[derive(Debug, thiserror::Error)]
enum NotStored {
    #[error(transparent)]
    Books(#[from] BooksError),
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The order of this id, if it is one of this account: a key of one account says nothing about another's orders.
async fn shown(ingress: &Ingress, account: &OpenAccount, id: &str) -> Result<Option<ShownOrder>, BooksError> {
    let Ok(run) = id.parse::<RunId>() else { return Ok(None) };
    let order = ingress.books.order(run).await?;
    Ok(order.filter(|shown| shown.order.account == account.account.new.id))
}

async fn to_account(
    ingress: &Ingress,
    account: &OpenAccount,
    ingested: &Ingested,
) -> Result<Delivered, NotStored> {
    let stored = Delivered::Stored { content: None, return_url: None };
    let Some(config) = ingested.config.clone() else { return Ok(stored) };
    let configured = AccountMessage::Configured { label: ingested.label.clone(), config };
    let provider = &account.account.new.provider;
    let told = |key| ingress.engine.send(MessageRequest::keyed(account.run, key, &configured, provider));
    // What has no time of its own may be news again: a plan is offered, withdrawn and offered as before.
    if told(ingested.dedup.clone()).await?.replayed && ingested.dedup_is_weak {
        told(again(ingress, ingested)).await?;
    }
    Ok(stored)
}

/// The provider asks for the content. Its answer is the content as accepted, for as long as the order takes a
/// customer; a pull that the order knows of already needs no record.
async fn pulled(ingress: &Ingress, shown: &ShownOrder) -> Result<Delivered, NotStored> {
    let open = !shown.order.state.is_ended();
    if !(open && shown.order.customer_arrived_at.is_some()) {
        let pull = OrderMessage::Command { command: Command::Pull, request_id: String::new() };
        let key = format!("pull {}", uuid::Uuid::new_v4());
        let request = MessageRequest::keyed(shown.run, key, &pull, &shown.order.provider);
        let answer = ingress.engine.call(request).await?.answer.unwrap_or_default();
        if let Ok(OrderAnswer::Refused(refusal)) = serde_json::from_slice(&answer) {
            return Ok(Delivered::Refused { why: refusal.message });
        }
    }
    let Some(people) = ingress.books.people(shown).await? else {
        return Ok(Delivered::Refused { why: "the customer's data was erased".into() });
    };
    let content = Some(Box::new(shown.order.content(&people)));
    Ok(Delivered::Stored { content, return_url: None })
}

async fn observed(
    ingress: &Ingress,
    shown: &ShownOrder,
    message: &Inbound,
    ingested: &Ingested,
) -> Result<Delivered, NotStored> {
    let now = ingress.books.now_for(&shown.row).await?;
    let seen = observation(ingested, ingested.facts.clone(), now);
    // Where the order's key was deleted, what the message says is kept, and its text is not.
    let raw = ingress.books.seal(shown.run, place::RAW, &raw(message)).await?;
    // The key holds the message's own digest, so the same key is the same message.
    let told = |key, observation: &OrderMessage| {
        ingress.engine.send(MessageRequest::keyed(shown.run, key, observation, &shown.order.provider))
    };
    let seen = OrderMessage::Observed { observation: Box::new(seen), raw };
    let reply = told(ingested.dedup.clone(), &seen).await?;
    if reply.replayed && ingested.dedup_is_weak {
        let hint = Observation { then_sync: true, ..observation(ingested, Facts::default(), now) };
        let hint = Observation { trust: Trust::Hint, ..hint };
        told(again(ingress, ingested), &OrderMessage::Observed { observation: Box::new(hint), raw: None })
            .await?;
    }
    let outcome = if ingested.gave_up { "cancelled" } else { "done" };
    let address = |url: &String| url.replace("{order}", &shown.order.id).replace("{outcome}", outcome);
    let return_url = shown.order.return_url.as_ref().map(address);
    Ok(Delivered::Stored { content: None, return_url })
}

/// The key of a message that was said before and may be news all the same.
fn again(ingress: &Ingress, ingested: &Ingested) -> String {
    format!("{} again {}", ingested.dedup, ingress.engine.now() / AGAIN_US)
}

fn observation(ingested: &Ingested, facts: Facts, received_at: Timestamp) -> Observation {
    Observation {
        source: match ingested.kind {
            InboundKind::Webhook => Source::Webhook,
            InboundKind::Return => Source::Redirect,
            InboundKind::Pull => Source::Pull,
        },
        trust: ingested.trust,
        facts,
        label: ingested.label.clone(),
        received_at,
        asked_at: None,
        then_sync: ingested.then == Then::Sync,
    }
}

/// Genuine, and about an order that we do not have: it is kept for a person, under the account's seal.
async fn keep(
    ingress: &Ingress,
    account: &OpenAccount,
    message: &Inbound,
    ingested: &Ingested,
) -> Result<Delivered, NotStored> {
    if ingested.kind == InboundKind::Webhook {
        let body = ingress.books.seal(account.run, place::RAW, &raw(message)).await?;
        let row = InboundRow {
            id: ingress.engine.new_run_id(),
            owner: account.account.new.id.clone(),
            dedup: ingested.dedup.clone(),
            received: ingress.engine.now(),
            label: ingested.label.clone(),
            body: serde_json::to_vec(&body).expect("messages are plain data and always serialise"),
        };
        ingress.engine.keep_inbound(row).await?;
    }
    Ok(Delivered::Unknown)
}

fn raw(message: &Inbound) -> RawMessage {
    RawMessage {
        path: message.path.clone(),
        query: message.query.expose().clone(),
        headers: message.headers.clone(),
        body: String::from_utf8_lossy(message.body.expose()).into_owned(),
    }
}
