//! Divido: a broker of consumer credit; a lender decides, and confirms every activation, cancellation and refund later.
//!
//! We ask for a credit proposal and send the browser to its URL. The customer's session makes it an application, which
//! the lender accepts and the customer signs; `READY` is the word to ship. An activation reports what was shipped and
//! starts the payout. Where an account does not sign directly, an accepted application waits for us to finalize it.
//!
//! ```text
//! Create ─▶ browser to `url` ─▶ ACCEPTED ─▶ (finalize) ─▶ SIGNED ─▶ READY ─▶ activation ─▶ ACTIVATED ─▶ COMPLETED
//! ```
//!
//! Every activation, cancellation and refund names its products: none would mean the whole application. It carries
//! `{order id}.{our id of the operation}` as its `reference`, which Divido lists in the application; that is how an
//! operation of unknown outcome is found again.
//!
//! Paths below the account's URL, told to Divido with each request:
//!
//! | path | who comes |
//! |---|---|
//! | `/divido/webhook` | Divido, with a status (`responseUrl`) |
//! | `/divido/return/{order}` | the browser, done (`redirectUrl`) |
//! | `/divido/checkout/{order}` | the browser, declined or given up (`checkoutUrl`) |
//!
//! Here is the table. Then read `request` and `reply` (we ask), `application` (what an application says), `inbound`.

mod application;
mod check;
mod findings;
mod inbound;
mod products;
mod reply;
mod request;
mod signature;

use crate::call::Standing;
use crate::inbound::Verdict;
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, LookUpBy, OnUnknown,
    Operation, Operations, OrderOption, QuestionKind, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use crate::{
    Call, Checked, Currency, Cx, Description, DescriptionError, EncodeError, FieldFault, Inbound,
    InboundError, InboundReply, Ingested, MessageKind, Op, OrderContent, Outcome, Provider, ProviderSpec,
    Reply, Signed,
};
use std::time::Duration;

