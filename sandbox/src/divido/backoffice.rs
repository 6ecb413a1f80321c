//! What somebody does at Divido or at its lender: admin calls, for no shop's system can do it.
//!
//! | call | body | what happens |
//! |---|---|---|
//! | `POST /_sandbox/orders/{id}/status` | `{"status": "INFO-NEEDED"}` | somebody has to act, or there is trouble |
//! | `POST /_sandbox/orders/{id}/refuse` | `{"kind": "refund", "number": 0}` | the lender says no; acts count from 0 |

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;

use super::application::{Application, Done, Kind};
use super::event::Event as Own;
use super::message;
use super::state::Divido;
use crate::admin;
use crate::checkout::{Wished, wished};
use crate::host::Host;

type Event = crate::state::Event<Own>;
type Shared = Extracted<Arc<Host<Divido>>>;

pub(crate) fn routes() -> Router<Arc<Host<Divido>>> {
    Router::new()
        .route("/_sandbox/orders/{id}/status", post(set_status))
        .route("/_sandbox/orders/{id}/refuse", post(refuse))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    status: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    kind: Kind,
    number: usize,
}

async fn set_status(host: Shared, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(Status { status }) = serde_json::from_slice(&body) else {
        return admin::refuse(StatusCode::UNPROCESSABLE_ENTITY, "the body is {\"status\": \"INFO-NEEDED\"}");
    };
    let changed = |own: &Divido, application: &Application| {
        let account = own.accounts.get(&application.key.account)?;
        let key = application.key.clone();
        let told = message::status(account, application, &status);
        let moved = Own::Moved { key, status: status.clone(), decision: None, digest: None };
        application.may_become(&status).then(|| std::iter::once(moved.into()).chain(told).collect())
    };
    change(&host, &id, changed, "the application cannot be put into this status").await
}

async fn refuse(host: Shared, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(Refused { kind, number }) = serde_json::from_slice(&body) else {
        let why = "the body is {\"kind\": \"activation, cancellation or refund\", \"number\": 0}";
        return admin::refuse(StatusCode::UNPROCESSABLE_ENTITY, why);
    };
    let changed = |own: &Divido, application: &Application| {
        application.list(kind).get(number).filter(|done: &&Done| done.is_open())?;
        let mut after = application.clone();
        after.refused(kind, number, application.modified_at);
        let refused = Own::Refused { key: application.key.clone(), kind, number };
        Some(std::iter::once(refused.into()).chain(own.told(application, &after)).collect())
    };
    change(&host, &id, changed, "no such act waits for the lender").await
}

/// Changes the one application that the shop or this host calls so.
async fn change(
    host: &Host<Divido>,
    id: &str,
    changed: impl FnOnce(&Divido, &Application) -> Option<Vec<Event>>,
    if_not: &str,
) -> Response {
    let known = host.read(|state| wished(state, id, None)).await;
    let Ok(Wished::Known(key)) = known else {
        return admin::refuse(StatusCode::NOT_FOUND, "no such application, or several");
    };
    let written = host.commit(None, |own| {
        let events = own.applications.get(&key).and_then(|application| changed(own, application));
        let is_done = events.is_some();
        (events.unwrap_or_default(), is_done)
    });
    match written.await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => admin::refuse(StatusCode::CONFLICT, if_not),
        Err(_) => admin::broken(),
    }
}
