//! The two calls of a shop's system to DOKU, and what its back office does.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::{Account, RefusalShape};
use super::event::Event as Own;
use super::generate;
use super::message;
use super::operation;
use super::order::{Order, Placed};
use super::signature::{Component, read, written};
use super::state::Kredivo;
use crate::admin;
use crate::call::{Answer, Call, answered};
use crate::checkout::new_token;
use crate::exact::{Fault, Fields};
use crate::host::Host;
use crate::simulator::OrderKey;
use crate::simulator::Simulator as _;

type Event = crate::state::Event<Own>;
type Shared = Extracted<Arc<Host<Kredivo>>>;

const STATUS_PATH: &str = "/orders/v1/status/";
/// Longest Request-Id.
const REQUEST_ID_MAX: usize = 128;
/// How far a request's time may be from ours, in seconds. DOKU publishes no bound.
const CLOCK_SKEW_MAX_S: u64 = 900;

/// Both calls, and the back office's one.
pub(crate) fn routes() -> Router<Arc<Host<Kredivo>>> {
    Router::new()
        .route("/kredivo-peer-to-peer/v2/generate-order", post(generate_order))
        .route("/orders/v1/status/{id}", get(status))
        .route("/_sandbox/orders/{id}/refund", post(refund_by_hand))
}

/// Why a call is refused.
enum Refusal {
    /// A header is missing or is not what it has to be.
    Header(&'static str),
    /// No client has this id, or the signature is not the client's.
    Signature,
    /// A field cannot be used.
    Field(Fault),
    /// The client has no such order.
    NotFound,
    /// Another request took the invoice number.
    InvoiceTaken,
    /// The Request-Id came before, with another body.
    RequestIdTaken,
}

impl Refusal {
    /// The status, the code of the direct API, the same code in the newer glossary, and the message.
    fn words(&self) -> (StatusCode, &'static str, &'static str, String) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let duplicate = |what: &str| {
            (BAD, "duplicate_transaction", "DUPLICATE_TRANSACTION", format!("{what} ALREADY USED"))
        };
        match self {
            Refusal::Header(name) => {
                (BAD, "invalid_parameter", "INVALID_PARAMETER", format!("HEADER {name} IS INVALID"))
            }
            Refusal::Field(fault) => (BAD, "invalid_parameter", "INVALID_PARAMETER", described(fault)),
            Refusal::Signature => (
                StatusCode::UNAUTHORIZED,
                "invalid_signature",
                "INVALID_TOKEN",
                "INVALID SIGNATURE".to_owned(),
            ),
            Refusal::NotFound => (
                StatusCode::NOT_FOUND,
                "data_not_found",
                "TRANSACTION_NOT_FOUND",
                "TRANSACTION NOT FOUND".to_owned(),
            ),
            Refusal::InvoiceTaken => duplicate("INVOICE NUMBER"),
            Refusal::RequestIdTaken => duplicate("REQUEST-ID"),
        }
    }

    /// In one of the three shapes that DOKU's refusals have; its documents do not say which of them Kredivo's calls use.
    fn answer(&self, shape: RefusalShape) -> Answer {
        let (status, code, capital, message) = self.words();
        let body = match shape {
            RefusalShape::Direct => json!({"error": {"message": message, "code": code}}),
            RefusalShape::Checkout => json!({"message": [message], "response": {}}),
            RefusalShape::Glossary => {
                json!({"status": "FAILED", "response_code": capital, "response_message": message})
            }
        };
        Answer::json(status, body.to_string())
    }
}

fn described(fault: &Fault) -> String {
    match fault {
        Fault::Malformed => fault.to_string(),
        Fault::Missing(field) => format!("{} IS MANDATORY", field.to_uppercase()),
        Fault::Wrong { field, .. } => format!("{} IS INVALID", field.to_uppercase()),
    }
}

async fn generate_order(host: Shared, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = Call::new(operation::CREATE, &uri, headers, body);
    let (now, token) = (host.now(|own| own.account_with(call.header("client-id"))), new_token());
    let url = format!("http://{}/checkout/{token}", host.config.listen);
    let invoice = |_: &Kredivo, call: &Call| {
        let invoice = Fields::parse(&call.body).ok()?.object("order").ok()?.text("invoice_number").ok()?;
        Some(OrderKey { account: call.header("client-id").to_owned(), order: invoice })
    };
    let execute = |state: &Kredivo, call: &Call| {
        let now = call.by_clock(now);
        let decided = genuine(state, call, now)
            .and_then(|account| generated(state, account, call, (now, &token, &url)));
        signed(state, call, now, decided)
    };
    answered(&host, call, invoice, execute).await
}

async fn status(host: Shared, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = Call::new(operation::STATUS, &uri, headers, body);
    let now = host.now(|own| own.account_with(call.header("client-id")));
    let key = |state: &Kredivo, call: &Call| asked_about(state, call).map(|order| order.key.clone());
    let execute = |state: &Kredivo, call: &Call| {
        let (now, twist) = (call.by_clock(now), call.twist());
        let decided = genuine(state, call, now).and_then(|_| {
            let order = asked_about(state, call).ok_or(Refusal::NotFound)?;
            let status = if twist.is_stale() { "PENDING" } else { order.status() };
            let since = order.since(status, order.failed_at.len().saturating_sub(1));
            let body = message::body(order, (status, twist), since);
            Ok((Vec::new(), Answer::json(StatusCode::OK, body.to_string())))
        });
        signed(state, call, now, decided)
    };
    answered(&host, call, key, execute).await
}

