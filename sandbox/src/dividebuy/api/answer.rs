//! The four shapes in which DivideBuy refuses, each where the guide or its known clients show it.
//!
//! | call | shape |
//! |---|---|
//! | all, unless below | `{"error":{"message","status_code"},"status":0}` |
//! | confirmretailer, updateretailerstatus: wrong credentials | `{"errors":[message]}` |
//! | updateretailerstatus: fields | `{"error":{"message","errors":{field:[message]}}}` |
//! | tracking | `{"error":true,"message":[message]}` |
//!
//! The guide prints no HTTP status beside 422 in the body; 401 for wrong
//! credentials and 404 for an unknown order are chosen here.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::dividebuy::operation;
use crate::exact::Fault;
use crate::faults::Operation;

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// These fields cannot be used.
    Fields(Vec<Fault>),
    /// No retailer has these credentials.
    UnknownRetailer,
    /// The retailer has no such order, or it was not approved.
    OrderNotFound,
    /// The call contradicts the order.
    Rule(String),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Fields(vec![fault])
    }
}

/// Status and body of the refusal of a call.
pub(crate) fn refused(operation: Operation, refusal: &Refusal) -> (StatusCode, String) {
    let of_retailer = matches!(operation, operation::CONFIRM_RETAILER | operation::UPDATE_RETAILER_STATUS);
    let (status, body) = match refusal {
        Refusal::UnknownRetailer if of_retailer => {
            (StatusCode::UNAUTHORIZED, json!({"errors": ["Auth and Token combination not valid"]}))
        }
        Refusal::Fields(faults) if operation == operation::UPDATE_RETAILER_STATUS => {
            (StatusCode::UNPROCESSABLE_ENTITY, by_field(faults))
        }
        _ => {
            let status = match refusal {
                Refusal::OrderNotFound => StatusCode::NOT_FOUND,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let message = message(refusal);
            let body = if operation == operation::TRACKING {
                json!({"error": true, "message": [message]})
            } else {
                json!({"error": {"message": message, "status_code": status.as_u16()}, "status": 0})
            };
            (status, body)
        }
    };
    (status, body.to_string())
}

fn message(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Fields(faults) => match faults.first().unwrap_or(&Fault::Malformed) {
            // The guide's own sentence, which leaves out the field.
            Fault::Missing(_) => "This is a required field.".to_owned(),
            other => other.to_string(),
        },
        Refusal::UnknownRetailer => "Retailer not found.".to_owned(),
        Refusal::OrderNotFound => "Order not found.".to_owned(),
        Refusal::Rule(message) => message.clone(),
    }
}

fn by_field(faults: &[Fault]) -> Value {
    let mut errors = serde_json::Map::new();
    for fault in faults {
        let (field, message) = match fault {
            Fault::Malformed => ("body", fault.to_string()),
            Fault::Missing(field) => (field.as_str(), format!("The {} field is required.", words(field))),
            Fault::Wrong { field, expected } => {
                (field.as_str(), format!("The {} field must be {expected}.", words(field)))
            }
        };
        errors.insert(field.to_owned(), json!([message]));
    }
    json!({"error": {"message": "422 Unprocessable Entity", "errors": errors}})
}

/// `storeToken` as the guide's messages name it: `store token`.
fn words(field: &str) -> String {
    field.chars().fold(String::new(), |mut words, letter| {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
        words
    })
}
