//! `refund`: money back to the shopper. Not idempotent: the same request again is another refund.

use serde_json::json;

use super::answer::Refusal;
use super::{Call, Outcome};
use crate::dividebuy::event::{Event, RefundType};
use crate::dividebuy::order::Order;
use crate::exact::{Fault, Fields, Major, wrong};
use crate::ledger::SkuQty;

/// Longest reason taken. It is not kept: it may say who the shopper is.
const REASON_MAX: usize = 2_000;

/// Takes a refund if the order's financed amount still covers it.
pub(super) fn refund(call: &Call) -> Outcome {
    let fields = call.fields;
    let retailer = call.retailer_in(&fields.object("retailer")?)?;
    let order = call.order(retailer, "orderId")?;
    let refund_type = match fields.text("refundType")?.as_str() {
        "FULL" => RefundType::Full,
        "PARTIAL" => RefundType::Partial,
        _ => return Err(wrong("refundType", "FULL or PARTIAL").into()),
    };
    let skus = fields
        .objects("product")?
        .iter()
        .map(|product| article(order, product))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let amount = fields.amount_owed("totalRefund")?;
    fields.amount_owed("shippingCostAmount")?;
    fields.amount_owed("shippingTaxAmount")?;
    if fields.text("reason")?.len() > REASON_MAX {
        return Err(wrong("reason", "at most 2000 bytes long").into());
    }
    covered(order, refund_type, amount)?;
    let (key, digest) = (order.key.clone(), call.digest.clone());
    let refunded = Event::Refunded { key, amount, refund_type, skus, digest };
    Ok((vec![refunded.into()], json!({"status": "ok"}).to_string()))
}

fn article(order: &Order, product: &Fields) -> Result<SkuQty, Refusal> {
    let article = SkuQty { sku: product.text("sku")?, qty: product.whole("qty")? };
    let (net, gross) = (product.amount_owed("rowTotal")?, product.amount_owed("rowInclTotal")?);
    if net > gross {
        return Err(wrong("rowInclTotal", "at least rowTotal").into());
    }
    let Some(ordered) = order.basket.ordered().get(article.sku.as_str()).copied() else {
        return Err(Refusal::Rule(format!("Product {} is not part of the order.", article.sku)));
    };
    if !(1..=ordered).contains(&article.qty) {
        return Err(Refusal::Rule(format!(
            "The quantity of product {} is not from 1 to {ordered}.",
            article.sku
        )));
    }
    Ok(article)
}

fn covered(order: &Order, refund_type: RefundType, amount: i64) -> Result<(), Refusal> {
    let remaining = order.remaining();
    if amount == 0 {
        return Err(Fault::Wrong { field: "totalRefund".to_owned(), expected: "more than zero" }.into());
    }
    if amount > remaining {
        return Err(Refusal::Rule(format!("Only {} of the order are left to refund.", Major(remaining))));
    }
    if refund_type == RefundType::Full && amount != remaining {
        return Err(Refusal::Rule(format!("A FULL refund of this order is one of {}.", Major(remaining))));
    }
    Ok(())
}
