//! What can go wrong for a client, as people and programs read it.
//!
//! A refusal is printed with its code, its reason, every field's fault on a line of its own, and what to do next.

use super::output::{Output, Paint};
use serde_json::json;
use std::process::ExitCode;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a command did not do what it was asked, split by what the person does next.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Start Ordain, or say where it is.
    #[error("nothing listens on {address}")]
    Unreachable {
        /// Where we looked.
        address: String,
    },
    /// Ask again later.
    #[error("{0}")]
    Passing(String),
    /// Ordain said no, or could not say.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
    /// Say it differently.
    #[error("{0}")]
    Usage(String),
    /// The answer is in the message.
    #[error("{0}")]
    Failed(String),
}

/// An error and everything that caused it, in one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl Failure {
    /// Whether the same request, with the same request id, may yet succeed: the contract says so of these codes,
    /// and a connection that broke (its status has a source; one that the server sent has none) says nothing at all.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Passing(_) => true,
            Self::Refused(status) => {
                let broke = std::error::Error::source(&**status).is_some();
                let asked_again = matches!(
                    status.code(),
                    Code::Unavailable
                        | Code::DeadlineExceeded
                        | Code::Cancelled
                        | Code::Unknown
                        | Code::ResourceExhausted
                );
                broke || asked_again || reason_of(status) == "REQUEST_IN_PROGRESS"
            }
            Self::Usage(_) | Self::Failed(_) => false,
        }
    }

    /// Prints it to standard error, and returns the exit code.
    pub fn report(&self, output: &Output) -> ExitCode {
        if output.json {
            output.note(self.as_json());
        } else {
            for line in self.lines(output) {
                output.note(line);
            }
        }
        ExitCode::from(if matches!(self, Self::Usage(_)) { 2 } else { 1 })
    }

    /// As people read it.
    #[must_use]
    pub fn lines(&self, output: &Output) -> Vec<String> {
        let mut lines = vec![format!("{} {}", output.paint(Paint::Bad, "error:"), self.headline())];
        if let Self::Refused(status) = self {
            lines.extend(violations(status).into_iter().map(|(subject, why)| format!("  {subject}: {why}")));
        }
        lines.extend(self.hint().map(|hint| format!("{} {hint}", output.paint(Paint::Dim, "hint:"))));
        lines
    }

    fn headline(&self) -> String {
        match self {
            Self::Unreachable { .. } => format!("{self}: start it with `ordain dev`"),
            Self::Refused(status) => {
                let (code, reason) = (code_name(status.code()), reason_of(status));
                let reason = if reason.is_empty() { reason } else { format!(" {reason}") };
                let told_below = |fault: &(String, String)| status.message().contains(&fault.1);
                let faults = violations(status);
                if !faults.is_empty() && faults.iter().all(told_below) {
                    return format!("{code}{reason}");
                }
                format!("{code}{reason}: {}", status.message())
            }
            Self::Usage(text) | Self::Failed(text) | Self::Passing(text) => text.clone(),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        let mut error = json!({ "message": self.to_string() });
        if let Self::Refused(status) = self {
            let faults = violations(status)
                .into_iter()
                .map(|(field, why)| json!({ "field": field, "description": why }));
            error["code"] = code_name(status.code()).into();
            error["reason"] = reason_of(status).into();
            error["violations"] = faults.collect();
        }
        if let Some(hint) = self.hint() {
            error["hint"] = hint.into();
        }
        json!({ "error": error })
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { .. } => Some("elsewhere? say `--address URL`, or set ORDAIN_ADDRESS"),
            Self::Refused(status) => hint_for(status.code(), &reason_of(status)),
            Self::Usage(_) | Self::Failed(_) | Self::Passing(_) => None,
        }
    }
}

