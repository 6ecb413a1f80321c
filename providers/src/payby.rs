//! PayBy, also Botim Money: cards, wallets and QR codes in the United Arab Emirates, in dirhams.
//!
//! Every message, in either direction, is JSON with an RSA signature over its raw bytes in the header `sign`; each
//! merchant has a key pair and a key of PayBy's. A payment is captured at once. Orders and refunds go by our own
//! numbers (`{order}` and `{order}-R{refund}`), and the same number with the same content is the same order, so a
//! create is repeated and a refund is looked up by number.
//!
//! ```text
//! Create ─▶ CREATED, a link or a code ─▶ the payer pays ─▶ acquireOrder: PAID_SUCCESS ─▶ SETTLED
//!              ├─ cancelOrder, expiry ─▶ FAILURE           └─ refund/placeOrder ─▶ refundOrder: SUCCESS
//! ```
//!
//! Our paths below the account's URL: `POST /payby/notify`, which is every order's `notifyUrl`, and
//! `GET /payby/return?order=…`, its `redirectUrl` unless the shop names one.
//!
//! Here is the table. Then read `scene` and `options` (what an order may say), `request` and `reply` (we ask),
//! `inbound` (we are told). Retries keep the number and everything else but `requestTime`, which PayBy takes for at
//! most 15 minutes (T11).

mod codes;
mod described;
mod inbound;
mod options;
mod reply;
mod request;
mod scene;
mod wire;

use crate::call::Standing;
use crate::faults::Faults;
use crate::inbound::Verdict;
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, CaptureMode, Effect, Limits, LookUpBy, OnUnknown,
    Operation, Operations, OrderOption, QuestionKind, RefundBasis, Support, TotalRule, UnpaidWhen,
};
use crate::{
    Call, Checked, Currency, Cx, Description, DescriptionError, EncodeError, FaultReason, FieldFault, Found,
    Inbound, InboundError, InboundReply, Ingested, MessageKind, Op, OperationStanding, OrderContent, Outcome,
    Provider, ProviderSpec, Reply, Signed,
};
use std::time::Duration;

/// PayBy's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "payby",
    name: "PayBy",
    currencies: &[Currency::Aed],
    operations: Operations {
        // The same number and content is the same order, and PayBy answers with how it stands.
        create: Operation::new(Support::Native, Effect::Mutates(OnUnknown::SameAgain), 20, 10),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::Mutates(OnUnknown::SameAgain), 10, 3),
        unfulfil: Operation::ABSENT,
        refund: Operation::new(Support::Native, LOOK_UP_REFUND, 30, 5),
        sync_refund: Operation::new(Support::Native, Effect::Reads, 15, 3),
        // Never by a revocation: that would refund an order that was paid meanwhile.
        cancel: Operation::new(Support::Native, LOOK_UP_ORDER, 20, 10),
        revoke: Operation::new(Support::Native, LOOK_UP_ORDER, 30, 10),
        extend_expiry: Operation::new(Support::Native, Effect::Mutates(OnUnknown::SameAgain), 20, 10),
        // There is no such call: a question about an order that never was proves both keys.
        verify_account: Operation::new(Support::Emulated, Effect::Reads, 15, 5),
        activate_account: Operation::ABSENT,
        ask: Operation::new(Support::Native, Effect::Reads, 60, 5),
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    refund_by: By::Amount,
    cancel_by: By::Whole,
    cancellable_in: &[Standing::AwaitingCustomer],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    // FAILURE is refined by the codec: refused, given up or too late (T13). AUTHORIZATION and VOID are missing on
    // purpose: no order of ours asks for a pre-authorisation.
    statuses: &[
        ("CREATED", Standing::AwaitingCustomer),
        ("PAID_SUCCESS", Standing::Captured),
        ("SETTLED", Standing::Completed),
        ("FAILURE", Standing::Cancelled),
    ],
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[
        Duration::from_secs(30),
        Duration::from_secs(2 * 60),
        Duration::from_secs(10 * 60),
        Duration::from_secs(3_600),
        Duration::from_secs(4 * 3_600),
    ],
    // PayBy's own default (S2 L49-51).
    expires_after: Duration::from_secs(2 * 3_600),
    complete_after: Duration::from_secs(14 * 24 * 3_600),
    decide_within: Duration::from_secs(30 * 24 * 3_600),
    afterlife: Afterlife {
        every: Duration::from_secs(24 * 3_600),
        span: Duration::from_secs(30 * 24 * 3_600),
    },
    questions: &[QuestionKind::Statement],
    options: OPTIONS,
    account: AccountSpec {
        config: &[
            AccountField::new("partner_id", "Your member id at PayBy, of at most 12 characters", None),
            AccountField::new(
                "payby_public_key",
                "PayBy's public key for you, from its portal: PEM, or the base64 within",
                None,
            ),
            AccountField::new("api_url", "PayBy's API", Some("https://uat.test2pay.com/sgs/api")),
        ],
        secrets: &[
            AccountField::new(
                "private_key",
                "Your own private key in PKCS#8: PEM, or the base64 within",
                None,
            ),
            AccountField::new(
                "sharing_identities",
                "Whom payments may be shared with, as JSON: {\"name\":{\"type\":\"PHONE_NO\",\"identity\":\"+971-585812345\"}}",
                Some(""),
            ),
        ],
    },
    // Lines do not go onto this wire. A day's statement is a zip of files with up to 50,000 rows each.
    limits: Limits { lines_max: 1_000, reply_bytes_max: 16 * 1024 * 1024 },
};

