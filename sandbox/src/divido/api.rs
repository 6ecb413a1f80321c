//! The calls of a shop's system to Divido, at their documented paths.
//!
//! Each call is a pure function from the state and the form to what changes and what is answered. A key is taken as
//! the field `merchant` or as a bearer token; where a secret is set, calls are signed.

mod act;
mod create;
#[cfg(test)]
mod forms;
mod lists;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;

use super::account::Account;
use super::application::{Application, Kind};
use super::event::Event as Own;
use super::form::Form;
use super::json::Json;
use super::refusal::Refusal;
use super::state::Divido;
use super::{operation, sign};
use crate::call::{Answer, Call, answered};
use crate::checkout::new_token;
use crate::clock::later;
use crate::faults::Twist;
use crate::host::Host;
use crate::simulator::OrderKey;

type Event = crate::state::Event<Own>;
type Shared = Extracted<Arc<Host<Divido>>>;
/// What a call changes, and the body of its answer.
type Outcome = Result<(Vec<Event>, Json), Refusal>;

/// Every documented path, and the name that activations had before November 2016.
pub(crate) fn routes() -> Router<Arc<Host<Divido>>> {
    macro_rules! call {
        ($method:ident, $operation:expr) => {
            $method(|host: Shared, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                called(host, Call::new($operation, &uri, headers, body)).await
            })
        };
    }
    Router::new()
        .route("/v1/finances", call!(get, operation::FINANCES))
        .route("/v1/dealcalculator", call!(get, operation::DEAL_CALCULATOR))
        .route("/v1/creditrequest", call!(post, operation::CREDIT_REQUEST))
        .route("/v1/creditrequest/finalize", call!(post, operation::FINALIZE))
        .route("/v1/activation", call!(post, operation::ACTIVATION))
        .route("/v1/fulfillment", call!(post, operation::ACTIVATION))
        .route("/v1/cancellation", call!(post, operation::CANCELLATION))
        .route("/v1/refund", call!(post, operation::REFUND))
        .route("/v1/applications", call!(get, operation::APPLICATIONS))
        .route("/v1/payments", call!(get, operation::PAYMENTS))
}

/// One call being decided.
struct Asking<'a> {
    state: &'a Divido,
    account: &'a Account,
    form: &'a Form,
    new: &'a New,
    digest: Option<String>,
    twist: Twist,
}

/// Seals what is personal for the place of an order.
type Sealing = Box<dyn Fn(&OrderKey, &[u8]) -> String + Send + Sync>;

/// What is made outside the state for a call that may need it.
struct New {
    proposal: String,
    application: String,
    token: String,
    sealed: Sealing,
    base: String,
    now: Timestamp,
    settled: Timestamp,
}

impl Asking<'_> {
    /// The account's application that a field names.
    fn application(&self, name: &'static str) -> Result<&Application, Refusal> {
        let id = self.form.required(name)?;
        self.state.application(self.account, id).ok_or(Refusal::NotFound("Application"))
    }
}

async fn called(host: Shared, call: Call) -> Response {
    let sealing = host.0.clone();
    let now = host.now(|own| {
        let form = form_of(&call).ok()?;
        Some(account_of(own, &call, &form)?.merchant_id.clone())
    });
    let new = New {
        proposal: new_id("P"),
        application: new_id("C"),
        token: new_token(),
        sealed: Box::new(move |key, plain| sealing.seal.seal(&key.place(), plain)),
        base: format!("http://{}", host.config.listen),
        now,
        settled: later(now, host.config.settle_after),
    };
    answered(&host, call, order_key, |state, call| match decided(state, call, &new) {
        Ok((events, body)) => (events, Answer::json(StatusCode::OK, body.written())),
        Err(refusal) => (Vec::new(), refusal.answer()),
    })
    .await
}

fn decided(state: &Divido, call: &Call, new: &New) -> Outcome {
    let form = form_of(call)?;
    let account = account_of(state, call, &form).ok_or(Refusal::Key)?;
    let body = std::str::from_utf8(&call.body).map_err(|_| Refusal::Signature)?;
    let given = call.header("x-divido-hmac-sha256");
    if !account.shared_secret.is_empty()
        && !sign::is_genuine(&account.shared_secret, &call.target, body, given)
    {
        return Err(Refusal::Signature);
    }
    let asking =
        Asking { state, account, form: &form, new, digest: Some(call.digest()), twist: call.twist() };
    match call.operation {
        operation::FINANCES => lists::finances(&asking),
        operation::DEAL_CALCULATOR => lists::quote(&asking),
        operation::CREDIT_REQUEST => create::request(&asking),
        operation::FINALIZE => create::finalize(&asking),
        operation::ACTIVATION => act::act(&asking, Kind::Activation),
        operation::CANCELLATION => act::act(&asking, Kind::Cancellation),
        operation::REFUND => act::act(&asking, Kind::Refund),
        operation::APPLICATIONS => lists::applications(&asking),
        _ => lists::payments(&asking),
    }
}

/// A query, or a body that says it is a form.
fn form_of(call: &Call) -> Result<Form, Refusal> {
    if call.body.is_empty() {
        return Form::parse(call.target.split_once('?').map_or("", |(_, query)| query));
    }
    let kind = call.header("content-type").to_ascii_lowercase();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::rule("The body must be a form"));
    }
    Form::parse(std::str::from_utf8(&call.body).map_err(|_| Refusal::rule("The request is not UTF-8"))?)
}

fn account_of<'a>(state: &'a Divido, call: &Call, form: &Form) -> Option<&'a Account> {
    let bearer = call.header("authorization").strip_prefix("Bearer ").map(str::trim);
    state.account(form.text("merchant").or(bearer)?)
}

/// The order a call is about, as far as it can be told before the call is looked at.
fn order_key(state: &Divido, call: &Call) -> Option<OrderKey> {
    let form = form_of(call).ok()?;
    let account = account_of(state, call, &form)?;
    let id = form.text("application").or_else(|| form.text("proposal")).or_else(|| form.text("id"))?;
    Some(state.application(account, id)?.key.clone())
}

/// A letter and groups of capital hex digits.
fn new_id(letter: &str) -> String {
    let id = crate::seal::random::<16>().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    format!("{letter}{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}
