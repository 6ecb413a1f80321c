//! Kredivo's table: what it can do, how its operations behave, and every word of its documents.
//!
//! Data alone; the code that reads it is one level up.

pub(super) mod described;

use crate::Currency;
use crate::call::Standing;
use crate::content::LineKind;
use crate::option::{OrderOption, ValueForm};
use crate::reply::Refusals;
use crate::rules::{AmountRule, ContentRules, CountryRule, LineRule, QuantityRule, Sign, TextRule};
use crate::shape::{Field, Shape};
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode, CheckoutEnd,
    DECIDE_WITHIN, Effect, Limits, OnUnknown, Operation, Operations, POLL_AFTER, ProviderSpec, RefundBasis,
    Support, TotalRule, TrackingRule, UnpaidWhen,
};
use crate::wire::{AmountField, MoneyForm, Proof, Wire};
use std::time::Duration;

/// Characters of an invoice number.
pub(crate) const ORDER_ID_CHARS_MAX: usize = 64;

/// Kredivo's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "kredivo",
    name: "Kredivo through DOKU",
    currencies: &[Currency::Idr],
    operations: Operations {
        // The same Request-Id and body is one order: DOKU answers 409 with what it answered first.
        create: Operation::new(Support::Native, Effect::REPEATABLE, 30, 8),
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        ack: Operation::ABSENT,
        fulfil: Operation::new(Support::Local, Effect::REPEATABLE, 10, 3),
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
    tracking: TrackingRule::Optional,
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
    silent_statuses: &[],
    attempt_ref: None,
    unpaid_when: UnpaidWhen::StatusSaysSo,
    // DOKU asks for a minute after the payment before it is asked.
    poll_after: POLL_AFTER,
    // As long as DOKU wants nobody to ask after a payment; its answer may say PENDING until then.
    status_settles_within: Duration::from_secs(60),
    expires_after: Duration::from_secs(60 * 60),
    // DOKU wants the shop to take its end for the order's.
    checkout_end: CheckoutEnd::Order,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    settles_within: None,
    questions: &[],
    wire: WIRE,
    content: CONTENT,
    options: OPTIONS,
    account: AccountSpec {
        config: &[
            AccountField::new("client_id", "Client ID, from DOKU's back office", None),
            AccountField::host(
                "api_url",
                "DOKU's API",
                "https://api-sandbox.doku.com",
                "https://api.doku.com",
            ),
            AccountField::new(
                "shop_url",
                "Your shop, for lines whose own page the order does not name: https://www.myshop.co.id",
                None,
            ),
            AccountField::new(
                "override_notification",
                "`true` if DOKU is to notify this installation and not the host of its back office; the path is the same",
                Some(""),
            ),
        ],
        secrets: &[
            AccountField::new("secret_key", "Secret key, from DOKU's back office", None),
            AccountField::new(
                "sellers",
                "Who sells on your platform by a name of yours, as JSON by DOKU's names: {\"toko\":{\"id\":\"S-1\",\
                 \"name\":\"Toko Ana\",\"email\":\"ana@toko.co.id\",\"url\":\"https://toko.co.id\",\"legal_id\":\"317…\",\
                 \"address\":{\"first_name\":\"Ana\",…}}}",
                Some(""),
            ),
        ],
    },
    limits: Limits { lines_max: LINES_MAX, reply_bytes_max: 256 * 1024 },
};

const LINES_MAX: usize = 200;

/// What an order may say to DOKU alone (S4, names by doku-kredivo.md A2). Options stand in histories as they are, so who
/// sells is named here, and told by the account's secrets.
const OPTIONS: &[OrderOption] = &[
    OrderOption::new(
        "items",
        "What lines are in your shop, by `line_id`: page, category, and the seller or the item (its sku) that a fee is for",
        ValueForm::Json(&Shape::List { of: &ITEM, min: 1, max: LINES_MAX }),
    ),
    OrderOption::new(
        "sellers",
        "Who sells, by names in the account's `sellers`",
        ValueForm::Json(&Shape::List { of: &Shape::Text(TEXT), min: 1, max: LINES_MAX }),
    ),
    OrderOption::new(
        "auto_redirect",
        "`true` if DOKU's page is to send the customer back by itself",
        ValueForm::Flag,
    ),
    OrderOption::new("descriptor", "What stands on the customer's bill", TEXT),
];
/// What the documents say of a line and our lines do not.
const ITEM: Shape = Shape::Object(&[
    Field::must("line_id", Shape::Text(TEXT)),
    Field::may("url", Shape::Text(TEXT)),
    Field::may("type", Shape::Text(TEXT)),
    Field::may("parent_type", Shape::Text(ValueForm::Word(&["SELLER", ITEM_PARENT]))),
    Field::may("parent_id", Shape::Text(TEXT)),
]);
/// The kind of parent that is another line.
pub(crate) const ITEM_PARENT: &str = "ITEM";
/// Where the documents give no length, the one of their names.
const TEXT: ValueForm = ValueForm::Text(255);

/// ISO 4217 gives the rupiah hundredths, DOKU writes none.
pub(crate) const RUPIAH: MoneyForm = MoneyForm::WholeMajorUnits;
/// Proves every message, in either direction.
pub(crate) const SIGNATURE: Proof = Proof::HmacSha256 {
    header: "signature",
    secret: "secret_key",
    over: "Client-Id, Request-Id, the time, the path and the body's digest, a line each",
    prefix: PREFIX,
};
/// Stands before the code.
pub(crate) const PREFIX: &str = "HMACSHA256=";

const WIRE: Wire = Wire::proven_both_ways(
    &[SIGNATURE],
    &[
        AmountField::sent("order.amount", RUPIAH),
        AmountField::sent("order.line_items[].price", RUPIAH),
        AmountField::told("order.amount", RUPIAH),
    ],
);

/// DOKU writes whole rupiah, of which ISO 4217 has a hundred parts, and adds its lines up.
const CONTENT: ContentRules = ContentRules {
    order_id_chars_max: ORDER_ID_CHARS_MAX,
    // Twelve digits.
    amount: AmountRule { step_minor: 100, minor_max: 99_999_999_999_900 },
    texts: &[
        TextRule::must("order.lines[].title", 255),
        TextRule::must("order.lines[].sku", 255),
        TextRule::must("order.customer.first_name", 255),
        TextRule::may("order.customer.", 255),
        TextRule::may("order.billing_address.", 255),
        TextRule::may("order.shipping_address.lines[]", 255),
        TextRule::may("order.shipping_address.region", 255),
        TextRule::must("order.shipping_address.lines", 255),
        TextRule::must("order.shipping_address.town", 255),
        TextRule::must("order.shipping_address.postcode", 255),
    ],
    line: |kind| match kind {
        LineKind::Discount | LineKind::Rounding => {
            LineRule::Refused("DOKU has no lines below zero: take discounts and roundings off the prices")
        }
        _ => LineRule::Taken { sign: Sign::NotNegative, counted: true },
    },
    quantity: QuantityRule::Whole,
    known_by_sku: false,
    tells_tax: false,
    adds_up: true,
    countries: CountryRule::Iso,
};

/// DOKU's codes; the last two may mean that it has the order.
pub(crate) const REFUSALS: Refusals = Refusals {
    account_codes: &["INVALID_TOKEN", "MERCHANT_NOT_ACTIVE", "INVALID_SIGNATURE"],
    account_words: &[],
    later_codes: &["TOO_MANY_REQUESTS", "MAINTENANCE_MODE"],
    unknown_codes: &["SERVER_ERROR", "DUPLICATE_TRANSACTION"],
};
