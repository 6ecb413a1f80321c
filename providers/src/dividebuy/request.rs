//! Operations to DivideBuy: JSON bodies that carry the credentials, and the checkout's URL.

use super::check::is_article;
use super::splash_key;
use super::wire::{Credentials, Hundredths, vat_within};
use crate::call::{NextAction, RefundRequest, Shipment, Standing};
use crate::quoting::HIDDEN;
use crate::{Call, Cx, EncodeError, Facts, LineKind, Op, OrderContent, Portion, Private, Request};
use serde::Serialize;

const UNSUPPORTED: EncodeError = EncodeError::Unsupported { provider: super::SPEC.id };

/// Canonical to wire.
pub(super) fn encode(op: &Op, cx: &Cx<'_>) -> Result<Call, EncodeError> {
    let credentials = Credentials::of(cx.account)?;
    let (method, path) = match op {
        Op::Create => return Ok(Call::Local(checkout(cx, &credentials)?)),
        Op::Sync => ("POST", "/api/getuserorder"),
        Op::Ack => ("POST", "/api/syncretorder"),
        Op::Fulfil(_) | Op::Unfulfil(_) => ("POST", "/api/tracking"),
        Op::Refund(_) => ("POST", "/api/refund"),
        Op::VerifyAccount => ("PUT", "/api/confirmretailer"),
        Op::ActivateAccount { .. } => ("POST", "/api/updateretailerstatus"),
        _ => return Err(UNSUPPORTED),
    };
    let shown = body(&without_free_text(op), cx, &Credentials::SHOWN)?;
    Ok(Call::Http(Request {
        method,
        url: format!("{}{path}", cx.account.config("api_url")?.trim_end_matches('/')).into(),
        headers: vec![
            ("content-type", "application/json".to_owned().into()),
            ("accept", "application/json".to_owned().into()),
        ],
        body: body(op, cx, &credentials)?.into(),
        redacted: format!("{method} {path}\n{}", String::from_utf8_lossy(&shown)),
    }))
}

/// Where the customer goes. Nothing is sent: DivideBuy hears of the order when the browser arrives.
fn checkout(cx: &Cx<'_>, credentials: &Credentials<'_>) -> Result<Facts, EncodeError> {
    let given = cx.account.config.get("retailer_id").filter(|id| !id.is_empty());
    let retailer_id = given
        .or_else(|| cx.refs.get("retailer_id"))
        .ok_or(EncodeError::AccountIncomplete { field: "retailer_id" })?;
    let order_id = &order(cx)?.order_id;
    if order_id.is_empty() || order_id.contains(':') {
        return Err(EncodeError::inexpressible(
            "order.order_id",
            "a colon separates the fields of a splash key",
        ));
    }
    let url = format!(
        "{}?secureVersion=1&retailerId={}&splashKey={}",
        cx.account.config("checkout_url")?.trim_end_matches('/'),
        percent_encoding::utf8_percent_encode(retailer_id, percent_encoding::NON_ALPHANUMERIC),
        splash_key::seal(credentials, order_id, retailer_id),
    );
    Ok(Facts {
        standing: Some(Standing::AwaitingCustomer),
        next_action: Some(Private::new(NextAction::Redirect { url })),
        ..Facts::default()
    })
}

/// The operation without what people wrote.
fn without_free_text(op: &Op) -> Op {
    match op {
        Op::Refund(refund) => Op::Refund(RefundRequest { reason: HIDDEN.to_owned(), ..refund.clone() }),
        other => other.clone(),
    }
}

