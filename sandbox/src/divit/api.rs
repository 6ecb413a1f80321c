//! The calls of a shop's system to divit.
//!
//! Each call is a pure function from the state and the request to what changes
//! and what is answered. The envelope is always `{code, message, data}`; a
//! code that is not 0 is an error.

mod refund;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::create;
use super::event::Event as Own;
use super::operation;
use super::order::{Generation, Order, Placed};
use super::state::Divit;
use super::token;
use crate::admin;
use crate::call::{Answer, Call, answered};
use crate::checkout::new_token;
use crate::clock::later;
use crate::exact::{Fault, Fields};
use crate::host::Host;
use crate::mac;
use crate::simulator::OrderKey;
use crate::simulator::Simulator;

/// What is escaped of a name.
const BUT_BLANKS: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b' ');

type Event = crate::state::Event<Own>;
type Shared = Extracted<Arc<Host<Divit>>>;
/// What a call changes, and the `data` of its answer.
type Outcome = Result<(Vec<Event>, Value), Refusal>;

/// Every path of the three generations.
pub(crate) fn routes() -> Router<Arc<Host<Divit>>> {
    use Generation::{Directpay, Paylater, Paynow};
    macro_rules! call {
        ($method:ident, $operation:expr, $decide:expr) => {
            $method(|host: Shared, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let call = Call::new($operation, &uri, headers, body);
                called(host, call, $decide).await
            })
        };
    }
    Router::new()
        .route("/paynow/orders", call!(post, operation::CREATE, Asked::Create(Paynow)))
        .route("/paylater/orders", call!(post, operation::CREATE, Asked::Create(Paylater)))
        .route("/directpay/o/order", call!(post, operation::CREATE, Asked::Create(Directpay)))
        .route("/paynow/orders/{id}/status", call!(get, operation::STATUS, Asked::Status))
        .route("/paylater/orders/{id}/status", call!(get, operation::STATUS, Asked::Status))
        .route("/paynow/orders/refund/request", call!(post, operation::REFUND, Asked::Refund))
        .route("/paylater/orders/refund/request", call!(post, operation::REFUND, Asked::Refund))
        .route("/directpay/profile", call!(get, operation::PROFILE, Asked::Profile))
        .route("/_sandbox/orders/{id}/refunds/{number}/end", post(end_refund))
}

/// Which call it is.
#[derive(Clone, Copy)]
enum Asked {
    Create(Generation),
    Status,
    Refund,
    Profile,
}

/// Why a call is refused.
pub(crate) enum Refusal {
    /// No branch has this key.
    Key,
    /// A field cannot be used.
    Field(Fault),
    /// The branch has no such order, or the status does not know it yet.
    NotFound,
    /// The call contradicts the order.
    Rule(&'static str),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Field(fault)
    }
}

impl Refusal {
    fn answer(&self) -> Answer {
        let (status, code, message) = match self {
            Refusal::Key => (StatusCode::UNAUTHORIZED, 401, "invalid api-key".to_owned()),
            Refusal::NotFound => (StatusCode::NOT_FOUND, 404, "order not found".to_owned()),
            Refusal::Field(fault) => (StatusCode::BAD_REQUEST, 400, fault.to_string()),
            Refusal::Rule(rule) => (StatusCode::BAD_REQUEST, 422, (*rule).to_owned()),
        };
        Answer::json(status, json!({"code": code, "message": message, "data": null}).to_string())
    }
}

/// One call, with what it needs from outside the state made before.
async fn called(host: Shared, call: Call, asked: Asked) -> Response {
    let now = host.now(|own| own.account_with(call.header("api-key")));
    let new = New {
        id: uuid::Uuid::new_v4().to_string(),
        token: new_token(),
        base: format!("http://{}", host.config.listen),
        now,
        settled: later(now, host.config.settle_after),
    };
    let execute = |state: &Divit, call: &Call| {
        let outcome = state.account(call.header("api-key")).ok_or(Refusal::Key).and_then(|account| {
            match asked {
                Asked::Create(generation) => create(account, generation, call, &new),
                Asked::Status => status::status(state, account, call),
                Asked::Refund => refund::refund(state, account, call, new.settled),
                Asked::Profile => Ok((
                    Vec::new(),
                    json!({"branchID": account.branch_id, "merchantID": account.merchant_id}),
                )),
            }
            .map(|(events, data)| (events, envelope(account, asked, data)))
        });
        match outcome {
            Ok((events, body)) => (events, Answer::json(StatusCode::OK, body)),
            Err(refusal) => (Vec::new(), refusal.answer()),
        }
    };
    answered(&host, call, order_key, execute).await
}

