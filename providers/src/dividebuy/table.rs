//! DivideBuy's table: what it can do, how its operations behave, and every word of its documents.
//!
//! Data alone; the code that reads it is one level up.

use crate::call::Standing;
use crate::content::LineKind;
use crate::option::{OrderOption, ValueForm};
use crate::reply::Refusals;
use crate::rules::{AmountRule, ContentRules, CountryRule, LineRule, QuantityRule, Sign, TextRule};
use crate::spec::{
    AccountField, AccountSpec, AckWhen, Afterlife, By, COMPLETE_AFTER, CaptureMode, CheckoutEnd,
    DECIDE_WITHIN, Effect, Limits, OnUnknown, Operation, Operations, POLL_AFTER, ProviderSpec, RefundBasis,
    Support, TotalRule, TrackingRule, UnpaidWhen,
};
use crate::wire::{AmountField, BodyForm, MoneyForm, Proof, Redirect, Wire};
use crate::{Currency, Op};
use std::time::Duration;

/// Characters of an order id; ours have 26 and a number.
pub(crate) const ORDER_ID_CHARS_MAX: usize = 64;

/// DivideBuy's table.
pub const SPEC: ProviderSpec = ProviderSpec {
    id: "dividebuy",
    name: "DivideBuy",
    currencies: &[Currency::Gbp],
    operations: Operations {
        create: Operation::new(Support::Local, Effect::REPEATABLE, 10, 3),
        // Few: the order's own schedule asks again, and says SYNC_OVERDUE where an answer is owed.
        sync: Operation::new(Support::Native, Effect::Reads, 15, 3),
        // An order that is not acknowledged stalls at DivideBuy, so this is tried for days (S1 L378).
        ack: Operation::new(Support::Native, Effect::REPEATABLE, 15, 40),
        // The same number, article and quantity is one effect, however often it is said. So nobody looks for it either: the
        // `trackingDetails` of an order show a number (S1 L397), but neither its articles nor how many.
        fulfil: Operation::new(Support::Native, Effect::REPEATABLE, 20, 20),
        unfulfil: Operation::new(Support::Native, Effect::REPEATABLE, 20, 20),
        // No id, no status, no listing (S1 L746-752): a second request could be a second refund.
        refund: Operation::new(Support::Native, Effect::Mutates(OnUnknown::Park), 30, 3),
        sync_refund: Operation::ABSENT,
        // A full refund of what was not shipped yet.
        cancel: Operation::new(Support::Emulated, Effect::Mutates(OnUnknown::Park), 30, 3),
        revoke: Operation::ABSENT,
        extend_expiry: Operation::ABSENT,
        verify_account: Operation::new(Support::Native, Effect::REPEATABLE, 15, 5),
        activate_account: Operation::new(Support::Native, Effect::REPEATABLE, 15, 5),
        ask: Operation::ABSENT,
    },
    refund_basis: RefundBasis::Authorized,
    fulfil_by: By::Line,
    // It releases money for the details of the courier and the shipment.
    tracking: TrackingRule::Needed,
    refund_by: By::Line,
    cancel_by: By::Line,
    cancellable_in: &[Standing::Authorized],
    ack_when: AckWhen::Approved,
    capture: CaptureMode::OnFulfilment,
    total_rule: TotalRule::WithoutShipping,
    // `cancel` is the browser's word: "consider the order as still pending" (S1 L372).
    statuses: &[("success", Standing::Authorized), ("cancel", Standing::AwaitingCustomer)],
    silent_statuses: &[],
    attempt_ref: None,
    unpaid_when: UnpaidWhen::AnyAnswerButPaid,
    poll_after: POLL_AFTER,
    status_settles_within: Duration::ZERO,
    expires_after: Duration::from_secs(24 * 3_600),
    checkout_end: CheckoutEnd::Link,
    complete_after: COMPLETE_AFTER,
    decide_within: DECIDE_WITHIN,
    afterlife: Afterlife::A_MONTH,
    settles_within: None,
    questions: &[],
    wire: WIRE,
    content: CONTENT,
    options: &[OrderOption::new(
        "selected_instalment",
        "months of the plan that the customer chose in the shop, from 1 to 255",
        ValueForm::Whole(1, 255),
    )],
    account: AccountSpec {
        config: &[
            AccountField::new("retailer_store_code", "Your own name for this shop, told to DivideBuy", None),
            AccountField::new(
                "retailer_id",
                "DivideBuy's number for you; learned when the account is verified",
                Some(""),
            ),
            AccountField::host(
                "api_url",
                "DivideBuy's API",
                "https://api.dividebuysandbox.co.uk",
                "https://api.dividebuy.co.uk",
            ),
            AccountField::host(
                "checkout_url",
                "Your checkout at DivideBuy",
                "https://checkout.dividebuysandbox.co.uk",
                "https://checkout.dividebuy.co.uk",
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

/// Pounds as the guide prints them: `1900`, `15.5`.
pub(crate) const POUNDS: MoneyForm = MoneyForm::ShortMajorUnits;
/// Stand in every message, in either direction: nothing is signed.
pub(crate) const CREDENTIALS: Proof = Proof::Fields { secrets: &["store_token", "store_authentication"] };

const WIRE: Wire = Wire {
    body: BodyForm::Json,
    requests: &[CREDENTIALS],
    replies: &[],
    inbound: &[CREDENTIALS],
    redirect: Redirect::SplashKey,
    amounts: &[
        AmountField::sent("order_detail.subtotal", POUNDS),
        AmountField::sent("order_detail.subtotalInclVat", POUNDS),
        AmountField::sent("order_detail.vat", POUNDS),
        AmountField::sent("order_detail.discount", POUNDS),
        AmountField::sent("order_detail.grand_total", POUNDS),
        AmountField::sent("order_detail.shipping", POUNDS),
        AmountField::sent("order_detail.shippingInclVat", POUNDS),
        AmountField::sent("product_details[].price", POUNDS),
        AmountField::sent("product_details[].priceInclVat", POUNDS),
        AmountField::sent("product_details[].rowTotal", POUNDS),
        AmountField::sent("product_details[].rowTotalInclVat", POUNDS),
        AmountField::sent("product_details[].discount", POUNDS),
        AmountField::sent("product[].rowTotal", POUNDS),
        AmountField::sent("product[].rowInclTotal", POUNDS),
        AmountField::sent("totalRefund", POUNDS),
        AmountField::sent("shippingCostAmount", POUNDS),
        AmountField::sent("shippingTaxAmount", POUNDS),
        AmountField::told("data.grandTotal", POUNDS),
        AmountField::told("data.shippingRate", POUNDS),
    ],
};

/// Addresses carry no country on this wire; `countries` are those that British postcodes cover.
const CONTENT: ContentRules = ContentRules {
    order_id_chars_max: ORDER_ID_CHARS_MAX,
    amount: AmountRule::ANY,
    texts: &[
        TextRule::may("order.client_reference", 255),
        TextRule::must("order.lines[].title", 255),
        TextRule::may("order.lines[].sku", 64),
        TextRule::may("order.lines[].image_url", 2_048),
        TextRule::may("order.customer.", 255),
        // Both addresses of the guide have one (S1 L275-297), and the countries below have no place without.
        TextRule::must("order.billing_address.postcode", 255),
        TextRule::must("order.shipping_address.postcode", 255),
        TextRule::may("order.billing_address.", 255),
        TextRule::may("order.shipping_address.", 255),
    ],
    line: |kind| match kind {
        LineKind::Product | LineKind::Service | LineKind::Fee => {
            LineRule::Taken { sign: Sign::NotNegative, counted: true }
        }
        LineKind::Shipping => LineRule::Taken { sign: Sign::NotNegative, counted: false },
        LineKind::Discount => LineRule::Taken { sign: Sign::NotPositive, counted: false },
        LineKind::Rounding => {
            LineRule::Refused("DivideBuy has no rounding lines: put the difference into a discount or a fee")
        }
    },
    quantity: QuantityRule::Whole,
    known_by_sku: true,
    tells_tax: true,
    adds_up: true,
    countries: CountryRule::OneOf(&["", "GB", "GG", "IM", "JE"]),
};

/// Fields that pulls spell otherwise: token, authentication, order, store code.
pub(crate) const SPELLINGS: [&[&str]; 4] = [
    &["store_token", "storeToken"],
    &["store_authentication", "storeAuthentication"],
    &["store_order_id", "storeOrderId", "orderId"],
    &["retailer_store_code", "retailerStoreCode"],
];

/// Said where the shop gives no reason of its own: every refund of the guide has one (S1 L727).
pub(crate) const REASON: &str = "requested by shop";

/// DivideBuy's refusals are mostly words, and what they mean depends on what was asked.
pub(crate) const fn refusals(op: &Op) -> &'static Refusals {
    match op {
        // These are about nothing but the account, so any word is (and the empty one is part of any).
        Op::VerifyAccount | Op::ActivateAccount { .. } => &Refusals { account_words: &[""], ..REFUSALS },
        // Everything that a sync requires is there, unless it is empty in the account.
        Op::Sync => &Refusals {
            account_words: &[
                "required",
                "retailer",
                "token",
                "authenticat",
                "unauthori",
                "credential",
                "forbidden",
            ],
            ..REFUSALS
        },
        _ => &REFUSALS,
    }
}

const REFUSALS: Refusals = Refusals {
    account_codes: &[],
    account_words: &["retailer", "token", "authenticat", "unauthori", "credential", "forbidden"],
    later_codes: &["429"],
    unknown_codes: &[],
};

/// What DivideBuy notifies of: its `method`, what it says of an order, and whether it only makes us ask.
pub(crate) const METHODS: &[(&str, Option<Standing>, bool)] = &[
    // No standing: whatever is done with a hint, nobody can take it for an approval.
    ("orderSuccess", None, true),
    // Declined, given up or broken: DivideBuy does not say which. It moves no money, so it is believed.
    ("orderCancel", Some(Standing::Cancelled), false),
    // Not in the guide, only in DivideBuy's own extension: reason enough to ask, not to cancel.
    ("orderDelete", None, true),
];
