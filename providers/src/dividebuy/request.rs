//! Operations to DivideBuy: JSON bodies that carry the credentials, and the checkout's URL.

use super::credentials::Credentials;
use super::details::pounds;
use super::{SPEC, splash_key, table};
use crate::call::{NextAction, RefundRequest, Shipment, Standing, Tracking};
use crate::said::{Said, list, object, private};
use crate::tax::Taxed;
use crate::{Call, Cx, EncodeError, Facts, Line, Op, Portion, Private, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let credentials = Credentials::of(cx.account)?;
    let about = |id: &String| credentials.with([("storeOrderId", id.into())]);
    let (method, path, body) = match op {
        Op::Create => return Ok(Call::Local(checkout(cx)?)),
        Op::Sync => ("POST", "/api/getuserorder", about(&cx.the_order()?.order_id)),
        Op::Ack => ("POST", "/api/syncretorder", about(&cx.the_order()?.order_id)),
        Op::Fulfil(shipment) => ("POST", "/api/tracking", tracking(shipment, 0, cx)?),
        Op::Unfulfil(shipment) => ("POST", "/api/tracking", tracking(shipment, 1, cx)?),
        Op::Refund(refund) => ("POST", "/api/refund", refund_of(refund, cx)?),
        Op::VerifyAccount => {
            let code = cx.account.config("retailer_store_code")?;
            ("PUT", "/api/confirmretailer", credentials.with([("retailerStoreCode", code.into())]))
        }
        Op::ActivateAccount { active } => {
            let status = ("retailerStatus", if *active { "1" } else { "0" }.into());
            let addresses = ("allowedIps", cx.account.config("allowed_ips")?.into());
            ("POST", "/api/updateretailerstatus", credentials.with([status, addresses]))
        }
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    Request::json(method, path, vec![("accept", "application/json".to_owned().into())], body, cx)
}

/// Where the customer goes. Nothing is sent: DivideBuy hears of the order when the browser arrives.
fn checkout(cx: &Cx<'_>) -> Result<Facts, EncodeError> {
    let retailer_id = Some(cx.account.setting("retailer_id")).filter(|id| !id.is_empty());
    let retailer_id = retailer_id.ok_or(EncodeError::AccountIncomplete { field: "retailer_id" })?;
    let order_id = &cx.the_order()?.order_id;
    if order_id.is_empty() || order_id.contains(':') {
        return inexpressible("order.order_id", "a colon separates the fields of a splash key");
    }
    let url = format!(
        "{}?secureVersion=1&retailerId={}&splashKey={}",
        cx.account.config("checkout_url")?.trim_end_matches('/'),
        utf8_percent_encode(retailer_id, NON_ALPHANUMERIC),
        splash_key::seal(&Credentials::of(cx.account)?, order_id, retailer_id),
    );
    let next_action = Some(Private::new(NextAction::Redirect { url }));
    Ok(Facts { next_action, ..Facts::standing(Standing::AwaitingCustomer) })
}

fn tracking(shipment: &Shipment, delete_tracking: i64, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let content = cx.the_order()?;
    let is_whole = |parcel: &&Tracking| !parcel.carrier.is_empty() && !parcel.number.is_empty();
    let Some(parcel) = shipment.tracking.as_ref().filter(is_whole) else {
        let why = "DivideBuy releases money for a carrier and a tracking number only";
        return inexpressible("fulfilment.tracking", why);
    };
    let mut goods = Vec::new();
    for portion in &shipment.portions {
        let line = content.line_of(portion)?;
        // Shipping and discounts go along with the goods: DivideBuy does not know them as things to ship.
        if SPEC.counts(line.kind) {
            let pieces = pieces(portion, "fulfilment.lines.quantity")?;
            goods.push(object([("sku", (&line.sku).into()), ("qty", pieces.into())]));
        }
    }
    if goods.is_empty() {
        // Nobody knows whether none would mean all.
        return inexpressible("fulfilment.lines", "DivideBuy is told goods, and here are none");
    }
    let parcel = object([
        ("title", (&parcel.carrier).into()),
        ("carrierCode", (&parcel.carrier).into()),
        ("trackNumber", (&parcel.number).into()),
        ("description", serde_json::Value::Null.into()),
    ]);
    Ok(Credentials::of(cx.account)?.with([
        ("storeOrderId", (&content.order_id).into()),
        ("deleteTracking", delete_tracking.into()),
        ("trackingInfo", list([parcel])),
        ("productDetails", list(goods)),
    ]))
}

/// A refund names its goods at the prices of the order, as the guide does (S1 L236-272, L711-730: one mattress of two at
/// 1200, though the order had 500 off), and shipping beside them. Its total is what the customer gets back: goods carry the
/// order's discounts, so it is less than the rows by their part of those.
fn refund_of(refund: &RefundRequest, cx: &Cx<'_>) -> Result<Said, EncodeError> {
    let content = cx.order_to_refund(refund)?;
    let (mut goods, mut shipping, mut total) = (Vec::new(), Vec::new(), 0);
    for portion in &refund.portions {
        let line = content.line_of(portion)?;
        if portion.amount.minor < 0 {
            return inexpressible("refund.lines.amount", "nothing can be refunded below zero");
        }
        total += i128::from(portion.amount.minor);
        if SPEC.counts(line.kind) {
            goods.push(row(line, pieces(portion, "lines.quantity")?)?);
        } else {
            shipping.push(Taxed::of(portion.amount, line.tax_rate_bp));
        }
    }
    if total != i128::from(refund.amount.minor) {
        return inexpressible("refund.amount", "must be what its lines come to");
    }
    let shipping: Taxed = shipping.into_iter().sum();
    let reason = Some(refund.reason.as_str()).filter(|reason| !reason.trim().is_empty());
    Ok(object([
        ("orderId", (&content.order_id).into()),
        ("retailer", Credentials::of(cx.account)?.with([])),
        ("refundType", if refund.full { "FULL" } else { "PARTIAL" }.into()),
        ("product", list(goods)),
        ("totalRefund", pounds(total)),
        ("reason", private(reason.unwrap_or(table::REASON))),
        ("shippingCostAmount", pounds(shipping.net())),
        ("shippingTaxAmount", pounds(shipping.tax)),
    ]))
}

/// So many pieces of a line.
fn row(line: &Line, pieces: i64) -> Result<Said, EncodeError> {
    let row = Taxed::of_pieces(line, pieces);
    let Some(row) = row else { return inexpressible("lines.quantity", "comes to no amount") };
    Ok(object([
        ("sku", (&line.sku).into()),
        ("qty", pieces.into()),
        ("rowTotal", pounds(row.net())),
        ("rowInclTotal", pounds(row.gross)),
    ]))
}

fn pieces(portion: &Portion, field: &str) -> Result<i64, EncodeError> {
    let pieces = portion.quantity.pieces().filter(|pieces| *pieces > 0);
    pieces.map_or_else(|| inexpressible(field, "must be whole pieces, at least 1"), Ok)
}

fn inexpressible<T>(field: &str, why: &str) -> Result<T, EncodeError> {
    Err(EncodeError::inexpressible(field, why))
}
