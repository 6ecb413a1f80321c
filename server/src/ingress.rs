//! Where providers and browsers reach us: `{public_url}/a/{account}/…`.
//!
//! A message is verified over its raw bytes with the key of the account in the URL, judged and stored by the order's
//! run, and answered only then, in the provider's own shape. A browser gets a page or the shop's own address.

mod deliver;
mod page;

use crate::books::{Books, OpenAccount};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use deliver::{Delivered, deliver};
use jiff::Timestamp;
use ordain_engine::Engine;
use ordain_providers::inbound::{InboundKind, Verdict};
use ordain_providers::{Cx, Inbound, InboundReply, Ingested, OrderContent, Private, Provider};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;

/// Bytes of one inbound message; providers send a few kilobytes.
const BODY_MAX: usize = 256 * 1024;
/// A sender that takes longer to send, or a store that takes longer to store, is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the ingress works with.
#[derive(Clone)]
pub struct Ingress {
    /// Runs.
    pub engine: Engine,
    /// What they show.
    pub books: Books,
    /// Whether this node should be asked at all.
    pub ready: watch::Receiver<bool>,
}

/// The routes of the ingress.
pub fn router(ingress: Ingress) -> Router {
    Router::new()
        .route("/a/{account}/{*path}", any(receive))
        .route("/healthz", any(|| async { "ok\n" }))
        .route("/readyz", any(ready))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(ingress)
}

async fn ready(State(ingress): State<Ingress>) -> Response {
    if *ingress.ready.borrow() {
        plain(StatusCode::OK, "ready\n")
    } else {
        plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn receive(
    State(ingress): State<Ingress>,
    Path((account, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    match tokio::time::timeout(PATIENCE, ingress.answer(&account, &path, request)).await {
        Ok(response) => with_headers(response),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "try again\n"),
    }
}

impl Ingress {
    async fn answer(&self, account: &str, path: &str, request: Request) -> Response {
        let account = match self.books.account(account).await {
            Ok(Some(account)) => account,
            Ok(None) => return plain(StatusCode::NOT_FOUND, "no such account\n"),
            Err(error) => {
                tracing::error!(account, %error, "an account cannot be read");
                return plain(StatusCode::SERVICE_UNAVAILABLE, "try again\n");
            }
        };
        let Some(provider) = ordain_providers::find(&account.account.new.provider) else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "this build lacks the provider\n");
        };
        let message = match read(path, request).await {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        let Ok(now) = self.books.now_at(&account.account).await else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "try again\n");
        };
        let none = BTreeMap::new();
        let cx = codec_cx(&account, &none, now);
        match provider.ingest(&message, &cx) {
            Err(error) => {
                tracing::info!(account = account.account.new.id, %error, "an inbound message was refused");
                let refusal = provider.reject(&error);
                if is_browser(&message) { page::not_valid(refusal.status) } else { reply(refusal) }
            }
            Ok(ingested) => self.judged((provider, now), &account, &message, ingested).await,
        }
    }

    async fn judged(
        &self,
        (provider, now): (&Provider, Timestamp),
        account: &OpenAccount,
        message: &Inbound,
        ingested: Ingested,
    ) -> Response {
        let delivered = deliver(self, account, message, &ingested).await;
        if ingested.kind == InboundKind::Return {
            return page::after_return(ingested.gave_up, &delivered);
        }
        let content: Option<OrderContent>;
        let verdict = match delivered {
            Delivered::Stored { content: opened, .. } => {
                content = opened.map(|opened| *opened);
                Verdict::Accepted(content.as_ref())
            }
            Delivered::Refused { why } => Verdict::Refused { why },
            Delivered::Unknown => Verdict::OrderUnknown,
            Delivered::Unavailable => Verdict::Unavailable,
        };
        let none = BTreeMap::new();
        reply(provider.answer(&ingested, &verdict, &codec_cx(account, &none, now)))
    }
}

fn codec_cx<'a>(account: &'a OpenAccount, refs: &'a BTreeMap<String, String>, now: Timestamp) -> Cx<'a> {
    Cx { now, account: &account.credentials, order: None, refs, expires_at: None, entropy: [0; 32] }
}

/// Whether a person reads the answer.
fn is_browser(message: &Inbound) -> bool {
    message.method == "GET" && message.header("accept").is_some_and(|types| types.contains("text/html"))
}

async fn read(path: &str, request: Request) -> Result<Inbound, Response> {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, BODY_MAX)
        .await
        .map_err(|_| plain(StatusCode::PAYLOAD_TOO_LARGE, "at most 256 KiB\n"))?;
    Ok(Inbound {
        method: parts.method.to_string(),
        path: format!("/{path}"),
        query: Private::new(parts.uri.query().unwrap_or_default().to_owned()),
        headers: lower_case(&parts.headers),
        body: Private::new(body.to_vec()),
        sender: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
    })
}

fn lower_case(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn reply(reply: InboundReply) -> Response {
    let status = StatusCode::from_u16(reply.status).expect("codecs answer with real statuses");
    (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body.into_exposed()).into_response()
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// URLs here may hold credentials of the provider's making: they must not travel on in a `Referer`, nor be kept.
fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    response
}
