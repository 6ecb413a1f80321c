//! What both directions of PayBy's wire share: money, orders, refunds, and what they mean.

use super::codes::is_decline;
use crate::call::{AmountFact, AmountKind, OperationFact, Standing};
use crate::{Currency, Cx, Facts, Money, OperationKind, OperationStanding, json, quoting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The only currency that PayBy settles in.
pub(super) const AED: Currency = Currency::Aed;
/// Stands between an order's number and a refund's in the refund's number at PayBy.
const REFUND_MARK: &str = "-R";

/// An amount as we write it: a number with both decimals, digit by digit.
#[derive(Serialize)]
pub(super) struct WrittenMoney {
    currency: &'static str,
    amount: Box<RawValue>,
}

impl From<Money> for WrittenMoney {
    fn from(money: Money) -> Self {
        let amount = json::digits(money.to_major()).expect("major units are a JSON number");
        Self { currency: money.currency.code(), amount }
    }
}

/// An amount as PayBy writes it.
#[derive(Deserialize)]
pub(super) struct SpokenMoney<'a> {
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

impl SpokenMoney<'_> {
    pub(super) fn read(&self) -> Option<Money> {
        json::major(Some(self.amount), Currency::from_code(&self.currency)?)
    }
}

/// A payment order, as replies and notifications show it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AcquireOrder<'a> {
    pub(super) merchant_order_no: String,
    order_no: Option<String>,
    pub(super) status: String,
    #[serde(borrow)]
    total_amount: SpokenMoney<'a>,
    #[serde(borrow)]
    payment_info: Option<PaymentInfo<'a>>,
    expired_time: Option<i64>,
    fail_code: Option<Value>,
    fail_des: Option<String>,
    revoked: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentInfo<'a> {
    #[serde(borrow)]
    paid_amount: Option<SpokenMoney<'a>>,
    paid_time: Option<Value>,
}

impl AcquireOrder<'_> {
    /// What the order says, in our words; none where an amount cannot be read.
    pub(super) fn facts(&self, cx: &Cx<'_>) -> Option<Facts> {
        let total = self.total_amount.read()?;
        let mut amounts = vec![AmountFact { kind: AmountKind::ProviderTotal, amount: total }];
        let mut operations = Vec::new();
        let standing = self.standing(cx);
        if standing.is_some_and(|standing| matches!(standing, Standing::Captured | Standing::Completed)) {
            // What the shop is owed is the order's total; a discount or a fee makes the payer pay another sum.
            amounts.push(AmountFact { kind: AmountKind::Captured, amount: total });
        }
        if let Some(paid) = self.payment_info.as_ref().and_then(|payment| payment.paid_amount.as_ref()) {
            amounts.push(AmountFact { kind: AmountKind::Paid, amount: paid.read()? });
        }
        if self.is_revoked() && self.payment_info.is_some() {
            amounts.push(AmountFact { kind: AmountKind::Refunded, amount: total });
            operations.push(OperationFact {
                kind: OperationKind::Refund,
                id: None,
                provider_id: self
                    .order_no
                    .as_deref()
                    .map(|no| quoting::printable(&format!("revoke of {no}"), cx)),
                amount: Some(total),
                standing: OperationStanding::Succeeded,
            });
        }
        let paid_time = self.payment_info.as_ref().and_then(|payment| json::word(payment.paid_time.as_ref()));
        let order_no = self.order_no.iter().map(|no| ("orderNo".to_owned(), quoting::printable(no, cx)));
        Some(Facts {
            wire_status: Some(quoting::quotable(&self.status, cx)),
            standing,
            amounts,
            operations,
            refs: order_no.collect::<BTreeMap<_, _>>(),
            provider_time: paid_time.map(|time| quoting::printable(&time, cx)),
            ..Facts::default()
        })
    }

    /// `revoked` comes first: a revoked order is FAILURE or SETTLED, and either way its money went back. FAILURE alone
    /// is refused, given up or too late; the code and the clock tell which.
    fn standing(&self, cx: &Cx<'_>) -> Option<Standing> {
        if self.is_revoked() {
            let paid = self.payment_info.is_some();
            return Some(if paid { Standing::Captured } else { Standing::Cancelled });
        }
        if self.status != "FAILURE" {
            return super::SPEC.standing(&self.status);
        }
        let code = self.fail_code();
        let ends = self.expired_time.and_then(|ms| Timestamp::from_millisecond(ms).ok()).or(cx.expires_at);
        Some(match code {
            Some((code, _)) if is_decline(&code) => Standing::Declined,
            _ if ends.is_some_and(|ends| ends <= cx.now) => Standing::Expired,
            Some(_) => Standing::Declined,
            None => Standing::Cancelled,
        })
    }

    /// A string in the documents; a plain truth value is understood as well.
    fn is_revoked(&self) -> bool {
        match &self.revoked {
            Some(Value::String(word)) => word.eq_ignore_ascii_case("true"),
            Some(Value::Bool(truth)) => *truth,
            _ => false,
        }
    }

    /// Why a failed order failed: PayBy's code and its words.
    pub(super) fn fail_code(&self) -> Option<(String, &str)> {
        Some((json::word(self.fail_code.as_ref())?, self.fail_des.as_deref().unwrap_or_default()))
    }
}

/// A refund, as replies and notifications show it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundOrder<'a> {
    pub(super) refund_merchant_order_no: String,
    pub(super) origin_merchant_order_no: Option<String>,
    order_no: Option<String>,
    status: String,
    #[serde(borrow)]
    amount: SpokenMoney<'a>,
    fail_code: Option<Value>,
    fail_des: Option<String>,
}

impl RefundOrder<'_> {
    /// What the refund says, in our words; none where its amount or status cannot be read.
    pub(super) fn fact(&self, cx: &Cx<'_>) -> Option<OperationFact> {
        let standing = match self.status.as_str() {
            // REFUNDED_SETTLED: taken from the shop, not yet with the payer.
            "CREATED" | "REFUNDED_SETTLED" => OperationStanding::Pending,
            "SUCCESS" => OperationStanding::Succeeded,
            "FAILURE" => OperationStanding::Failed,
            _ => return None,
        };
        Some(OperationFact {
            kind: OperationKind::Refund,
            id: our_refund(&self.refund_merchant_order_no).map(|(_, id)| quoting::printable(id, cx)),
            provider_id: self.order_no.as_deref().map(|no| quoting::printable(no, cx)),
            amount: Some(self.amount.read()?),
            standing,
        })
    }

    /// Why a failed refund failed: PayBy's code and its words.
    pub(super) fn failure(&self) -> (String, &str) {
        let code = json::word(self.fail_code.as_ref()).unwrap_or_else(|| "FAILURE".to_owned());
        (code, self.fail_des.as_deref().unwrap_or_default())
    }
}

/// A refund's number at PayBy: the merchant has one row of numbers for all its orders.
pub(super) fn refund_number(order_id: &str, refund_id: &str) -> String {
    format!("{order_id}{REFUND_MARK}{refund_id}")
}

/// Order and refund of a number that is one of ours.
pub(super) fn our_refund(number: &str) -> Option<(&str, &str)> {
    number.rsplit_once(REFUND_MARK)
}

/// The value of a header, by its name in lower case.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
