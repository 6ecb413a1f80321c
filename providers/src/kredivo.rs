//! Kredivo through DOKU: pay-later in Indonesia; rupiah, which DOKU writes without decimals.
//!
//! We generate an order, send the browser to the answer's page, and hear the end by a signed notification. Requests,
//! replies and notifications all carry DOKU's signature. A failed attempt is not the end: the customer may try again.
//! Money goes back in DOKU's back office only, and REFUNDED tells us of it.
//!
//! ```text
//! Create ─▶ browser to payment.url ─▶ SUCCESS (captured)      FAILED: stays open      REFUNDED: by the back office
//! ```
//!
//! Paths below the account's URL:
//!
//! | path | who comes |
//! |---|---|
//! | `/doku/notification` | DOKU; enter the whole URL in its back office: the path is part of what is signed |
//! | `/doku/return/{order}` | the browser (`callback_url`) |
//! | `/doku/cancel/{order}` | the browser (`callback_url_cancel`) |
//!
//! Here is the table. Then read `request` and `reply` (we ask), `inbound` (we are told) and `signature`.

mod check;
mod inbound;
mod reply;
mod request;
mod signature;
mod state;

use crate::call::Standing;
use crate::inbound::Verdict;
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, OnUnknown, Operation,
    Operations, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use crate::{
    Call, Checked, Currency, Cx, Description, DescriptionError, EncodeError, FieldFault, Inbound,
    InboundError, InboundReply, Ingested, MessageKind, Op, OrderContent, Outcome, Provider, ProviderSpec,
    Reply, Signed,
};
use std::time::Duration;

/// Kredivo's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "kredivo",
    name: "Kredivo through DOKU",
    currencies: &[Currency::Idr],
    operations: Operations {
        // The same Request-Id and body is one order: DOKU answers 409 with what it answered first.
        create: Operation::new(Support::Native, Effect::Mutates(OnUnknown::SameAgain), 30, 8),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::Mutates(OnUnknown::SameAgain), 10, 3),
        unfulfil: Operation::ABSENT,
        // In DOKU's back office; there is no API for Kredivo.
        refund: Operation::new(Support::Manual, Effect::Mutates(OnUnknown::Park), 10, 1),
        sync_refund: Operation::ABSENT,
        cancel: Operation::ABSENT,
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        verify_account: Operation::ABSENT,
        activate_account: Operation::ABSENT,
        ask: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Whole,
    cancel_by: By::Whole,
    cancellable_in: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    statuses: &[
        // From the first: it says that nothing was paid yet.
        ("PENDING", Standing::AwaitingCustomer),
        ("SUCCESS", Standing::Captured),
        // Of one attempt; the order stays open.
        ("FAILED", Standing::AwaitingCustomer),
        ("EXPIRED", Standing::Expired),
        ("REFUNDED", Standing::Captured),
        ("TIMEOUT", Standing::PendingDecision),
        ("REDIRECT", Standing::PendingDecision),
    ],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    // DOKU asks for a minute after the payment before it is asked.
    poll_after: &[
        Duration::from_secs(60),
        Duration::from_secs(5 * 60),
        Duration::from_secs(15 * 60),
        Duration::from_secs(3_600),
        Duration::from_secs(4 * 3_600),
    ],
    expires_after: Duration::from_secs(60 * 60),
    complete_after: Duration::from_secs(14 * 24 * 3_600),
    decide_within: Duration::from_secs(30 * 24 * 3_600),
    afterlife: Afterlife {
        every: Duration::from_secs(24 * 3_600),
        span: Duration::from_secs(30 * 24 * 3_600),
    },
    questions: &[],
    options: &[],
    account: AccountSpec {
        config: &[
            AccountField::new("client_id", "Client ID, from DOKU's back office", None),
            AccountField::new("api_url", "DOKU's API", Some("https://api-sandbox.doku.com")),
            AccountField::new(
                "shop_url",
                "Your shop, where Kredivo shows what was bought",
                Some("https://www.example.com"),
            ),
        ],
        secrets: &[AccountField::new("secret_key", "Secret key, from DOKU's back office", None)],
    },
    limits: Limits { lines_max: 200, reply_bytes_max: 256 * 1024 },
};

/// Kredivo through DOKU.
#[derive(Debug)]
pub struct Kredivo;

impl Provider for Kredivo {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
    }

    fn check(&self, content: &OrderContent) -> Vec<FieldFault> {
        check::check(content)
    }

    fn encode(&self, op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
        request::encode(op, cx)
    }

    fn decode(&self, op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
        reply::decode(op, reply, cx)
    }

    fn ingest(&self, message: &Inbound, cx: &Cx<'_>) -> Result<Ingested, InboundError> {
        inbound::ingest(message, cx)
    }

    fn answer(&self, _: &Ingested, verdict: Verdict<'_>, _: &Cx<'_>) -> InboundReply {
        InboundReply::receipt(&verdict)
    }

    fn reject(&self, error: &InboundError) -> InboundReply {
        InboundReply::rejection(error)
    }

    fn sign(&self, _: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
        signature::sign(described)
    }

    fn verify(&self, _: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
        signature::verify(described)
    }
}
