//! The listener: connections counted, bodies bounded, and able to hang up without an answer.
//!
//! A library's server always answers, and the faults worth having are those
//! where no answer comes. A handler that wants one marks its response with
//! [`Hangup`]; the connection is then dropped before a byte is written.
//!
//! A request runs in a task of its own, to its end: a real host does not stop
//! working because a client lost patience, and a client must not count on it.

use std::convert::Infallible;
use std::error::Error as _;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

/// Connections at once. A load test opens hundreds; held connections of faults count too.
const CONNECTIONS_MAX: usize = 2_048;
/// Largest request body. A basket of a thousand lines is a third of it.
const BODY_MAX: usize = 1 << 20;
/// How long a body may take to arrive: far more than 1 MiB needs, far less than a slow sender hopes for.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle. Longer than the pools of common clients keep one (90 s), so that the
/// client closes it and never finds a dead one under a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// How long requests under way may take to end at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// The pause after a failed accept, which mostly means that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Marks a response that is not to be sent: the connection is dropped in its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hangup {
    /// Reset the connection rather than close it.
    pub(crate) reset: bool,
}

impl fmt::Display for Hangup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("hung up on purpose")
    }
}

impl std::error::Error for Hangup {}

impl IntoResponse for Hangup {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

/// Serves `router` until `stop` is true, then waits for the connections to end.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let requests = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let served = connection(stream, router.clone(), (requests.clone(), stop.clone()));
                connections.spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, all_ended).await.is_err() {
        connections.shutdown().await;
    }
    requests.close();
    requests.wait().await;
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and the host with it.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Takes a place first: connections beyond the bound wait in the system's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

async fn connection(
    stream: TcpStream,
    router: Router,
    (requests, mut stop): (TaskTracker, watch::Receiver<bool>),
) {
    let router = TowerToHyperService::new(router);
    let stopping = stop.clone();
    let service = service_fn(move |request| {
        let answer = requests.spawn(within_grace(router.call(request), stopping.clone()));
        async move {
            // A handler that panicked gave no answer either.
            let response = answer.await.unwrap_or_else(|_| Hangup { reset: false }.into_response());
            match response.extensions().get::<Hangup>() {
                Some(hangup) => Err(*hangup),
                None => Ok(response),
            }
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = stopped(&mut stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let hangup = ended.err().and_then(|error| error.source()?.downcast_ref::<Hangup>().copied());
    if hangup.is_some_and(|hangup| hangup.reset) {
        let stream = connection.into_parts().io.into_inner();
        if let Err(error) = stream.set_zero_linger() {
            tracing::debug!(%error, "the connection is closed where a reset was asked for");
        }
    }
}

/// The answer, or none where it is not there in time after a stop.
async fn within_grace(
    answer: impl Future<Output = Result<Response, Infallible>>,
    mut stop: watch::Receiver<bool>,
) -> Response {
    let too_late = async {
        stopped(&mut stop).await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        answer = answer => answer.unwrap_or_else(|never| match never {}),
        () = too_late => Hangup { reset: false }.into_response(),
    }
}

/// Middleware that reads the whole body, bounded in size and time, before the handler runs.
pub(crate) async fn whole_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, BODY_MAX)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Waits for `pause`, or less when the host stops.
pub(crate) async fn pause(pause: Duration, stop: &watch::Receiver<bool>) {
    let mut stop = stop.clone();
    // Either way the pause is over.
    let _ = tokio::time::timeout(pause, stopped(&mut stop)).await;
}
