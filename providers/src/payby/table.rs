//! PayBy's table: what it can do, how its operations behave, and every word of its documents.
//!
//! Data alone; the code that reads it is one level up.

pub(crate) mod codes;
pub(super) mod described;
pub(crate) mod options;
pub(crate) mod scenes;

use super::wire::our_refund;
use crate::Currency;
use crate::call::{OperationStanding, Standing};
use crate::question::StatementLineKind;
use crate::rules::{AmountRule, ContentRules};
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode, CheckoutEnd,
    DECIDE_WITHIN, Effect, Limits, LookUpBy, OnUnknown, Operation, Operations, ProviderSpec, QuestionKind,
    RefundBasis, Support, TotalRule, TrackingRule, UnpaidWhen,
};
use crate::statement::StatementFormat;
use crate::wire::{AmountField, MoneyForm, Proof, Wire};
use std::time::Duration;

/// Characters of an order's number; ours have 26 and a few.
pub(crate) const NUMBER_CHARS_MAX: usize = 64;
/// Characters of an order's description. The documents say 12, newer ones 64; what has 12 passes either.
pub(crate) const SUBJECT_CHARS_MAX: usize = 12;
/// Characters of a refund's reason.
pub(crate) const REASON_CHARS_MAX: usize = 64;
/// The longest that a checkout may live from its first request, and from a later extension (docs `create-order`,
/// `adjust-order-expiry-time`).
pub(crate) const CHECKOUT_HOURS_MAX: i64 = 48;
pub(crate) const EXTENSION_HOURS_MAX: i64 = 15 * 24;

