//! DivideBuy: consumer credit in the United Kingdom, in pounds sterling.
//!
//! Nobody calls DivideBuy to open a checkout. We send the browser there with an encrypted *splash key*, DivideBuy
//! asks us what the order holds (`getorderdetails`), and then says how it ended twice and in either order: by a
//! webhook and by the browser. Neither is proof, so both only make us ask `getuserorder`, and DivideBuy goes on only
//! after we say that we did (`syncretorder`). A shipment releases the money.
//!
//! ```text
//! Create (local: a URL) ─▶ pull getorderdetails ─▶ orderSuccess, splash success (hints) ─▶ Sync ─▶ Ack ─▶ Fulfil
//! ```
//!
//! Here is the table. Then read `request` and `reply` (we ask), `inbound` and `answer` (we are asked).
//! There is no reader for splash keys from before `secureVersion=1`: those carry no proof at all.

mod answer;
mod check;
mod described;
mod details;
mod inbound;
mod reply;
mod request;
mod splash_key;
mod wire;

use crate::call::Standing;
use crate::inbound::Verdict;
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, OnUnknown, Operation,
    Operations, OrderOption, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use crate::{
    Call, Checked, Currency, Cx, Description, DescriptionError, EncodeError, FieldFault, Inbound,
    InboundError, InboundReply, Ingested, MessageKind, Op, OrderContent, Outcome, Provider, ProviderSpec,
    Reply, Signed,
};
use std::time::Duration;

/// DivideBuy's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "dividebuy",
    name: "DivideBuy",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: Operation::new(Support::Local, AGAIN, 10, 3),
        // Few: the order's own schedule asks again, and says SYNC_OVERDUE where an answer is owed.
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        // An order that is not acknowledged stalls at DivideBuy, so this is tried for days (S1 L378).
        ack: Operation::new(Support::Native, AGAIN, 15, 40),
        // The same number, article and quantity is one effect, however often it is said.
        fulfil: Operation::new(Support::Native, AGAIN, 20, 20),
        unfulfil: Operation::new(Support::Native, AGAIN, 20, 20),
        // No id, no status, no listing (S1 L746-752): a second request could be a second refund.
        refund: Operation::new(Support::Native, Effect::Mutates(OnUnknown::Park), 30, 3),
        sync_refund: Operation::ABSENT,
        // A full refund of what was not shipped yet.
        cancel: Operation::new(Support::Emulated, Effect::Mutates(OnUnknown::Park), 30, 3),
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        verify_account: Operation::new(Support::Native, AGAIN, 15, 5),
        activate_account: Operation::new(Support::Native, AGAIN, 15, 5),
        ask: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Authorized,
    fulfil_by: By::Line,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::Authorized],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::WithoutShipping,
    // `cancel` is the browser's word: "consider the order as still pending" (S1 L372).
    statuses: &[("success", Standing::Authorized), ("cancel", Standing::AwaitingCustomer)],
    unpaid_when: UnpaidWhen::AnyAnswerButPaid,
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
    questions: &[],
    options: &[OrderOption {
        name: "selected_instalment",
        about: "months of the plan that the customer chose in the shop, from 1 to 255",
        required: false,
    }],
    account: AccountSpec {
        config: &[
            AccountField::new("retailer_store_code", "Your own name for this shop, told to DivideBuy", None),
            AccountField::new(
                "retailer_id",
                "DivideBuy's number for you; learned when the account is verified",
                Some(""),
            ),
            AccountField::new("api_url", "DivideBuy's API", Some("https://api.dividebuysandbox.co.uk")),
            AccountField::new(
                "checkout_url",
                "Your checkout at DivideBuy",
                Some("https://checkout.dividebuysandbox.co.uk"),
            ),
            AccountField::new(
                "allowed_ips",
                "Addresses that alone see DivideBuy, by commas; none means all",
                Some(""),
            ),
        ],
        secrets: &[
            AccountField::new("store_token", "Store token, from DivideBuy's onboarding", None),
            AccountField::new(
                "store_authentication",
                "Store authentication, from DivideBuy's onboarding",
                None,
            ),
        ],
    },
    limits: Limits { lines_max: 200, reply_bytes_max: 1024 * 1024 },
};

/// Repeating it is harmless.
const AGAIN: Effect = Effect::Mutates(OnUnknown::SameAgain);

const NOT_SIGNED: DescriptionError = DescriptionError::NotSigned {
    provider: SPEC.id,
    instead: "messages carry `store_token` and `store_authentication`; browsers carry a splash key",
};

/// DivideBuy.
#[derive(Debug)]
pub struct DivideBuy;

/// Makes the splash key that people describe: `storeToken`, `storeAuthentication`, `orderId`, `retailerId`.
///
/// # Errors
/// A field is missing.
pub fn seal(described: &Description) -> Result<Checked, DescriptionError> {
    described::seal(described)
}

/// Opens the splash key that people describe: `storeToken` and `splashKey_param`.
///
/// # Errors
/// A field is missing. A key that does not open is no error but a finding.
pub fn open(described: &Description) -> Result<Checked, DescriptionError> {
    described::open(described)
}

impl Provider for DivideBuy {
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

    fn answer(&self, message: &Ingested, verdict: Verdict<'_>, cx: &Cx<'_>) -> InboundReply {
        answer::answer(message, &verdict, cx)
    }

    fn reject(&self, error: &InboundError) -> InboundReply {
        answer::reject(error)
    }

    fn sign(&self, _: MessageKind, _: &Description) -> Result<Signed, DescriptionError> {
        Err(NOT_SIGNED)
    }

    fn verify(&self, _: MessageKind, _: &Description) -> Result<Checked, DescriptionError> {
        Err(NOT_SIGNED)
    }
}
