//! Orders and refunds as PayBy knows them, and how they are shown.
//!
//! What the merchant sent is kept whole to be shown again; it holds personal fields, so it is sealed on disk and has
//! no `Debug`. Amounts are minor units of AED, the one currency.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::checkout::Decision;
use crate::exact::Major;
use crate::faults::Twist;
use crate::simulator::OrderKey;

pub(crate) const CURRENCY: &str = "AED";
/// What PayBy calls its checkout.
const PRODUCT: &str = "Basic Payment Gateway";
/// Fields of the request that the answer repeats as they came.
const REPEATED: [&str; 9] = [
    "accessoryContent",
    "deviceId",
    "merchantOrderNo",
    "notifyUrl",
    "paySceneCode",
    "reserved",
    "secondaryMerchantId",
    "subject",
    "totalAmount",
];

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Created,
    PaidSuccess,
    Settled,
    Failure,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Status::Created => "CREATED",
            Status::PaidSuccess => "PAID_SUCCESS",
            Status::Settled => "SETTLED",
            Status::Failure => "FAILURE",
        }
    }
}

/// The impersonal part of an order, as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// PayBy's own number.
    pub(crate) order_no: String,
    /// The secret part of its checkout's address.
    pub(crate) token: String,
    /// Tells the same parameters from others.
    pub(crate) fingerprint: String,
    pub(crate) request_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) total: i64,
    pub(crate) scene: String,
    /// A payment that fails ends the order.
    pub(crate) one_time: bool,
}

/// One order.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) key: OrderKey,
    pub(crate) placed: Placed,
    /// `bizContent` as it came.
    pub(crate) content: Value,
    pub(crate) status: Status,
    /// When it expires or settles, as it stands.
    pub(crate) due: Timestamp,
    pub(crate) paid_ms: Option<i64>,
    pub(crate) failure: Option<(&'static str, &'static str)>,
    pub(crate) revoked: bool,
    /// What went back, or is on its way.
    pub(crate) refunded: i64,
    pub(crate) decided: Option<Decision>,
}

impl Order {
    /// An order as it is placed.
    pub(crate) fn new(key: OrderKey, placed: Placed, content: Value, at: Timestamp) -> Order {
        let due = Timestamp::from_millisecond(placed.expires_ms).unwrap_or(at);
        Order {
            key,
            placed,
            content,
            status: Status::Created,
            due,
            paid_ms: None,
            failure: None,
            revoked: false,
            refunded: 0,
            decided: None,
        }
    }

    /// The order as it was placed, whatever happened to it since.
    pub(crate) fn at_first(&self) -> Order {
        let (status, paid_ms, failure) = (Status::Created, None, None);
        Order { status, paid_ms, failure, revoked: false, refunded: 0, ..self.clone() }
    }

    /// What may still go back.
    pub(crate) fn remaining(&self) -> i64 {
        self.placed.total - self.refunded
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.content[name].as_str()
    }

    /// Where the browser goes, if the scene has one.
    pub(crate) fn redirect_url(&self) -> Option<&str> {
        self.content["paySceneParams"]["redirectUrl"].as_str()
    }

    /// `acquireOrder`, with the fields of the documented answer.
    pub(crate) fn shown(&self, twist: Twist) -> Value {
        let mut shown = json!({
            "expiredTime": self.placed.expires_ms,
            "orderNo": self.placed.order_no,
            "payeeMid": self.text("payeeMid").unwrap_or(&self.key.account),
            "product": PRODUCT,
            "requestTime": self.placed.request_ms,
            "revoked": if self.revoked { "true" } else { "false" },
            "status": twist.status(self.status.word()),
        });
        let money = |minor| twisted(minor, twist);
        for name in REPEATED {
            if !self.content[name].is_null() {
                shown[name] = self.content[name].clone();
            }
        }
        if twist != Twist::NONE {
            shown["totalAmount"] = money(self.placed.total);
        }
        if let Some(paid_ms) = self.paid_ms {
            shown["paymentInfo"] = json!({
                "paidAmount": money(self.placed.total), "paidTime": paid_ms, "payChannel": "BALANCE",
                "payeeFeeAmount": money(0), "payerFeeAmount": money(0), "payerMid": "100000001104",
                "settlementAmount": money(self.placed.total),
            });
        }
        if let Some((code, why)) = self.failure {
            (shown["failCode"], shown["failDes"]) = (json!(code), json!(why));
        }
        if let Some(shares) = self.content["sharingParamList"].as_array() {
            shown["sharingInfoList"] = shares.iter().map(share).collect();
        }
        shown
    }

