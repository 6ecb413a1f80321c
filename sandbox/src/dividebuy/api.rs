//! The calls of a retailer's system to DivideBuy, as the integration guide lists them.
//!
//! Each call is a pure function in a file of its own, from the state and the
//! body to what changes and what is answered. Here is what they share: finding
//! the fault to act out, writing down what changed, and only then answering.

mod answer;
mod orders;
mod refund;
pub(crate) mod retailer;
mod tracking;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use futures::StreamExt;
use sha2::{Digest, Sha256};

use super::account::{Credentials, Retailer};
use super::event::Event;
use super::host::{self, Host};
use super::order::{Order, OrderKey};
use super::state::State;
use crate::exact::{Fault as FieldFault, Fields};
use crate::faults::{self, Fault, Kind, Operation};
use crate::journal::Broken;
use crate::server::{Hangup, pause};
use answer::Refusal;

/// What the truncated answer waits before it breaks off, so that its first half has left.
const TRUNCATE_PAUSE: Duration = Duration::from_millis(50);

/// What a call changes, and the body of its answer.
type Outcome = Result<(Vec<Event>, String), Refusal>;

/// Everything the guide lists, at its path.
pub(crate) fn routes() -> Router<Arc<Host>> {
    macro_rules! call {
        ($method:ident, $operation:expr) => {
            $method(|host: Extracted<Arc<Host>>, headers: HeaderMap, body: Bytes| {
                called(host.0, $operation, headers, body)
            })
        };
    }
    Router::new()
        .route("/api/confirmretailer", call!(put, host::CONFIRM_RETAILER))
        .route("/api/updateretailerstatus", call!(post, host::UPDATE_RETAILER_STATUS))
        .route("/api/getuserorder", call!(post, host::GET_USER_ORDER))
        .route("/api/syncretorder", call!(post, host::SYNC_RET_ORDER))
        .route("/api/tracking", call!(post, host::TRACKING))
        .route("/api/refund", call!(post, host::REFUND))
}

/// One call, with its fault acted out around it.
async fn called(host: Arc<Host>, operation: Operation, headers: HeaderMap, body: Bytes) -> Response {
    let asked = match asked_fault(&headers) {
        Ok(asked) => asked,
        Err(refused) => return (StatusCode::BAD_REQUEST, refused.to_string()).into_response(),
    };
    let key = order_key(&host.state(), operation, &body);
    let fault = match host.take_fault(operation, asked, key).await {
        Ok(fault) => fault,
        Err(Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    if let Some(instead) = before(&host, fault).await {
        return instead;
    }
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
    let executed = execute(&host, operation, asked, if is_json { &body } else { b"" }).await;
    let (status, answer) = executed.unwrap_or_else(|Broken| (StatusCode::INTERNAL_SERVER_ERROR, "{}".into()));
    tracing::debug!(operation = operation.name, status = status.as_u16(), ?fault, "call answered");
    after(&host, fault, status, answer).await
}

/// The fault the request's header asks for.
pub(crate) fn asked_fault(headers: &HeaderMap) -> Result<Option<Fault>, faults::FaultRefused> {
    let value = headers.get(faults::HEADER).map(|value| value.to_str().unwrap_or_default());
    value.map(Fault::from_header).transpose()
}

async fn execute(
    host: &Host,
    operation: Operation,
    asked: Option<Fault>,
    body: &[u8],
) -> Result<(StatusCode, String), Broken> {
    let digest = digest(body);
    host.commit(asked, |state| {
        let outcome = Fields::parse(body).map_err(Refusal::from).and_then(|fields| {
            let call = Call { state, fields: &fields, digest: Some(digest) };
            match operation {
                host::CONFIRM_RETAILER => retailer::confirm(&call),
                host::UPDATE_RETAILER_STATUS => retailer::update_status(&call),
                host::GET_USER_ORDER => orders::get(&call),
                host::SYNC_RET_ORDER => orders::sync(&call),
                host::TRACKING => tracking::track(&call),
                _ => refund::refund(&call),
            }
        });
        match outcome {
            Ok((events, body)) => (events, (StatusCode::OK, body)),
            Err(refusal) => (Vec::new(), answer::refused(operation, &refusal)),
        }
    })
    .await
}

/// SHA-256 in hex.
pub(crate) fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One call being decided.
struct Call<'a> {
    state: &'a State,
    fields: &'a Fields<'a>,
    digest: Option<String>,
}

impl<'a> Call<'a> {
    /// The retailer whose credentials are in `fields`.
    fn retailer_in(&self, fields: &Fields) -> Result<&'a Retailer, Refusal> {
        let credentials = credentials(fields)?;
        self.state.retailer(&credentials).ok_or(Refusal::UnknownRetailer)
    }

    /// The approved order named by the member `name`.
    fn order(&self, retailer: &Retailer, name: &str) -> Result<&'a Order, Refusal> {
        let key = OrderKey { retailer_id: retailer.id, order_id: self.fields.id(name)? };
        self.state.orders.get(&key).filter(|order| order.approved()).ok_or(Refusal::OrderNotFound)
    }
}

