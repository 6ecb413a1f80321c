//! Divido's table: what it can do, how its operations behave, and every word of its documents.
//!
//! Data alone; the code that reads it is one level up.

pub(super) mod described;
pub(super) mod entries;
pub(super) mod people;

use crate::Currency;
use crate::call::{Flag, Standing};
use crate::content::LineKind;
use crate::option::{OrderOption, ValueForm};
use crate::reply::Refusals;
use crate::rules::{AmountRule, ContentRules, CountryRule, LineRule, QuantityRule, Sign, TextRule};
use crate::shape::Shape;
use crate::spec::{
    AMOUNT_REFUNDS, AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode,
    CheckoutEnd, DECIDE_WITHIN, Effect, Limits, LookUpBy, OnUnknown, Operation, Operations, POLL_AFTER,
    ProviderSpec, QuestionKind, RefundBasis, Support, TotalRule, TrackingRule, UnpaidWhen,
};
use crate::wire::{AmountField, BodyForm, MoneyForm, Proof, Redirect, Wire};
use std::time::Duration;

/// Characters of an order id; ours have 26 and a number.
pub(crate) const ORDER_ID_CHARS_MAX: usize = 64;

/// Divido's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "divido",
    name: "Divido",
    // The documents take any code and show GBP; these two are those of the countries that its plans name.
    currencies: &[Currency::Gbp, Currency::Eur],
    operations: Operations {
        // A second proposal is harmless: the customer is sent to one, and nobody enters the other.
        create: Operation::new(Support::Native, Effect::REPEATABLE, 30, 5),
        sync: Operation::new(Support::Native, Effect::Reads, 20, 3),
        // Finalizing again updates the same agreement and gives the same address.
        ack: Operation::new(Support::Native, Effect::REPEATABLE, 30, 20),
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
    tracking: TrackingRule::Optional,
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
    ],
    // They speak of a part.
    silent_statuses: &["AWAITING-CANCELLATION", "DISPUTED", "LOAN-REVERSAL"],
    attempt_ref: Some("proposal"),
    unpaid_when: UnpaidWhen::StatusSaysSo,
    poll_after: POLL_AFTER,
    status_settles_within: Duration::ZERO,
    expires_after: Duration::from_secs(24 * 3_600),
    checkout_end: CheckoutEnd::Link,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    // The documents promise nothing, and a weekend has two days.
    settles_within: Some(Duration::from_secs(5 * 24 * 3_600)),
    questions: &[
        QuestionKind::FinancePlans,
        QuestionKind::Quote,
        QuestionKind::Orders,
        QuestionKind::Statements,
        QuestionKind::Statement,
    ],
    wire: WIRE,
    content: CONTENT,
    options: &[
        OrderOption::new(
            "finance",
            "the finance plan's id (default: the account's `finance`)",
            ValueForm::Text(64),
        ),
        OrderOption::new(
            "deposit",
            "what the customer pays at once, in major units: `100` or `99.50` (default: 0)",
            ValueForm::Amount,
        ),
        OrderOption::new(
            "direct_sign",
            "`false` if an accepted application waits for us to finalize it (default: the account's)",
            ValueForm::Flag,
        ),
        OrderOption::new(
            "language",
            "two capital letters (default: the account's `language`)",
            ValueForm::Capitals(2),
        ),
        OrderOption::new(
            "metadata",
            "texts in JSON that Divido keeps and repeats in webhooks: `{\"Invoice Number\":\"844001\"}`; nobody's data",
            ValueForm::Json(&Shape::Texts { max: 255, taken: &[OUR_NUMBER, OUR_ORDER] }),
        ),
    ],
    account: AccountSpec {
        config: &[
            AccountField::host(
                "api_url",
                "Divido's host, without a path",
                "https://secure.sandbox.divido.com",
                "https://secure.divido.com",
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
                AMOUNT_REFUNDS,
                "`true` if a refund of an amount, for no lines, may go out as one line ADJUSTMENT",
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

/// Major units with both decimals, as text. One line, ADJUSTMENT, may have more where it makes up for a broken quantity.
pub(crate) const MAJOR: MoneyForm = MoneyForm::MajorUnits;
/// The account's key, as the form's `merchant`.
pub(crate) const MERCHANT: Proof = Proof::Fields { secrets: &["api_key"] };
/// Proves a request.
pub(crate) const REQUEST_PROOF: Proof = hmac("the path, a question mark, the parameters of query or body");
/// Proves a webhook.
pub(crate) const WEBHOOK_PROOF: Proof = hmac("the raw body");
/// Proves a webhook where no secret is agreed on.
pub(crate) const SENDERS: Proof = Proof::SenderAddress { listed: "allowed_ips" };

const fn hmac(over: &'static str) -> Proof {
    Proof::HmacSha256 { header: "x-divido-hmac-sha256", secret: "shared_secret", over, prefix: "" }
}

const WIRE: Wire = Wire {
    body: BodyForm::PhpForm,
    requests: &[MERCHANT, REQUEST_PROOF],
    replies: &[],
    inbound: &[WEBHOOK_PROOF, SENDERS],
    redirect: Redirect::Url,
    amounts: &[
        AmountField::sent("amount", MAJOR),
        AmountField::sent("deposit", MAJOR),
        AmountField::sent("products[][price]", MAJOR),
        AmountField::told("record.purchasePrice", MAJOR),
        AmountField::told("record.activatedAmount", MAJOR),
        AmountField::told("record.cancelledAmount", MAJOR),
        AmountField::told("record.refundedAmount", MAJOR),
        AmountField::told("record.activations[].amount", MAJOR),
        AmountField::told("result.activations[].amount", MAJOR),
        AmountField::told("result.cancellations[].amount", MAJOR),
        AmountField::told("result.refunds[].amount", MAJOR),
        AmountField::told("record.transactions[].purchasePrice", MoneyForm::ExactDecimal),
        AmountField::told("record.transactions[].subsidyAmount", MoneyForm::ExactDecimal),
        AmountField::told("record.transactions[].netPaymentAmount", MoneyForm::ExactDecimal),
    ],
};

/// Divido adds its lines up and compares.
const CONTENT: ContentRules = ContentRules {
    order_id_chars_max: ORDER_ID_CHARS_MAX,
    amount: AmountRule::ANY,
    texts: &[
        TextRule::may("order.client_reference", 255),
        TextRule::must("order.lines[].title", 255),
        TextRule::may("order.lines[].sku", 64),
        TextRule::may("order.lines[].unit", 32),
        TextRule::may("order.lines[].image_url", 2_048),
        TextRule::may("order.customer.", 255),
        TextRule::may("order.billing_address.", 255),
        TextRule::may("order.shipping_address.", 255),
    ],
    line: |kind| match kind {
        LineKind::Discount => LineRule::Taken { sign: Sign::NotPositive, counted: true },
        _ => LineRule::Taken { sign: Sign::Any, counted: true },
    },
    quantity: QuantityRule::AboveZero,
    known_by_sku: false,
    tells_tax: true,
    adds_up: true,
    countries: CountryRule::Any,
};

/// The shop's own number, among the metadata.
pub(crate) const OUR_NUMBER: &str = "Order Number";
/// Our order's id, among the metadata.
pub(crate) const OUR_ORDER: &str = "Ordain Order";

/// What a line is by its attributes. Those that speak of VAT, 10 and 20, never hold: our prices have it inside.
pub(crate) const ATTRIBUTES: [(LineKind, &str); 4] =
    [(LineKind::Service, "1"), (LineKind::Shipping, "2"), (LineKind::Fee, "3"), (LineKind::Discount, "6")];

/// What two statuses and two troubles say besides how the order stands.
pub(crate) const FLAGS: &[(&str, Flag)] = &[
    ("ACTION-CUSTOMER", Flag::CustomerActionRequired),
    ("ACTION-RETAILER", Flag::MerchantActionRequired),
    ("DISPUTED", Flag::Disputed { amount: None }),
    ("LOAN-REVERSAL", Flag::Disputed { amount: None }),
];

/// There is no idempotency key, and the application lists it by our reference.
const LISTED: Effect = Effect::Mutates(OnUnknown::LookUp {
    by: LookUpBy::Sync,
    absent_proves_after: Some(Duration::from_secs(15 * 60)),
});

/// Fields that hold neither credentials nor anything about people.
pub(crate) const SHOWN: [&str; 16] = [
    "products",
    "amount",
    "application",
    "reference",
    "finance",
    "deposit",
    "country",
    "language",
    "currency",
    "directSign",
    "deliveryMethod",
    "trackingNumber",
    "proposal",
    "page",
    "id",
    "metadata",
];

/// What is kept of an application in a list: nothing about people.
pub(crate) const KEPT: [&str; 17] = [
    "records",
    "page",
    "itemsPerPage",
    "totalItems",
    "id",
    "proposal",
    "reference",
    "status",
    "currency",
    "country",
    "purchasePrice",
    "activatedAmount",
    "cancelledAmount",
    "refundedAmount",
    "createdDate",
    "modifiedDate",
    "lender",
];

/// Divido's refusals are mostly words.
pub(crate) const REFUSALS: Refusals = Refusals {
    account_codes: &[],
    account_words: &[
        "api key",
        "apikey",
        "unauthori",
        "authenticat",
        "invalid signature",
        "invalid merchant",
        "merchant not found",
    ],
    later_codes: &["rate_limit"],
    unknown_codes: &[],
};
