//! `refund/placeOrder` and `refund/getOrder`.

use std::time::Duration;

use super::place::sharing;
use super::{Call, Outcome, Refusal, Said, amount, wrong};
use crate::payby::event::{Event, RepeatedKind};
use crate::payby::notice;
use crate::payby::order::{Order, RefundAsked, Status};

/// How long after it was placed an order may be refunded.
const REFUND_DAYS_MAX: i64 = 180;
const REASON_MAX: usize = 64;

/// Takes a refund, or shows the one of this number with the same parameters.
pub(super) fn place(call: &Call<'_>) -> Outcome {
    let number = call.number("refundMerchantOrderNo")?;
    let order = call.order_by("originMerchantOrderNo", "originOrderNo")?;
    let amount = amount(&call.content, "amount")?;
    call.text("reason", REASON_MAX)?;
    call.text("operatorName", 200)?;
    call.text("reserved", 200)?;
    let has_device = call.text("deviceId", 200)?.is_some();
    if call.text("secondaryMerchantId", 200)?.is_some() && !has_device {
        return Err(Refusal::Code("62036", "MERCHANT_DEVICE_NOT_EXIST"));
    }
    given_back(call, order, amount)?;
    let notify_url = call.notify_url()?;
    let (fingerprint, digest, key) = (call.fingerprint(), call.digest.clone(), order.key.clone());
    if let Some(known) = call.state.refunds.get(&(key.account.clone(), number.clone())) {
        if known.asked.fingerprint != fingerprint {
            return Err(Refusal::Code("62017", "REFUND_MERCHANT_ORDER_NO_EXIST"));
        }
        let repeated =
            Event::Repeated { key, kind: RepeatedKind::Refund, number: Some(number.clone()), digest };
        return Ok((vec![repeated.into()], Said::Refund(number)));
    }
    refundable(call, order, amount)?;
    let later = Duration::from_millis(call.merchant.refund_ms);
    let asked = RefundAsked {
        number: number.clone(),
        order_no: call.state.next_number("191"),
        fingerprint,
        amount,
        notify_url,
        done_at: call.now.checked_add(later).unwrap_or(call.now),
    };
    let (account, told) = (key.account.clone(), notice::refunded(&key, &asked));
    let mut events = vec![Event::RefundAsked { key, asked, digest }.into()];
    if later.is_zero() {
        events.push(Event::RefundDone { account, number: number.clone() }.into());
        events.extend(told);
    }
    Ok((events, Said::Refund(number)))
}

/// Who gives back what they got: members of the payment's own sharing, and no others.
fn given_back(call: &Call<'_>, order: &Order, amount: i64) -> Result<(), Refusal> {
    if call.content.has("refundSharingAmount") && !call.raw["refundSharingAmount"].is_boolean() {
        return Err(wrong("refundSharingAmount", "true or false"));
    }
    let shared = order.content["sharingParamList"].as_array().into_iter().flatten();
    let member = |share: &serde_json::Value| {
        let identity = call.merchant.key.open(share["sharingIdentity"].as_str()?)?;
        Some(format!("{} {identity}", share["sharingIdentityType"].as_str()?))
    };
    let members: Vec<String> = shared.filter_map(member).collect();
    if sharing(call, amount)?.iter().all(|giver| members.contains(giver)) {
        Ok(())
    } else {
        Err(Refusal::Code("62084", "REFUND_SHARING_MEMBER_MISMATCH"))
    }
}

fn refundable(call: &Call<'_>, order: &Order, amount: i64) -> Result<(), Refusal> {
    let age_ms = call.now.as_millisecond() - order.placed.request_ms;
    match order.status {
        _ if order.revoked => Err(Refusal::Code("62040", "ACQUIRE_ORDER_REVOKED")),
        Status::Created => Err(Refusal::Code("62015", "ORDER_NOT_PAID")),
        Status::Failure => Err(Refusal::Code("62002", "ORDER_FAILURE")),
        _ if age_ms > REFUND_DAYS_MAX * 86_400_000 => Err(Refusal::Code("62045", "REFUND_REJECTED")),
        _ if amount > order.remaining() => Err(Refusal::Code("62006", "REFUND_AMOUNT_EXCEEDED")),
        _ => Ok(()),
    }
}

/// How a refund stands, by exactly one of its two numbers.
pub(super) fn get(call: &Call<'_>) -> Outcome {
    let account = &call.merchant.partner_id;
    match (call.content.has("refundMerchantOrderNo"), call.content.has("orderNo")) {
        (true, false) => {
            let number = call.number("refundMerchantOrderNo")?;
            let known = call.state.refunds.contains_key(&(account.clone(), number.clone()));
            let missing = Refusal::Code("62007", "REFUND_MERCHANT_ORDER_NO_NOT_EXIST");
            if known { Ok((Vec::new(), Said::Refund(number))) } else { Err(missing) }
        }
        (false, true) => {
            let wanted = call.content.text("orderNo")?;
            let of_account = call.state.refunds.iter().filter(|((owner, _), _)| owner == account);
            let found = of_account.map(|(_, refund)| refund).find(|refund| refund.asked.order_no == wanted);
            let found = found.ok_or(Refusal::Code("62035", "ORDER_NO_NOT_EXIST"))?;
            Ok((Vec::new(), Said::Refund(found.asked.number.clone())))
        }
        _ => Err(wrong("refundMerchantOrderNo", "given, or orderNo, and not both")),
    }
}
