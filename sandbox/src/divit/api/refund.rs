//! A request to refund: staff works through it later. Not idempotent: the same request again is another one.

use jiff::Timestamp;
use serde_json::json;

use super::{Outcome, Refusal};
use crate::call::Call;
use crate::divit::account::Account;
use crate::divit::event::Event;
use crate::divit::order::Refund;
use crate::divit::state::Divit;
use crate::exact::{Fields, wrong};

/// Takes a request if the order still covers it. Amounts are major units here, and only here.
pub(super) fn refund(state: &Divit, account: &Account, call: &Call, due: Timestamp) -> Outcome {
    let body: &[u8] = if call.is_json() { &call.body } else { b"" };
    let fields = Fields::parse(body)?;
    let order = super::order(state, account, &fields.text("orderID")?)?;
    if order.paid_at.is_none() {
        return Err(Refusal::Rule("the order is not paid"));
    }
    let remaining = order.refundable();
    let full = match fields.text("refundType")?.as_str() {
        "full" => true,
        "partial" => false,
        _ => return Err(wrong("refundType", "full or partial").into()),
    };
    let amount = match fields.amount("refundAmount")? {
        amount if amount <= 0 => return Err(wrong("refundAmount", "more than zero").into()),
        amount if amount > remaining => return Err(Refusal::Rule("more than is left of what can go back")),
        amount if full && amount != order.placed.amount => {
            return Err(Refusal::Rule("a full refund is one of the whole order"));
        }
        amount => amount,
    };
    fields.text_or_empty("remarks")?;
    let present = |text: String| (!text.is_empty()).then_some(text);
    let refund = Refund {
        amount,
        full,
        callback: present(fields.text_or_empty("callbackURI")?),
        reference: present(fields.text_or_empty("refundRef")?),
        completed: None,
    };
    let digest = Some(call.digest());
    let requested = Event::RefundRequested { key: order.key.clone(), refund, due, digest };
    Ok((vec![requested.into()], json!({"orderID": order.key.order, "status": "requested"})))
}
