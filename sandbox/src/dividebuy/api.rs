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

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::{post, put};

use super::account::{Credentials, Retailer};
use super::event::Event as Own;
use super::operation;
use super::order::Order;
use super::state::DivideBuy;
use crate::call::{self, Answer, answered};
use crate::exact::{Fault as FieldFault, Fields};
use crate::faults::Twist;
use crate::host::Host;
use crate::simulator::OrderKey;
use answer::Refusal;

type Event = crate::state::Event<Own>;

type Shared = Extracted<Arc<Host<DivideBuy>>>;

/// What a call changes, and the body of its answer.
type Outcome = Result<(Vec<Event>, String), Refusal>;

/// Everything the guide lists, at its path.
pub(crate) fn routes() -> Router<Arc<Host<DivideBuy>>> {
    macro_rules! call {
        ($method:ident, $operation:expr) => {
            $method(|host: Shared, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let call = call::Call::new($operation, &uri, headers, body);
                answered(&host, call, order_key, execute).await
            })
        };
    }
    Router::new()
        .route("/api/confirmretailer", call!(put, operation::CONFIRM_RETAILER))
        .route("/api/updateretailerstatus", call!(post, operation::UPDATE_RETAILER_STATUS))
        .route("/api/getuserorder", call!(post, operation::GET_USER_ORDER))
        .route("/api/syncretorder", call!(post, operation::SYNC_RET_ORDER))
        .route("/api/tracking", call!(post, operation::TRACKING))
        .route("/api/refund", call!(post, operation::REFUND))
}

fn execute(state: &DivideBuy, call: &call::Call) -> (Vec<Event>, Answer) {
    let body: &[u8] = if call.is_json() { &call.body } else { b"" };
    let outcome = Fields::parse(body).map_err(Refusal::from).and_then(|fields| {
        let decided = Call { state, fields: &fields, digest: Some(call.digest()), twist: call.twist() };
        match call.operation {
            operation::CONFIRM_RETAILER => retailer::confirm(&decided),
            operation::UPDATE_RETAILER_STATUS => retailer::update_status(&decided),
            operation::GET_USER_ORDER => orders::get(&decided),
            operation::SYNC_RET_ORDER => orders::sync(&decided),
            operation::TRACKING => tracking::track(&decided),
            _ => refund::refund(&decided),
        }
    });
    match outcome {
        Ok((events, body)) => (events, Answer::json(StatusCode::OK, body)),
        Err(refusal) => {
            let (status, body) = answer::refused(call.operation, &refusal);
            (Vec::new(), Answer::json(status, body))
        }
    }
}

/// One call being decided.
struct Call<'a> {
    state: &'a DivideBuy,
    fields: &'a Fields<'a>,
    digest: Option<String>,
    twist: Twist,
}

impl<'a> Call<'a> {
    /// The retailer whose credentials are in `fields`.
    fn retailer_in(&self, fields: &Fields) -> Result<&'a Retailer, Refusal> {
        let credentials = credentials(fields)?;
        self.state.retailer(&credentials).ok_or(Refusal::UnknownRetailer)
    }

    /// The approved order named by the member `name`.
    fn order(&self, retailer: &Retailer, name: &str) -> Result<&'a Order, Refusal> {
        let key = OrderKey { account: retailer.id.to_string(), order: self.fields.id(name)? };
        self.state.orders.get(&key).filter(|order| order.approved()).ok_or(Refusal::OrderNotFound)
    }
}

fn credentials(fields: &Fields) -> Result<Credentials, FieldFault> {
    Ok(Credentials { token: fields.text("storeToken")?, authentication: fields.text("storeAuthentication")? })
}

/// The order a body is about, as far as it can be told before the call is looked at.
fn order_key(state: &DivideBuy, call: &call::Call) -> Option<OrderKey> {
    let fields = Fields::parse(&call.body).ok()?;
    let (credentials, order) = if call.operation == operation::REFUND {
        (credentials(&fields.object("retailer").ok()?).ok()?, fields.id("orderId").ok()?)
    } else {
        (credentials(&fields).ok()?, fields.id("storeOrderId").ok()?)
    };
    Some(OrderKey { account: state.retailer(&credentials)?.id.to_string(), order })
}
