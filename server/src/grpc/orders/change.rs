//! Asking something of an order: judged by its run, answered when the answer is durable.

use super::{Api, actor, names, refusal, request_id, wait};
use crate::books::ShownOrder;
use ordain_engine::{MessageRequest, RunId};
use ordain_proto::orders::v1 as proto;
use ordain_proto::orders::v1::WaitFor;
use ordain_providers::{Cx, EncodeError};
use ordain_workflows::order::{Command, CommandId, Effect, Operation, Order, Step};
use ordain_workflows::order_workflow::{OrderAnswer, OrderMessage};
use prost::Message;
use tonic::{Code, Request, Status};

/// A request to change an order, read.
pub(super) struct Asked {
    name: String,
    run: RunId,
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
    /// Takes out what is not part of the wish: id, etag and wait, in this order.
    fn take(&mut self) -> (String, String, i32);
}

/// One implementation for requests with an etag, one for those without.
macro_rules! change_request {
    ($request:ident, $take_etag:expr) => {
        impl ChangeRequest for proto::$request {
            const METHOD: &'static str = stringify!($request);

            fn take(&mut self) -> (String, String, i32) {
                let take_etag: fn(&mut Self) -> String = $take_etag;
                (std::mem::take(&mut self.request_id), take_etag(self), std::mem::take(&mut self.wait))
            }
        }
    };
}

change_request!(SyncOrderRequest, |_| String::new());
change_request!(ExpireOrderRequest, |_| String::new());
change_request!(ExtendOrderExpiryRequest, |_| String::new());
change_request!(AcceptPaymentRequest, |_| String::new());
change_request!(ReverseFulfilmentRequest, |_| String::new());
change_request!(CancelOrderRequest, |request| std::mem::take(&mut request.etag));
change_request!(CreateFulfilmentRequest, |request| std::mem::take(&mut request.etag));
change_request!(CreateRefundRequest, |request| std::mem::take(&mut request.etag));

impl Asked {
    /// Reads what every change has.
    pub(super) fn of<R: ChangeRequest>(
        api: &Api,
        shown: &ShownOrder,
        request: &Request<R>,
        command: Command,
    ) -> Result<Self, Status> {
        let mut bare = request.get_ref().clone();
        let (given_id, etag, waiting) = bare.take();
        let only_at = match etag.as_str() {
            "" => None,
            // An etag that none of ours can be is one that the order does not have.
            etag => Some(etag.parse().map_err(|_| refusal::etag_mismatch())?),
        };
        Ok(Self {
            name: names::order(&shown.order.merchant, &shown.order.id),
            run: shown.run,
            request_id: request_id(&given_id)?,
            fingerprint: api.fingerprint(R::METHOD, &bare),
            actor: actor(request),
            only_at,
            command,
            waiting: wait::Wait::of(waiting, request.metadata()),
        })
    }
}

/// Asks for an operation on the order as it was `shown`, and returns it with the order as it stands then.
pub(super) async fn operate(
    api: &Api,
    shown: &ShownOrder,
    asked: Asked,
) -> Result<(Changed, Option<Operation>), Status> {
    if api.engine.holds(asked.run) {
        let why =
            "the store was restored, and the provider is being asked how this order stands: ask again soon";
        return Err(refusal::unavailable(why));
    }
    rehearse(api, shown, &asked.command).await?;
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
) -> Result<Changed, Status> {
    let (waiting, run) = (asked.waiting.clone(), asked.run);
    let (_, replayed) = ask(api, asked).await?;
    let shown = waiting.for_order(api, run, reached).await?;
    Ok(Changed { order: api.told(&shown).await?, replayed })
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
    let books_failed = |error: &_| refusal::from_books(error);
    let now = api.books.now_for(&shown.row).await.map_err(|error| books_failed(&error))?;
    let mut order = shown.order.clone();
    let id = CommandId { operation: "rehearsal", request: "" };
    let Ok(accepted) = order.command(id, command, now, provider.spec()) else {
        return Ok(());
    };
    let Some(account) = api.books.account(&order.account).await.map_err(|error| books_failed(&error))? else {
        return Ok(());
    };
    let people = api.books.people(shown).await.map_err(|error| books_failed(&error))?.unwrap_or_default();
    let content = order.content(&people);
    let calls = accepted.effects.into_iter().filter_map(|effect| match effect {
        Effect::Call { step, op, .. } => Some((step, op)),
        Effect::Event { .. } => None,
    });
    // What waits for another operation, or for an answer, leaves later, and must be sayable then.
    let waiting = order.waiting_op("rehearsal", provider.spec());
    let waiting = waiting.map(|op| (Step::Operation("rehearsal".to_owned()), op));
    for (step, op) in calls.chain(waiting) {
        let cx = Cx {
            now,
            account: &account.credentials,
            order: Some(&content),
            refs: &order.refs_of(order.attempt_of(&step), provider.spec()),
            expires_at: Some(order.expires_at),
            entropy: [0; 32],
        };
        if let Err(EncodeError::NotExpressible { field, why }) = provider.encode(&op, &cx) {
            return Err(refusal::field(&field, why));
        }
    }
    Ok(())
}
