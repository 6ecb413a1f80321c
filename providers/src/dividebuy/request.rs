//! Operations to DivideBuy: JSON bodies that carry the credentials, and the checkout's URL.

use super::wire::{Credentials, Sum, hundredths};
use super::{SPEC, splash_key};
use crate::call::{NextAction, RefundRequest, Shipment, Standing};
use crate::said::{Said, list, object, private};
use crate::{Call, Cx, EncodeError, Facts, Line, LineKind, Op, OrderContent, Portion, Private, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let credentials = Credentials::of(cx.account)?;
    let [token, authentication] = credentials.said();
    let about = |order: &OrderContent| {
        object([
            ("storeOrderId", (&order.order_id).into()),
            ("storeToken", token.clone()),
            ("storeAuthentication", authentication.clone()),
        ])
    };
    let (method, path, body) = match op {
        Op::Create => return Ok(Call::Local(checkout(cx, &credentials)?)),
        Op::Sync => ("POST", "/api/getuserorder", about(cx.the_order()?)),
        Op::Ack => ("POST", "/api/syncretorder", about(cx.the_order()?)),
        Op::Fulfil(shipment) => ("POST", "/api/tracking", tracking(shipment, 0, cx, &credentials)?),
        Op::Unfulfil(shipment) => ("POST", "/api/tracking", tracking(shipment, 1, cx, &credentials)?),
        Op::Refund(refund) => ("POST", "/api/refund", refund_of(refund, cx.the_order()?, &credentials)?),
        Op::VerifyAccount => {
            let code = cx.account.config("retailer_store_code")?;
            let body = object([
                ("storeToken", token),
                ("storeAuthentication", authentication),
                ("retailerStoreCode", code.into()),
            ]);
            ("PUT", "/api/confirmretailer", body)
        }
        Op::ActivateAccount { active } => {
            let body = object([
                ("storeToken", token),
                ("storeAuthentication", authentication),
                ("retailerStatus", if *active { "1" } else { "0" }.into()),
                ("allowedIps", cx.account.config("allowed_ips")?.into()),
            ]);
            ("POST", "/api/updateretailerstatus", body)
        }
        _ => return Err(EncodeError::Unsupported { provider: SPEC.id }),
    };
    Request::json(method, path, vec![("accept", "application/json".to_owned().into())], body, cx)
}

/// Where the customer goes. Nothing is sent: DivideBuy hears of the order when the browser arrives.
fn checkout(cx: &Cx<'_>, credentials: &Credentials<'_>) -> Result<Facts, EncodeError> {
    let given = Some(cx.account.setting("retailer_id")).filter(|id| !id.is_empty());
    let retailer_id = given.or_else(|| cx.known("retailer_id"));
    let retailer_id = retailer_id.ok_or(EncodeError::AccountIncomplete { field: "retailer_id" })?;
    let order_id = &cx.the_order()?.order_id;
    if order_id.is_empty() || order_id.contains(':') {
        return inexpressible("order.order_id", "a colon separates the fields of a splash key");
    }
    let url = format!(
        "{}?secureVersion=1&retailerId={}&splashKey={}",
        cx.account.config("checkout_url")?.trim_end_matches('/'),
        utf8_percent_encode(retailer_id, NON_ALPHANUMERIC),
        splash_key::seal(credentials, order_id, retailer_id),
    );
    let next_action = Some(Private::new(NextAction::Redirect { url }));
    Ok(Facts { next_action, ..Facts::standing(Standing::AwaitingCustomer) })
}

fn tracking(
    shipment: &Shipment,
    delete_tracking: i64,
    cx: &Cx<'_>,
    credentials: &Credentials<'_>,
) -> Result<Said, EncodeError> {
    let content = cx.the_order()?;
    let tracked = shipment.tracking.as_ref();
    let Some(parcel) = tracked.filter(|parcel| !parcel.carrier.is_empty() && !parcel.number.is_empty())
    else {
        let why = "DivideBuy releases money for a carrier and a tracking number only";
        return inexpressible("fulfilment.tracking", why);
    };
    let mut goods = Vec::new();
    for portion in &shipment.portions {
        let line = line_of(content, portion)?;
        // Shipping and discounts go along with the goods: DivideBuy does not know them as things to ship.
        if !SPEC.counts(line.kind) {
            continue;
        }
        let pieces = pieces(portion)?;
        if pieces < 1 {
            return inexpressible("fulfilment.lines.quantity", "a shipment is of at least one piece");
        }
        goods.push(object([("sku", (&line.sku).into()), ("qty", pieces.into())]));
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
    let [token, authentication] = credentials.said();
    Ok(object([
        ("storeToken", token),
        ("storeAuthentication", authentication),
        ("storeOrderId", (&content.order_id).into()),
        ("deleteTracking", delete_tracking.into()),
        ("trackingInfo", list([parcel])),
        ("productDetails", list(goods)),
    ]))
}

/// A refund names its goods with what they cost, shipping beside them, and as its total what the customer gets back:
/// goods and shipping less the part of the discounts that is taken back with them.
fn refund_of(
    refund: &RefundRequest,
    content: &OrderContent,
    credentials: &Credentials<'_>,
) -> Result<Said, EncodeError> {
    let (mut goods, mut shipping, mut total) = (Vec::new(), Sum::default(), 0);
    for portion in &refund.portions {
        let line = line_of(content, portion)?;
        let part = Sum::of(portion.amount.minor, line.tax_rate_bp);
        total += part.gross;
        match line.kind {
            LineKind::Discount | LineKind::Rounding => {}
            _ if part.gross < 0 => {
                return inexpressible("refund.lines.amount", "goods cannot be refunded below zero");
            }
            LineKind::Shipping => shipping = shipping.plus(part),
            LineKind::Product | LineKind::Service | LineKind::Fee => goods.push(object([
                ("sku", (&line.sku).into()),
                ("qty", pieces(portion)?.into()),
                ("rowTotal", part.without_vat()),
                ("rowInclTotal", part.with_vat()),
            ])),
        }
    }
    if total != i128::from(refund.amount.minor) || total <= 0 || refund.amount.currency != content.currency {
        return inexpressible("refund.amount", "must be above zero and what its lines come to");
    }
    let [token, authentication] = credentials.said();
    Ok(object([
        ("orderId", (&content.order_id).into()),
        ("retailer", object([("storeToken", token), ("storeAuthentication", authentication)])),
        ("refundType", if refund.full { "FULL" } else { "PARTIAL" }.into()),
        ("product", list(goods)),
        ("totalRefund", hundredths(total)),
        ("reason", private(&refund.reason)),
        ("shippingCostAmount", shipping.without_vat()),
        ("shippingTaxAmount", hundredths(shipping.vat)),
    ]))
}

fn line_of<'a>(content: &'a OrderContent, portion: &Portion) -> Result<&'a Line, EncodeError> {
    content
        .line(&portion.line_id)
        .map_or_else(|| inexpressible("lines.line_id", "the order has no such line"), Ok)
}

fn pieces(portion: &Portion) -> Result<i64, EncodeError> {
    let whole = portion.quantity.pieces().filter(|pieces| *pieces >= 0);
    whole.map_or_else(|| inexpressible("lines.quantity", "DivideBuy counts in whole pieces"), Ok)
}

fn inexpressible<T>(field: &str, why: &str) -> Result<T, EncodeError> {
    Err(EncodeError::inexpressible(field, why))
}