fn credentials(fields: &Fields) -> Result<Credentials, FieldFault> {
    Ok(Credentials { token: fields.text("storeToken")?, authentication: fields.text("storeAuthentication")? })
}

/// The order a body is about, as far as it can be told before the call is looked at.
fn order_key(state: &State, operation: Operation, body: &[u8]) -> Option<OrderKey> {
    let fields = Fields::parse(body).ok()?;
    let (credentials, order_id) = if operation == host::REFUND {
        (credentials(&fields.object("retailer").ok()?).ok()?, fields.id("orderId").ok()?)
    } else {
        (credentials(&fields).ok()?, fields.id("storeOrderId").ok()?)
    };
    Some(OrderKey { retailer_id: state.retailer(&credentials)?.id, order_id })
}

/// Acts out what goes wrong before the call; Some means that the call does not happen.
async fn before(host: &Host, fault: Option<Fault>) -> Option<Response> {
    let fault = fault?;
    match fault.kind {
        Kind::Delay => {
            pause(fault.delay(), &host.stop).await;
            None
        }
        Kind::TimeoutBeforeExecute => {
            pause(fault.hold(), &host.stop).await;
            Some(Hangup { reset: false }.into_response())
        }
        Kind::ResetBeforeExecute => Some(Hangup { reset: true }.into_response()),
        Kind::HttpStatus => {
            let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some((status, "the sandbox was asked to fail").into_response())
        }
        _ => None,
    }
}

/// Answers, or acts out what goes wrong after the call.
async fn after(host: &Host, fault: Option<Fault>, status: StatusCode, body: String) -> Response {
    const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    match fault.map(|fault| (fault.kind, fault.hold())) {
        Some((Kind::TimeoutAfterExecute, hold)) => {
            pause(hold, &host.stop).await;
            Hangup { reset: false }.into_response()
        }
        Some((Kind::ResetAfterExecute, _)) => Hangup { reset: true }.into_response(),
        Some((Kind::GarbageBody, _)) => (status, JSON, "<html>\u{fffd}{\"status\":\"o").into_response(),
        Some((Kind::Truncate, _)) => {
            let length = [(header::CONTENT_LENGTH, body.len().to_string())];
            (status, JSON, length, truncated(body)).into_response()
        }
        _ => (status, JSON, body).into_response(),
    }
}

/// The first half of `body`, and then an error in place of the rest.
fn truncated(body: String) -> Body {
    let half = Bytes::from(body);
    let half = half.slice(..half.len() / 2);
    let first = futures::stream::once(async move { Ok(half) });
    let broken = futures::stream::once(async {
        tokio::time::sleep(TRUNCATE_PAUSE).await;
        Err(std::io::Error::other("truncated on purpose"))
    });
    Body::from_stream(first.chain(broken))
}
