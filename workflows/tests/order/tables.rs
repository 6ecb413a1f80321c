//! Four tables of invented providers: one that captures with each shipment and can be asked little, one that captures
//! with the approval, one that does everything on request, one that takes everything on and ends it later.
//!
//! [`PLAIN`] holds what they have in common; each says where it differs.

use ordain_providers::Currency;
use ordain_providers::call::Standing;
use ordain_providers::rules::ContentRules;
use ordain_providers::spec::{
    AccountSpec, AckWhen, Afterlife, By, CaptureMode, CheckoutEnd, Effect, Limits, LookUpBy, OnUnknown,
    Operation, Operations, ProviderSpec, RefundBasis, Support, TotalRule, TrackingRule, UnpaidWhen,
};
use ordain_providers::wire::{BodyForm, Redirect, Wire};
use std::time::Duration;

const fn line(support: Support, effect: Effect) -> Operation {
    Operation { support, effect, timeout: Duration::from_secs(30), attempts_max: 3 }
}

const READS: Effect = Effect::Reads;
const AGAIN: Effect = Effect::Mutates(OnUnknown::SameAgain);
const PARK: Effect = Effect::Mutates(OnUnknown::Park);
const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Captures with the approval, and can be asked how an order stands; nothing else.
const PLAIN: ProviderSpec = ProviderSpec {
    id: "plain",
    name: "Plain",
    currencies: &[Currency::Gbp],
    operations: OPERATIONS,
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    tracking: TrackingRule::Optional,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::Authorized],
    decide_within: MONTH,
    afterlife: Afterlife { every: DAY, span: Duration::ZERO },
    settles_within: None,
    questions: &[],
    wire: Wire {
        body: BodyForm::Json,
        requests: &[],
        replies: &[],
        inbound: &[],
        redirect: Redirect::Url,
        amounts: &[],
    },
    content: ContentRules::TOTAL_ALONE,
    options: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    statuses: &[("SUCCESS", Standing::Captured)],
    silent_statuses: &[],
    attempt_ref: Some("attempt"),
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[Duration::from_secs(60)],
    status_settles_within: Duration::ZERO,
    expires_after: Duration::from_secs(3_600),
    checkout_end: CheckoutEnd::Link,
    complete_after: Duration::ZERO,
    account: AccountSpec { config: &[], secrets: &[] },
    limits: Limits { lines_max: 20, reply_bytes_max: 65_536 },
};

const OPERATIONS: Operations = Operations {
    create: line(Support::Native, PARK),
    sync: line(Support::Native, READS),
    ack: Operation::ABSENT,
    fulfil: line(Support::Local, READS),
    unfulfil: Operation::ABSENT,
    refund: line(Support::Native, AGAIN),
    cancel: Operation::ABSENT,
    sync_refund: Operation::ABSENT,
    revoke: Operation::ABSENT,
    extend_expiry: Operation::ABSENT,
    ask: Operation::ABSENT,
    verify_account: line(Support::Native, READS),
    activate_account: Operation::ABSENT,
};

/// Ships, then captures; a refund cannot be looked up; cancelling an approved order is a refund.
const SHIPS: ProviderSpec = ProviderSpec {
    id: "on-shipment",
    name: "On Shipment",
    operations: Operations {
        create: line(Support::Local, AGAIN),
        ack: line(Support::Native, AGAIN),
        fulfil: line(Support::Native, AGAIN),
        unfulfil: line(Support::Native, AGAIN),
        refund: line(Support::Native, PARK),
        cancel: line(Support::Emulated, PARK),
        activate_account: line(Support::Native, AGAIN),
        ..OPERATIONS
    },
    refund_basis: RefundBasis::Authorized,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::WithoutShipping,
    statuses: &[("paid", Standing::Authorized)],
    unpaid_when: UnpaidWhen::AnyAnswerButPaid,
    poll_after: &[Duration::from_secs(30), Duration::from_secs(120), Duration::from_secs(600)],
    complete_after: DAY,
    ..PLAIN
};

/// See [`SHIPS`].
pub static ON_SHIPMENT: ProviderSpec = SHIPS;

/// The same, which takes no parcel without a number.
pub static TRACKED: ProviderSpec = ProviderSpec { id: "tracked", tracking: TrackingRule::Needed, ..SHIPS };

/// As [`ON_REQUEST`]; a lost refund is found by a counter alone.
pub static COUNTS: ProviderSpec = ProviderSpec {
    id: "counts",
    operations: Operations {
        refund: line(
            Support::Native,
            Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Counters, absent_proves_after: None }),
        ),
        ..OPERATIONS
    },
    refund_by: By::Amount,
    complete_after: DAY,
    ..PLAIN
};

/// As [`AT_ONCE`]; its status lags a minute, and it tells when the order ends over there.
pub static SETTLES: ProviderSpec = ProviderSpec {
    id: "settles",
    status_settles_within: Duration::from_secs(60),
    checkout_end: CheckoutEnd::Order,
    ..PLAIN
};

/// Captures with the approval; shipments are only written down; nothing is cancelled by us.
pub static AT_ONCE: ProviderSpec = ProviderSpec { id: "at-once", name: "At Once", ..PLAIN };

/// Captures with the approval; cancels, extends and refunds any amount on request; is asked for days after the end.
pub static ON_REQUEST: ProviderSpec = ProviderSpec {
    id: "on-request",
    name: "On Request",
    operations: Operations {
        create: line(Support::Native, AGAIN),
        cancel: line(Support::Native, AGAIN),
        sync_refund: line(Support::Native, READS),
        extend_expiry: line(Support::Native, AGAIN),
        ..OPERATIONS
    },
    refund_by: By::Amount,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::PendingDecision, Standing::Authorized],
    decide_within: DAY,
    afterlife: Afterlife { every: DAY, span: Duration::from_secs(3 * 86_400) },
    ..PLAIN
};

/// Takes everything on and ends it later; can be asked about a refund; wants to be acknowledged when it says so.
const ENDS_LATER: ProviderSpec = ProviderSpec {
    id: "later",
    name: "Later",
    operations: Operations {
        ack: line(Support::Native, AGAIN),
        fulfil: line(Support::Native, AGAIN),
        sync_refund: line(Support::Native, READS),
        ..OPERATIONS
    },
    afterlife: Afterlife { every: DAY, span: MONTH },
    ack_when: AckWhen::Flagged,
    capture: CaptureMode::OnFulfilment,
    statuses: &[("CLOSING", Standing::PendingDecision)],
    complete_after: MONTH,
    ..PLAIN
};

/// See [`ENDS_LATER`].
pub static LATER: ProviderSpec = ENDS_LATER;

/// The same; what it has taken on to activate may go back.
pub static ACTIVATES: ProviderSpec =
    ProviderSpec { id: "activates", refund_basis: RefundBasis::Activated, ..ENDS_LATER };