    /// `interActionParams`, which is there only while the order is open.
    pub(crate) fn interaction(&self, host: &str) -> Option<Value> {
        if self.status != Status::Created {
            return None;
        }
        let url = format!("http://{host}/checkout/{}", self.placed.token);
        match self.placed.scene.as_str() {
            "AUTODEBIT" | "QRPAY" => None,
            "EWALLET" => Some(json!({"deepLink": url})),
            _ => Some(json!({"tokenUrl": url})),
        }
    }
}

/// A member's number stands where the encrypted identity was.
fn share(share: &Value) -> Value {
    json!({
        "sharingAmount": share["sharingAmount"],
        "sharingIdentitySeqId": share["sharingIdentitySeqId"],
        "sharingMemo": share["sharingMemo"],
        "sharingMid": "200000050714",
    })
}

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RefundStatus {
    Created,
    /// Taken from the merchant, not yet with the payer.
    RefundedSettled,
    Success,
    Failure,
}

impl RefundStatus {
    pub(crate) fn word(self) -> &'static str {
        match self {
            RefundStatus::Created => "CREATED",
            RefundStatus::RefundedSettled => "REFUNDED_SETTLED",
            RefundStatus::Success => "SUCCESS",
            RefundStatus::Failure => "FAILURE",
        }
    }

    /// Whether nothing more comes of it.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, RefundStatus::Success | RefundStatus::Failure)
    }
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) key: OrderKey,
    pub(crate) asked: RefundAsked,
    pub(crate) status: RefundStatus,
}

/// A refund as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefundAsked {
    pub(crate) number: String,
    pub(crate) order_no: String,
    pub(crate) fingerprint: String,
    pub(crate) amount: i64,
    pub(crate) notify_url: Option<String>,
    /// When it reaches the payer.
    pub(crate) done_at: Timestamp,
}

impl Refund {
    /// `refundOrder`, with the fields of the documented answer. Its reason is not kept: it may say who the payer is.
    pub(crate) fn shown(&self, twist: Twist) -> Value {
        let mut shown = json!({
            "refundMerchantOrderNo": self.asked.number,
            "orderNo": self.asked.order_no,
            "originMerchantOrderNo": self.key.order,
            "status": twist.status(self.status.word()),
            "amount": twisted(self.asked.amount, twist),
            "reason": "refund",
        });
        if let Some(url) = &self.asked.notify_url {
            shown["notifyUrl"] = json!(url);
        }
        if self.status == RefundStatus::Failure {
            (shown["failCode"], shown["failDes"]) = (json!("62030"), json!("ORDER_BANK_FAIL"));
        }
        shown
    }
}

/// The time at PayBy: Dubai's has no summer.
pub(crate) fn here(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::fixed(Offset::constant(4)))
}

/// An amount in PayBy's form.
pub(crate) fn money(minor: i64) -> Value {
    let amount: Value = serde_json::from_str(&Major(minor).to_string()).expect("major units are a number");
    json!({"amount": amount, "currency": CURRENCY})
}

/// The same as a fault wants it.
pub(crate) fn twisted(minor: i64, twist: Twist) -> Value {
    let mut money = money(twist.amount(minor));
    money["currency"] = json!(twist.currency(CURRENCY));
    money
}
