//! What an order may say to PayBy alone (docs `create-order`, `accessoryContent`).
//!
//! Options stand in histories as they are, so none of them holds a person: the payer's address is the customer's, and
//! phone numbers that money is shared with stand among the account's secrets.

use super::SUBJECT_CHARS_MAX;
use super::scenes::{CODES, PARAMETERS};
use crate::option::{Choice, OrderOption, ValueForm};
use crate::shape::{Field, Shape};

/// Where the documents give no length, the one of their other texts.
const TEXT: ValueForm = ValueForm::Text(200);
/// The documents give no length of a list; nobody needs a longer one.
const ITEMS_MAX: usize = 1_000;

pub(crate) const OPTIONS: &[OrderOption] = &[
    OrderOption::new("pay_scene", "Where the payer meets PayBy (default: PAYPAGE)", ValueForm::Word(&CODES)),
    OrderOption::new(
        "pay_scene_params",
        "The scene's parameters by PayBy's names, as a JSON object of texts",
        ValueForm::JsonBy(&Choice { by: "pay_scene", shapes: &PARAMETERS }),
    ),
    OrderOption::new(
        "subject",
        "What the payer reads; else the first line's name, cut",
        ValueForm::Text(SUBJECT_CHARS_MAX),
    ),
    OrderOption::new("subject_ar", "The same in Arabic", TEXT),
    OrderOption::new("payee_mid", "Another merchant that is to be paid", ValueForm::Text(12)),
    OrderOption::new("secondary_merchant_id", "A merchant of your platform", TEXT).needing(&["device_id"]),
    OrderOption::new("device_id", "Terminal or virtual device", TEXT),
    OrderOption::new("reserved", "Your own note", TEXT),
    OrderOption::new(
        "sharing",
        "Who gets a part: `to`, a name in the account's `sharing_identities`, or a `member` by its number at PayBy",
        ValueForm::Json(&Shape::List { of: &SHARE, min: 0, max: ITEMS_MAX }),
    ),
    OrderOption::new(
        "refund_sharing",
        "`true` if refunds are taken from everybody's part in proportion",
        ValueForm::Flag,
    ),
    OrderOption::new(
        "promotions",
        "Coupons",
        ValueForm::Json(&Shape::List { of: &PROMOTION, min: 0, max: ITEMS_MAX }),
    ),
    OrderOption::new("accessory_content", "More of the order, by PayBy's names", ValueForm::Json(&ACCESSORY)),
];

/// A part of the payment that somebody else gets.
const SHARE: Shape = Shape::Object(&[
    Field::may("to", Shape::Text(TEXT)),
    Field::may("member", MEMBER),
    Field::must("amount", Shape::Text(ValueForm::Part)),
    Field::must("memo", Shape::Text(TEXT)),
    Field::may("pays_fee", Shape::Truth),
]);
/// Whom PayBy knows under a number that is nobody's telephone.
const MEMBER: Shape = Shape::Object(&[
    Field::must("type", Shape::Text(ValueForm::Word(&["MEMBER_ID", "BOTIM_ID"]))),
    Field::must("identity", Shape::Text(ValueForm::Text(20))),
]);
const PROMOTION: Shape = Shape::Object(&[
    Field::must("appliedRewardId", Shape::Text(ValueForm::Text(64))),
    Field::must("settleFlag", Shape::Text(ValueForm::Text(32))),
]);
const ACCESSORY: Shape = Shape::Object(&[
    Field::may(
        "amountDetail",
        Shape::Object(&[
            Field::may("discountableAmount", Shape::Money),
            Field::may("amount", Shape::Money),
            Field::may("vatAmount", Shape::Money),
            Field::may("tipAmount", Shape::Money),
        ]),
    ),
    Field::may(
        "goodsDetail",
        Shape::Object(&[
            Field::may("body", Shape::Text(TEXT)),
            Field::may("categoriesTree", Shape::Text(TEXT)),
            Field::may("goodsCategory", Shape::Text(TEXT)),
            Field::may("goodsId", Shape::Text(TEXT)),
            Field::may("goodsName", Shape::Text(TEXT)),
            Field::may("price", Shape::Money),
            Field::may("quantity", Shape::Number),
            Field::may("showUrl", Shape::Text(TEXT)),
        ]),
    ),
    Field::may(
        "terminalDetail",
        Shape::Object(&[
            Field::may("operatorId", Shape::Text(TEXT)),
            Field::may("storeId", Shape::Text(TEXT)),
            Field::may("terminalId", Shape::Text(TEXT)),
            Field::may("merchantName", Shape::Text(TEXT)),
            Field::may("storeName", Shape::Text(TEXT)),
        ]),
    ),
]);