/// What to do about a refusal, where there is something.
fn hint_for(code: Code, reason: &str) -> Option<&'static str> {
    Some(match (reason, code) {
        ("ORDER_NOT_FOUND", _) => {
            "`ordain order list` shows the orders; another merchant's need `--merchant`"
        }
        ("PROVIDER_ACCOUNT_NOT_FOUND", _) => "`ordain account list` shows the accounts",
        ("RUN_NOT_FOUND", _) => "`ordain run list` shows the runs; an order's run has the order's id",
        ("REQUEST_ID_REUSED", _) => {
            "this request id belongs to another request: leave `--request-id` out for a new one"
        }
        ("CLIENT_REFERENCE_TAKEN", _) => {
            "the shop's number is unique per merchant: `ordain order list --client-reference` finds it"
        }
        ("ORDER_PARKED" | "OPERATION_IN_DOUBT", _) => {
            "see `ordain run list --parked`, then `ordain step --help`"
        }
        ("AMOUNT_EXCEEDS_REMAINING", _) => "`ordain order get` shows what remains of each line",
        ("ILLEGAL_TRANSITION" | "OPERATION_NOT_SUPPORTED", _) => "`ordain order get` shows the order's state",
        ("ETAG_MISMATCH", _) => "the order has changed since: read it again with `ordain order get`",
        (_, Code::NotFound) => "check the id, and `--merchant`",
        (_, Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown) => {
            "it may have happened: ask again with the same `--request-id`, which never does it twice"
        }
        (_, Code::Unimplemented) => "this Ordain is older than this command",
        _ => return None,
    })
}

/// `google.rpc.ErrorInfo`'s reason, or nothing.
fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// What is wrong with what: fields of the request, or preconditions of the resource.
fn violations(status: &Status) -> Vec<(String, String)> {
    let fields = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    let fields = fields.into_iter().map(|fault| (fault.field, fault.description));
    let conditions =
        status.get_details_precondition_failure().map(|failure| failure.violations).unwrap_or_default();
    fields.chain(conditions.into_iter().map(|fault| (fault.subject, fault.description))).collect()
}

/// As the gRPC documents spell it: `INVALID_ARGUMENT`.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{Failure, code_name};
    use crate::cli::output::Output;
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    fn refusal() -> Failure {
        let mut details =
            ErrorDetails::with_bad_request_violation("order.lines[0].quantity", "must be above zero");
        details.add_bad_request_violation("order.total", "must be the sum of the lines");
        details.set_error_info("VALIDATION_FAILED", "ordain", std::collections::HashMap::new());
        Status::with_error_details(Code::InvalidArgument, "the order has 2 faults", details).into()
    }

    #[test]
    fn every_fault_has_its_line() {
        let expected = [
            "error: INVALID_ARGUMENT VALIDATION_FAILED: the order has 2 faults",
            "  order.lines[0].quantity: must be above zero",
            "  order.total: must be the sum of the lines",
        ];
        assert_eq!(refusal().lines(&Output::plain()), expected);
    }

    #[test]
    fn faults_are_not_told_twice() {
        let details = ErrorDetails::with_bad_request_violation("order.total", "required");
        let status = Status::with_error_details(Code::InvalidArgument, "order.total: required", details);
        let expected = ["error: INVALID_ARGUMENT", "  order.total: required"];
        assert_eq!(Failure::from(status).lines(&Output::plain()), expected);
    }

    #[test]
    fn programs_get_the_same_as_json() {
        let error = refusal().as_json();
        assert_eq!(error["error"]["reason"], "VALIDATION_FAILED");
        assert_eq!(error["error"]["violations"][1]["field"], "order.total");
    }

    #[test]
    fn only_answers_that_say_nothing_are_worth_another_try() {
        assert!(Failure::from(Status::unavailable("draining")).is_passing());
        assert!(Failure::Unreachable { address: String::new() }.is_passing());
        assert!(!refusal().is_passing());
        assert!(!Failure::from(Status::failed_precondition("no")).is_passing());
    }

    #[test]
    fn nobody_there_says_how_to_start_it() {
        let failure = Failure::Unreachable { address: "http://127.0.0.1:7700".to_owned() };
        let lines = failure.lines(&Output::plain());
        assert_eq!(lines[0], "error: nothing listens on http://127.0.0.1:7700: start it with `ordain dev`");
    }

    #[test]
    fn codes_are_spelled_as_grpc_does() {
        assert_eq!(code_name(Code::FailedPrecondition), "FAILED_PRECONDITION");
        assert_eq!(code_name(Code::Ok), "OK");
    }
}
