//! divit's table: what it can do, how its operations behave, and every word of its documents.
//!
//! Data alone; the code that reads it is one level up.

pub(super) mod described;

use crate::Currency;
use crate::call::{OperationStanding, Standing};
use crate::content::LineKind;
use crate::option::{OrderOption, ValueForm};
use crate::reply::Refusals;
use crate::rules::{AmountRule, ContentRules, CountryRule, LineRule, QuantityRule, Sign, TextRule};
use crate::shape::{Field, Shape};
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode, CheckoutEnd,
    DECIDE_WITHIN, Effect, Limits, LookUpBy, OnUnknown, Operation, Operations, POLL_AFTER, ProviderSpec,
    RefundBasis, Support, TotalRule, TrackingRule, UnpaidWhen,
};
use crate::wire::{AmountField, BodyForm, MoneyForm, Proof, Redirect, Wire};
use std::time::Duration;

/// Characters of `merchantRef`.
pub(crate) const ORDER_ID_CHARS_MAX: usize = 36;
/// More miles, and more cents that earn them, than anybody ever gave; products of them fit 128 bits.
const MILES_MAX: u64 = u32::MAX as u64 * 1_000;

/// divit's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "divit",
    name: "divit",
    currencies: &[Currency::Hkd],
    operations: Operations {
        // A second order of ours is harmless: the customer is sent to one, and the other runs out.
        create: Operation::new(Support::Native, Effect::REPEATABLE, 20, 5),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::REPEATABLE, 10, 3),
        unfulfil: Operation::ABSENT,
        // There is no key: a resend asks for a second refund. A counter that grew proves the first; one that did not
        // proves nothing, because staff work through requests the next day.
        refund: Operation::new(
            Support::Native,
            Effect::Mutates(OnUnknown::LookUp { by: LookUpBy::Counters, absent_proves_after: None }),
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
    tracking: TrackingRule::Optional,
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
    silent_statuses: &[],
    attempt_ref: Some("order_id"),
    // The documents have `completed` and no other word of a status: whatever else an order is called, it is not paid. One
    // that is paid after all is told by its event, and comes late.
    unpaid_when: UnpaidWhen::AnyAnswerButPaid,
    poll_after: POLL_AFTER,
    status_settles_within: Duration::ZERO,
    // As divit's own samples have it.
    expires_after: Duration::from_secs(30 * 60),
    checkout_end: CheckoutEnd::Link,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    settles_within: None,
    questions: &[],
    wire: WIRE,
    content: CONTENT,
    options: &[
        OrderOption::new(
            "mode",
            "`fast` tells divit the customer, who then needs no account there; `normal` does not (default: fast)",
            ValueForm::Word(&["fast", "normal"]),
        ),
        OrderOption::new(
            "product",
            "`paynow`, `paylater` for instalments, or `directpay`, which is what divit calls its present API (default: paynow)",
            ValueForm::Word(&["paynow", "paylater", "directpay"]),
        ),
        OrderOption::new(
            "language",
            "of divit's pages (default: en)",
            ValueForm::Word(&["en", "zh-hk", "zh-cn"]),
        ),
        OrderOption::new(
            "flights",
            "makes the order one of the type `flight`: divit's flight items (itemData), instead of the lines",
            ValueForm::Json(&Shape::List { of: &FLIGHT, min: 1, max: 50 }),
        ),
        OrderOption::new(
            "nonrefundable_minor",
            "the part of the total, in cents, that cannot go back (for the product `paynow`)",
            ValueForm::Whole(0, i64::MAX as u64),
        ),
        OrderOption::new("miles_for_reward", "miles for the customer", ValueForm::Whole(0, MILES_MAX)),
        OrderOption::new(
            "total_for_reward_minor",
            "the part of the total that earns miles, in cents, to check the miles by `reward_scheme`",
            ValueForm::Whole(0, MILES_MAX),
        )
        .needing(&["reward_scheme"]),
        OrderOption::new(
            "reward_scheme",
            "the name of one of the account's `promo_codes`; without it nobody checks the miles",
            ValueForm::Text(255),
        )
        .needing(&["miles_for_reward", "total_for_reward_minor"]),
    ],
    account: AccountSpec {
        config: &[
            AccountField::host(
                "api_url",
                "divit's API",
                "https://sandbox-api.divit.dev",
                "https://api.divit.com.hk",
            ),
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

/// Cents everywhere, and dollars in the one field that asks for a refund.
pub(crate) const CENTS: MoneyForm = MoneyForm::MinorUnits;
/// `100.50`, which comes back as 10050 in the event.
pub(crate) const DOLLARS: MoneyForm = MoneyForm::MajorUnits;
/// Proves an event; the time and the code stand in the header as `t=…,s1=…`.
pub(crate) const EVENT_PROOF: Proof = Proof::HmacSha256 {
    header: "x-divit-signature",
    secret: "signature_key",
    over: "the header's time, a point, the raw body",
    prefix: "",
};

const WIRE: Wire = Wire {
    body: BodyForm::Json,
    requests: &[API_KEY],
    replies: &[],
    inbound: &[EVENT_PROOF],
    redirect: Redirect::UrlWithToken("token"),
    amounts: &[
        AmountField::sent("order.totalAmount.amount", CENTS),
        AmountField::sent("order.nonrefundableAmount.amount", CENTS),
        AmountField::sent("order.refundableAmount.amount", CENTS),
        AmountField::sent("order.totalForReward.amount", CENTS),
        AmountField::sent("order.orderItems[].itemData.unitPrice", CENTS),
        AmountField::sent("order.orderItems[].itemData.subtotal", CENTS),
        AmountField::sent("refundAmount", DOLLARS),
        AmountField::told("data.orderAmount.amount", CENTS),
        AmountField::told("data.totalRefundRequested.amount", CENTS),
        AmountField::told("data.totalRefundCompleted.amount", CENTS),
        AmountField::told("eventData.totalAmount.amount", CENTS),
        AmountField::told("eventData.OrderAmount.amount", CENTS),
        AmountField::told("eventData.refundAmount.amount", CENTS),
    ],
};

/// One of divit's products: an age of its API, or a way to pay.
pub(crate) struct Product {
    /// As the option `product` says it.
    pub(crate) word: &'static str,
    /// Where its orders are made.
    pub(crate) create: &'static str,
    /// Where refunds of them are asked for.
    pub(crate) refund: &'static str,
    /// Whether addresses and our number are spelled as the present documents have it, and not as those of 2022.
    pub(crate) spelled_anew: bool,
}

/// The first one is taken where an order names none. The present API has no paths of its own for what comes after the order:
/// divit's own plugin asks for refunds at the first one's (divit.md, "Status, refund, other").
pub(crate) const PRODUCTS: &[Product] = &[
    Product {
        word: "paynow",
        create: "/paynow/orders",
        refund: "/paynow/orders/refund/request",
        spelled_anew: false,
    },
    Product {
        word: "paylater",
        create: "/paylater/orders",
        refund: "/paylater/orders/refund/request",
        spelled_anew: false,
    },
    Product {
        word: "directpay",
        create: "/directpay/o/order",
        refund: "/paynow/orders/refund/request",
        spelled_anew: true,
    },
];

/// The documents list no codes, and say only that one that is not 0 is an error. What looks like a status of HTTP is read
/// like one: a wrong key is the account's trouble, and a timeout may come after the deed, in whatever place it is told.
pub(crate) const REFUSALS: Refusals = Refusals {
    account_codes: &[],
    account_words: &["api-key", "api key", "apikey", "unauthori", "authenticat", "forbidden"],
    later_codes: &["429"],
    unknown_codes: &["408"],
};

/// Proves a request.
pub(crate) const API_KEY: Proof = Proof::Header { name: "api-key", secret: "api_key" };

/// What a customer must be shown of a flight; the rest of the item is between shop and divit.
const FLIGHT: Shape = Shape::Open(&[
    Field::must("departure", STOP),
    Field::must("arrival", STOP),
    Field::must("carrierCode", TEXT),
    Field::must("number", TEXT),
]);
const STOP: Shape = Shape::Open(&[Field::must("iataCode", TEXT), Field::must("at", TEXT)]);
const TEXT: Shape = Shape::Text(ValueForm::Text(255));

/// Discounts and roundings are in the total; as things to look at they are none.
const CONTENT: ContentRules = ContentRules {
    order_id_chars_max: ORDER_ID_CHARS_MAX,
    amount: AmountRule::ANY,
    texts: &[
        TextRule::must("order.lines[].title", 255),
        TextRule::may("order.lines[].sku", 255),
        TextRule::may("order.customer.", 255),
        TextRule::may("order.shipping_address.", 255),
    ],
    line: |kind| match kind {
        LineKind::Discount | LineKind::Rounding => LineRule::Taken { sign: Sign::Any, counted: false },
        _ => LineRule::Taken { sign: Sign::NotNegative, counted: true },
    },
    quantity: QuantityRule::Whole,
    known_by_sku: false,
    tells_tax: false,
    adds_up: false,
    countries: CountryRule::Any,
};

/// The events: id, our name for people, and how a refund stands after it.
pub(crate) const EVENTS: &[(&str, &str, Option<OperationStanding>)] = &[
    ("2001", "2001 paid", None),
    ("2100", "2100 refunded", Some(OperationStanding::Succeeded)),
    ("4000", "4000 cancelled", None),
    ("4001", "4001 expired", None),
    ("4100", "4100 refund cancelled", Some(OperationStanding::Failed)),
];
