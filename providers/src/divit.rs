//! divit: bank transfers and instalments in Hong Kong, with miles for the customer; Hong Kong dollars only.
//!
//! We create an order there, send the browser to the answer's URL with the answer's token, and hear the end by a signed
//! event. Only the event 2001, "paid", is believed; the other events (cancelled, expired, refunded, refund cancelled)
//! make us ask for the status, whose word and counters decide. An event that is signed and old is asked about too.
//!
//! ```text
//! Create ─▶ browser to redirectURI&token=… ─▶ 2001 (captured) ─▶ Refund (accepted) ─▶ 2100 (hint) ─▶ Sync: counters
//! ```
//!
//! Paths below the account's URL, the first three told to divit with each order:
//!
//! | path | who comes |
//! |---|---|
//! | `/divit/events` | divit, with an event (`webhookEvents`, and `callbackURI` of refunds) |
//! | `/divit/success/{order}` | the browser, or divit with an event (`webhookSuccess`) |
//! | `/divit/failure/{order}` | the browser, or divit with an event (`webhookFailure`) |
//!
//! Here is the table. Then read `request` and `reply` (we ask), `inbound` and `signature` (we are told), `miles`.

mod check;
mod inbound;
mod items;
mod miles;
mod reply;
mod request;
mod signature;

use crate::call::{AmountKind, OperationStanding, Standing};
use crate::inbound::Verdict;
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, LookUpBy, OnUnknown,
    Operation, Operations, OrderOption, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use crate::{
    Call, Checked, Currency, Cx, Description, DescriptionError, EncodeError, Facts, FieldFault, Found,
    Inbound, InboundError, InboundReply, Ingested, MessageKind, Op, OrderContent, Outcome, Provider,
    ProviderSpec, Reply, Signed,
};
use std::time::Duration;

/// divit's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "divit",
    name: "divit",
    currencies: &[Currency::Hkd],
    operations: Operations {
        // A second order of ours is harmless: the customer is sent to one, and the other runs out.
        create: Operation::new(Support::Native, Effect::Mutates(OnUnknown::SameAgain), 20, 5),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::Mutates(OnUnknown::SameAgain), 10, 3),
        unfulfil: Operation::ABSENT,
        // There is no key: a resend asks for a second refund. A counter that grew proves the first; one that did not
        // proves nothing, because staff work through requests the next day.
        refund: Operation::new(
            Support::Native,
            Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Sync, absent_proves_after: None }),
            30,
            3,
        ),
        sync_refund: Operation::new(Support::Native, Effect::Reads, 15, 3),
        // Only the customer can.
        cancel: Operation::ABSENT,
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        verify_account: Operation::new(Support::Native, Effect::Reads, 15, 5),
        activate_account: Operation::ABSENT,
        ask: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Amount,
    cancel_by: By::Whole,
    cancellable_in: &[],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    // The status's one word, and the events that say how an order stands.
    statuses: &[
        ("completed", Standing::Captured),
        ("2001", Standing::Captured),
        ("4000", Standing::Cancelled),
        ("4001", Standing::Expired),
    ],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[
        Duration::from_secs(60),
        Duration::from_secs(5 * 60),
        Duration::from_secs(15 * 60),
        Duration::from_secs(3_600),
        Duration::from_secs(4 * 3_600),
    ],
    // As divit's own samples have it.
    expires_after: Duration::from_secs(30 * 60),
    complete_after: Duration::from_secs(14 * 24 * 3_600),
    decide_within: Duration::from_secs(30 * 24 * 3_600),
    afterlife: Afterlife {
        every: Duration::from_secs(24 * 3_600),
        span: Duration::from_secs(30 * 24 * 3_600),
    },
    questions: &[],
    options: &[
        OrderOption {
            name: "mode",
            about: "`fast` tells divit the customer, who then needs no account there; `normal` does not (default: fast)",
            required: false,
        },
        OrderOption {
            name: "product",
            about: "`paynow`, or `paylater` for instalments (default: paynow)",
            required: false,
        },
        OrderOption { name: "language", about: "`en`, `zh-hk` or `zh-cn` (default: en)", required: false },
        OrderOption {
            name: "flights",
            about: "makes the order one of the type `flight`: a JSON array of divit's flight items (itemData), instead of the lines",
            required: false,
        },
        OrderOption {
            name: "miles_for_reward",
            about: "miles for the customer, a whole number",
            required: false,
        },
        OrderOption {
            name: "total_for_reward_minor",
            about: "the part of the total that earns miles, in cents, to check the miles by `reward_scheme`",
            required: false,
        },
        OrderOption {
            name: "reward_scheme",
            about: "the name of one of the account's `promo_codes`; without it nobody checks the miles",
            required: false,
        },
    ],
    account: AccountSpec {
        config: &[
            AccountField::new("api_url", "divit's API", Some("https://sandbox-api.divit.dev")),
            AccountField::new(
                "mile_cost_minor",
                "what a mile costs you in cents, to be told of orders whose miles cost more than they bring",
                Some(""),
            ),
        ],
        secrets: &[
            AccountField::new("api_key", "API key (`dvt_…`), from divit's admin portal", None),
            AccountField::new("signature_key", "The branch's signature key, from divit's admin portal", None),
            AccountField::new(
                "promo_codes",
                "divit's promo codes by a name of yours, JSON: {\"standard\":{\"code\":\"XYZ01\",\"ratio\":\"1:2\"}}",
                Some(""),
            ),
        ],
    },
    limits: Limits { lines_max: 200, reply_bytes_max: 256 * 1024 },
};

/// divit.
#[derive(Debug)]
pub struct Divit;

impl Provider for Divit {
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

    /// By the counters alone: the status names no refund. A counter that grew by less was not grown by this one.
    fn found(&self, op: &Op, answer: &Facts) -> Found {
        let Op::Refund(refund) = op else { return Found::Absent };
        if reply::counted(AmountKind::Refunded, refund, answer) {
            Found::Happened(OperationStanding::Succeeded)
        } else if reply::counted(AmountKind::RefundRequested, refund, answer) {
            Found::Happened(OperationStanding::Pending)
        } else {
            Found::Absent
        }
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

    fn sign(&self, kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
        signature::sign(kind, described)
    }

    fn verify(&self, kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
        signature::verify(kind, described)
    }
}
