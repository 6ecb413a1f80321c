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

/// Takes a refund if its rows are the order's, its total is what they come to, and the order still covers it.
pub(super) fn refund(call: &Call) -> Outcome {
    let fields = call.fields;
    let retailer = call.retailer_in(&fields.object("retailer")?)?;
    let order = call.order(retailer, "orderId")?;
    let refund_type = match fields.text("refundType")?.as_str() {
        "FULL" => RefundType::Full,
        "PARTIAL" => RefundType::Partial,
        _ => return Err(wrong("refundType", "FULL or PARTIAL").into()),
    };
    let (mut skus, mut goods) = (Vec::<SkuQty>::new(), 0);
    for product in fields.objects("product")? {
        let (article, gross) = row(order, &product)?;
        if skus.iter().any(|other| other.sku == article.sku) {
            return Err(Refusal::Rule(format!("Product {} occurs twice.", article.sku)));
        }
        goods += gross;
        skus.push(article);
    }
    let amount = fields.amount_owed("totalRefund")?;
    let shipping = fields.amount_owed("shippingCostAmount")? + fields.amount_owed("shippingTaxAmount")?;
    if fields.text("reason")?.len() > REASON_MAX {
        return Err(wrong("reason", "at most 2000 bytes long").into());
    }
    covered(order, refund_type, amount)?;
    adds_up(order, amount, (goods, shipping))?;
    let (key, digest) = (order.key.clone(), call.digest.clone());
    let refunded = Event::Refunded { key, amount, refund_type, skus, digest };
    Ok((vec![refunded.into()], json!({"status": "ok"}).to_string()))
}

/// One row, at the prices that the shop told of the order, and what it comes to with tax.
fn row(order: &Order, product: &Fields) -> Result<(SkuQty, i64), Refusal> {
    let article = SkuQty { sku: product.text("sku")?, qty: product.whole("qty")? };
    let (net, gross) = (product.amount_owed("rowTotal")?, product.amount_owed("rowInclTotal")?);
    let Some(line) = order.basket.lines.iter().find(|line| line.sku == article.sku) else {
        return Err(Refusal::Rule(format!("Product {} is not part of the order.", article.sku)));
    };
    let ordered = order.basket.ordered().get(article.sku.as_str()).copied().unwrap_or(0);
    let left = ordered - order.returned.get(&article.sku).copied().unwrap_or(0);
    if !(1..=left).contains(&article.qty) {
        let SkuQty { sku, .. } = article;
        return Err(Refusal::Rule(format!("The quantity of product {sku} is not from 1 to {left}.")));
    }
    // A shop rounds prices, not only rows, so a row may differ by a penny for each piece.
    let pieces = i128::from(article.qty);
    let fits = |price: i64, row: i64| (i128::from(price) * pieces - i128::from(row)).abs() <= pieces;
    if !fits(line.price, net) || !fits(line.price_incl_vat, gross) {
        return Err(Refusal::Rule(format!(
            "The row of product {} is not at the order's price.",
            article.sku
        )));
    }
    Ok((article, gross))
}

/// A total is what rows and shipping come to, less what part of the order's discount goes back with them: any, for the
/// guide's own refund takes none of it off.
fn adds_up(order: &Order, amount: i64, (goods, shipping): (i64, i64)) -> Result<(), Refusal> {
    let charged = order.basket.shipping_incl_vat;
    if shipping > charged {
        return Err(Refusal::Rule(format!("Shipping was {}.", Major(charged))));
    }
    let most = goods + shipping;
    if !(most - order.basket.discount..=most).contains(&amount) {
        return Err(Refusal::Rule("totalRefund is not what its rows and shipping come to.".to_owned()));
    }
    Ok(())
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