fn body(op: &Op, cx: &Cx<'_>, credentials: &Credentials<'_>) -> Result<Vec<u8>, EncodeError> {
    let Credentials { token: store_token, authentication: store_authentication } = *credentials;
    match op {
        Op::Sync | Op::Ack => {
            let store_order_id = &order(cx)?.order_id;
            json(&About { store_order_id, store_token, store_authentication })
        }
        Op::Fulfil(shipment) => json(&tracking(shipment, 0, cx, credentials)?),
        Op::Unfulfil(shipment) => json(&tracking(shipment, 1, cx, credentials)?),
        Op::Refund(refund) => json(&refund_of(refund, order(cx)?, credentials)?),
        Op::VerifyAccount => {
            let retailer_store_code = cx.account.config("retailer_store_code")?;
            json(&Confirm { store_token, store_authentication, retailer_store_code })
        }
        Op::ActivateAccount { active } => {
            let retailer_status = if *active { "1" } else { "0" };
            let allowed_ips = cx.account.config("allowed_ips")?;
            json(&Activate { store_token, store_authentication, retailer_status, allowed_ips })
        }
        _ => Err(UNSUPPORTED),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    store_order_id: &'a str,
    store_token: &'a str,
    store_authentication: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirm<'a> {
    store_token: &'a str,
    store_authentication: &'a str,
    retailer_store_code: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Activate<'a> {
    store_token: &'a str,
    store_authentication: &'a str,
    retailer_status: &'static str,
    allowed_ips: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tracking<'a> {
    store_token: &'a str,
    store_authentication: &'a str,
    store_order_id: &'a str,
    delete_tracking: u8,
    tracking_info: [Parcel<'a>; 1],
    product_details: Vec<Shipped<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parcel<'a> {
    title: &'a str,
    carrier_code: &'a str,
    track_number: &'a str,
    description: Option<&'a str>,
}

#[derive(Serialize)]
struct Shipped<'a> {
    sku: &'a str,
    qty: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    order_id: &'a str,
    retailer: Retailer<'a>,
    refund_type: &'static str,
    product: Vec<Row<'a>>,
    total_refund: Hundredths,
    reason: &'a str,
    shipping_cost_amount: Hundredths,
    shipping_tax_amount: Hundredths,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Retailer<'a> {
    store_token: &'a str,
    store_authentication: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    sku: &'a str,
    qty: i64,
    row_total: Hundredths,
    row_incl_total: Hundredths,
}

fn tracking<'a>(
    shipment: &'a Shipment,
    delete_tracking: u8,
    cx: &Cx<'a>,
    credentials: &Credentials<'a>,
) -> Result<Tracking<'a>, EncodeError> {
    let content = order(cx)?;
    let parcel =
        shipment.tracking.as_ref().filter(|parcel| !parcel.carrier.is_empty() && !parcel.number.is_empty());
    let parcel = parcel.ok_or_else(|| {
        EncodeError::inexpressible(
            "fulfilment.tracking",
            "DivideBuy releases money for a carrier and a tracking number only",
        )
    })?;
    let mut product_details = Vec::new();
    for portion in &shipment.portions {
        let line = line_of(content, portion)?;
        // Shipping and discounts go along with the goods: DivideBuy does not know them as things to ship.
        if is_article(line.kind) {
            let qty = pieces(portion)?;
            if qty < 1 {
                return Err(EncodeError::inexpressible(
                    "fulfilment.lines.quantity",
                    "a shipment is of at least one piece",
                ));
            }
            product_details.push(Shipped { sku: &line.sku, qty });
        }
    }
    if product_details.is_empty() {
        // Nobody knows whether none would mean all.
        return Err(EncodeError::inexpressible(
            "fulfilment.lines",
            "DivideBuy is told goods, and here are none",
        ));
    }
    Ok(Tracking {
        store_token: credentials.token,
        store_authentication: credentials.authentication,
        store_order_id: &content.order_id,
        delete_tracking,
        tracking_info: [Parcel {
            title: &parcel.carrier,
            carrier_code: &parcel.carrier,
            track_number: &parcel.number,
            description: None,
        }],
        product_details,
    })
}

/// A refund names its goods with what they cost, shipping beside them, and as its total what the customer gets back:
/// goods and shipping less the part of the discounts that is taken back with them.
fn refund_of<'a>(
    refund: &'a RefundRequest,
    content: &'a OrderContent,
    credentials: &Credentials<'a>,
) -> Result<Refund<'a>, EncodeError> {
    let (mut product, mut shipping, mut shipping_vat, mut sum) = (Vec::new(), 0, 0, 0);
    for portion in &refund.portions {
        let line = line_of(content, portion)?;
        let gross = i128::from(portion.amount.minor);
        sum += gross;
        match line.kind {
            LineKind::Discount | LineKind::Rounding => continue,
            _ if gross < 0 => {
                return Err(EncodeError::inexpressible(
                    "refund.lines.amount",
                    "goods cannot be refunded below zero",
                ));
            }
            LineKind::Shipping => {
                shipping += gross;
                shipping_vat += vat_within(gross, line.tax_rate_bp);
            }
            LineKind::Product | LineKind::Service | LineKind::Fee => product.push(Row {
                sku: &line.sku,
                qty: pieces(portion)?,
                row_total: Hundredths(gross - vat_within(gross, line.tax_rate_bp)),
                row_incl_total: Hundredths(gross),
            }),
        }
    }
    if sum != i128::from(refund.amount.minor) || sum <= 0 || refund.amount.currency != content.currency {
        return Err(EncodeError::inexpressible(
            "refund.amount",
            "must be above zero and what its lines come to",
        ));
    }
    Ok(Refund {
        order_id: &content.order_id,
        retailer: Retailer {
            store_token: credentials.token,
            store_authentication: credentials.authentication,
        },
        refund_type: if refund.full { "FULL" } else { "PARTIAL" },
        product,
        total_refund: Hundredths(sum),
        reason: &refund.reason,
        shipping_cost_amount: Hundredths(shipping - shipping_vat),
        shipping_tax_amount: Hundredths(shipping_vat),
    })
}

fn order<'a>(cx: &Cx<'a>) -> Result<&'a OrderContent, EncodeError> {
    cx.order.ok_or_else(|| EncodeError::inexpressible("order", "this operation is about an order"))
}

fn line_of<'a>(content: &'a OrderContent, portion: &Portion) -> Result<&'a crate::Line, EncodeError> {
    content
        .line(&portion.line_id)
        .ok_or_else(|| EncodeError::inexpressible("lines.line_id", "the order has no such line"))
}

fn pieces(portion: &Portion) -> Result<i64, EncodeError> {
    let whole = portion.quantity.pieces().filter(|pieces| *pieces >= 0);
    whole.ok_or_else(|| EncodeError::inexpressible("lines.quantity", "DivideBuy counts in whole pieces"))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, EncodeError> {
    serde_json::to_vec(body).map_err(|error| EncodeError::inexpressible("body", &error.to_string()))
}
