//! Asking something of an order: judged by its run, answered when the answer is durable.

use super::{Api, actor, names, refusal, request_id, wait};
use crate::books::ShownOrder;
use jiff::Timestamp;
use ordain_engine::{MessageRequest, RunId};
use ordain_proto::orders::v1 as proto;
use ordain_proto::orders::v1::WaitFor;
use ordain_providers::{Cx, EncodeError};
use ordain_workflows::order::{Command, CommandId, Effect, Operation, Order};
use ordain_workflows::order_workflow::{OrderAnswer, OrderMessage};
use ordain_workflows::time::timestamp;
use prost::Message;
use tonic::{Code, Request, Status};

/// A request to change an order, read.
pub(super) struct Asked {
    name: String,
    run: RunId,
    merchant: String,
    request_id: String,
    fingerprint: Vec<u8>,
    actor: String,
    only_at: Option<u64>,
    command: Command,
    waiting: wait::Wait,
}

/// What came of it.
pub(super) struct Changed {
    /// As it stands now.
    pub(super) order: proto::Order,
    /// The request was known already.
    pub(super) replayed: bool,
}

/// What all requests that change an order have.
pub(super) trait ChangeRequest: Message + Clone {
    /// For fingerprints.
    const METHOD: &'static str;
    /// Which order.
    fn order(&self) -> &str;
    /// Takes out what is not part of the wish: id, etag and wait, in this order.
    fn take(&mut self) -> (String, String, i32);
}

/// One implementation for requests with an etag, one for those without.
macro_rules! change_request {
    ($request:ident, $order:ident, $take_etag:expr) => {
        impl ChangeRequest for proto::$request {
            const METHOD: &'static str = stringify!($request);

            fn order(&self) -> &str {
                &self.$order
            }

            fn take(&mut self) -> (String, String, i32) {
                let take_etag: fn(&mut Self) -> String = $take_etag;
                (std::mem::take(&mut self.request_id), take_etag(self), std::mem::take(&mut self.wait))
            }
        }
    };
}

change_request!(SyncOrderRequest, name, |_| String::new());
change_request!(ExpireOrderRequest, name, |_| String::new());
change_request!(ExtendOrderExpiryRequest, name, |_| String::new());
change_request!(AcceptPaymentRequest, name, |_| String::new());
change_request!(ReverseFulfilmentRequest, name, |_| String::new());
change_request!(CancelOrderRequest, name, |request| std::mem::take(&mut request.etag));
change_request!(CreateFulfilmentRequest, parent, |request| std::mem::take(&mut request.etag));
change_request!(CreateRefundRequest, parent, |request| std::mem::take(&mut request.etag));

impl Asked {
    /// Reads what every change has.
    pub(super) fn of<T, R: ChangeRequest>(
        api: &Api,
        request: &Request<T>,
        body: &R,
        command: Command,
    ) -> Result<Self, Status> {
        let mut bare = body.clone();
        let (given_id, etag, waiting) = bare.take();
        let name = body.order().split("/fulfilments/").next().unwrap_or_default().to_owned();
        let (merchant, run) = names::parse_order("name", &name)?;
        let only_at = match etag.as_str() {
            "" => None,
            // An etag that none of ours can be is one that the order does not have.
            etag => Some(etag.parse().map_err(|_| refusal::etag_mismatch())?),
        };
        Ok(Self {
            name,
            run,
            merchant,
            request_id: request_id(&given_id)?,
            fingerprint: api.fingerprint(R::METHOD, &bare),
            actor: actor(request),
            only_at,
            command,
            waiting: wait::Wait::of(waiting, request.metadata()),
        })
    }
}

/// Asks for an operation and returns it with the order.
pub(super) async fn operate(api: &Api, asked: Asked) -> Result<(Changed, Option<Operation>), Status> {
    let before = readable(api, &asked).await?;
    rehearse(api, &before, &asked.command).await?;
    let (waiting, run) = (asked.waiting.clone(), asked.run);
    let (operation, replayed) = ask(api, asked).await?;
    let id = operation.unwrap_or_default();
    let shown = waiting.for_order(api, run, wait::operation(&id)).await?;
    let operation = shown.order.operation(&id).cloned();
    Ok((Changed { order: api.told(&shown).await?, replayed }, operation))
}

/// Asks for something that is no operation.
pub(super) async fn change(
    api: &Api,
    asked: Asked,
    reached: impl Fn(&Order, WaitFor) -> bool,
) -> Result<(Changed, ()), Status> {
    readable(api, &asked).await?;
    let (waiting, run) = (asked.waiting.clone(), asked.run);
    let (_, replayed) = ask(api, asked).await?;
    let shown = waiting.for_order(api, run, reached).await?;
    Ok((Changed { order: api.told(&shown).await?, replayed }, ()))
}

async fn readable(api: &Api, asked: &Asked) -> Result<ShownOrder, Status> {
    let shown = api.shown("name", &asked.name).await?;
    if shown.order.merchant == asked.merchant { Ok(shown) } else { Err(names::order_not_found(&asked.name)) }
}

async fn ask(api: &Api, asked: Asked) -> Result<(Option<String>, bool), Status> {
    let Asked { name, run, request_id, fingerprint, actor, only_at, command, .. } = asked;
    let message = OrderMessage::Command { command, request_id: request_id.clone() };
    let payload = serde_json::to_vec(&message).expect("commands are plain data");
    let request = MessageRequest { run, key: request_id, fingerprint, payload, actor, only_at };
    let reply = api.engine.call(request).await.map_err(|error| refusal::from_call(&name, &error))?;
    let answer = serde_json::from_slice(&reply.answer.unwrap_or_default());
    match answer.map_err(|error| refusal::status(Code::Internal, "ANSWER_UNREADABLE", error.to_string()))? {
        OrderAnswer::Granted { operation } => Ok((operation, reply.replayed)),
        OrderAnswer::Refused(refused) => Err(refusal::refused(&name, &refused)),
    }
}

/// Whether the provider's codec could say what this command leads to. The run judges the command itself; this only
/// finds, before anything is recorded, what could never be sent.
pub(super) async fn rehearse(api: &Api, shown: &ShownOrder, command: &Command) -> Result<(), Status> {
    let Some(provider) = ordain_providers::find(&shown.order.provider) else { return Ok(()) };
    let mut order = shown.order.clone();
    let id = CommandId { operation: "rehearsal", request: "" };
    let Ok(accepted) = order.command(id, command, timestamp(api.engine.now()), provider.spec()) else {
        return Ok(());
    };
    let books_failed = |error: &_| refusal::from_books(error);
    let Some(account) = api.books.account(&order.account).await.map_err(|error| books_failed(&error))? else {
        return Ok(());
    };
    let people = api.books.people(shown).await.map_err(|error| books_failed(&error))?.unwrap_or_default();
    let content = order.content(&people);
    let cx = Cx {
        now: Timestamp::now(),
        account: &account.credentials,
        order: Some(&content),
        refs: &order.provider_refs,
        expires_at: Some(order.expires_at),
        entropy: [0; 32],
    };
    for effect in accepted.effects {
        if let Effect::Call { op, .. } = effect
            && let Err(EncodeError::NotExpressible { field, why }) = provider.encode(&op, &cx)
        {
            return Err(refusal::field(&field, why));
        }
    }
    Ok(())
}