const OPTIONS: &[OrderOption] = &[
    option(
        "pay_scene",
        "PAYPAGE if not said, INAPP, EWALLET, DYNQR, QRPAY, JSAPI, AUTODEBIT, CASHTOPUP, PAYANDSIGN",
    ),
    option("pay_scene_params", "The scene's parameters by PayBy's names, as a JSON object of texts"),
    option("subject", "What the payer reads, at most 12 characters; else the first line's name, cut"),
    option("subject_ar", "The same in Arabic, at most 200 characters"),
    option("payee_mid", "Another merchant that is to be paid, at most 12 characters"),
    option("secondary_merchant_id", "A merchant of your platform, at most 200 characters; wants `device_id`"),
    option("device_id", "Terminal or virtual device, at most 200 characters"),
    option("reserved", "Your own note, at most 200 characters"),
    option(
        "sharing",
        "Who gets a part, as JSON: [{\"to\":\"name\",\"amount\":\"1.00\",\"memo\":\"bonus\",\"pays_fee\":false}]; `to` is a name in \
         the account's `sharing_identities`, or \"member\":{\"type\":\"MEMBER_ID\",\"identity\":\"…\"} in its place",
    ),
    option("refund_sharing", "`true` if refunds are taken from everybody's part in proportion"),
    option("promotions", "Coupons, as JSON: [{\"appliedRewardId\":\"1234\",\"settleFlag\":\"YES\"}]"),
    option(
        "accessory_content",
        "`amountDetail`, `goodsDetail`, `terminalDetail` by PayBy's names, as a JSON object",
    ),
];

const fn option(name: &'static str, about: &'static str) -> OrderOption {
    OrderOption { name, about, required: false }
}

/// A request older than 15 minutes is refused (S2 L26-27), so what is not there by then will never come.
const ABSENT_PROVES_AFTER: Option<Duration> = Some(Duration::from_secs(16 * 60));
const LOOK_UP_ORDER: Effect =
    Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Sync, absent_proves_after: ABSENT_PROVES_AFTER });
const LOOK_UP_REFUND: Effect =
    Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::SyncRefund, absent_proves_after: ABSENT_PROVES_AFTER });

/// Twelve digits before the point (S2 L42-44), in fils.
const TOTAL_MINOR_MAX: i64 = 99_999_999_999_999;
/// Below the account's URL: where PayBy notifies us, and where the browser comes back.
const NOTIFY_PATH: &str = "/payby/notify";
const RETURN_PATH: &str = "/payby/return";

/// PayBy.
#[derive(Debug)]
pub struct PayBy;

impl Provider for PayBy {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
    }

    fn check(&self, content: &OrderContent) -> Vec<FieldFault> {
        let mut faults = Faults::default();
        faults.table(content, &SPEC);
        faults.options(content, &SPEC);
        if !(1..=TOTAL_MINOR_MAX).contains(&content.total.minor) {
            let why = "must be above zero, with at most twelve digits before the point";
            faults.add("order.total", why, FaultReason::AmountNotRepresentable);
        }
        faults.0.extend(options::Options::read(content).1);
        faults.0
    }

    fn encode(&self, op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
        request::encode(op, cx)
    }

    fn decode(&self, op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
        reply::decode(op, reply, cx)
    }

    /// Refunds are found by their number; whether an order was given up or revoked, by how it stands.
    fn found(&self, op: &Op, answer: &crate::Facts) -> Found {
        let happened = match (op, answer.standing) {
            (Op::Cancel(_), Some(Standing::Cancelled | Standing::Declined | Standing::Expired)) => {
                OperationStanding::Succeeded
            }
            (Op::Cancel(_), Some(Standing::Captured | Standing::Completed)) => OperationStanding::Failed,
            (Op::Revoke, Some(Standing::Cancelled | Standing::Declined | Standing::Expired)) => {
                OperationStanding::Succeeded
            }
            (Op::Revoke, Some(_)) if !answer.operations.is_empty() => OperationStanding::Succeeded,
            _ => return crate::found_by_id(op, answer),
        };
        Found::Happened(happened)
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

    fn sign(&self, _: MessageKind, described: &Description) -> Result<Signed, DescriptionError> {
        described::sign(described)
    }

    fn verify(&self, _: MessageKind, described: &Description) -> Result<Checked, DescriptionError> {
        described::verify(described)
    }
}
