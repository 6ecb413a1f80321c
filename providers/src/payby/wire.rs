//! What both directions of PayBy's wire share: numbers, orders and refunds, and what they mean.

use super::SPEC;
use super::options::scene;
use super::table::scenes::Shows;
use super::table::{DIRHAMS, REFUND_STATUSES};
use crate::call::{AmountKind, OperationFact, Standing};
use crate::json::{Json, Unread, unread};
use crate::quoting::{printable, quotable};
use crate::{Cx, Facts, OperationKind, OperationStanding};
use jiff::Timestamp;

/// Stands between an order's number and a refund's in the refund's number at PayBy.
const REFUND_MARK: &str = "-R";

/// A refund's number at PayBy: the merchant has one row of numbers for all its orders.
pub(super) fn refund_number(order_id: &str, refund_id: &str) -> String {
    format!("{order_id}{REFUND_MARK}{refund_id}")
}

/// Order and refund of a number that is one of ours.
pub(crate) fn our_refund(number: &str) -> Option<(&str, &str)> {
    number.rsplit_once(REFUND_MARK)
}

/// What a payment order says, in replies and notifications alike.
pub(super) fn order_facts(order: &Json, cx: &Cx<'_>) -> Result<Facts, Unread> {
    let total = order.money("totalAmount", DIRHAMS)?;
    let paid = order.has("paymentInfo.paidAmount").then(|| order.money("paymentInfo.paidAmount", DIRHAMS));
    let standing = standing(order, cx);
    let captured = matches!(standing, Some(Standing::Captured | Standing::Completed));
    let given_back = is_revoked(order) && order.has("paymentInfo");
    let said = |path| order.word(path).map(|word| printable(word, cx));
    let revocation = OperationFact {
        kind: OperationKind::Refund,
        id: None,
        // PayBy keeps a refund order of its own for it, whose number an answer about the payment does not say.
        provider_id: None,
        amount: Some(total),
        standing: OperationStanding::Succeeded,
        failure: None,
    };
    let facts = Facts {
        wire_status: Some(quotable(order.text("status"), cx)),
        standing,
        operations: given_back.then_some(revocation).into_iter().collect(),
        provider_time: said("paymentInfo.paidTime"),
        ..Facts::default()
    };
    // What the shop is owed is the order's total; a discount or a fee makes the payer pay another sum.
    Ok(facts
        .with_amount(AmountKind::ProviderTotal, Some(total))
        .with_amount(AmountKind::Captured, captured.then_some(total))
        .with_amount(AmountKind::Paid, paid.transpose()?)
        .with_amount(AmountKind::Refunded, given_back.then_some(total))
        .with_ref("orderNo", said("orderNo"))
        .with_ref("failCode", said("failCode")))
}

/// `revoked` comes first: a revoked order is FAILURE or SETTLED, and either way its money went back. FAILURE alone is
/// refused, given up or too late; the code and the clock tell which.
fn standing(order: &Json, cx: &Cx<'_>) -> Option<Standing> {
    if is_revoked(order) {
        let paid = order.has("paymentInfo");
        return Some(if paid { Standing::Captured } else { Standing::Cancelled });
    }
    match order.text("status") {
        "FAILURE" => {}
        // Nobody waits for the payer: the wallet that was scanned, or the agreement, pays or does not.
        "CREATED" if cx.order.is_some_and(|content| scene(content).shows == Shows::Nothing) => {
            return Some(Standing::PendingDecision);
        }
        status => return SPEC.standing(status),
    }
    let expired = order.whole("expiredTime").and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let ends = expired.or(cx.expires_at);
    Some(match order.word("failCode") {
        Some(code) if is_decline(code) => Standing::Declined,
        _ if ends.is_some_and(|ends| ends <= cx.now) => Standing::Expired,
        Some(_) => Standing::Declined,
        None => Standing::Cancelled,
    })
}

/// Whether a failed order with this code was refused to the payer, and not given up.
pub(super) fn is_decline(code: &str) -> bool {
    code == "601" || code == "62030" || code.len() == 5 && code.starts_with("92")
}

/// A string in the documents; a plain truth value is understood as well.
fn is_revoked(order: &Json) -> bool {
    *order.at("revoked") == Json::Bool(true) || order.text("revoked").eq_ignore_ascii_case("true")
}

/// What a refund says, in replies and notifications alike.
pub(super) fn refund_fact(refund: &Json, cx: &Cx<'_>) -> Result<OperationFact, Unread> {
    let known = REFUND_STATUSES.iter().find(|(word, _)| *word == refund.text("status"));
    let (_, standing) = known.ok_or_else(|| unread("status", "is no status of a refund"))?;
    let (number, origin) = (refund.need("refundMerchantOrderNo")?, refund.text("originMerchantOrderNo"));
    // Another system of the merchant's may number its refunds as we do; ours name the order that they give back from.
    let ours = our_refund(number).filter(|(order, _)| *order == origin);
    let said = |name| refund.word(name).map(|word| printable(word, cx));
    Ok(OperationFact {
        kind: OperationKind::Refund,
        id: ours.map(|(_, id)| printable(id, cx)),
        provider_id: said("orderNo"),
        amount: Some(refund.money("amount", DIRHAMS)?),
        standing: *standing,
        failure: said("failCode").filter(|_| *standing == OperationStanding::Failed),
    })
}