fn envelope(account: &Account, asked: Asked, data: Value) -> String {
    let body = json!({"code": 0, "message": "OK", "data": data});
    match asked {
        Asked::Status if account.wraps_status => json!({"value": body}).to_string(),
        _ => body.to_string(),
    }
}

/// The order a call is about, as far as it can be told before the call is looked at.
fn order_key(state: &Divit, call: &Call) -> Option<OrderKey> {
    let account = state.account(call.header("api-key"))?.branch_id.clone();
    let order = match call.operation {
        operation::STATUS => status::asked_about(call)?,
        operation::REFUND => Fields::parse(&call.body).ok()?.text("orderID").ok()?,
        _ => return None,
    };
    Some(OrderKey { account, order })
}

/// What is made outside the state for a call that may need it.
struct New {
    id: String,
    token: String,
    base: String,
    now: Timestamp,
    settled: Timestamp,
}

/// Creates an order. Not idempotent: the same request again is another order.
fn create(account: &Account, generation: Generation, call: &Call, new: &New) -> Outcome {
    let body: &[u8] = if call.is_json() { &call.body } else { b"" };
    let placed = create::placed(generation, body, new.now)?;
    let way = redirect(account, &placed, new);
    let token = match placed.fast && generation != Generation::Directpay {
        true => token::token(&new.id, &placed.customer_id, new.now),
        false => String::new(),
    };
    let key = OrderKey { account: account.branch_id.clone(), order: new.id.clone() };
    let digest = Some(call.digest());
    let created = Own::Created { key, token: new.token.clone(), placed, digest };
    Ok((vec![created.into()], json!({"redirectURI": way, "orderID": new.id, "token": token})))
}

/// Where the shopper goes. The blanks in it are not escaped, as in the documented example; anything else that would end
/// the name early is.
fn redirect(account: &Account, placed: &Placed, new: &New) -> String {
    let New { base, id, .. } = new;
    let word = placed.generation.word();
    let escaped = |text: &str| percent_encoding::utf8_percent_encode(text, BUT_BLANKS).to_string();
    let (name, code) = (escaped(&account.merchant_name), escaped(&account.merchant_code()));
    match placed.generation {
        Generation::Directpay => {
            let signature = link_signature(account, id);
            let signature =
                percent_encoding::utf8_percent_encode(&signature, percent_encoding::NON_ALPHANUMERIC);
            format!("{base}/request/fps/{id}?signature={signature}")
        }
        _ => {
            let fast = if placed.fast { "/fast" } else { "" };
            format!("{base}/{word}/{id}{fast}?merchant={name}&mRef={code}")
        }
    }
}

/// What proves that a link of the third generation is divit's.
pub(crate) fn link_signature(account: &Account, id: &str) -> String {
    mac::base64_hmac(account.signature_key.as_bytes(), format!("/request/fps/{id}").as_bytes())
}

/// The branch's order that a call names.
fn order<'a>(state: &'a Divit, account: &Account, id: &str) -> Result<&'a Order, Refusal> {
    let key = OrderKey { account: account.branch_id.clone(), order: id.to_owned() };
    state.orders.get(&key).ok_or(Refusal::NotFound)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    completed: bool,
}

/// What divit's staff does: carries a refund out, or turns it down. Admin call; refunds count from 0.
async fn end_refund(
    host: Shared,
    axum::extract::Path((id, number)): axum::extract::Path<(String, usize)>,
    body: Bytes,
) -> Response {
    let Ok(End { completed }) = serde_json::from_slice(&body) else {
        return admin::refuse(StatusCode::UNPROCESSABLE_ENTITY, "the body is {\"completed\": true or false}");
    };
    let ended = host.commit(None, |state| {
        let wanted = |order: &&Order| order.key.order == id || order.placed.merchant_ref == id;
        // An order that was made twice is two of one reference, and the refund is one's alone.
        let waits = |order: &&Order| order.refunds.get(number).is_some_and(|it| it.completed.is_none());
        let open = state.orders.values().filter(wanted).find(waits);
        let events = open.map_or_else(Vec::new, |it| state.settlement(&it.key, number, completed));
        let found = !events.is_empty();
        (events, found)
    });
    match ended.await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => admin::refuse(StatusCode::NOT_FOUND, "no such refund is waiting"),
        Err(_) => admin::broken(),
    }
}
