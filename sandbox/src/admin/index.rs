//! `GET /_sandbox`: every call below it, and every operation that can go wrong, with how.

use crate::checkout::Checkout;
use crate::faults::{Channel, Kind};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What every host answers.
const CALLS: &[(&str, &str)] = &[
    ("GET /_sandbox", "this list"),
    ("GET /_sandbox/ledger", "every effect since the last reset; ?order=ID for those of one order"),
    ("GET /_sandbox/orders", "every order as it stands; ?order=ID"),
    ("GET /_sandbox/webhooks", "every message and how far its delivery got; ?order=ID"),
    ("GET /_sandbox/accounts", "the ids of the accounts"),
    (
        "PUT /_sandbox/accounts",
        "adds an account, or replaces the one of its id; its members as `ordain sandbox` prints them",
    ),
    ("GET /_sandbox/faults", "the rules installed, and how often each fired"),
    ("POST /_sandbox/faults", "installs a rule: {\"operation\", \"kind\", …}"),
    ("DELETE /_sandbox/faults", "removes all rules"),
    (
        "POST /_sandbox/orders/{id}/decide",
        "a shopper without a browser: {\"decision\": \"approve\", \"account\"?}",
    ),
    ("POST /_sandbox/reset", "forgets orders, ledger, webhooks and rules; keeps accounts and clocks"),
    (
        "PUT /_sandbox/clock",
        "sets an account's clock, or looks at it: {\"credential\", \"at\"?, \"remove\"?}",
    ),
];

/// The list.
pub(super) async fn index<S: Checkout>() -> Response {
    let calls = CALLS.iter().chain(S::CALLS).map(|(call, about)| json!({"call": call, "about": about}));
    let operations = S::OPERATIONS.iter().map(|operation| {
        let way = match operation.channel {
            Channel::Api => "a request of the shop's",
            Channel::Webhook => "a message to the shop",
            Channel::Return => "the browser's way back",
            Channel::Payment => "the shopper paying",
        };
        let faults: Vec<String> = Kind::of(*operation).collect();
        json!({"operation": operation.name, "is": way, "faults": faults})
    });
    let (calls, operations): (Vec<Value>, Vec<Value>) = (calls.collect(), operations.collect());
    axum::Json(json!({"provider": S::ID, "calls": calls, "operations": operations})).into_response()
}
