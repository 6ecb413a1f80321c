//! One call of a shop's system, with its fault acted out around it.
//!
//! [`answered`] finds the fault, acts out what goes wrong before, lets the
//! provider decide, waits for the disk, and acts out what goes wrong after.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::faults::{self, Fault, FaultRefused, Kind, Operation, Twist, by_clock, spoilt};
use crate::host::Host;
use crate::journal::Broken;
use crate::server::{Hangup, pause};
use crate::simulator::{OrderKey, Simulator};
use crate::state::Event;

/// What the truncated answer waits before it breaks off, so that its first half has left.
const TRUNCATE_PAUSE: Duration = Duration::from_millis(50);

/// A call as it arrived, and what it is to suffer.
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// Path and query, as some providers sign them.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The fault taken for this call; a provider acts out those that change what it says.
    pub(crate) fault: Option<Fault>,
}

impl Call {
    /// A call of `operation`.
    pub(crate) fn new(operation: Operation, uri: &Uri, headers: HeaderMap, body: Bytes) -> Call {
        let target = uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Call { operation, target, headers, body, fault: None }
    }

    /// A header as text; empty where it is absent or is not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The time that the provider takes `now` for.
    pub(crate) fn by_clock(&self, now: Timestamp) -> Timestamp {
        by_clock(self.fault, now)
    }

    /// How what is answered differs from what is so.
    pub(crate) fn twist(&self) -> Twist {
        Twist::of(self.fault)
    }

    /// Whether the body says that it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").to_ascii_lowercase().starts_with("application/json")
    }

    /// SHA-256 of the body, in hex.
    pub(crate) fn digest(&self) -> String {
        digest(&self.body)
    }
}

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Beside `content-type`, which is JSON where none is given.
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A JSON answer.
    pub(crate) fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }
}

/// One call, decided by `execute` on the provider's state. `key` is the order it is about, where that can be
/// told before the call is looked at.
pub(crate) async fn answered<S: Simulator>(
    host: &Arc<Host<S>>,
    mut call: Call,
    key: impl FnOnce(&S, &Call) -> Option<OrderKey>,
    execute: impl FnOnce(&S, &Call) -> (Vec<Event<S::Event>>, Answer),
) -> Response {
    let asked = match asked_fault(&call.headers, &[call.operation, S::WEBHOOK]) {
        Ok(asked) => asked,
        Err(refused) => return (StatusCode::BAD_REQUEST, refused.to_string()).into_response(),
    };
    let key = key(&host.state().own, &call);
    call.fault = match host.take_fault(call.operation, asked, key.clone()).await {
        Ok(fault) => fault,
        Err(Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    if let Some(instead) = before(host, call.fault).await {
        return instead;
    }
    let answer = host.commit(asked, |own| execute(own, &call)).await;
    let answer = answer.unwrap_or_else(|Broken| Answer::json(StatusCode::INTERNAL_SERVER_ERROR, "{}"));
    let (operation, status) = (call.operation.name, answer.status.as_u16());
    tracing::debug!(provider = S::ID, operation, status, fault = ?call.fault, "call answered");
    if let (Some(fault @ Fault { kind: Kind::WebhookBeforeResponse, .. }), Some(key)) = (call.fault, key) {
        host.told(&key, fault.delay()).await;
    }
    after(host, call.fault, answer).await
}

/// The fault the request's header asks for, which has to be one that the request can act out: by itself, or by the
/// messages that it causes.
pub(crate) fn asked_fault(headers: &HeaderMap, acting: &[Operation]) -> Result<Option<Fault>, FaultRefused> {
    let value = headers.get(faults::HEADER).map(|value| value.to_str().unwrap_or_default());
    let Some(fault) = value.map(Fault::from_header).transpose()? else { return Ok(None) };
    if acting.iter().any(|operation| fault.fits(*operation)) {
        return Ok(Some(fault));
    }
    Err(FaultRefused::Request { acting: acting.iter().map(|operation| operation.name).collect() })
}

/// SHA-256 in hex.
pub(crate) fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Acts out what goes wrong before the call; Some means that the call does not happen.
async fn before<S: Simulator>(host: &Host<S>, fault: Option<Fault>) -> Option<Response> {
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
        Kind::RateLimit => Some(turned_away(StatusCode::TOO_MANY_REQUESTS, &fault, "too many requests")),
        Kind::MaintenanceWindow => {
            let page = "<html><body>We are back soon.</body></html>";
            Some(turned_away(StatusCode::SERVICE_UNAVAILABLE, &fault, page))
        }
        _ => None,
    }
}

/// An answer from in front of the provider: its own words are JSON.
fn turned_away(status: StatusCode, fault: &Fault, text: &'static str) -> Response {
    (status, [(header::RETRY_AFTER, fault.retry_after_s().to_string())], text).into_response()
}

/// Answers, or acts out what goes wrong after the call.
async fn after<S: Simulator>(host: &Host<S>, fault: Option<Fault>, mut answer: Answer) -> Response {
    match fault.map(|fault| (fault.kind, fault.hold())) {
        Some((Kind::TimeoutAfterExecute, hold)) => {
            pause(hold, &host.stop).await;
            Hangup { reset: false }.into_response()
        }
        Some((Kind::ResetAfterExecute, _)) => Hangup { reset: true }.into_response(),
        Some((Kind::BadSignature, _)) => {
            let signed = |name: &HeaderName| S::SIGNATURES.contains(&name.as_str());
            for (_, value) in answer.headers.iter_mut().filter(|(name, _)| signed(name)) {
                *value = spoilt(value);
            }
            said(answer, Body::from)
        }
        Some((Kind::GarbageBody, _)) => said(answer, |_| "<html>\u{fffd}{\"status\":\"o".into()),
        Some((Kind::Truncate, _)) => {
            let length = answer.body.len();
            let mut response = said(answer, truncated);
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            response
        }
        _ => said(answer, Body::from),
    }
}

/// The answer as it goes out, its body in the form that `sent` gives it.
fn said(answer: Answer, sent: impl FnOnce(Vec<u8>) -> Body) -> Response {
    let mut response = Response::new(sent(answer.body));
    *response.status_mut() = answer.status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    for (name, value) in &answer.headers {
        let value = header::HeaderValue::from_str(value).expect("a simulator's own header is text");
        response.headers_mut().insert(name.clone(), value);
    }
    response
}

/// The first half of `body`, and then an error in place of the rest.
fn truncated(body: Vec<u8>) -> Body {
    let half = Bytes::from(body);
    let half = half.slice(..half.len() / 2);
    let first = futures::stream::once(async move { Ok(half) });
    let broken = futures::stream::once(async {
        tokio::time::sleep(TRUNCATE_PAUSE).await;
        Err(std::io::Error::other("truncated on purpose"))
    });
    Body::from_stream(first.chain(broken))
}
