//! Errors as callers get them: a code, a machine-readable reason, and which field or state is in the way (AIP-193).

use crate::books::BooksError;
use ordain_engine::GaveUp;
use ordain_engine::inspect::InspectError;
use ordain_engine::{CallError, store::StoreError};
use ordain_providers::{FaultReason, FieldFault};
use ordain_workflows::order::{Refusal, RefusalReason};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

const DOMAIN: &str = "ordain";
/// When to ask again after "not now".
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A status with its reason.
pub(super) fn status(code: Code, reason: &str, message: impl Into<String>) -> Status {
    Status::with_error_details(code, message, details(reason, HashMap::new()))
}

fn details(reason: &str, metadata: HashMap<String, String>) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, DOMAIN, metadata);
    details
}

/// One field is wrong.
pub(super) fn field(field: &str, description: impl Into<String>) -> Status {
    let fault =
        FieldFault { field: field.into(), description: description.into(), reason: FaultReason::Invalid };
    fields(&[fault])
}

/// Several fields are wrong. The reason is the first fault's.
pub(super) fn fields(faults: &[FieldFault]) -> Status {
    let reason = match faults.first().map(|fault| fault.reason) {
        Some(FaultReason::CurrencyNotSupported) => "CURRENCY_NOT_SUPPORTED",
        Some(FaultReason::AmountNotRepresentable) => "AMOUNT_NOT_REPRESENTABLE",
        Some(FaultReason::Invalid) | None => "VALIDATION_FAILED",
    };
    let violations: Vec<FieldViolation> =
        faults.iter().map(|fault| FieldViolation::new(&fault.field, &fault.description)).collect();
    let message = faults
        .iter()
        .map(|fault| format!("{}: {}", fault.field, fault.description))
        .collect::<Vec<_>>()
        .join("; ");
    let mut details = details(reason, HashMap::new());
    details.set_bad_request(violations);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// There is no such thing.
pub(super) fn not_found(reason: &str, resource_type: &str, name: &str) -> Status {
    let mut details = details(reason, HashMap::new());
    details.set_resource_info(resource_type, name, "", "");
    Status::with_error_details(Code::NotFound, format!("{resource_type} `{name}` does not exist"), details)
}

/// There is one already.
pub(super) fn taken(reason: &str, resource_type: &str, name: &str, message: &str) -> Status {
    let mut details = details(reason, HashMap::new());
    details.set_resource_info(resource_type, name, "", "");
    Status::with_error_details(Code::AlreadyExists, message, details)
}

/// The same request id, another request.
pub(super) fn request_id_reused(name: &str) -> Status {
    let message =
        "this request_id was used for another request: take a new one, or send the same request again";
    taken("REQUEST_ID_REUSED", "ordain.orders.v1.Order", name, message)
}

/// The order's rules say no.
pub(super) fn refused(name: &str, refusal: &Refusal) -> Status {
    if refusal.reason == RefusalReason::Invalid {
        return field(&refusal.field, &refusal.message);
    }
    let reason = reason_of(refusal.reason);
    let allowed = refusal.allowed.join(", ");
    let metadata = HashMap::from([
        ("state".to_owned(), refusal.state.to_string()),
        ("allowed".to_owned(), allowed.clone()),
        ("field".to_owned(), refusal.field.clone()),
    ]);
    let mut details = details(reason, metadata);
    let description = format!("{} (the order is {}; allowed now: {allowed})", refusal.message, refusal.state);
    details.add_precondition_failure_violation(reason, name, description);
    Status::with_error_details(
        Code::FailedPrecondition,
        format!("{}: {}", refusal.field, refusal.message),
        details,
    )
}

/// A refusal's reason as in `ErrorInfo`.
pub(super) const fn reason_of(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::IllegalTransition => "ILLEGAL_TRANSITION",
        RefusalReason::OperationNotSupported => "OPERATION_NOT_SUPPORTED",
        RefusalReason::AmountExceedsRemaining => "AMOUNT_EXCEEDS_REMAINING",
        RefusalReason::OperationInDoubt => "OPERATION_IN_DOUBT",
        RefusalReason::Invalid => "VALIDATION_FAILED",
    }
}

/// Somebody was faster.
pub(super) fn etag_mismatch() -> Status {
    status(Code::Aborted, "ETAG_MISMATCH", "the order has changed since this etag: read it again")
}

/// Ask again with the same request id.
pub(super) fn unavailable(message: impl Into<String>) -> Status {
    let mut details = details("STORE_UNAVAILABLE", HashMap::new());
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::Unavailable, message, details)
}

/// The engine did not take it.
pub(super) fn from_call(name: &str, error: &CallError) -> Status {
    let text = error.to_string();
    match error {
        CallError::NotFound => not_found("RUN_NOT_FOUND", "ordain.runs.v1.Run", name),
        CallError::KeyReused => request_id_reused(name),
        CallError::Moved => etag_mismatch(),
        CallError::NotParked => status(Code::FailedPrecondition, "STEP_NOT_PARKED", text),
        CallError::BadResult(_) => field("result_json", text),
        CallError::Closed => status(Code::FailedPrecondition, "RUN_CLOSED", text),
        CallError::Stopped(_) => status(Code::FailedPrecondition, "RUN_STOPPED", text),
        CallError::ResetRefused(_) => status(Code::FailedPrecondition, "RESET_REFUSED", text),
        CallError::TooLarge { .. } => status(Code::InvalidArgument, "VALIDATION_FAILED", text),
        CallError::Full => status(Code::ResourceExhausted, "RUN_FULL", text),
        CallError::TooLong => status(Code::ResourceExhausted, "HISTORY_FULL", text),
        CallError::Faulted(_) => status(Code::Internal, "WORKFLOW_FAULT", text),
        CallError::Corrupt(_) => status(Code::DataLoss, "HISTORY_CORRUPT", text),
        CallError::Overloaded | CallError::Unavailable => unavailable(text),
    }
}

/// Something could not be read.
pub(super) fn from_books(error: &BooksError) -> Status {
    match error {
        BooksError::Store(error) => from_store(error),
        BooksError::Vault(_) => status(Code::DataLoss, "DATA_ERASED", error.to_string()),
        BooksError::View(_) => status(Code::Internal, "VIEW_UNREADABLE", error.to_string()),
    }
}

/// The store did not answer.
pub(super) fn from_store(error: &StoreError) -> Status {
    match error {
        StoreError::Corrupt(_) => status(Code::DataLoss, "STORE_CORRUPT", error.to_string()),
        StoreError::Unavailable(_) | StoreError::InUse(_) | StoreError::Unusable(_) => {
            unavailable(error.to_string())
        }
    }
}

/// A history could not be read.
pub(super) fn from_inspect(name: &str, error: &InspectError) -> Status {
    match error {
        InspectError::NotFound => not_found("RUN_NOT_FOUND", "ordain.runs.v1.Run", name),
        InspectError::Store(error) => from_store(error),
        InspectError::Corrupt(corrupt) => status(Code::DataLoss, "HISTORY_CORRUPT", corrupt.to_string()),
        InspectError::GaveUp(GaveUp::Busy) => {
            status(Code::ResourceExhausted, "REPLAYS_BUSY", error.to_string())
        }
        InspectError::GaveUp(_) => status(Code::FailedPrecondition, "REPLAY_STUCK", error.to_string()),
    }
}