/// PayBy's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "payby",
    name: "PayBy",
    currencies: &[Currency::Aed],
    operations: Operations {
        // The same number and content is the same order, and PayBy answers with how it stands.
        create: Operation::new(Support::Native, Effect::REPEATABLE, 20, 10),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::REPEATABLE, 10, 3),
        unfulfil: Operation::ABSENT,
        refund: Operation::new(Support::Native, LOOK_UP_REFUND, 30, 5),
        sync_refund: Operation::new(Support::Native, Effect::Reads, 15, 3),
        // Never by a revocation: that would refund an order that was paid meanwhile.
        cancel: Operation::new(Support::Native, LOOK_UP_ORDER, 20, 10),
        revoke: Operation::new(Support::Native, LOOK_UP_ORDER, 30, 10),
        extend_expiry: Operation::new(Support::Native, Effect::REPEATABLE, 20, 10),
        // There is no such call: a question about an order that never was proves both keys.
        verify_account: Operation::new(Support::Emulated, Effect::Reads, 15, 5),
        activate_account: Operation::ABSENT,
        ask: Operation::new(Support::Native, Effect::Reads, 60, 5),
    },
    refund_basis: RefundBasis::Captured,
    fulfil_by: By::Line,
    tracking: TrackingRule::Optional,
    refund_by: By::Amount,
    cancel_by: By::Whole,
    cancellable_in: &[Standing::AwaitingCustomer, Standing::PendingDecision],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::Automatic,
    total_rule: TotalRule::AllLines,
    // FAILURE is refined by the codec: refused, given up or too late (T13). So is CREATED where no payer is waited for.
    // AUTHORIZATION and VOID are missing on purpose: no order of ours asks for a pre-authorisation.
    statuses: &[
        ("CREATED", Standing::AwaitingCustomer),
        ("PAID_SUCCESS", Standing::Captured),
        ("SETTLED", Standing::Completed),
        ("FAILURE", Standing::Cancelled),
    ],
    silent_statuses: &[],
    attempt_ref: None,
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: &[
        Duration::from_secs(30),
        Duration::from_secs(2 * 60),
        Duration::from_secs(10 * 60),
        Duration::from_secs(3_600),
        Duration::from_secs(4 * 3_600),
    ],
    status_settles_within: Duration::ZERO,
    // PayBy's own default (S2 L49-51).
    expires_after: Duration::from_secs(2 * 3_600),
    checkout_end: CheckoutEnd::Link,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    // The documents promise nothing, and a weekend has two days.
    settles_within: Some(Duration::from_secs(5 * 24 * 3_600)),
    questions: &[QuestionKind::Statement],
    wire: WIRE,
    content: CONTENT,
    options: options::OPTIONS,
    account: AccountSpec {
        config: &[
            AccountField::new("partner_id", "Your member id at PayBy, of at most 12 characters", None),
            AccountField::new(
                "payby_public_key",
                "PayBy's public key for you, from its portal: PEM, or the base64 within",
                None,
            ),
            AccountField::new(
                "statement_columns",
                "Which columns of the statement hold what: \
                 order=merchantOrderNo,origin=originMerchantOrderNo,provider_order=orderNo,kind=transactionType,\
                 amount=totalAmount,currency=orderCurrency; statements are not matched without",
                Some(""),
            ),
            AccountField::host(
                "api_url",
                "PayBy's API",
                "https://uat.test2pay.com/sgs/api",
                "https://api.payby.com/sgs/api",
            ),
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

/// Dirhams with both decimals, as a number.
pub(crate) const DIRHAMS: MoneyForm = MoneyForm::MajorUnits;
/// Proves every message, in either direction.
pub(crate) const SIGNATURE: Proof =
    Proof::RsaSha256 { header: "sign", private: "private_key", public: "payby_public_key" };

const WIRE: Wire = Wire::proven_both_ways(
    &[SIGNATURE],
    &[
        AmountField::sent("bizContent.totalAmount.amount", DIRHAMS),
        AmountField::sent("bizContent.sharingParamList[].sharingAmount.amount", DIRHAMS),
        AmountField::sent("bizContent.amount.amount", DIRHAMS),
        AmountField::told("body.acquireOrder.totalAmount.amount", DIRHAMS),
        AmountField::told("body.acquireOrder.paymentInfo.paidAmount.amount", DIRHAMS),
        AmountField::told("body.refundOrder.amount.amount", DIRHAMS),
        AmountField::told("body.refundSummary.acquireAmount.amount", DIRHAMS),
        AmountField::told("body.refundSummary.remainRefundAmount.amount", DIRHAMS),
        AmountField::told("acquireOrder.totalAmount.amount", DIRHAMS),
        AmountField::told("acquireOrder.paymentInfo.paidAmount.amount", DIRHAMS),
        AmountField::told("refundOrder.amount.amount", DIRHAMS),
        AmountField::told("acquireChargeback.chargebackAmount.amount", DIRHAMS),
    ],
);

/// Lines and people do not go onto this wire; a total has twelve digits before the point (S2 L42-44).
const CONTENT: ContentRules = ContentRules {
    order_id_chars_max: NUMBER_CHARS_MAX,
    amount: AmountRule { step_minor: 1, minor_max: 99_999_999_999_999 },
    ..ContentRules::TOTAL_ALONE
};

/// A day's statement (docs `download-statements`): columns are the account's to map.
pub(crate) const STATEMENTS: StatementFormat = StatementFormat {
    provider: SPEC.name,
    columns: "statement_columns",
    separator: '|',
    kinds: &[("PAYMENT", StatementLineKind::Payment), ("REFUND", StatementLineKind::Refund)],
    our_refund,
};

/// How a refund stands. REFUNDED_SETTLED: taken from the shop, not yet with the payer.
pub(crate) const REFUND_STATUSES: &[(&str, OperationStanding)] = &[
    ("CREATED", OperationStanding::Pending),
    ("REFUNDED_SETTLED", OperationStanding::Pending),
    ("SUCCESS", OperationStanding::Succeeded),
    ("FAILURE", OperationStanding::Failed),
];

/// A request older than 15 minutes is refused (S2 L26-27), so what is not there by then will never come.
const ABSENT_PROVES_AFTER: Option<Duration> = Some(Duration::from_secs(16 * 60));
const LOOK_UP_ORDER: Effect =
    Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Sync, absent_proves_after: ABSENT_PROVES_AFTER });
const LOOK_UP_REFUND: Effect =
    Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::SyncRefund, absent_proves_after: ABSENT_PROVES_AFTER });