/// Divido's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "divido",
    name: "Divido",
    // The documents take any code and show GBP; these two are those of the countries that its plans name.
    currencies: &[Currency::Gbp, Currency::Eur],
    operations: Operations {
        // A second proposal is harmless: the customer is sent to one, and nobody enters the other.
        create: Operation::new(Support::Native, AGAIN, 30, 5),
        sync: Operation::new(Support::Native, Effect::Reads, 20, 3),
        // Finalizing again updates the same agreement and gives the same address.
        ack: Operation::new(Support::Native, AGAIN, 30, 20),
        fulfil: Operation::new(Support::Native, LISTED, 30, 5),
        unfulfil: Operation::ABSENT,
        refund: Operation::new(Support::Native, LISTED, 30, 5),
        // Refunds are listed in the application.
        sync_refund: Operation::ABSENT,
        cancel: Operation::new(Support::Native, LISTED, 30, 5),
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        // By asking for the plans.
        verify_account: Operation::new(Support::Native, Effect::Reads, 20, 5),
        activate_account: Operation::ABSENT,
        ask: Operation::new(Support::Native, Effect::Reads, 20, 3),
    },
    refund_basis: RefundBasis::Activated,
    fulfil_by: By::Line,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[
        Standing::AwaitingCustomer,
        Standing::CustomerArrived,
        Standing::PendingDecision,
        Standing::Authorized,
    ],
    ack_when: AckWhen::Flagged,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::AllLines,
    statuses: &[
        ("DRAFT", Standing::AwaitingCustomer),
        ("PROPOSAL", Standing::PendingDecision),
        ("REFERRED", Standing::PendingDecision),
        ("INFO-NEEDED", Standing::PendingDecision),
        ("ACTION-CUSTOMER", Standing::PendingDecision),
        ("ACTION-RETAILER", Standing::PendingDecision),
        ("ACTION-LENDER", Standing::PendingDecision),
        ("DEFERRED", Standing::PendingDecision),
        ("ACCEPTED", Standing::PendingDecision),
        ("DEPOSIT-PAID", Standing::PendingDecision),
        ("SIGNED", Standing::PendingDecision),
        ("READY", Standing::Authorized),
        ("AWAITING-ACTIVATION", Standing::Authorized),
        ("AWAITING-FULFILLMENT", Standing::Authorized),
        ("PARTIALLY-ACTIVATED", Standing::Authorized),
        ("PARTIAL-FULFILLED", Standing::Authorized),
        ("ACTIVATED", Standing::Captured),
        ("FULFILLED", Standing::Captured),
        ("REFUNDED", Standing::Captured),
        ("COMPLETED", Standing::Completed),
        ("DECLINED", Standing::Declined),
        ("CANCELLED", Standing::Cancelled),
        ("CANCELED", Standing::Cancelled),
        // These three speak of a part: the amounts beside them say how the order stands, and alone they say nothing.
        ("AWAITING-CANCELLATION", Standing::PendingDecision),
        ("DISPUTED", Standing::Captured),
        ("LOAN-REVERSAL", Standing::Captured),
    ],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[
        Duration::from_secs(60),
        Duration::from_secs(5 * 60),
        Duration::from_secs(15 * 60),
        Duration::from_secs(3_600),
        Duration::from_secs(4 * 3_600),
    ],
    expires_after: Duration::from_secs(24 * 3_600),
    complete_after: Duration::from_secs(14 * 24 * 3_600),
    decide_within: Duration::from_secs(30 * 24 * 3_600),
    afterlife: Afterlife {
        every: Duration::from_secs(24 * 3_600),
        span: Duration::from_secs(30 * 24 * 3_600),
    },
    questions: &[
        QuestionKind::FinancePlans,
        QuestionKind::Quote,
        QuestionKind::Orders,
        QuestionKind::Statements,
        QuestionKind::Statement,
    ],
    options: &[
        OrderOption {
            name: "finance",
            about: "the finance plan's id (default: the account's `finance`)",
            required: false,
        },
        OrderOption {
            name: "deposit",
            about: "what the customer pays at once, in major units: `100` or `99.50` (default: 0)",
            required: false,
        },
        OrderOption {
            name: "direct_sign",
            about: "`false` if an accepted application waits for us to finalize it (default: the account's)",
            required: false,
        },
        OrderOption {
            name: "language",
            about: "two capital letters (default: the account's `language`)",
            required: false,
        },
    ],
    account: AccountSpec {
        config: &[
            AccountField::new(
                "api_url",
                "Divido's host, without a path",
                Some("https://secure.sandbox.divido.com"),
            ),
            AccountField::new("country", "Country of your plans, two capital letters", Some("GB")),
            AccountField::new("language", "Language of the checkout, two capital letters", Some("EN")),
            AccountField::new("finance", "The plan of orders that name none", Some("")),
            AccountField::new(
                "direct_sign",
                "`false` if accepted applications are finalized by us",
                Some("true"),
            ),
            AccountField::new(
                "ship_on",
                "The status that lets you ship: READY or, earlier, SIGNED",
                Some("READY"),
            ),
            AccountField::new(
                "adjustment_refunds",
                "`true` if a refund that names no lines may go out as one line ADJUSTMENT",
                Some("false"),
            ),
            AccountField::new(
                "allowed_ips",
                "Senders whose webhooks are believed where no shared secret is set, by commas; Divido's own are \
                 52.211.249.159, 54.72.119.96, 52.211.116.109, 52.212.234.209, and 34.249.63.178 for its sandbox",
                Some(""),
            ),
        ],
        secrets: &[
            AccountField::new("api_key", "API key (`live_…`, `sandbox_…`), from Divido", None),
            AccountField::new(
                "shared_secret",
                "Signs requests and webhooks; empty if Divido's support has set none for you",
                Some(""),
            ),
        ],
    },
    limits: Limits { lines_max: 200, reply_bytes_max: 4 * 1024 * 1024 },
};

/// Repeating it is harmless.
const AGAIN: Effect = Effect::Mutates(OnUnknown::SameAgain);
/// There is no idempotency key, and the application lists it by our reference.
const LISTED: Effect = Effect::Mutates(OnUnknown::LookUp {
    by: LookUpBy::Sync,
    absent_proves_after: Some(Duration::from_secs(15 * 60)),
});

/// Divido.
#[derive(Debug)]
pub struct Divido;

impl Provider for Divido {
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

    fn answer(&self, message: &Ingested, verdict: Verdict<'_>, _: &Cx<'_>) -> InboundReply {
        inbound::answer(message, &verdict)
    }

    fn reject(&self, error: &InboundError) -> InboundReply {
        inbound::reject(error)
    }

    fn sign(&self, kind: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
        signature::sign(kind, described)
    }

    fn verify(&self, kind: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
        signature::verify(kind, described)
    }
}