/// What is signed of the address: DOKU knows no queries.
fn path(call: &Call) -> &str {
    call.target.split('?').next().unwrap_or_default()
}

/// The order named by invoice number or Request-Id.
fn asked_about<'a>(state: &'a Kredivo, call: &Call) -> Option<&'a Order> {
    let id = path(call).strip_prefix(STATUS_PATH)?;
    let id = percent_encoding::percent_decode_str(id).decode_utf8().ok()?;
    let client = call.header("client-id");
    let key = OrderKey { account: client.to_owned(), order: id.clone().into_owned() };
    state.orders.get(&key).or_else(|| state.of_request(client, &id))
}

/// The client whose signature a call carries, over the body as it came.
fn genuine<'a>(state: &'a Kredivo, call: &Call, now: Timestamp) -> Result<&'a Account, Refusal> {
    let (request_id, timestamp) = (call.header("request-id"), call.header("request-timestamp"));
    if request_id.is_empty() || request_id.len() > REQUEST_ID_MAX {
        return Err(Refusal::Header("REQUEST-ID"));
    }
    let asked_at = read(timestamp).ok_or(Refusal::Header("REQUEST-TIMESTAMP"))?;
    if now.as_second().abs_diff(asked_at.as_second()) > CLOCK_SKEW_MAX_S {
        return Err(Refusal::Header("REQUEST-TIMESTAMP"));
    }
    let account = state.accounts.get(call.header("client-id")).ok_or(Refusal::Signature)?;
    let component = Component {
        client_id: &account.client_id,
        request_id,
        clock: "Request-Timestamp",
        timestamp,
        target: path(call),
        body: &call.body,
    };
    let fits = component.signature(&account.secret_key) == call.header("signature");
    if fits { Ok(account) } else { Err(Refusal::Signature) }
}

/// A new order, or the earlier answer under 409 to a request that came before.
fn generated(
    state: &Kredivo,
    account: &Account,
    call: &Call,
    (now, token, url): (Timestamp, &str, &str),
) -> Result<(Vec<Event>, Answer), Refusal> {
    let request_id = call.header("request-id");
    if let Some(before) = state.of_request(&account.client_id, request_id) {
        let same = before.digest == call.digest();
        let again = || (Vec::new(), Answer::json(StatusCode::CONFLICT, before.answer.clone()));
        return if same { Ok(again()) } else { Err(Refusal::RequestIdTaken) };
    }
    let body: &[u8] = if call.is_json() { &call.body } else { b"" };
    let (invoice, placed) = generate::placed(account, request_id, body, now).map_err(Refusal::Field)?;
    let key = OrderKey { account: account.client_id.clone(), order: invoice };
    if state.orders.contains_key(&key) {
        return Err(Refusal::InvoiceTaken);
    }
    let answer = answer(&key, &placed, url).to_string();
    let (token, digest) = (token.to_owned(), call.digest());
    let placed = Box::new(placed);
    let event = Own::Generated { key, token, placed, digest, answer: answer.clone() };
    let status = if call.twist().is_replay() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((vec![event.into()], Answer::json(status, answer)))
}

fn answer(key: &OrderKey, placed: &Placed, url: &str) -> Value {
    json!({
        "order": {"invoice_number": key.order, "amount": placed.amount},
        "peer_to_peer_info": message::info(placed, "PENDING"),
        "payment": {"url": url, "merchant_unique_reference": placed.unique_reference},
    })
}

/// The answer, refused or not, under DOKU's own signature where the client is known.
fn signed(
    state: &Kredivo,
    call: &Call,
    now: Timestamp,
    decided: Result<(Vec<Event>, Answer), Refusal>,
) -> (Vec<Event>, Answer) {
    let account = state.accounts.get(call.header("client-id"));
    let (events, mut answer) = decided.unwrap_or_else(|refusal| {
        (Vec::new(), refusal.answer(account.map_or(RefusalShape::Direct, Account::refusal_shape)))
    });
    let Some(account) = account else { return (events, answer) };
    let (request_id, timestamp) = (call.header("request-id"), written(now));
    let component = Component {
        client_id: &account.client_id,
        request_id,
        clock: "Response-Timestamp",
        timestamp: &timestamp,
        target: path(call),
        body: &answer.body,
    };
    let signature = component.signature(&call.twist().key(&account.secret_key));
    let header = HeaderName::from_static;
    answer.headers = vec![
        (header("client-id"), account.client_id.clone()),
        (header("request-id"), request_id.to_owned()),
        (header("response-timestamp"), timestamp),
        (header("signature"), signature),
    ];
    (events, answer)
}

/// What a person in DOKU's back office does: gives all of it back. Admin call.
async fn refund_by_hand(host: Shared, Path(invoice): Path<String>) -> Response {
    let refunded = host.commit(None, |state| {
        let mut orders = state.orders.values();
        let order = orders.find(|order| order.key.order == invoice && order.status() == "SUCCESS");
        let events = order.map_or_else(Vec::new, |order| {
            vec![Own::RefundedByHand { key: order.key.clone() }.into(), message::told(order, "REFUNDED")]
        });
        let found = !events.is_empty();
        (events, found)
    });
    match refunded.await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => admin::refuse(StatusCode::NOT_FOUND, "no such paid order"),
        Err(_) => admin::broken(),
    }
}
