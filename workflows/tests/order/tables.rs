//! Three tables of invented providers: one that captures with each shipment and can be asked little, one that captures
//! with the approval, one that takes everything on and ends it later.

use ordain_providers::Currency;
use ordain_providers::call::Standing;
use ordain_providers::spec::{
    AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, OnUnknown, Operation, Operations,
    ProviderSpec, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use std::time::Duration;

const fn line(support: Support, effect: Effect) -> Operation {
    Operation { support, effect, timeout: Duration::from_secs(30), attempts_max: 3 }
}

const READS: Effect = Effect::Reads;
const AGAIN: Effect = Effect::Mutates(OnUnknown::SameAgain);
const PARK: Effect = Effect::Mutates(OnUnknown::Park);

/// Ships, then captures; a refund cannot be looked up; cancelling an approved order is a refund.
pub static ON_SHIPMENT: ProviderSpec = ProviderSpec {
    id: "on-shipment",
    name: "On Shipment",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: line(Support::Local, AGAIN),
        sync: line(Support::Native, READS),
        ack: line(Support::Native, AGAIN),
        fulfil: line(Support::Native, AGAIN),
        unfulfil: line(Support::Native, AGAIN),
        refund: line(Support::Native, PARK),
        cancel: line(Support::Emulated, PARK),
        sync_refund: Operation::ABSENT,
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        ask: Operation::ABSENT,
        verify_account: line(Support::Native, READS),
        activate_account: line(Support::Native, AGAIN),
    },
    refund_basis: RefundBasis::Authorized,
    fulfil_by: By::Line,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::Authorized],
    decide_within: Duration::from_secs(30 * 86_400),
    afterlife: Afterlife { every: Duration::from_secs(86_400), span: Duration::ZERO },
    questions: &[],
    options: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::WithoutShipping,
    statuses: &[("paid", Standing::Authorized)],
    unpaid_when: UnpaidWhen::AnyAnswerButPaid,
    poll_after: &[Duration::from_secs(30), Duration::from_secs(120), Duration::from_secs(600)],
    expires_after: Duration::from_secs(3_600),
    complete_after: Duration::from_secs(86_400),
    account: AccountSpec { config: &[], secrets: &[] },
    limits: Limits { lines_max: 20, reply_bytes_max: 65_536 },
};

/// Captures with the approval; shipments are only written down; nothing is cancelled by us.
pub static AT_ONCE: ProviderSpec = ProviderSpec {
    id: "at-once",
    name: "At Once",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: line(Support::Native, PARK),
        sync: line(Support::Native, READS),
        ack: line(Support::Unsupported, READS),
        fulfil: line(Support::Local, READS),
        unfulfil: line(Support::Unsupported, READS),
        refund: line(Support::Native, AGAIN),
        cancel: line(Support::Unsupported, READS),
        sync_refund: Operation::ABSENT,
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        ask: Operation::ABSENT,
        verify_account: line(Support::Native, READS),
        activate_account: line(Support::Unsupported, READS),
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::Authorized],
    decide_within: Duration::from_secs(30 * 86_400),
    afterlife: Afterlife { every: Duration::from_secs(86_400), span: Duration::ZERO },
    questions: &[],
    options: &[],
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    statuses: &[("SUCCESS", Standing::Captured)],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[Duration::from_secs(60)],
    expires_after: Duration::from_secs(3_600),
    ack_when: AckWhen::Approved,
    complete_after: Duration::from_secs(0),
    account: AccountSpec { config: &[], secrets: &[] },
    limits: Limits { lines_max: 20, reply_bytes_max: 65_536 },
};

/// Captures with the approval; cancels, extends and refunds any amount on request; is asked for a month after the end.
pub static ON_REQUEST: ProviderSpec = ProviderSpec {
    id: "on-request",
    name: "On Request",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: line(Support::Native, AGAIN),
        sync: line(Support::Native, READS),
        ack: Operation::ABSENT,
        fulfil: line(Support::Local, READS),
        unfulfil: Operation::ABSENT,
        refund: line(Support::Native, AGAIN),
        cancel: line(Support::Native, AGAIN),
        sync_refund: line(Support::Native, READS),
        revoke: Operation::ABSENT,
        extend_expiry: line(Support::Native, AGAIN),
        ask: Operation::ABSENT,
        verify_account: line(Support::Native, READS),
        activate_account: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Amount,
    cancel_by: By::Line,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::PendingDecision, Standing::Authorized],
    decide_within: Duration::from_secs(86_400),
    afterlife: Afterlife { every: Duration::from_secs(86_400), span: Duration::from_secs(3 * 86_400) },
    questions: &[],
    options: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    statuses: &[("SUCCESS", Standing::Captured)],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[Duration::from_secs(60)],
    expires_after: Duration::from_secs(3_600),
    complete_after: Duration::from_secs(0),
    account: AccountSpec { config: &[], secrets: &[] },
    limits: Limits { lines_max: 20, reply_bytes_max: 65_536 },
};

/// Takes everything on and ends it later; can be asked about a refund; wants to be acknowledged when it says so.
pub static LATER: ProviderSpec = ProviderSpec {
    id: "later",
    name: "Later",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: line(Support::Native, PARK),
        sync: line(Support::Native, READS),
        ack: line(Support::Native, AGAIN),
        fulfil: line(Support::Native, AGAIN),
        unfulfil: line(Support::Unsupported, READS),
        refund: line(Support::Native, AGAIN),
        cancel: line(Support::Unsupported, READS),
        sync_refund: line(Support::Native, READS),
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        ask: Operation::ABSENT,
        verify_account: line(Support::Native, READS),
        activate_account: line(Support::Unsupported, READS),
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::Authorized],
    decide_within: Duration::from_secs(30 * 86_400),
    afterlife: Afterlife { every: Duration::from_secs(86_400), span: Duration::from_secs(30 * 86_400) },
    questions: &[],
    options: &[],
    ack_when: AckWhen::Flagged,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::AllLines,
    statuses: &[("CLOSING", Standing::PendingDecision)],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[Duration::from_secs(60)],
    expires_after: Duration::from_secs(3_600),
    complete_after: Duration::from_secs(30 * 86_400),
    account: AccountSpec { config: &[], secrets: &[] },
    limits: Limits { lines_max: 20, reply_bytes_max: 65_536 },
};
