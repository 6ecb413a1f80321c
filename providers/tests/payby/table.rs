//! What the table promises, and that it knows every word of the documents.

use super::{acquire_order, decode, head, paid};
use ordain_providers::call::{Retry, Standing};
use ordain_providers::payby::SPEC;
use ordain_providers::spec::{
    By, CaptureMode, Effect, LookUpBy, OnUnknown, QuestionKind, RefundBasis, Support, TotalRule,
};
use ordain_providers::{Op, Outcome, find};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn payby_is_registered_under_its_id() {
    assert_eq!(find("payby").map(|provider| provider.spec().name), Some("PayBy"));
}

#[test]
fn whatever_may_have_happened_is_asked_for_before_it_is_repeated() {
    let look =
        |by| Effect::Mutates(OnUnknown::LookUp { by, absent_proves_after: Some(Duration::from_secs(960)) });
    assert_eq!(SPEC.operations.refund.effect, look(LookUpBy::SyncRefund));
    assert_eq!(SPEC.operations.cancel.effect, look(LookUpBy::Sync));
    assert_eq!(SPEC.operations.revoke.effect, look(LookUpBy::Sync));
    assert_eq!(SPEC.operations.create.effect, Effect::Mutates(OnUnknown::SameAgain));
}

#[test]
fn rules_are_paybys() {
    assert_eq!((SPEC.refund_basis, SPEC.capture), (RefundBasis::Captured, CaptureMode::Automatic));
    assert_eq!((SPEC.refund_by, SPEC.cancel_by), (By::Amount, By::Whole));
    assert_eq!(SPEC.total_rule, TotalRule::AllLines);
    assert_eq!(SPEC.cancellable_in, [Standing::AwaitingCustomer, Standing::PendingDecision]);
    assert_eq!(SPEC.expires_after, Duration::from_secs(7_200));
    assert_eq!(SPEC.questions, [QuestionKind::Statement]);
    assert_eq!(
        (SPEC.operations.fulfil.support, SPEC.operations.unfulfil.support),
        (Support::Local, Support::Unsupported)
    );
    assert!(SPEC.poll_after.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn every_documented_status_has_a_meaning() {
    let read = |status: &str| match decode(
        &Op::Sync,
        &acquire_order(|order| {
            paid(order);
            order["status"] = json!(status);
        }),
    ) {
        Outcome::Done(facts) => facts.standing,
        other => panic!("{status}: {other:?}"),
    };
    assert_eq!(read("CREATED"), Some(Standing::AwaitingCustomer));
    assert_eq!(read("PAID_SUCCESS"), Some(Standing::Captured));
    assert_eq!(read("SETTLED"), Some(Standing::Completed));
    assert_eq!(read("FAILURE"), Some(Standing::Cancelled));
    for unknown in ["AUTHORIZATION", "VOID", "NEW", ""] {
        assert_eq!(read(unknown), None, "{unknown}");
    }
}

/// Every code of the documents' tables, without the one for success.
const DOCUMENTED: &str = "400 402 403 404 500 504 601 62001 62002 62003 62004 62006 62007 62008 62009 62012 62013 62014 \
    62015 62016 62017 62018 62019 62020 62023 62026 62027 62028 62029 62030 62031 62032 62033 62034 62035 62036 62037 \
    62038 62039 62040 62041 62042 62043 62044 62045 62046 62047 62048 62049 62050 62051 62052 62053 62054 62055 62056 \
    62057 62058 62059 62060 62061 62062 62063 62064 62065 62066 62067 62068 62069 62070 62071 62072 62073 62078 62079 \
    62080 62081 62082 62083 62084 62085 62086 62087 62088 62089 92000 92001 92002 92003 92004";

#[test]
fn every_documented_code_says_what_to_do() {
    let unknown: BTreeSet<_> = ["500", "504", "62016", "62017", "62039"].into();
    let later: BTreeSet<_> = ["402", "404", "62014"].into();
    let fix: BTreeSet<_> = ["403", "62026", "62037"].into();
    for code in DOCUMENTED.split_whitespace() {
        let expected = match code {
            _ if unknown.contains(code) => None,
            _ if later.contains(code) => Some(Retry::Later),
            _ if fix.contains(code) => Some(Retry::AfterAccountFix),
            _ => Some(Retry::Never),
        };
        // A revocation has no meanings of its own for any code.
        let found = match decode(&Op::Revoke, &head("FAIL", code, "…")) {
            Outcome::Refused { retry, .. } => Some(retry),
            Outcome::Unknown { .. } => None,
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(found, expected, "{code}");
    }
    for undocumented in ["62005", "99999", "", "true"] {
        let outcome = decode(&Op::Revoke, &head("FAIL", undocumented, "…"));
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{undocumented}: {outcome:?}");
    }
}

#[test]
fn time_that_payby_does_not_take_is_tried_again_with_a_new_one() {
    for message in ["REQUESTTIME_TOO_EARLY", "REQUESTTIME_TOO_LATER"] {
        let outcome = decode(&Op::Create, &head("FAIL", "400", message));
        assert!(matches!(outcome, Outcome::Refused { retry: Retry::Later, .. }), "{outcome:?}");
    }
}
